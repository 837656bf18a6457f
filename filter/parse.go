package filter

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/flashrerank/rerank"
)

// Limits of a condition. What goes beyond is an error.
const (
	MaxDepth  = 16    // conditions within conditions
	MaxValues = 1_024 // values and conditions in all
)

// Parse reads a condition. Errors name where in it they are, as $or[1].year.$gte. Empty
// input, null and {} match every document.
func Parse(data []byte) (Filter, error) {
	var f Filter
	if len(bytes.TrimSpace(data)) == 0 || string(bytes.TrimSpace(data)) == "null" {
		return f, nil
	}
	if !json.Valid(data) {
		var any any
		return f, fmt.Errorf("filter: not JSON: %w", json.Unmarshal(data, &any))
	}
	p := &parser{left: MaxValues}
	var err error
	if f.all, err = p.conditions(data, "", 0); err != nil {
		return Filter{}, fmt.Errorf("filter: %w", err)
	}
	return f, nil
}

// UnmarshalJSON is [Parse].
func (f *Filter) UnmarshalJSON(data []byte) (err error) {
	*f, err = Parse(data)
	return err
}

type parser struct{ left int }

// errMany says that there is more than a condition may hold.
var errMany = fmt.Errorf("more than %d values and conditions", MaxValues)

func (p *parser) count() error {
	p.left--
	if p.left < 0 {
		return errMany
	}
	return nil
}

// conditions reads an object of them.
func (p *parser) conditions(data []byte, path string, depth int) (conditions, error) {
	if depth > MaxDepth {
		return nil, fmt.Errorf("%s: conditions are more than %d deep", path, MaxDepth)
	}
	var all conditions
	err := members(data, path, func(name string, raw []byte) error {
		c, err := p.member(name, raw, join(path, name), depth)
		if err == nil {
			all = append(all, c)
		}
		return err
	})
	return all, err
}

// member reads one member of such an object.
func (p *parser) member(name string, raw []byte, path string, depth int) (condition, error) {
	if err := p.count(); err != nil {
		return nil, err
	}
	switch name {
	case "$and", "$or":
		var list []condition
		err := elements(raw, path, func(i int, raw []byte) error {
			c, err := p.conditions(raw, fmt.Sprintf("%s[%d]", path, i), depth+1)
			list = append(list, c)
			return errors.Join(err, p.count())
		})
		if name == "$and" {
			return conditions(list), err
		}
		return alternatives(list), err
	case "$not":
		c, err := p.conditions(raw, path, depth+1)
		return negation{c}, err
	}
	if strings.HasPrefix(name, "$") {
		return nil, fmt.Errorf("%s: there is no such operator between conditions; there are $and, $or and $not", path)
	}
	if bytes.TrimSpace(raw)[0] != '{' {
		return p.relation(name, "$eq", raw, path)
	}
	var all conditions
	err := members(raw, path, func(operator string, raw []byte) error {
		c, err := p.relation(name, operator, raw, join(path, operator))
		all = append(all, c)
		return errors.Join(err, p.count())
	})
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("%s: there is no operator", path)
	}
	return all, err
}

// orders are the operators that compare with one value.
var orders = map[string]func(order int) bool{
	"$eq":  func(order int) bool { return order == 0 },
	"$gt":  func(order int) bool { return order > 0 },
	"$gte": func(order int) bool { return order >= 0 },
	"$lt":  func(order int) bool { return order < 0 },
	"$lte": func(order int) bool { return order <= 0 },
}

// relation reads what an operator says of a field.
func (p *parser) relation(field, operator string, raw []byte, path string) (condition, error) {
	switch operator {
	case "$ne", "$nin":
		c, err := p.relation(field, map[string]string{"$ne": "$eq", "$nin": "$in"}[operator], raw, path)
		return negation{c}, err
	case "$exists":
		var want bool
		if err := json.Unmarshal(raw, &want); err != nil || string(raw) == "null" {
			return nil, fmt.Errorf("%s: it takes true or false", path)
		}
		if want {
			return exists{field}, nil
		}
		return negation{exists{field}}, nil
	case "$in":
		return p.in(field, raw, path)
	}
	holds, known := orders[operator]
	if !known {
		return nil, fmt.Errorf("%s: there is no such operator; there are $eq, $ne, $gt, $gte, $lt, $lte, $in, $nin and $exists", path)
	}
	if string(bytes.TrimSpace(raw)) == "null" {
		if operator != "$eq" {
			return nil, fmt.Errorf("%s: nothing is in an order with null", path)
		}
		return negation{exists{field}}, nil
	}
	v, err := single(raw, path)
	return relation{field, holds, []operand{v}}, err
}

// in reads an array of values, of which null stands for no value.
func (p *parser) in(field string, raw []byte, path string) (condition, error) {
	r := relation{field: field, holdIf: orders["$eq"]}
	either := alternatives{}
	err := elements(raw, path, func(i int, raw []byte) error {
		if string(bytes.TrimSpace(raw)) == "null" {
			either = append(either, negation{exists{field}})
			return p.count()
		}
		v, err := single(raw, fmt.Sprintf("%s[%d]", path, i))
		r.values = append(r.values, v)
		return errors.Join(err, p.count())
	})
	return append(either, r), err
}

// single reads a text, a number or a truth value.
func single(raw []byte, path string) (operand, error) {
	switch bytes.TrimSpace(raw)[0] {
	case '[', '{':
		return operand{}, fmt.Errorf("%s: it takes a text, a number, true or false", path)
	}
	var v rerank.Value
	if err := v.UnmarshalJSON(raw); err != nil {
		return operand{}, fmt.Errorf("%s: %w", path, err)
	}
	return operandOf(v), nil
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// members calls f for each member of an object, in order.
func members(data []byte, path string, f func(name string, raw []byte) error) error {
	return walk(data, '{', func() error { return fmt.Errorf("%sit must be an object", prefix(path)) }, func(dec *json.Decoder, _ int) error {
		name, err := dec.Token()
		if err != nil {
			return err
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return err
		}
		return f(name.(string), raw)
	})
}

// elements calls f for each element of an array.
func elements(data []byte, path string, f func(i int, raw []byte) error) error {
	return walk(data, '[', func() error { return fmt.Errorf("%sit must be an array", prefix(path)) }, func(dec *json.Decoder, i int) error {
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return err
		}
		return f(i, raw)
	})
}

func prefix(path string) string {
	if path == "" {
		return ""
	}
	return path + ": "
}

// walk reads what is between the brackets of valid JSON.
func walk(data []byte, bracket json.Delim, wrong func() error, next func(dec *json.Decoder, i int) error) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	if open, err := dec.Token(); err != nil && !errors.Is(err, io.EOF) {
		return err
	} else if open != bracket {
		return wrong()
	}
	for i := 0; dec.More(); i++ {
		if err := next(dec, i); err != nil {
			return err
		}
	}
	return nil
}

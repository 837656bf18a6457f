package filter

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/internal/exactjson"
	"github.com/flashrerank/rerank/internal/nearest"
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
	if len(bytes.TrimSpace(data)) == 0 || exactjson.Null(data) {
		return f, nil
	}
	p := &parser{left: MaxValues}
	var err error
	if f.all, err = p.conditions(data, 0); err != nil {
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

// inner reads an object of conditions within another one, where an empty one is a mistake.
func (p *parser) inner(data []byte, depth int) (conditions, error) {
	all, err := p.conditions(data, depth)
	if err == nil && len(all) == 0 {
		err = errors.New("the condition is missing")
	}
	return all, err
}

// conditions reads an object of them.
func (p *parser) conditions(data []byte, depth int) (conditions, error) {
	if depth > MaxDepth {
		return nil, fmt.Errorf("conditions are more than %d deep", MaxDepth)
	}
	var all conditions
	err := exactjson.Members(data, func(name string, raw []byte) error {
		c, err := p.member(name, raw, depth)
		all = append(all, c)
		return err
	})
	return all, err
}

// between are the operators between conditions.
var between = []string{"$and", "$or", "$not"}

// member reads one member of such an object.
func (p *parser) member(name string, raw []byte, depth int) (condition, error) {
	if err := p.count(); err != nil {
		return nil, err
	}
	switch name {
	case "$and", "$or":
		var list []condition
		err := exactjson.Elements(raw, func(_ int, raw []byte) error {
			c, err := p.inner(raw, depth+1)
			list = append(list, c)
			return errors.Join(err, p.count())
		})
		if err == nil && len(list) == 0 {
			err = errors.New("the condition is missing")
		}
		if name == "$and" {
			return conditions(list), err
		}
		return alternatives(list), err
	case "$not":
		c, err := p.inner(raw, depth+1)
		return negation{c}, err
	}
	if strings.HasPrefix(name, "$") {
		return nil, fmt.Errorf("unknown operator between conditions%s", nearest.Choice(name, between))
	}
	if raw[0] != '{' {
		return p.relation(name, "$eq", raw)
	}
	var all conditions
	err := exactjson.Members(raw, func(operator string, raw []byte) error {
		c, err := p.relation(name, operator, raw)
		all = append(all, c)
		return errors.Join(err, p.count())
	})
	if err == nil && len(all) == 0 {
		err = errors.New("the operator is missing")
	}
	return all, err
}

// operators are those on a field.
var operators = []string{"$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$exists"}

// orders are the operators that compare with one value.
var orders = map[string]func(order int) bool{
	"$eq":  func(order int) bool { return order == 0 },
	"$gt":  func(order int) bool { return order > 0 },
	"$gte": func(order int) bool { return order >= 0 },
	"$lt":  func(order int) bool { return order < 0 },
	"$lte": func(order int) bool { return order <= 0 },
}

// relation reads what an operator says of a field.
func (p *parser) relation(field, operator string, raw []byte) (condition, error) {
	switch operator {
	case "$ne", "$nin":
		c, err := p.relation(field, map[string]string{"$ne": "$eq", "$nin": "$in"}[operator], raw)
		return negation{c}, err
	case "$exists":
		switch string(raw) {
		case "true":
			return exists{field}, nil
		case "false":
			return negation{exists{field}}, nil
		}
		return nil, errors.New("it takes true or false")
	case "$in":
		return p.in(field, raw)
	}
	holds, known := orders[operator]
	switch {
	case !known:
		return nil, fmt.Errorf("unknown operator%s", nearest.Choice(operator, operators))
	case exactjson.Null(raw) && operator != "$eq":
		return nil, errors.New("null cannot be compared")
	case exactjson.Null(raw):
		return null{field}, nil
	}
	v, err := single(raw)
	return relation{field, holds, []operand{v}}, err
}

// in reads an array of values, of which null is one.
func (p *parser) in(field string, raw []byte) (condition, error) {
	r := relation{field: field, holdIf: orders["$eq"]}
	either := alternatives{}
	err := exactjson.Elements(raw, func(_ int, raw []byte) error {
		if exactjson.Null(raw) {
			either = append(either, null{field})
			return p.count()
		}
		v, err := single(raw)
		r.values = append(r.values, v)
		return errors.Join(err, p.count())
	})
	return append(either, r), err
}

// single reads a text, a number or a truth value.
func single(raw []byte) (operand, error) {
	if raw[0] == '[' || raw[0] == '{' {
		return operand{}, errors.New("it takes a text, a number, true, false or null")
	}
	var v rerank.Value
	if err := v.UnmarshalJSON(raw); err != nil {
		return operand{}, err
	}
	return operandOf(v), nil
}

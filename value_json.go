package rerank

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"strconv"
	"strings"
	"time"
)

// maxNesting is how deep lists, and objects, may nest in the JSON of a field.
const maxNesting = 16

// MarshalJSON writes the value as the JSON type nearest to its kind, numbers with
// all their digits. A time becomes an RFC 3339 string, and a number that JSON
// cannot hold becomes null.
func (v Value) MarshalJSON() ([]byte, error) {
	switch v.kind {
	case KindNumber:
		return v.appendNumber(nil), nil
	case KindBool:
		return strconv.AppendBool(nil, v.Bool()), nil
	case KindTime:
		return json.Marshal(v.time)
	case KindList:
		if v.list == nil {
			return []byte("[]"), nil
		}
		return json.Marshal(v.list)
	case KindNull:
		return []byte("null"), nil
	}
	return json.Marshal(v.text)
}

// appendNumber writes a number such that it reads back as the same. A float64 beyond
// 2^53 has an exponent: without, its shortest digits are those of another whole
// number.
func (v Value) appendNumber(b []byte) []byte {
	x := v.Number()
	switch {
	case v.form != float:
		return append(b, v.number()...)
	case math.IsNaN(x) || math.IsInf(x, 0):
		return append(b, "null"...)
	case math.Abs(x) >= 1<<53 || x != 0 && math.Abs(x) < 1e-6:
		return strconv.AppendFloat(b, x, 'e', -1, 64)
	}
	return strconv.AppendFloat(b, x, 'f', -1, 64)
}

// jsonSpace is what JSON takes for space; other languages take more.
const jsonSpace = " \t\r\n"

// UnmarshalJSON reads strings, numbers, booleans, null and arrays of these. A
// string stays text even where it looks like a time. {"$time": "2024-05-01T12:00:00Z"}
// is a time, and {"$number": "NaN"}, "+Inf" or "-Inf" that number; any other object is
// kept as its JSON text. What is not UTF-8 becomes U+FFFD.
//
// A number without point and exponent is whole and must fit an int64 or a uint64;
// another is rounded to the nearest float64 and must lie in its range. Lists nest
// at most 16 deep.
func (v *Value) UnmarshalJSON(data []byte) error {
	data = bytes.Trim(data, jsonSpace)
	if len(data) == 0 {
		return errors.New("empty JSON value")
	}
	if !json.Valid(data) { // what reads its parts relies on that
		return fmt.Errorf("%.20q is not a JSON value", data)
	}
	value, err := parseValue(data, 0)
	if err != nil {
		return err
	}
	*v = value
	return nil
}

// parts are the parts of an array or object that is valid JSON: its elements, or names
// and values in turn.
func parts(data []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		depth, start := 0, 1
		for i := 0; i < len(data); i++ {
			switch data[i] {
			case '"':
				for i++; data[i] != '"'; i++ {
					if data[i] == '\\' {
						i++
					}
				}
			case '[', '{':
				depth++
			case ',', ':', ']', '}':
				if depth == 1 {
					part := bytes.Trim(data[start:i], jsonSpace)
					if len(part) > 0 && !yield(part) {
						return
					}
					start = i + 1
				}
				if data[i] == ']' || data[i] == '}' {
					depth--
				}
			}
		}
	}
}

// parseValue reads a JSON value that is valid, without space around it.
func parseValue(data []byte, depth int) (Value, error) {
	switch data[0] {
	case '"':
		var text string
		err := json.Unmarshal(data, &text)
		return TextValue(text), err
	case '[':
		return parseList(data, depth)
	case '{':
		if v, special, err := parseSpecial(data); special || err != nil {
			return v, err
		}
		return TextValue(strings.ToValidUTF8(string(data), "\uFFFD")), nil
	case 't', 'f', 'n':
		if data[0] == 'n' {
			return NullValue(), nil
		}
		return BoolValue(data[0] == 't'), nil
	}
	return parseNumber(string(data))
}

// parseSpecial reads what JSON has no form for: {"$time": "2024-05-01T12:00:00Z"}
// and {"$number": "NaN"}, "+Inf" or "-Inf".
func parseSpecial(object []byte) (v Value, special bool, err error) {
	if inner := bytes.Trim(object[1:], jsonSpace); !bytes.HasPrefix(inner, []byte(`"$`)) && !bytes.HasPrefix(inner, []byte(`"\`)) {
		return Value{}, false, nil
	}
	var members map[string]string
	if json.Unmarshal(object, &members) != nil || len(members) != 1 {
		return Value{}, false, nil
	}
	if text, ok := members["$time"]; ok {
		t, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			return Value{}, true, fmt.Errorf("$time %.40q is not of the form 2024-05-01T12:00:00Z", text)
		}
		return TimeValue(t), true, nil
	}
	if text, ok := members["$number"]; ok {
		x, known := map[string]float64{"NaN": math.NaN(), "+Inf": math.Inf(1), "-Inf": math.Inf(-1)}[text]
		if !known {
			return Value{}, true, fmt.Errorf("$number %.40q is none of NaN, +Inf, -Inf", text)
		}
		return NumberValue(x), true, nil
	}
	return Value{}, false, nil
}

func parseList(data []byte, depth int) (Value, error) {
	if depth == maxNesting {
		return Value{}, fmt.Errorf("lists nest deeper than %d", maxNesting)
	}
	n := 0
	for range parts(data) {
		n++
	}
	v := Value{kind: KindList}
	if n > 0 {
		v.list = make([]Value, 0, n)
	}
	for element := range parts(data) {
		e, err := parseValue(element, depth+1)
		if err != nil {
			return Value{}, err
		}
		v.list = append(v.list, e)
	}
	return v, nil
}

func parseNumber(text string) (Value, error) {
	if !strings.ContainsAny(text, ".eE") {
		return parseWhole(text)
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return Value{}, fmt.Errorf("the number %.40s is beyond the range of a float64", text)
	}
	if mantissa, _, _ := strings.Cut(strings.ToLower(text), "e"); x == 0 && strings.ContainsAny(mantissa, "123456789") {
		return Value{}, fmt.Errorf("the number %.40s is nearer to 0 than any float64", text)
	}
	return NumberValue(x), nil
}

func parseWhole(text string) (Value, error) {
	if text == "-0" {
		return NumberValue(math.Copysign(0, -1)), nil
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return IntValue(n), nil
	}
	if n, err := strconv.ParseUint(text, 10, 64); err == nil {
		return UintValue(n), nil
	}
	return Value{}, fmt.Errorf("the whole number %.40s does not fit into 64 bits", text)
}

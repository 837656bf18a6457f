package rerank

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Fields is an ordered list of named, typed values. Order is kept because some
// rerank services render a document's fields in the order given.
type Fields []Field

// Field is one named value.
type Field struct {
	Name  string
	Value Value
}

// Get returns the value of the first field called name.
func (f Fields) Get(name string) (Value, bool) {
	for i := range f {
		if f[i].Name == name {
			return f[i].Value, true
		}
	}
	return Value{}, false
}

// Kind is the type of a [Value].
type Kind uint8

// The kinds of a Value. The zero Value is an empty text.
const (
	KindText Kind = iota
	KindNumber
	KindBool
	KindTime
	KindList
)

// String returns the kind's name, such as "number".
func (k Kind) String() string {
	names := [...]string{"text", "number", "bool", "time", "list"}
	if int(k) < len(names) {
		return names[k]
	}
	return "kind(" + strconv.Itoa(int(k)) + ")"
}

// Value is one typed value of a field. Values are immutable.
type Value struct {
	kind   Kind
	text   string
	number float64 // also the bool, as 0 or 1
	time   time.Time
	list   []Value
}

// TextValue returns a text value.
func TextValue(s string) Value { return Value{text: s} }

// NumberValue returns a numeric value.
func NumberValue(x float64) Value { return Value{kind: KindNumber, number: x} }

// BoolValue returns a truth value.
func BoolValue(b bool) Value {
	v := Value{kind: KindBool}
	if b {
		v.number = 1
	}
	return v
}

// TimeValue returns a point in time, kept to the nanosecond in UTC.
func TimeValue(t time.Time) Value { return Value{kind: KindTime, time: t.UTC().Round(0)} }

// ListValue returns a list of values. The values are copied.
func ListValue(values ...Value) Value {
	return Value{kind: KindList, list: append([]Value(nil), values...)}
}

// Kind tells which of the accessors below holds the value.
func (v Value) Kind() Kind { return v.kind }

// Text returns the text of a text value and "" for every other kind.
func (v Value) Text() string { return v.text }

// Number returns the number of a numeric value and 0 for every other kind.
func (v Value) Number() float64 {
	if v.kind != KindNumber {
		return 0
	}
	return v.number
}

// Bool returns the truth of a bool value and false for every other kind.
func (v Value) Bool() bool { return v.kind == KindBool && v.number != 0 }

// Time returns the time of a time value and the zero time for every other kind.
func (v Value) Time() time.Time { return v.time }

// List returns a copy of a list's values and nil for every other kind.
func (v Value) List() []Value { return append([]Value(nil), v.list...) }

// String formats the value as a reader would write it: lists as "a, b".
func (v Value) String() string {
	switch v.kind {
	case KindNumber:
		return strconv.FormatFloat(v.number, 'g', -1, 64)
	case KindBool:
		return strconv.FormatBool(v.Bool())
	case KindTime:
		return v.time.Format(time.RFC3339Nano)
	case KindList:
		var b bytes.Buffer
		for i, e := range v.list {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(e.String())
		}
		return b.String()
	}
	return v.text
}

// Equal reports whether v and w have the same kind and the same value.
func (v Value) Equal(w Value) bool {
	if v.kind != w.kind || v.text != w.text || v.number != w.number || !v.time.Equal(w.time) || len(v.list) != len(w.list) {
		return false
	}
	for i := range v.list {
		if !v.list[i].Equal(w.list[i]) {
			return false
		}
	}
	return true
}

// MarshalJSON writes the value as the JSON type nearest to its kind. A time
// becomes an RFC 3339 string, and a number that JSON cannot hold becomes null.
func (v Value) MarshalJSON() ([]byte, error) {
	switch v.kind {
	case KindNumber:
		if math.IsNaN(v.number) || math.IsInf(v.number, 0) {
			return []byte("null"), nil
		}
		return json.Marshal(v.number)
	case KindBool:
		return json.Marshal(v.Bool())
	case KindTime:
		return json.Marshal(v.time)
	case KindList:
		if v.list == nil {
			return []byte("[]"), nil
		}
		return json.Marshal(v.list)
	}
	return json.Marshal(v.text)
}

// UnmarshalJSON reads strings, numbers, booleans, arrays of these, and null
// (an empty text). A string stays text even where it looks like a time. An
// object is kept as its JSON text. What is not UTF-8 becomes U+FFFD.
func (v *Value) UnmarshalJSON(data []byte) error {
	data = bytes.TrimSpace(data)
	if len(data) == 0 {
		return errors.New("rerank: empty JSON value")
	}
	switch data[0] {
	case '"':
		*v = Value{}
		return json.Unmarshal(data, &v.text)
	case '[':
		*v = Value{kind: KindList}
		return json.Unmarshal(data, &v.list)
	case '{':
		*v = TextValue(strings.ToValidUTF8(string(data), "\uFFFD"))
		return nil
	case 't', 'f':
		*v = BoolValue(data[0] == 't')
		return nil
	case 'n':
		*v = Value{}
		return nil
	}
	*v = Value{kind: KindNumber}
	return json.Unmarshal(data, &v.number)
}

// MarshalJSON writes the fields as one JSON object, in order.
func (f Fields) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, field := range f {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(field.Name)
		if err != nil {
			return nil, fmt.Errorf("rerank: field name %q: %w", field.Name, err)
		}
		value, err := field.Value.MarshalJSON()
		if err != nil {
			return nil, fmt.Errorf("rerank: field %q: %w", field.Name, err)
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// UnmarshalJSON reads one JSON object, keeping the order of its members; null
// gives no fields.
func (f *Fields) UnmarshalJSON(data []byte) error {
	*f = nil
	dec := json.NewDecoder(bytes.NewReader(data))
	open, err := dec.Token()
	if err != nil {
		return fmt.Errorf("rerank: fields: %w", err)
	}
	if open == nil {
		return nil
	}
	if open != json.Delim('{') {
		return fmt.Errorf("rerank: fields must be a JSON object, found %v", open)
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return fmt.Errorf("rerank: fields: %w", err)
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return fmt.Errorf("rerank: field %q: %w", name, err)
		}
		var value Value
		if err := value.UnmarshalJSON(raw); err != nil {
			return fmt.Errorf("rerank: field %q: %w", name, err)
		}
		*f = append(*f, Field{Name: name.(string), Value: value})
	}
	return nil
}

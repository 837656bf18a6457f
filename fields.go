package rerank

import (
	"bytes"
	"encoding/json"
	"fmt"
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
// gives no fields. Members of objects within it become fields with dotted names:
// {"a": {"b": 1}} is the field "a.b". An empty object is null. A name that is there
// twice is an error.
func (f *Fields) UnmarshalJSON(data []byte) error {
	*f = nil
	if data = bytes.Trim(data, jsonSpace); string(data) == "null" {
		return nil
	}
	if !json.Valid(data) { // what reads its parts relies on that
		return fmt.Errorf("fields: %w", json.Unmarshal(data, new(json.RawMessage))) // for its message
	}
	if data[0] != '{' {
		return fmt.Errorf("fields must be a JSON object, found %.20s", data)
	}
	r := fieldsReader{nameBytes: 2*len(data) + freeNameBytes}
	if err := r.object("", data, 0); err != nil {
		return err
	}
	seen := make(map[string]bool, len(r.fields))
	for _, field := range r.fields {
		if seen[field.Name] {
			return fmt.Errorf("field %q appears twice", field.Name)
		}
		seen[field.Name] = true
	}
	*f = r.fields
	return nil
}

// freeNameBytes is what the names of fields may take beside twice the bytes of their
// JSON. The name of an object is repeated in each field in it, so that a short text
// could otherwise make gigabytes of names.
const freeNameBytes = 4 << 10

// fieldsReader reads fields from JSON that is valid.
type fieldsReader struct {
	fields    Fields
	nameBytes int // that are left
}

// object appends the members of an object.
func (r *fieldsReader) object(prefix string, data []byte, depth int) error {
	if depth > maxNesting {
		return fmt.Errorf("field %.100q: objects nest deeper than %d", prefix, maxNesting)
	}
	name, isName := "", true
	for part := range parts(data) {
		if isName {
			if err := json.Unmarshal(part, &name); err != nil {
				return fmt.Errorf("fields: %w", err)
			}
			if r.nameBytes -= len(prefix) + len(name); r.nameBytes < 0 {
				return fmt.Errorf("field %.100q: the names of nested fields are too long, all together", prefix+name)
			}
		} else if err := r.member(prefix+name, part, depth); err != nil {
			return err
		}
		isName = !isName
	}
	return nil
}

// member appends what a member is: an object's members, or one field.
func (r *fieldsReader) member(name string, raw []byte, depth int) error {
	if raw[0] == '{' && !isEmpty(raw) {
		if value, special, err := parseSpecial(raw); err != nil {
			return fmt.Errorf("field %q: %w", name, err)
		} else if special {
			r.fields = append(r.fields, Field{Name: name, Value: value})
			return nil
		}
		return r.object(name+".", raw, depth+1)
	}
	value := NullValue()
	if raw[0] != '{' {
		var err error
		if value, err = parseValue(raw, 0); err != nil {
			return fmt.Errorf("field %q: %w", name, err)
		}
	}
	r.fields = append(r.fields, Field{Name: name, Value: value})
	return nil
}

// isEmpty reports whether an object has no members.
func isEmpty(object []byte) bool { return len(bytes.Trim(object[1:len(object)-1], jsonSpace)) == 0 }

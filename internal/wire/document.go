package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/flashrerank/rerank/internal/exactjson"
)

// Document is a text, or an object of fields whose order is kept.
type Document struct {
	Text   string // of a text, or the field "text" of an object
	Fields []Field
	Object bool
}

// Field is a member of an object: a string as it is, anything else as its JSON.
type Field struct{ Name, Value string }

// UnmarshalJSON reads a string or an object.
func (d *Document) UnmarshalJSON(data []byte) error {
	*d = Document{}
	trimmed := bytes.TrimSpace(data)
	if len(trimmed) == 0 || trimmed[0] != '{' {
		if string(trimmed) == "null" {
			return fmt.Errorf("a document is null: it must be a string or an object")
		}
		if err := exactjson.UnmarshalLast(data, &d.Text); err != nil {
			return fmt.Errorf("a document is %.20s: it must be a string or an object", trimmed)
		}
		return nil
	}
	d.Object = true
	dec := json.NewDecoder(bytes.NewReader(trimmed))
	if _, err := dec.Token(); err != nil {
		return err
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return err
		}
		d.add(name.(string), value) // a key is always a string
	}
	return nil
}

func (d *Document) add(name string, value json.RawMessage) {
	text := string(value)
	if value[0] == '"' {
		_ = exactjson.UnmarshalLast(value, &text) // the decoder has read it
	}
	if name == "text" {
		d.Text = text
	}
	d.Fields = append(d.Fields, Field{name, text})
}

// Render returns what a model is to read: the named fields, or those of an object
// that has no text, a line for each, and else the text. It fails where an object has
// nothing of that.
func (d Document) Render(fields []string) (string, error) {
	if !d.Object {
		return d.Text, nil
	}
	if len(fields) == 0 {
		for _, f := range d.Fields {
			if f.Name == "text" {
				return d.Text, nil
			}
		}
		for _, f := range d.Fields {
			fields = append(fields, f.Name)
		}
	}
	var lines []string
	for _, name := range fields {
		for _, f := range d.Fields {
			if f.Name == name {
				lines = append(lines, name+": "+f.Value)
			}
		}
	}
	if len(lines) == 0 {
		return "", fmt.Errorf("it has none of the fields that are to be ranked")
	}
	return strings.Join(lines, "\n"), nil
}

// Query is a text, or an object with one.
type Query struct {
	Text string
	Set  bool // whether there was one
}

// UnmarshalJSON reads a string or {"text": …}.
func (q *Query) UnmarshalJSON(data []byte) error {
	if string(bytes.TrimSpace(data)) == "null" {
		return nil
	}
	q.Set = true
	if data[0] == '{' {
		var object struct {
			Text *string `json:"text"`
		}
		if err := exactjson.UnmarshalLast(data, &object); err != nil || object.Text == nil {
			return fmt.Errorf("it is an object without a text")
		}
		q.Text = *object.Text
		return nil
	}
	if err := exactjson.UnmarshalLast(data, &q.Text); err != nil {
		return fmt.Errorf("%.20s is neither a string nor an object with a text", data)
	}
	return nil
}

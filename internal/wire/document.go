package wire

import (
	"fmt"
	"slices"
	"strings"

	"github.com/flashrerank/rerank/internal/exactjson"
)

// Document is a text, or an object of fields whose order is kept.
type Document struct {
	Text   string // of a text
	Fields []Field
	Object bool
}

// Field is a member of an object: a string as it is, anything else as its JSON.
type Field struct {
	Name, Value string

	null bool
}

// ParseDocument reads a string or an object. Members that are null are like absent.
func ParseDocument(value []byte) (Document, error) {
	if len(value) == 0 || value[0] != '{' {
		if exactjson.Null(value) {
			return Document{}, fmt.Errorf("a document is null: it must be a string or an object")
		}
		text, err := exactjson.Text(value)
		if err != nil {
			return Document{}, fmt.Errorf("a document is %.20s: it must be a string or an object", value)
		}
		return Document{Text: text}, nil
	}
	d := Document{Object: true}
	places := map[string]int{} // of fields
	err := exactjson.MembersLast(value, func(name string, value []byte) error {
		at, again := places[name]
		if !again {
			at = len(d.Fields)
			places[name], d.Fields = at, append(d.Fields, Field{Name: name})
		}
		d.Fields[at].Value, d.Fields[at].null = valueText(value), exactjson.Null(value)
		return nil
	})
	d.Fields = slices.DeleteFunc(d.Fields, func(f Field) bool { return f.null })
	return d, err
}

// valueText is a string, or the JSON of anything else.
func valueText(value []byte) string {
	if value[0] != '"' {
		return string(value)
	}
	text, _ := exactjson.Text(value) // it has been read
	return text
}

// Render returns what a model is to read: the named fields, or those of an object
// that has no text, a line for each, and else the text. It fails where an object has
// nothing of that.
func (d Document) Render(fields []string) (string, error) {
	if !d.Object {
		return d.Text, nil
	}
	values := make(map[string]string, len(d.Fields))
	for _, f := range d.Fields {
		values[f.Name] = f.Value
	}
	if text, ok := values["text"]; ok && len(fields) == 0 {
		return text, nil
	}
	if len(fields) == 0 {
		for _, f := range d.Fields {
			fields = append(fields, f.Name)
		}
	}
	var lines []string
	for _, name := range fields {
		if value, ok := values[name]; ok {
			lines = append(lines, name+": "+value)
		}
	}
	if len(lines) == 0 {
		return "", fmt.Errorf("it has none of the fields that are to be ranked")
	}
	return strings.Join(lines, "\n"), nil
}

package strictyaml

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/flashrerank/rerank/internal/nearest"
)

// explain puts an error of the decoder, which was given a pointer to a struct of
// the type into, in the words of the document: its keys, not Go's fields.
func explain(data []byte, into reflect.Type, err error) string {
	var unknown *yaml.UnknownFieldError
	var mistyped *yaml.TypeError
	switch {
	case errors.As(err, &unknown):
		at := unknown.Token
		return fmt.Sprintf("%sunknown key %q%s", place(at), at.Value, nearest.Choice(at.Value, keysBeside(data, into, at)))
	case errors.As(err, &mistyped) && mistyped.DstType != nil && mistyped.Token != nil:
		at := mistyped.Token
		return fmt.Sprintf("%s%q: %s is wanted", place(at), at.Value, words(mistyped.DstType))
	}
	return strings.TrimSpace(yaml.FormatError(err, false, false))
}

func place(t *token.Token) string {
	return fmt.Sprintf("[%d:%d] ", t.Position.Line, t.Position.Column)
}

// words says what a type takes.
func words(t reflect.Type) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "a map of keys and values"
	case reflect.String:
		return "text"
	}
	if t.String() == "time.Duration" {
		return "a duration such as 300ms"
	}
	return "a whole number"
}

// keysBeside returns the keys that are known where a token is a key.
func keysBeside(data []byte, into reflect.Type, at *token.Token) (keys []string) {
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil
	}
	s := search{line: at.Position.Line, column: at.Position.Column}
	for _, doc := range file.Docs {
		s.walk(doc.Body, into)
	}
	return s.keys
}

// search goes through a document and the type that it is read into at once.
type search struct {
	line, column int
	keys         []string // found
}

func (s *search) walk(node ast.Node, into reflect.Type) {
	for into != nil && into.Kind() == reflect.Pointer {
		into = into.Elem()
	}
	if into == nil || s.keys != nil {
		return
	}
	switch v := node.(type) {
	case *ast.MappingNode:
		for _, pair := range v.Values {
			s.walk(pair, into)
		}
	case *ast.MappingValueNode:
		s.pair(v, into)
	case *ast.SequenceNode:
		if into.Kind() == reflect.Slice {
			for _, value := range v.Values {
				s.walk(value, into.Elem())
			}
		}
	case *ast.AnchorNode:
		s.walk(v.Value, into)
	}
}

// pair looks at a key and what it stands for.
func (s *search) pair(v *ast.MappingValueNode, into reflect.Type) {
	key := v.Key.GetToken()
	switch into.Kind() {
	case reflect.Map:
		s.walk(v.Value, into.Elem())
	case reflect.Struct:
		known := fieldsOf(into)
		if key.Position.Line == s.line && key.Position.Column == s.column {
			for _, f := range known {
				s.keys = append(s.keys, f.key)
			}
			return
		}
		for _, f := range known {
			if f.key == key.Value {
				s.walk(v.Value, f.of)
			}
		}
	}
}

// field is a key of a struct.
type field struct {
	key   string
	of    reflect.Type
	usual string // what a zero means; "" where it means itself
}

// fieldsOf lists the keys of a struct, those of inlined ones among them.
func fieldsOf(t reflect.Type) (list []field) {
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case strings.Contains(options, "inline") && f.Type.Kind() == reflect.Struct:
			list = append(list, fieldsOf(f.Type)...)
		case name != "" && name != "-":
			list = append(list, field{name, f.Type, f.Tag.Get("default")})
		case name == "" && f.IsExported():
			list = append(list, field{strings.ToLower(f.Name), f.Type, f.Tag.Get("default")})
		}
	}
	return list
}

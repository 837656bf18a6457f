package exactjson

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/flashrerank/rerank/internal/nearest"
)

// Error is what is wrong with JSON, and where.
type Error struct {
	Path    string // of the value, such as "documents[3].text"; "" for the whole
	Message string
	Syntax  bool  // whether it is no JSON, rather than of a wrong type
	Offset  int64 // with Syntax: the bytes before the place

	err error // what a caller's function returned
}

// Error returns "path: message".
func (e *Error) Error() string {
	switch {
	case e.Syntax:
		return fmt.Sprintf("not JSON: %s at byte %d", e.Message, e.Offset)
	case e.Path == "":
		return e.Message
	}
	return e.Path + ": " + e.Message
}

// Unwrap returns the error of the function or method that refused the value.
func (e *Error) Unwrap() error { return e.err }

// Within returns an error as an [*Error] with a name before its path.
func Within(name string, err error) error { return within(name, err) }

func within(name string, err error) error {
	if err == nil {
		return nil
	}
	var inner *Error
	if !errors.As(err, &inner) || inner.Syntax {
		return &Error{Path: name, Message: err.Error(), err: err}
	}
	outer := *inner
	outer.Path = join(name, inner.Path)
	return &outer
}

func join(outer, inner string) string {
	if inner == "" || outer == "" || inner[0] == '[' {
		return outer + inner
	}
	return outer + "." + inner
}

func element(i int) string { return "[" + strconv.Itoa(i) + "]" }

// explain puts the errors of the decoder into words.
func explain(err error, data []byte) error {
	if err == nil {
		return nil
	}
	var syntax *jsontext.SyntacticError
	var wrong *json.SemanticError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &Error{Message: "it ends early", Syntax: true, Offset: int64(len(data))}
	case errors.As(err, &syntax) && errors.Is(err, jsontext.ErrDuplicateName):
		return &Error{Path: path(syntax.JSONPointer), Message: "the member appears twice"}
	case errors.As(err, &syntax):
		return &Error{Message: syntax.Err.Error(), Syntax: true, Offset: syntax.ByteOffset}
	case !errors.As(err, &wrong):
		return &Error{Message: err.Error(), err: err}
	case errors.Is(wrong.Err, json.ErrUnknownName):
		return unknown(wrong)
	case wrong.Err != nil && !errors.Is(wrong.Err, strconv.ErrRange) && !errors.Is(wrong.Err, strconv.ErrSyntax):
		return within(path(wrong.JSONPointer), wrong.Err)
	}
	return &Error{Path: path(wrong.JSONPointer), Message: misfit(wrong)}
}

// unknown tells which names a struct has in the place of one that it has not.
func unknown(e *json.SemanticError) error {
	var names []string
	if t := e.GoType; t != nil && t.Kind() == reflect.Struct {
		for _, f := range reflect.VisibleFields(t) {
			if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && name != "-" {
				names = append(names, name)
			}
		}
	}
	name := e.JSONPointer.LastToken()
	return &Error{Path: path(e.JSONPointer), Message: "there is no such member" + nearest.Choice(name, names)}
}

// misfit tells what a value is and what it must be.
func misfit(e *json.SemanticError) string {
	is, must := found(e.JSONKind), wanted(e.GoType)
	if e.JSONKind == '0' && len(e.JSONValue) > 0 {
		is = fmt.Sprintf("%.40s", e.JSONValue)
	}
	if must == "" {
		return "it cannot be " + is
	}
	return "it is " + is + "; it must be " + must
}

// found names a kind of JSON value.
func found(k jsontext.Kind) string {
	switch k {
	case 'n':
		return "null"
	case 't', 'f':
		return "a truth value"
	case '"':
		return "a string"
	case '0':
		return "a number"
	case '{', '}':
		return "an object"
	}
	return "an array"
}

// wanted names what a type is read from; "" where its name would help nobody.
func wanted(t reflect.Type) string {
	if t == nil {
		return ""
	}
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return fmt.Sprintf("a whole number of %d bits", t.Bits())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return fmt.Sprintf("a whole number of %d bits, not negative", t.Bits())
	case reflect.Slice, reflect.Array:
		return "an array"
	case reflect.Map, reflect.Struct:
		return "an object"
	}
	return ""
}

// path writes a pointer as a path: "/documents/3/text" as "documents[3].text".
func path(p jsontext.Pointer) string {
	var b strings.Builder
	for token := range p.Tokens() {
		if i, err := strconv.Atoi(token); err == nil && i >= 0 {
			b.WriteString(element(i))
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(token)
	}
	return b.String()
}

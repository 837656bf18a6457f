// Package exactjson reads JSON strictly by its names: a member belongs to the
// field of exactly its name, where encoding/json takes "Text" for "text" and
// lets the last one win. A member that appears twice is an error, except to
// [UnmarshalLast] and its like. Members that nothing asks for are ignored, except by
// [UnmarshalKnown]. Bytes
// that are not UTF-8, and halves of surrogate pairs, become U+FFFD.
//
// Types keep their UnmarshalJSON methods; those that read structs themselves
// must use this package too.
package exactjson

import (
	"bytes"
	"strings"
	"unsafe"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	v1 "github.com/go-json-experiment/json/v1"
)

// Unmarshal reads one JSON value into what a pointer points to. Unknown members
// are ignored. Durations are nanoseconds. Errors are of type [*Error].
func Unmarshal(data []byte, into any) error { return unmarshal(data, into, false) }

// UnmarshalKnown is Unmarshal where a member that nothing asks for is an error, with
// the name that was probably meant.
func UnmarshalKnown(data []byte, into any) error {
	return unmarshal(data, into, false, json.RejectUnknownMembers(true))
}

// UnmarshalLast is Unmarshal for what other programs write: of members with the
// same name the last one counts, as their own readers have it.
func UnmarshalLast(data []byte, into any) error { return unmarshal(data, into, true) }

func unmarshal(data []byte, into any, twice bool, more ...json.Options) error {
	options := append(more, jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(twice), v1.FormatDurationAsNano(true))
	err := json.Unmarshal(data, into, options...)
	return explain(err, data)
}

// Members calls f for each member of a JSON object, in order. The value is a
// view of data. An error of f ends the walk and is returned with the member's
// name before it, as an [*Error].
func Members(data []byte, f func(name string, value []byte) error) error {
	return members(data, false, f)
}

// MembersLast is Members for what other programs write: a member that is there
// twice is no error, and f is called for both.
func MembersLast(data []byte, f func(name string, value []byte) error) error {
	return members(data, true, f)
}

func members(data []byte, twice bool, f func(name string, value []byte) error) error {
	return walk(data, '{', twice, func(dec *jsontext.Decoder, _ int) error {
		name, err := dec.ReadToken()
		if err != nil {
			return explain(err, data)
		}
		member := name.String() // the token is valid until the next read only
		value, err := dec.ReadValue()
		if err != nil {
			return explain(err, data)
		}
		return within(member, f(member, value))
	})
}

// Elements calls f for each element of a JSON array, in order, as [Members]
// does for an object. The path of an error has the index: "[3]".
func Elements(data []byte, f func(i int, value []byte) error) error {
	return elements(data, false, f)
}

// ElementsLast is Elements for what other programs write: members that are there
// twice in an element are no error.
func ElementsLast(data []byte, f func(i int, value []byte) error) error {
	return elements(data, true, f)
}

func elements(data []byte, twice bool, f func(i int, value []byte) error) error {
	return walk(data, '[', twice, func(dec *jsontext.Decoder, i int) error {
		value, err := dec.ReadValue()
		if err != nil {
			return explain(err, data)
		}
		return within(element(i), f(i, value))
	})
}

// walk calls next for all that is between the brackets of one value.
func walk(data []byte, bracket byte, twice bool, next func(dec *jsontext.Decoder, i int) error) error {
	dec := jsontext.NewDecoder(bytes.NewBuffer(data), jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(twice))
	kind := dec.PeekKind()
	if byte(kind) != bracket && strings.IndexByte(`ntf"0{[`, byte(kind)) >= 0 { // what is no JSON, reading tells
		return &Error{Message: "it is " + found(kind) + "; it must be " + found(jsontext.Kind(bracket))}
	}
	if _, err := dec.ReadToken(); err != nil {
		return explain(err, data)
	}
	for i := 0; ; i++ {
		switch dec.PeekKind() {
		case '}', ']':
			if _, err := dec.ReadToken(); err != nil {
				return explain(err, data)
			}
			return end(dec, data)
		}
		if err := next(dec, i); err != nil {
			return err
		}
	}
}

// end looks that nothing follows the value.
func end(dec *jsontext.Decoder, data []byte) error {
	rest := data[dec.InputOffset():]
	if len(bytes.TrimLeft(rest, space)) == 0 {
		return nil
	}
	return &Error{Message: "something follows the JSON value", Syntax: true, Offset: dec.InputOffset()}
}

// space is what JSON takes for space.
const space = " \t\r\n"

// Null reports whether a value is null.
func Null(value []byte) bool { return string(bytes.Trim(value, space)) == "null" }

// Text reads a string; null is "".
func Text(value []byte) (string, error) {
	if len(value) > 0 && value[0] == '"' {
		if text, err := jsontext.AppendUnquote(make([]byte, 0, len(value)), value); err == nil {
			return unsafe.String(unsafe.SliceData(text), len(text)), nil // nobody else has it
		}
	}
	var text string
	err := Unmarshal(value, &text)
	return text, err
}

// AppendText appends a text as a JSON string. What is not UTF-8 becomes U+FFFD.
func AppendText(b []byte, text string) []byte {
	b, _ = jsontext.AppendQuote(b, text) // the only error is that something was replaced
	return b
}

// Package loose reads requests that other services' clients send. Their authors
// never saw what a vendor's reader forgives, so this one forgives it too: a number
// or a truth value may be a string, null and an empty string in their place are
// like absent, and of members with one name the last counts.
//
// A member is read when it is asked for. What a request has besides is ignored,
// whatever its type.
package loose

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/flashrerank/rerank/internal/exactjson"
)

// Bounds of what is read.
const (
	maxMembers = 1000 // of an object; clients send less than twenty
	maxWord    = 400  // bytes of a number or a truth value
)

// Object is a JSON object. Its methods return what a member holds, or what they are
// given for one that is absent. The first member that cannot be read is an error of
// the whole, which [Object.Err] returns. An Object is not safe for concurrent use.
type Object struct {
	members map[string][]byte // views of the body
	most    int
	path    string // of the object in the body
	root    *Object
	err     error // of the root only
	asked   func(path, kind string)
}

// Read takes a body apart, of which the object keeps views. A list must not have
// more than so many elements; 0 means no limit. Errors are of type [*exactjson.Error].
func Read(body []byte, most int) (*Object, error) {
	o := &Object{most: most}
	o.root = o
	err := o.read(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))) // some libraries begin with a byte order mark
	return o, err
}

func (o *Object) read(data []byte) error {
	o.members = map[string][]byte{}
	return exactjson.MembersLast(data, func(name string, value []byte) error {
		if exactjson.Null(value) {
			delete(o.members, name)
			return nil
		}
		if len(o.members) == maxMembers {
			return fmt.Errorf("there are more than %d members", maxMembers)
		}
		o.members[name] = value
		return nil
	})
}

// Watch has a function called with the path of each member that is asked for, and what
// it is read as: "text", "flag", "whole", "number", "word", "object", "list" or "" where it
// is only looked for.
func (o *Object) Watch(asked func(path, kind string)) { o.asked = asked }

// Err returns why a member could not be read, nil if all could. It is of type
// [*exactjson.Error].
func (o *Object) Err() error { return o.root.err }

// Fail is for a member that was read and cannot be what it is.
func (o *Object) Fail(name string, err error) {
	if o.root.err == nil && err != nil {
		err = exactjson.Within(name, err)
		if o.path != "" {
			err = exactjson.Within(o.path, err)
		}
		o.root.err = err
	}
}

// get returns the value of a member, nil if it is absent or null.
func (o *Object) get(name, kind string) []byte {
	if o.root.asked != nil {
		o.root.asked(o.within(name), kind)
	}
	return o.members[name]
}

// within is the path of a member.
func (o *Object) within(name string) string {
	if o.path == "" {
		return name
	}
	return o.path + "." + name
}

// Has reports whether a member is there and is not null.
func (o *Object) Has(name string) bool { return o.get(name, "") != nil }

// Given reports whether a member is there and is neither null nor an empty string, as which
// some clients send what was left open.
func (o *Object) Given(name string) bool {
	value := o.get(name, "")
	return value != nil && string(value) != `""`
}

// Kind returns the first character of a member: '[' of an array, '{' of an object, '"' of
// a string, 't' or 'f' of a truth value, a digit or '-' of a number, and 0 of what is
// absent.
func (o *Object) Kind(name string) byte {
	if value := o.get(name, ""); value != nil {
		return value[0]
	}
	return 0
}

// Text returns a string; an absent one is "".
func (o *Object) Text(name string) string {
	value := o.get(name, "text")
	if value == nil {
		return ""
	}
	text, err := exactjson.Text(value)
	o.Fail(name, err)
	return text
}

// Flag returns a truth value, which may be a string or the number 0 or 1.
func (o *Object) Flag(name string, otherwise bool) bool {
	value := o.get(name, "flag")
	switch word := o.word(value); word {
	case "":
		return otherwise
	case "true", "1", "1.0", "t", "yes", "y", "on":
		return true
	case "false", "0", "0.0", "f", "no", "n", "off":
		return false
	}
	o.Fail(name, fmt.Errorf("%.40s is neither true nor false", value))
	return otherwise
}

// Whole returns a whole number, which may be a string or have a point.
func (o *Object) Whole(name string, otherwise int) int {
	value := o.get(name, "whole")
	word := o.word(value)
	if word == "" {
		return otherwise
	}
	x, err := strconv.ParseFloat(word, 64)
	if err != nil || x != math.Trunc(x) || math.Abs(x) > math.MaxInt32 {
		o.Fail(name, fmt.Errorf("%.40s is no whole number of a size that counts", value))
		return otherwise
	}
	return int(x)
}

// Number returns a number, which may be a string.
func (o *Object) Number(name string, otherwise float64) float64 {
	value := o.get(name, "number")
	word := o.word(value)
	if word == "" {
		return otherwise
	}
	x, err := strconv.ParseFloat(word, 64)
	if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
		o.Fail(name, fmt.Errorf("%.40s is no number", value))
		return otherwise
	}
	return x
}

// Word returns a string, number or truth value in lower case, "" for what is absent or
// something else.
func (o *Object) Word(name string) string {
	value := o.get(name, "word")
	if len(value) > 0 && (value[0] == '{' || value[0] == '[') {
		return ""
	}
	return o.word(value)
}

// word is a value without its quotes and spaces, in lower case; "" for none and for an
// empty string. What is too long for a word stays as it is, as an array or an object does.
func (o *Object) word(value []byte) string {
	if len(value) > maxWord {
		return string(value[:maxWord])
	}
	text := string(value)
	if len(value) > 0 && value[0] == '"' {
		text, _ = exactjson.Text(value) // it has been read
	}
	return strings.ToLower(strings.TrimSpace(text))
}

// Object returns an object, nil for one that is absent.
func (o *Object) Object(name string) *Object {
	value := o.get(name, "object")
	if value == nil {
		return nil
	}
	inner := &Object{most: o.most, path: o.within(name), root: o.root}
	o.Fail(name, inner.read(value))
	return inner
}

// Each calls f for the elements of an array until one is an error.
func (o *Object) Each(name string, f func(value []byte) error) {
	o.One(name, func(value []byte) error { return Elements(value, o.most, f) })
}

// One calls f for a member that is there.
func (o *Object) One(name string, f func(value []byte) error) {
	if value := o.get(name, "list"); value != nil {
		o.Fail(name, f(value))
	}
}

// Texts returns an array of strings.
func (o *Object) Texts(name string) []string {
	var texts []string
	o.Each(name, func(value []byte) error {
		text, err := ElementText(value)
		texts = append(texts, text)
		return err
	})
	return texts
}

// OneOrMore returns a string as the only one, or an array of strings.
func (o *Object) OneOrMore(name string) (texts []string, one bool) {
	if o.Kind(name) == '"' {
		return []string{o.Text(name)}, true
	}
	return o.Texts(name), false
}

// ElementText reads a string of an array, where null is an error.
func ElementText(value []byte) (string, error) {
	if exactjson.Null(value) {
		return "", errors.New("it is null; it must be a string")
	}
	return exactjson.Text(value)
}

// Elements calls f for the elements of an array, of which there must not be more than
// so many; 0 means no limit.
func Elements(value []byte, most int, f func(value []byte) error) error {
	err := exactjson.ElementsLast(value, func(i int, element []byte) error {
		if most > 0 && i == most {
			return errMore
		}
		return f(element)
	})
	if errors.Is(err, errMore) {
		return fmt.Errorf("it has more than %d elements", most)
	}
	return err
}

var errMore = errors.New("too many")

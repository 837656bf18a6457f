package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
)

// misfit marks the errors below among those of encoding/json, which tells them the name
// of the field that they are of.
type misfit struct{}

// misfitf says what is wrong with a value.
func misfitf(format string, args ...any) error {
	return &json.UnmarshalTypeError{Value: fmt.Sprintf(format, args...), Type: reflect.TypeFor[misfit]()}
}

// Misfit tells of an error of decoding a request what is wrong with a value of this
// package's types, and of which field, as "top_n: 1.5 is no whole number"; ok is false for
// other errors.
func Misfit(err error) (message string, ok bool) {
	var e *json.UnmarshalTypeError
	if !errors.As(err, &e) || e.Type != reflect.TypeFor[misfit]() {
		return "", false
	}
	if e.Field == "" {
		return e.Value, true
	}
	return e.Field + ": " + e.Value, true
}

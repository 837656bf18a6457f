package strictyaml

import (
	"fmt"
	"reflect"
	"strconv"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// explicitZero refuses a zero that somebody has written under a key whose field
// takes zero for "not said": the tag default:"…" tells what that means. Such a
// field cannot have what was asked for.
func explicitZero(data []byte, into reflect.Type) error {
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil //nolint:nilerr // the decoder has read it
	}
	for _, doc := range file.Docs {
		if err := zeroIn(doc.Body, into); err != nil {
			return err
		}
	}
	return nil
}

func zeroIn(node ast.Node, into reflect.Type) error {
	for into.Kind() == reflect.Pointer {
		into = into.Elem()
	}
	switch v := node.(type) {
	case *ast.MappingNode:
		for _, pair := range v.Values {
			if err := zeroIn(pair, into); err != nil {
				return err
			}
		}
	case *ast.MappingValueNode:
		return zeroUnder(v, into)
	case *ast.SequenceNode:
		if into.Kind() != reflect.Slice {
			return nil
		}
		for _, value := range v.Values {
			if err := zeroIn(value, into.Elem()); err != nil {
				return err
			}
		}
	case *ast.AnchorNode:
		return zeroIn(v.Value, into)
	}
	return nil
}

// zeroUnder looks at a key and what it stands for.
func zeroUnder(v *ast.MappingValueNode, into reflect.Type) error {
	switch into.Kind() {
	case reflect.Map:
		return zeroIn(v.Value, into.Elem())
	case reflect.Struct:
		key := v.Key.GetToken().Value
		for _, f := range fieldsOf(into) {
			if f.key != key {
				continue
			}
			if f.usual != "" && isZero(v.Value) {
				return fmt.Errorf("%s%s: 0 is not possible; leave it out for the default, %s", place(v.Value.GetToken()), key, f.usual)
			}
			return zeroIn(v.Value, f.of)
		}
	}
	return nil
}

// isZero reports whether a value is the number 0 or a duration of no time.
func isZero(node ast.Node) bool {
	switch v := node.(type) {
	case *ast.AnchorNode:
		return isZero(v.Value)
	case *ast.IntegerNode, *ast.FloatNode:
		x, err := strconv.ParseFloat(v.GetToken().Value, 64)
		return err == nil && x == 0
	case *ast.StringNode:
		d, err := time.ParseDuration(v.Value)
		return err == nil && d == 0
	}
	return false
}

// Package strictyaml reads configurations from YAML: one document, no key that
// is unknown or comes twice, and errors that tell line and column. A document
// that is nested too deep, or larger than a configuration ever is, is refused
// before it costs memory.
package strictyaml

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// MaxSize is the size in bytes of the largest document that is read.
const MaxSize = 1 << 20

// Decode reads a document into a pointer to a struct. A value of the right type
// that the struct cannot take is reported by the decoder without its place:
// refuses, if it is not nil, is asked about every text under a key, and the
// first that it returns an error for gives the place. A zero that is written under
// a key whose field has a tag default:"…" is refused: such fields take zero for
// "not said".
func Decode(data []byte, into any, refuses func(key, value string) error) (err error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if len(data) > MaxSize {
		return fmt.Errorf("%d bytes; %d are possible", len(data), MaxSize)
	}
	// The YAML library has failed badly on hostile input before.
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the YAML reader failed: %v", p)
		}
	}()
	if err := bound(data); err != nil {
		return err
	}
	dec := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict())
	if err := dec.Decode(into); err != nil && !errors.Is(err, io.EOF) {
		return errors.New(locate(data, err, refuses) + explain(data, reflect.TypeOf(into), err))
	}
	var more any
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return errors.New("there is more than one YAML document")
	}
	return explicitZero(data, reflect.TypeOf(into))
}

// ReadFile reads a file that is no larger than MaxSize.
func ReadFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, MaxSize+1))
	if err == nil && len(data) > MaxSize {
		err = fmt.Errorf("%s: longer than %d bytes", path, MaxSize)
	}
	return data, err
}

func locate(data []byte, decodeError error, refuses func(key, value string) error) string {
	var placed yaml.Error
	if errors.As(decodeError, &placed) || refuses == nil {
		return ""
	}
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return ""
	}
	f := finder{refuses: refuses}
	for _, doc := range file.Docs {
		ast.Walk(&f, doc)
	}
	return f.place
}

// finder looks for the first value that is refused.
type finder struct {
	refuses func(key, value string) error
	place   string
}

// Visit looks at one node.
func (f *finder) Visit(node ast.Node) ast.Visitor {
	pair, ok := node.(*ast.MappingValueNode)
	if !ok || f.place != "" {
		return f
	}
	value, ok := pair.Value.(*ast.StringNode)
	if ok && f.refuses(pair.Key.String(), value.Value) != nil {
		at := value.GetToken().Position
		f.place = fmt.Sprintf("[%d:%d] ", at.Line, at.Column)
	}
	return f
}

package pipeline

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/flashrerank/rerank/cascade"
)

// configLimit is the size of the largest configuration that is read.
const configLimit = 1 << 20

// Parse reads a configuration from YAML, as the package comment shows it. A
// key that is not known, or comes twice, is an error which tells line and
// column. Values are checked by [Config.Validate], not here.
func Parse(data []byte) (Config, error) {
	if len(data) > configLimit {
		return Config{}, fmt.Errorf("pipeline: configuration of %d bytes; %d are possible", len(data), configLimit)
	}
	return decode(data)
}

func decode(data []byte) (c Config, err error) {
	// The YAML library has panicked on hostile input before.
	defer func() {
		if p := recover(); p != nil {
			c, err = Config{}, fmt.Errorf("pipeline: configuration: the YAML reader failed: %v", p)
		}
	}()
	dec := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict())
	if err := dec.Decode(&c); err != nil && !errors.Is(err, io.EOF) {
		return Config{}, fmt.Errorf("pipeline: configuration: %s%s", locate(data, err), strings.TrimSpace(yaml.FormatError(err, false, false)))
	}
	var more any
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return Config{}, errors.New("pipeline: configuration: there is more than one YAML document")
	}
	return c, nil
}

// locate finds the place of a value that is of the right type and cannot be
// read, which the decoder tells without a place.
func locate(data []byte, decodeError error) string {
	var placed yaml.Error
	if errors.As(decodeError, &placed) {
		return ""
	}
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return ""
	}
	var f finder
	for _, doc := range file.Docs {
		ast.Walk(&f, doc)
	}
	return f.place
}

// finder looks for the first value that its key's type does not read.
type finder struct{ place string }

// Visit looks at one node.
func (f *finder) Visit(node ast.Node) ast.Visitor {
	pair, ok := node.(*ast.MappingValueNode)
	if !ok || f.place != "" {
		return f
	}
	value, ok := pair.Value.(*ast.StringNode)
	if !ok {
		return f
	}
	var err error
	switch pair.Key.String() {
	case "timeout":
		_, err = time.ParseDuration(value.Value)
	case "on_error":
		err = new(cascade.OnError).UnmarshalText([]byte(value.Value))
	}
	if err != nil {
		at := value.GetToken().Position
		f.place = fmt.Sprintf("[%d:%d] ", at.Line, at.Column)
	}
	return f
}

// Load reads a configuration from a YAML file. Relative folders in it are
// relative to the file's own.
func Load(path string) (Config, error) {
	f, err := os.Open(path)
	if err != nil {
		return Config{}, fmt.Errorf("pipeline: configuration: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, configLimit+1))
	if err != nil {
		return Config{}, fmt.Errorf("pipeline: configuration: %w", err)
	}
	c, err := Parse(data)
	if err != nil {
		return Config{}, fmt.Errorf("%s: %w", path, err)
	}
	c.rebase(filepath.Dir(path))
	return c, nil
}

// rebase makes relative folders relative to dir.
func (c *Config) rebase(dir string) {
	if c.Index != "" && !filepath.IsAbs(c.Index) {
		c.Index = filepath.Join(dir, c.Index)
	}
	c.Model = rebaseModel(dir, c.Model)
	for i := range c.Stages {
		c.Stages[i].Rerank = rebaseModel(dir, c.Stages[i].Rerank)
	}
}

// rebaseModel does so for a model or reranker, unless it has a name of ours.
func rebaseModel(dir, name string) string {
	prefix, folder := "", name
	if rest, ok := strings.CutPrefix(name, cosinePrefix); ok {
		prefix, folder = cosinePrefix, rest
	}
	if isName(folder) || filepath.IsAbs(folder) {
		return name
	}
	return prefix + filepath.Join(dir, folder)
}

// YAML writes the configuration in the form that [Parse] reads.
func (c Config) YAML() ([]byte, error) {
	if c.Stages != nil && len(c.Stages) == 0 {
		c.Stages = []Stage{{Rerank: None}} // an empty list would be left out, which means the default
	}
	data, err := yaml.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("pipeline: configuration: %w", err)
	}
	return data, nil
}

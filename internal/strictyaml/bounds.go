package strictyaml

import (
	"errors"
	"fmt"
	"io"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/scanner"
	"github.com/goccy/go-yaml/token"
)

// What a document may hold. The parser takes time and memory by the square of
// depth and number, so that both are looked at before it.
const (
	maxDepth  = 100     // levels of lists and maps
	maxTokens = 20_000  // words, keys and marks
	maxValues = 100_000 // once aliases are replaced by what they stand for
)

// bound refuses a document that costs more to read than a configuration may.
func bound(data []byte) error {
	marks := 0
	for _, b := range data { // the scanner takes a line at once, which may be all
		if b == '[' || b == '{' || b == ',' {
			marks++
		}
	}
	if marks > 2*maxTokens {
		return fmt.Errorf("nested too deep or too long a list: more than %d brackets and commas", 2*maxTokens)
	}
	var s scanner.Scanner
	s.Init(string(data))
	var d depth
	var last *token.Token
	aliases := false
	for seen := 0; ; {
		tokens, err := s.Scan()
		if errors.Is(err, io.EOF) {
			break
		}
		for _, t := range tokens {
			d.see(t, last)
			last = t
			aliases = aliases || t.Type == token.AliasType
			if seen++; seen > maxTokens {
				return fmt.Errorf("[%d:%d] more than %d words, keys and marks", t.Position.Line, t.Position.Column, maxTokens)
			}
			if d.levels() > maxDepth {
				return fmt.Errorf("[%d:%d] nested too deep: more than %d levels", t.Position.Line, t.Position.Column, maxDepth)
			}
		}
		if err != nil {
			break // the parser has words for it
		}
	}
	if !aliases {
		return nil
	}
	return boundAliases(data)
}

// depth follows how deep lists and maps are nested.
type depth struct {
	brackets int
	columns  []int // where the lists and maps around begin that are written without brackets
}

func (d *depth) levels() int { return d.brackets + len(d.columns) }

func (d *depth) see(t, last *token.Token) {
	switch t.Type {
	case token.SequenceStartType, token.MappingStartType:
		d.brackets++
	case token.SequenceEndType, token.MappingEndType:
		d.brackets = max(0, d.brackets-1)
	case token.SequenceEntryType, token.MappingKeyType:
		d.begin(t.Position.Column)
	case token.MappingValueType:
		if last != nil && last.Position.Line == t.Position.Line {
			d.begin(last.Position.Column)
		}
	}
}

// begin sees an entry that begins in a column.
func (d *depth) begin(column int) {
	if d.brackets > 0 {
		return
	}
	for len(d.columns) > 0 && d.columns[len(d.columns)-1] >= column {
		d.columns = d.columns[:len(d.columns)-1]
	}
	d.columns = append(d.columns, column)
}

// boundAliases counts the values that there are once aliases are replaced.
func boundAliases(data []byte) error {
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil //nolint:nilerr // the decoder says it with its place
	}
	c := counter{anchors: map[string]int{}}
	for _, doc := range file.Docs {
		if c.count(doc.Body) > maxValues {
			return fmt.Errorf("aliases make more than %d values of it", maxValues)
		}
	}
	return nil
}

// counter knows how many values each anchor stands for.
type counter struct {
	anchors map[string]int
}

// count returns the number of values of a node, maxValues+1 where there are more.
func (c *counter) count(node ast.Node) int {
	n := 1
	switch v := node.(type) {
	case *ast.MappingNode:
		for _, pair := range v.Values {
			n = min(n+c.count(pair), maxValues+1)
		}
	case *ast.MappingValueNode:
		n += c.count(v.Value)
	case *ast.SequenceNode:
		for _, value := range v.Values {
			n = min(n+c.count(value), maxValues+1)
		}
	case *ast.TagNode:
		n = c.count(v.Value)
	case *ast.AnchorNode:
		n = c.count(v.Value)
		c.anchors[v.Name.String()] = n
	case *ast.AliasNode:
		n = max(1, c.anchors[v.Value.String()])
	}
	return min(n, maxValues+1)
}

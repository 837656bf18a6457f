package chunk

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// Limits on what the Markdown parser is given, because its cost grows with the
// square of these. What lies beyond them is plain text.
const (
	maxNesting = 32   // markers of quotations and list items at the start of a line
	maxIndent  = 256  // bytes of white space at the start of a line
	maxHeading = 1024 // bytes of a heading with emphasis, links, …
)

// heading is a heading of a Markdown text.
type heading struct {
	name       string // its text, on one line
	level      int    // from 1
	start, end int    // of its lines in the source, an underline included
}

// headings returns the headings of a Markdown text from a place on. Those in
// quotations and lists are left out. The cost is linear in the length of the
// text, whatever is in it: paragraphs are not parsed.
func headings(source string, from int) []heading {
	body := []byte(source[from:])
	flatten(body)
	blocks := parser.NewParser(parser.WithBlockParsers(parser.DefaultBlockParsers()...))
	names := headingNames{parser: goldmark.DefaultParser(), labels: definedLabels(body)}
	var list []heading
	for node := blocks.Parse(text.NewReader(body)).FirstChild(); node != nil; node = node.NextSibling() {
		h, ok := node.(*ast.Heading)
		if !ok || h.Lines().Len() == 0 {
			continue
		}
		start, end := headingLines(source, h, from)
		list = append(list, heading{name: names.of(h.Lines().Value(body)), level: h.Level, start: start, end: end})
	}
	return list
}

// headingLines returns where the lines of a heading start and end in the
// source, the underline included where it has one.
func headingLines(source string, h *ast.Heading, from int) (start, end int) {
	lines := h.Lines()
	textStart := from + lines.At(0).Start
	start = strings.LastIndexByte(source[:textStart], '\n') + 1
	end = nextLine(source, max(textStart, from+lines.At(lines.Len()-1).Stop-1))
	if !strings.HasPrefix(strings.TrimLeft(source[start:textStart], " "), "#") {
		end = nextLine(source, end)
	}
	return start, end
}

// flatten turns deep nesting and indentation into plain text, in place and
// without moving a byte. Headings outside quotations and lists have neither.
func flatten(body []byte) {
	for len(body) > 0 {
		n := bytes.IndexByte(body, '\n') + 1
		if n == 0 {
			n = len(body)
		}
		flattenLine(body[:n])
		body = body[n:]
	}
}

func flattenLine(line []byte) {
	markers, indent := 0, 0
	for i, c := range line {
		switch {
		case c == ' ' || c == '\t':
			indent++
		case c == '>', bytes.IndexByte([]byte("-+*.)"), c) >= 0 && i+1 < len(line) && isBlank(line[i+1]):
			markers++
		case c >= '0' && c <= '9':
		default:
			if c != '\n' && c != '\r' && indent > maxIndent {
				line[maxIndent] = 'x'
			}
			return
		}
		if markers > maxNesting {
			if !isBreak(line) {
				line[i] = 'x'
			}
			return
		}
	}
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// isBreak says whether a line is a thematic break: one of -, * or _, again and
// again.
func isBreak(line []byte) bool {
	rest := bytes.TrimSpace(line)
	return len(rest) > 0 && bytes.IndexByte([]byte("-*_"), rest[0]) >= 0 &&
		len(bytes.Trim(rest, string(rest[:1])+" \t")) == 0
}

// headingNames reads what headings are called.
type headingNames struct {
	parser parser.Parser
	labels map[string]bool // that links can refer to
}

// of returns the text of a heading, without its markup.
func (n headingNames) of(markup []byte) string {
	name := string(markup)
	if len(markup) <= maxHeading {
		var b strings.Builder
		doc := n.parser.Parse(text.NewReader(markup), parser.WithContext(labelled{parser.NewContext(), n.labels}))
		writePlain(&b, doc, markup)
		name = b.String()
	}
	return strings.Join(strings.Fields(name), " ")
}

// labelled is a context in which links can refer to labels.
type labelled struct {
	parser.Context
	labels map[string]bool
}

// Reference returns a place to link to for every label that is known.
func (l labelled) Reference(label string) (parser.Reference, bool) {
	return parser.NewReference([]byte(label), nil, nil), l.labels[label]
}

// definedLabels returns the labels of the lines that look like link reference
// definitions, [label]: place.
func definedLabels(body []byte) map[string]bool {
	labels := map[string]bool{}
	for line := range bytes.Lines(body) {
		line = bytes.TrimLeft(line, " ")
		if end := bytes.Index(line, []byte("]:")); end > 1 && line[0] == '[' {
			labels[util.ToLinkReference(line[1:end])] = true
		}
	}
	return labels
}

// writePlain writes the text below a node.
func writePlain(b *strings.Builder, node ast.Node, source []byte) {
	_ = ast.Walk(node, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Text:
			b.Write(n.Segment.Value(source))
			if n.SoftLineBreak() || n.HardLineBreak() {
				b.WriteByte(' ')
			}
		case *ast.String:
			b.Write(n.Value)
		case *ast.AutoLink:
			b.Write(n.Label(source))
		}
		return ast.WalkContinue, nil
	})
}

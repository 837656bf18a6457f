package chunk

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
)

// Markdown cuts a Markdown text at its headings, and the sections between them
// as [Text] does. The lines of a heading are in no chunk: the heading is in the
// titles of the chunks under it. A heading with nothing under it, not even a
// deeper heading, gives a chunk with an empty Text. YAML front matter is cut
// like a section without a title. Headings inside quotations and lists are text.
func Markdown(source string, o Options) []Chunk {
	o = o.withDefaults()
	var chunks []Chunk
	for i, list := 0, sections(source); i < len(list); i++ {
		cut := list[i].section.cut(source, o)
		leaf := i+1 == len(list) || list[i+1].level <= list[i].level
		if s := list[i]; len(cut) == 0 && leaf && s.title != "" {
			cut = []Chunk{{Start: s.start, End: s.start, Title: s.title, Anchor: s.anchor}}
		}
		chunks = append(chunks, cut...)
	}
	return chunks
}

type markdownSection struct {
	section
	level int // of the heading; 0 before the first
}

// sections returns the parts of a Markdown text between its headings.
func sections(source string) []markdownSection {
	front := frontMatter(source)
	list := []markdownSection{{section: section{end: front}}, {section: section{start: front, end: len(source)}}}
	var path []string // headings by level, "" where one is left out
	seen := map[string]bool{}
	body := []byte(source[front:])
	for node := goldmark.DefaultParser().Parse(text.NewReader(body)).FirstChild(); node != nil; node = node.NextSibling() {
		heading, ok := node.(*ast.Heading)
		if !ok || heading.Lines().Len() == 0 {
			continue
		}
		start, end := headingLines(source, heading, front)
		list[len(list)-1].end = start
		name := strings.Join(strings.Fields(plainText(heading, body)), " ")
		for len(path) < heading.Level {
			path = append(path, "")
		}
		path = append(path[:heading.Level-1], name)
		list = append(list, markdownSection{
			section: section{title: joinPath(path), anchor: anchor(name, seen), start: end, end: len(source)},
			level:   heading.Level,
		})
	}
	return list
}

func joinPath(path []string) string {
	var names []string
	for _, name := range path {
		if name != "" {
			names = append(names, name)
		}
	}
	return strings.Join(names, " > ")
}

// frontMatter returns the length of the YAML block that a text starts with.
func frontMatter(source string) int {
	first, rest, ok := strings.Cut(source, "\n")
	if !ok || strings.TrimRight(first, " \r") != "---" {
		return 0
	}
	for i := len(source) - len(rest); i < len(source); {
		line, _, _ := strings.Cut(source[i:], "\n")
		i = min(i+len(line)+1, len(source))
		if marker := strings.TrimRight(line, " \r"); marker == "---" || marker == "..." {
			return i
		}
	}
	return 0
}

// headingLines returns where the lines of a heading start and end in the
// source, the underline included where it has one.
func headingLines(source string, h *ast.Heading, front int) (start, end int) {
	lines := h.Lines()
	textStart := front + lines.At(0).Start
	start = strings.LastIndexByte(source[:textStart], '\n') + 1
	end = nextLine(source, max(textStart, front+lines.At(lines.Len()-1).Stop-1))
	if !strings.HasPrefix(strings.TrimLeft(source[start:textStart], " "), "#") {
		end = nextLine(source, end)
	}
	return start, end
}

// nextLine returns where the line after the one at i starts.
func nextLine(source string, i int) int {
	if i >= len(source) {
		return len(source)
	}
	line := strings.IndexByte(source[i:], '\n')
	if line < 0 {
		return len(source)
	}
	return i + line + 1
}

// plainText returns the text below a node.
func plainText(node ast.Node, source []byte) string {
	var b strings.Builder
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
	return b.String()
}

// anchor returns the name of a heading in links, as GitHub makes it: lower
// case, spaces as hyphens, no punctuation, numbered where it was seen before.
func anchor(heading string, seen map[string]bool) string {
	base := strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-', r == '_', unicode.IsLetter(r), unicode.IsNumber(r), unicode.IsMark(r):
			return unicode.ToLower(r)
		}
		return -1
	}, heading)
	name := base
	for n := 1; seen[name]; n++ {
		name = base + "-" + strconv.Itoa(n)
	}
	seen[name] = true
	return name
}

package chunk

import (
	"strconv"
	"strings"
	"unicode"
)

// Markdown cuts a Markdown text at its headings, and the sections between them
// as [Text] does. The lines of a heading are in no chunk: the heading is in the
// titles of the chunks under it. A heading with nothing under it, not even a
// deeper heading, gives a chunk with an empty Text. YAML front matter is cut
// like a section without a heading; [Options].Start leaves it out. Headings
// inside quotations and lists are text.
//
// The cost is linear in the length of the text. To keep it so, lists and
// quotations nested deeper than 32 are text, and a heading of more than 1024
// bytes keeps its markup.
func Markdown(source string, o Options) []Chunk {
	o = o.withDefaults()
	var chunks []Chunk
	for i, list := 0, sections(source, o); i < len(list); i++ {
		cut := list[i].section.cut(source, o)
		leaf := i+1 == len(list) || list[i+1].level <= list[i].level
		if s := list[i]; len(cut) == 0 && leaf && s.level > 0 && s.title != "" {
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
func sections(source string, o Options) []markdownSection {
	start := min(max(o.Start, 0), len(source))
	_, front := FrontMatter(source)
	front = max(start, front)
	list := []markdownSection{
		{section: section{title: joinPath(o, nil), start: start, end: front}},
		{section: section{title: joinPath(o, nil), start: front, end: len(source)}},
	}
	var path []string // headings by level, "" where one is left out
	names := anchors{}
	for _, h := range headings(source, front) {
		list[len(list)-1].end = h.start
		for len(path) < h.level {
			path = append(path, "")
		}
		path = append(path[:h.level-1], h.name)
		list = append(list, markdownSection{
			section: section{title: joinPath(o, path), anchor: names.name(h.name), start: h.end, end: len(source)},
			level:   h.level,
		})
	}
	return list
}

// joinPath makes a title of the path of headings, below that of the whole text
// unless the first heading repeats it.
func joinPath(o Options, path []string) string {
	var names []string
	for _, name := range append([]string{o.Title}, path...) {
		if name != "" && (len(names) != 1 || name != o.Title) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return o.Name
	}
	return strings.Join(names, " > ")
}

// FrontMatter returns the YAML that a text starts with, between a line of ---
// and another or one of dots, and where the text after it begins: 0 where there
// is none.
func FrontMatter(source string) (yaml string, end int) {
	first, rest, ok := strings.Cut(source, "\n")
	if !ok || strings.TrimRight(first, " \r") != "---" {
		return "", 0
	}
	start := len(source) - len(rest)
	for i := start; i < len(source); {
		line, _, _ := strings.Cut(source[i:], "\n")
		next := min(i+len(line)+1, len(source))
		if marker := strings.TrimRight(line, " \r"); marker == "---" || marker == "..." {
			return source[start:i], next
		}
		i = next
	}
	return "", 0
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

// anchors names headings for links. It holds, for every name that was given
// out, the number to try next where that name is wanted again.
type anchors map[string]int

// name returns the name of a heading in links, as GitHub makes it: lower case,
// spaces as hyphens, no punctuation, numbered where it was given out before.
func (a anchors) name(heading string) string {
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
	for n := a[base]; n > 0; n++ {
		name = base + "-" + strconv.Itoa(n)
		if _, taken := a[name]; !taken {
			a[base] = n
			break
		}
	}
	a[name] = max(a[name], 1)
	return name
}

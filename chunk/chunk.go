// Package chunk cuts long texts into passages with exact byte offsets: at the
// headings of Markdown, then at paragraphs, sentences and words, so that each
// passage fits a budget of tokens. Who counts the tokens is the caller's choice.
package chunk

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/words"
)

// DefaultBudget is the budget of the zero [Options], in tokens.
const DefaultBudget = 200

// Options say how large chunks are. The zero value gives chunks of up to
// [DefaultBudget] words that do not overlap.
type Options struct {
	// Budget is the most tokens a chunk may have; 0 means DefaultBudget.
	Budget int

	// WithTitle makes the budget one for a chunk and its title together. A title
	// takes half of it at most, however long it is.
	WithTitle bool

	// Title is the title of what stands under no heading, and the first part of
	// all other titles. Where it is empty, Name is the title of what has none.
	Title, Name string

	// Start is where cutting begins, in bytes: what is before it, such as front
	// matter, is in no chunk.
	Start int

	// Overlap is the most tokens that a chunk repeats from the end of the one
	// before it, in whole paragraphs, sentences or words as these are what the
	// text was cut into. It is limited to half the budget.
	Overlap int

	// Count tells how many tokens a text has; nil counts words. It must be a
	// pure function.
	Count func(text string) int
}

// Chunk is a passage of a text.
type Chunk struct {
	Text       string // the passage: text[Start:End] of the text that was cut
	Start, End int    // byte offsets

	// Title is the path of headings that the passage stands under, as in
	// "Install > Linux", after that of the Options; empty where there is none.
	Title string
	// Anchor is the last of these headings as a link names it, unique within
	// the text, as in "linux" or "linux-1".
	Anchor string
	// Part numbers the chunks under one heading, from 0.
	Part int
}

// Text cuts a plain text. Chunks come in the order of the text, begin and end
// with something other than white space, and together hold all of it that is
// not white space. A chunk exceeds the budget only if it is a single word, or a
// piece of [MaxWord] bytes of one.
func Text(text string, o Options) []Chunk {
	return section{title: joinPath(o, nil), start: min(max(o.Start, 0), len(text)), end: len(text)}.cut(text, o.withDefaults())
}

func (o Options) withDefaults() Options {
	if o.Budget <= 0 {
		o.Budget = DefaultBudget
	}
	if o.Count == nil {
		o.Count = Words
	}
	o.Overlap = max(0, min(o.Overlap, o.Budget/2))
	return o
}

// Words counts the words of a text by Unicode Standard Annex 29: every segment
// with a letter or a digit, so each Han character is one. It is the default
// counter of [Options].
func Words(text string) int {
	n := 0
	for it := words.FromString(text); it.Next(); {
		if strings.ContainsFunc(it.Value(), isWordRune) {
			n++
		}
	}
	return n
}

func isWordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z'
	}
	return unicode.IsLetter(r) || unicode.IsNumber(r)
}

package chunk

import (
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/sentences"
	"github.com/clipperhouse/uax29/v2/words"
)

// MaxWord is the length in bytes at which words are cut, so that a text without
// any break has chunks too.
const MaxWord = 1024

// span is a part of a text.
type span struct{ start, end int }

// trim returns the span without white space at its ends.
func (s span) trim(text string) span {
	part := strings.TrimLeftFunc(text[s.start:s.end], unicode.IsSpace)
	s.start = s.end - len(part)
	s.end = s.start + len(strings.TrimRightFunc(part, unicode.IsSpace))
	return s
}

// section is a part of a text under one heading.
type section struct {
	title, anchor string
	start, end    int
}

// cut packs the section's atoms into as few chunks as the budget allows.
func (s section) cut(text string, o Options) []Chunk {
	if o.WithTitle && s.title != "" {
		o.Budget -= min(o.Count(s.title), o.Budget/2)
	}
	atoms := atomize(text, span{s.start, s.end}, o, paragraphs)
	var chunks []Chunk
	for first := 0; first < len(atoms); {
		last := fill(text, atoms, first, o)
		start, end := atoms[first].start, atoms[last].end
		chunks = append(chunks, Chunk{
			Text: text[start:end], Start: start, End: end,
			Title: s.title, Anchor: s.anchor, Part: len(chunks),
		})
		first = restart(text, atoms, first, last, o)
	}
	return chunks
}

// fill returns the last atom of the longest run from first that was found to
// fit the budget: it doubles the run and then halves what it added, so that a
// chunk costs few counts.
func fill(text string, atoms []span, first int, o Options) int {
	fits := func(last int) bool {
		return o.Count(text[atoms[first].start:atoms[last].end]) <= o.Budget
	}
	last, step := first, 1
	for ; last+step < len(atoms) && fits(last+step); step *= 2 {
		last += step
	}
	for ; step > 0; step /= 2 {
		if last+step < len(atoms) && fits(last+step) {
			last += step
		}
	}
	return last
}

// restart returns the atom that the chunk after atoms[first:last+1] begins
// with: an earlier one than last+1 if the overlap holds it.
func restart(text string, atoms []span, first, last int, o Options) int {
	next := last + 1
	if next == len(atoms) || o.Overlap == 0 {
		return next
	}
	next = first + 1 + sort.Search(last-first, func(i int) bool {
		return o.Count(text[atoms[first+1+i].start:atoms[last].end]) <= o.Overlap
	})
	return next + sort.Search(last+1-next, func(i int) bool {
		return o.Count(text[atoms[next+i].start:atoms[last+1].end]) <= o.Budget
	})
}

// level is a way to cut a text, from coarse to fine.
type level int

const (
	paragraphs level = iota
	sentenceLevel
	wordLevel
	pieces
)

// atomize cuts a span into parts that fit the budget each, as coarse as they
// can be, without white space at their ends.
func atomize(text string, s span, o Options, l level) []span {
	var atoms []span
	for part := range l.parts(text, s) {
		part = part.trim(text)
		switch {
		case part.start == part.end:
		case l == pieces, worthCounting(part, o) && o.Count(text[part.start:part.end]) <= o.Budget:
			atoms = append(atoms, part)
		default:
			atoms = append(atoms, atomize(text, part, o, l+1)...)
		}
	}
	return atoms
}

// worthCounting says whether a part could fit the budget: counting the tokens
// of something very long costs more than cutting it.
func worthCounting(s span, o Options) bool {
	return (s.end-s.start)/MaxWord <= max(64, o.Budget)
}

// parts iterates over the parts of a span.
func (l level) parts(text string, s span) func(yield func(span) bool) {
	return func(yield func(span) bool) {
		part := text[s.start:s.end]
		switch l {
		case paragraphs:
			for start := 0; start < len(part); {
				end := paragraphEnd(part, start)
				if !yield(span{s.start + start, s.start + end}) {
					return
				}
				start = end
			}
		case sentenceLevel:
			for it := sentences.FromString(part); it.Next(); {
				if !yield(span{s.start + it.Start(), s.start + it.End()}) {
					return
				}
			}
		case wordLevel:
			for it := words.FromString(part); it.Next(); {
				if !yield(span{s.start + it.Start(), s.start + it.End()}) {
					return
				}
			}
		default:
			for start := 0; start < len(part); {
				end := pieceEnd(part, start)
				if !yield(span{s.start + start, s.start + end}) {
					return
				}
				start = end
			}
		}
	}
}

// paragraphEnd returns where the paragraph at start ends: after the first line
// that holds nothing but white space, or with the text.
func paragraphEnd(text string, start int) int {
	for i := start; ; {
		line := strings.IndexByte(text[i:], '\n')
		if line < 0 {
			return len(text)
		}
		blank := strings.TrimSpace(text[i:i+line]) == ""
		i += line + 1
		if blank {
			return i
		}
	}
}

// pieceEnd returns the end of a piece of a word, at a rune boundary.
func pieceEnd(text string, start int) int {
	end := start + MaxWord
	if end >= len(text) {
		return len(text)
	}
	for back := 0; back < utf8.UTFMax && !utf8.RuneStart(text[end]); back++ {
		end--
	}
	return end
}

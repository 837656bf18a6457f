package analysis

import (
	"iter"
	"sync"
	"unicode/utf8"
)

// Default names the preset for general use on text that is mostly English.
const Default = "english"

// MaxTokenLength is the length in characters (runes) at which longer words are
// cut; the rest of the word becomes further tokens.
const MaxTokenLength = 255

// Token is an occurrence of a term in a text.
type Token struct {
	Term       []byte // valid until the next token; not to be modified
	Start, End int    // byte offsets in the text of what the term stands for
	Position   int    // place among the words of the text, from 0; a dropped stop word leaves a gap
	Aside      int    // 0, or which of the words that [Analyzer.All] gives beyond the others, from 1
}

// Analyzer turns text into terms. It is immutable and safe for concurrent use.
type Analyzer struct {
	name      string
	spec      string // what the name stands for
	split     splitter
	cjk       bool
	filters   []filter
	stems     bool      // one of the filters is a stemmer
	stopWords []string  // what the filters stop:LANGUAGE and aside:LANGUAGE drop
	aside     [][]byte  // the terms of words set aside, by number less one
	states    sync.Pool // of *state

	fingerprint struct {
		once sync.Once
		hash string
	}
}

// splitter calls emit for each word of the text, in order, until it returns false.
type splitter func(text string, emit func(w word) bool)

// word is a place in a text and what stands there.
type word struct {
	start, end int
	kind       kind
}

type kind uint8

const (
	kindWord    kind = iota
	kindCJK          // only Han, Hiragana, Katakana or Hangul letters
	kindLowered      // to be lower-cased as Python does
)

// filter changes a term; an empty result drops it. The term is the state's to
// modify and grow.
type filter func(s *state, term []byte) []byte

// state is what one pass over a text needs; the analyzer keeps it for the next.
type state struct {
	term, spare []byte
	hidden      []byte // a term without what is invisible
	aside       int    // number of the word that a filter has just set aside
	stems       stemCache
}

// Name returns the name the analyzer was made with: [New] of it gives an equal
// analyzer.
func (a *Analyzer) Name() string { return a.name }

// Stems reports whether the analyzer reduces words to stems.
func (a *Analyzer) Stems() bool { return a.stems }

// Terms returns the terms of a text in order.
func (a *Analyzer) Terms(text string) []string {
	var terms []string
	for t := range a.Tokens(text) {
		terms = append(terms, string(t.Term))
	}
	return terms
}

// Tokens iterates over the tokens of a text. Start offsets never descend, and
// no term is empty or invalid UTF-8.
func (a *Analyzer) Tokens(text string) iter.Seq[Token] { return a.tokens(text, false) }

func (a *Analyzer) tokens(text string, all bool) iter.Seq[Token] {
	return func(yield func(Token) bool) {
		s := a.states.Get().(*state)
		defer a.states.Put(s)
		p := pass{analyzer: a, state: s, text: text, all: all, yield: yield}
		a.split(text, p.word)
		if !p.stopped {
			p.flush()
		}
	}
}

// pass is one iteration over the tokens of a text.
type pass struct {
	analyzer *Analyzer
	state    *state
	text     string
	all      bool // whether words set aside are wanted too
	yield    func(Token) bool
	position int
	stopped  bool

	// For CJK bigrams: the letter before, and whether it is part of a pair yet.
	previous word
	paired   bool
}

// word takes a word from the splitter.
func (p *pass) word(w word) bool {
	if w.kind == kindCJK && p.analyzer.cjk {
		return p.letters(w)
	}
	if !p.flush() {
		return false
	}
	for w.end-w.start > MaxTokenLength {
		cut := w.start + prefix(p.text[w.start:w.end], MaxTokenLength)
		if cut == w.end {
			break
		}
		if !p.emit(word{w.start, cut, w.kind}) {
			return false
		}
		w.start = cut
	}
	return p.emit(w)
}

// emit passes a word through the filters and yields what is left of it.
func (p *pass) emit(w word) bool {
	s := p.state
	position := p.position
	p.position++
	if w.kind == kindLowered {
		s.term = appendPythonLower(s.term[:0], p.text, w.start, w.end)
	} else {
		s.term = appendValid(s.term[:0], p.text[w.start:w.end])
	}
	term := s.term
	for _, f := range p.analyzer.filters {
		if term = f(s, term); len(term) == 0 {
			return p.dropped(w, position)
		}
	}
	p.stopped = !p.yield(Token{Term: term, Start: w.start, End: w.end, Position: position})
	return !p.stopped
}

// prefix returns the length in bytes of the first n runes of s.
func prefix(s string, n int) int {
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}

// appendValid appends s with U+FFFD for each byte that is not UTF-8.
func appendValid(dst []byte, s string) []byte {
	if utf8.ValidString(s) {
		return append(dst, s...)
	}
	for _, r := range s {
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}

package tokenizer

import (
	"bytes"
	"unicode/utf8"
)

// A splitter cuts the words of s.cur, which are s.words, into smaller ones. It
// may put another text in the place of s.cur.
type splitter interface {
	split(s *scratch)
}

// behavior is what becomes of what a word is split at.
type behavior string

const (
	removed            behavior = "Removed"
	isolated           behavior = "Isolated"
	mergedWithPrevious behavior = "MergedWithPrevious"
	mergedWithNext     behavior = "MergedWithNext"
	contiguous         behavior = "Contiguous"
)

// rangeSplitter splits words at what next finds.
type rangeSplitter struct {
	// next returns the first match in text at or after from, and ok false when
	// there is none. Matches are not empty.
	next     func(text []byte, from int) (m span, ok bool)
	behavior behavior
	invert   bool // what lies between matches is what is split at
}

func (p rangeSplitter) split(s *scratch) {
	in := s.words
	out := s.more[:0]
	for _, w := range in {
		out = p.cut(out, s.cur.text, w)
	}
	s.words, s.more = out, in
}

// cut appends the parts of a word.
func (p rangeSplitter) cut(out []span, text []byte, w span) []span {
	word := text[w.Start:w.End]
	c := cutter{out: out, base: w.Start, behavior: p.behavior}
	at := 0
	for at < len(word) {
		m, ok := p.next(word, at)
		if !ok {
			break
		}
		if at < m.Start {
			c.add(span{at, m.Start}, p.invert)
		}
		c.add(m, !p.invert)
		at = m.End
	}
	if at < len(word) {
		c.add(span{at, len(word)}, p.invert)
	}
	return c.end()
}

// cutter puts matches and what lies between them together to words, as
// SplitDelimiterBehavior of Hugging Face's library says.
type cutter struct {
	out      []span
	base     int
	behavior behavior
	last     span // not added yet
	held     bool
	match    bool // last is a match, or ends with one
}

func (c *cutter) add(part span, match bool) {
	part.Start += c.base
	part.End += c.base
	join := false
	switch c.behavior {
	case removed:
		if !match {
			c.out = append(c.out, part)
		}
		return
	case isolated:
		c.out = append(c.out, part)
		return
	case contiguous:
		join = match == c.match
	case mergedWithPrevious:
		join = match && !c.match
	case mergedWithNext:
		join = c.match && !match
	}
	if c.held && join {
		c.last.End = part.End
	} else {
		if c.held {
			c.out = append(c.out, c.last)
		}
		c.last, c.held = part, true
	}
	c.match = match
}

func (c *cutter) end() []span {
	if c.held {
		c.out = append(c.out, c.last)
	}
	return c.out
}

// runes finds the characters of a kind, one by one.
func runes(is func(rune) bool) func([]byte, int) (span, bool) {
	return func(text []byte, from int) (span, bool) {
		for at := from; at < len(text); {
			r, n := utf8.DecodeRune(text[at:])
			if is(r) {
				return span{at, at + n}, true
			}
			at += n
		}
		return span{}, false
	}
}

// literal finds a text.
func literal(what string) func([]byte, int) (span, bool) {
	needle := []byte(what)
	return func(text []byte, from int) (span, bool) {
		at := bytes.Index(text[from:], needle)
		return span{from + at, from + at + len(needle)}, at >= 0
	}
}

func isSplit(r rune) bool   { return classOf(r)&classSplit != 0 }
func isPunct(r rune) bool   { return classOf(r)&classPunct != 0 }
func isNumeric(r rune) bool { return patternOf(r)&patternNumeric != 0 }

// wordsAndSigns finds \w+|[^\w\s]+, as Whitespace does.
func wordsAndSigns(text []byte, from int) (span, bool) {
	kind := func(r rune) int {
		switch class := classOf(r); {
		case class&classWord != 0:
			return 1
		case class&classSplit == 0:
			return 2
		}
		return 0
	}
	start, first := -1, 0
	for at := from; at < len(text); {
		r, n := utf8.DecodeRune(text[at:])
		k := kind(r)
		switch {
		case start < 0 && k > 0:
			start, first = at, k
		case start >= 0 && k != first:
			return span{start, at}, true
		}
		at += n
	}
	return span{start, len(text)}, start >= 0
}

// bertSplitter is BertPreTokenizer among others.
type bertSplitter struct{ *bertPreTokenizer }

func (p bertSplitter) split(s *scratch) {
	in := s.words
	out := s.more[:0]
	for _, w := range in {
		for at := w.Start; ; {
			from, to := p.next(s.cur.text[:w.End], at)
			if from == to {
				break
			}
			out = append(out, span{from, to})
			at = to
		}
	}
	s.words, s.more = out, in
}

// scheme says which words a Metaspace begins with its sign.
type scheme int

const (
	always scheme = iota
	first         // that at the beginning of the text
	never
)

// metaspace writes a sign for every space, puts one before words and splits at
// it.
type metaspace struct {
	sign   string
	scheme scheme
	parts  bool
}

func (p metaspace) split(s *scratch) {
	p.mark(s)
	if !p.parts {
		return
	}
	rangeSplitter{next: literal(p.sign), behavior: mergedWithNext}.split(s)
}

// mark rewrites the text.
func (p metaspace) mark(s *scratch) {
	sign, space := []byte(p.sign), []byte(" ")
	s.rewriteWords(func(w *rewriter, word span) {
		text := w.src.text[word.Start:word.End]
		if p.begins(s, word) && !bytes.HasPrefix(text, sign) && text[0] != ' ' {
			w.before(p.sign)
		}
		w.replace(space, p.sign, word.End)
	})
}

// begins reports whether a word gets a sign.
func (p metaspace) begins(s *scratch, word span) bool {
	switch p.scheme {
	case always:
		return true
	case first:
		return s.cur.at[word.Start].Start == 0
	}
	return false
}

// leadingSpace puts a space before words, as ByteLevel does.
type leadingSpace struct{}

func (leadingSpace) split(s *scratch) {
	s.rewriteWords(func(w *rewriter, word span) {
		if w.src.text[word.Start] != ' ' {
			w.before(" ")
		}
		w.keep(word.End)
	})
}

// rewriteWords puts another text in the place of s.cur: what one writes for each
// of its words, to whose end it goes.
func (s *scratch) rewriteWords(one func(w *rewriter, word span)) {
	dst := s.spare()
	w := rewrite(dst, s.cur)
	in, out := s.words, s.more[:0]
	for _, word := range in {
		start := len(dst.text)
		w.at = word.Start
		one(&w, word)
		out = append(out, span{start, len(dst.text)})
	}
	s.cur, s.words, s.more = dst, out, in
}

// spare is a text that s.cur is not.
func (s *scratch) spare() *normalized {
	if s.cur == &s.old {
		return &s.older
	}
	return &s.old
}

// splits tokenizes the words that splitters make of normalized text.
func (t *Tokenizer) splits(s *scratch, dst *pieces, from, to int) {
	if from == to {
		return
	}
	s.cur, s.words = &s.norm, append(s.words[:0], span{from, to})
	if from > 0 || to < len(s.norm.text) {
		// A part is a text of its own to splitters.
		s.old.reset(s.norm.aligned)
		s.old.text = append(s.old.text, s.norm.text[from:to]...)
		if s.norm.aligned {
			s.old.at = append(s.old.at, s.norm.at[from:to]...)
		}
		s.cur, s.words[0] = &s.old, span{0, to - from}
	}
	for _, p := range t.splitters {
		p.split(s)
	}
	for _, w := range s.words {
		if dst.full() {
			return
		}
		t.model.tokenize(dst, s, s.cur, w.Start, w.End)
	}
}

package tokenizer

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// rewriter writes a new text over an old one, one character after the other, and
// says of each how it came about, as in Hugging Face's NormalizedString: so
// that offsets come out the same.
type rewriter struct {
	dst, src *normalized
	at       int // byte of src that is next

	waiting changed // put last by later, if any
	waits   bool
}

func rewrite(dst, src *normalized) rewriter {
	dst.reset(src.aligned)
	return rewriter{dst: dst, src: src}
}

// put adds a character. With a change of 0 it takes the place of the next one
// of the old text; below 0 it takes that many more with it; above 0 it is new,
// and stands for the same as the byte before.
func (w *rewriter) put(r rune, change int) {
	var place span
	if w.src.aligned {
		at := w.at
		if change > 0 {
			at--
		}
		if n := len(w.src.at); at >= 0 && n > 0 {
			place = w.src.at[min(at, n-1)]
		}
	}
	w.dst.appendRune(r, place)
	for ; change <= 0; change++ {
		w.skip()
	}
}

// skip leaves out a character of the old text.
func (w *rewriter) skip() {
	if w.at < len(w.src.text) {
		_, n := utf8.DecodeRune(w.src.text[w.at:])
		w.at += n
	}
}

// keep copies bytes of the old text up to a place.
func (w *rewriter) keep(to int) {
	w.dst.text = append(w.dst.text, w.src.text[w.at:to]...)
	if w.src.aligned {
		w.dst.at = append(w.dst.at, w.src.at[w.at:to]...)
	}
	w.at = to
}

// swap puts a text in the place of the bytes up to a place; it stands for the
// last of these.
func (w *rewriter) swap(s string, to int) {
	w.at = to
	for _, r := range s {
		w.put(r, 1)
	}
}

// replace copies the old text up to a place, with one text in the place of
// another.
func (w *rewriter) replace(from []byte, to string, end int) {
	for {
		at := bytes.Index(w.src.text[w.at:end], from)
		if at < 0 {
			break
		}
		at += w.at
		w.keep(at)
		w.swap(to, at+len(from))
	}
	w.keep(end)
}

// before puts a text before the next character. Both stand for that.
func (w *rewriter) before(s string) {
	if w.src.aligned {
		for range len(s) {
			w.dst.at = append(w.dst.at, w.src.at[w.at])
		}
	}
	w.dst.text = append(w.dst.text, s...)
}

// later is put, but that exchange may still change it.
func (w *rewriter) later(r rune, change int) {
	w.flush()
	w.waiting, w.waits = changed{r: r, change: change}, true
}

func (w *rewriter) flush() {
	if w.waits {
		w.put(w.waiting.r, w.waiting.change)
		w.waits = false
	}
}

// exchange puts a text in the place of some characters. What it has more of is
// new; what it has less goes with its last character or, where it has none, with
// the one before, whatever that was (Precompiled in Hugging Face's library).
func (w *rewriter) exchange(old int, text []byte) {
	count := utf8.RuneCount(text)
	for i := 0; len(text) > 0; i++ {
		r, n := utf8.DecodeRune(text)
		change := 0
		if i >= old {
			change = 1
		}
		w.later(r, change)
		text = text[n:]
	}
	if count < old && w.waits {
		w.waiting.change += count - old
	}
}

// A step rewrites a normalized text.
type step interface {
	// rewrite writes the new form of src to dst, which it first empties. It holds
	// no state of its own: s is the caller's.
	rewrite(dst, src *normalized, s *scratch)
}

// What a normalizer may make of a text at most: maxGrowth times its length and maxPrefix
// bytes more. SentencePiece writes out one character as 33 bytes, and a space as three.
const (
	maxGrowth = 128
	maxPrefix = 1 << 10
)

// checkGrowth refuses steps that together may make a text too long. What the
// Unicode forms and the change of case add is small and does not add up.
func (c chain) checkGrowth() error {
	times, added := 1.0, 0.0
	for _, s := range c.steps {
		switch s := s.(type) {
		case prepend:
			added += float64(len(s))
		case interface{ growth() int }:
			g := float64(max(1, s.growth()))
			times, added = times*g, added*g
		}
	}
	switch {
	case times > maxGrowth:
		return fmt.Errorf("it may make a text %.3g times as long; %d times is the most", times, maxGrowth)
	case added > maxPrefix:
		return fmt.Errorf("it may put %.3g bytes before a text; %d are the most", added, maxPrefix)
	}
	return nil
}

// growth of a step is how many bytes it may make of one, at most.
func (p replaceText) growth() int    { return (len(p.to) + len(p.from) - 1) / len(p.from) }
func (p replacePattern) growth() int { return len(p.to) }
func (c *charsmap) growth() int {
	longest := 0
	for text := range bytes.SplitSeq(c.texts, []byte{0}) {
		longest = max(longest, len(text))
	}
	return longest
}

// chain is a normalizer of several steps.
type chain struct {
	first normalizer
	steps []step
}

func (c chain) normalize(dst *normalized, s *scratch, text string, base int) {
	if len(c.steps) == 0 {
		c.first.normalize(dst, s, text, base)
		return
	}
	src, other := &s.old, &s.older
	src.reset(dst.aligned)
	c.first.normalize(src, s, text, base)
	for i, step := range c.steps {
		to := other
		if i == len(c.steps)-1 {
			to = dst
		}
		step.rewrite(to, src, s)
		src, other = to, src
	}
}

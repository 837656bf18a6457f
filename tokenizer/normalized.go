package tokenizer

import "unicode/utf8"

// normalized is a stretch of text after normalization.
type normalized struct {
	text []byte
	// at holds, for each byte of text, the original bytes it stands for; it is
	// kept only while aligned is set.
	at      []span
	aligned bool
}

func (n *normalized) reset(aligned bool) {
	n.text, n.at, n.aligned = n.text[:0], n.at[:0], aligned
}

// appendString adds text that stands for the original bytes at, as a whole.
func (n *normalized) appendString(s string, at span) {
	n.text = append(n.text, s...)
	if n.aligned {
		for range len(s) {
			n.at = append(n.at, at)
		}
	}
}

// appendRune adds a character that stands for the original bytes at.
func (n *normalized) appendRune(r rune, at span) {
	before := len(n.text)
	n.text = utf8.AppendRune(n.text, r)
	if n.aligned {
		for range len(n.text) - before {
			n.at = append(n.at, at)
		}
	}
}

// origin returns the original bytes that text[start:end] stands for.
func (n *normalized) origin(start, end int) span {
	if !n.aligned || start >= end {
		return span{}
	}
	return span{n.at[start].Start, n.at[end-1].End}
}

// A normalizer rewrites text before it is split into words.
type normalizer interface {
	// normalize appends the normal form of text, which begins at byte base of
	// the original. It holds no state of its own: s is the caller's.
	normalize(dst *normalized, s *scratch, text string, base int)
}

// identity leaves the text as it is; bytes that are not UTF-8 become U+FFFD.
type identity struct{}

func (identity) normalize(dst *normalized, _ *scratch, text string, base int) {
	for i, r := range text {
		size := utf8.RuneLen(r)
		if r == utf8.RuneError {
			_, size = utf8.DecodeRuneInString(text[i:])
		}
		dst.appendRune(r, span{base + i, base + i + size})
	}
}

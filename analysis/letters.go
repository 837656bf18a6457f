package analysis

import (
	"strings"
	"unicode/utf8"
)

// letters is a word as the stemmers for English see it, one byte a letter. The
// letters outside ASCII are consonants that no rule names: 0xFE and 0xFF in
// turn, so that two in a row are equal if they were.
type letters []byte

// stemEnglish makes a filter of a stemmer of letters.
func stemEnglish(stem func(letters) letters) filter {
	return cached(func(_ *state, term []byte) []byte {
		if isASCII(term) {
			return stem(term)
		}
		return unmask(term[:0], stem(mask(term)), string(term))
	})
}

func isASCII(term []byte) bool {
	for _, c := range term {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// mask returns the letters of a term.
func mask(term []byte) letters {
	w := make(letters, 0, len(term)+1) // a stem may be a letter longer
	code, last := byte(0xFE), rune(-1)
	for _, r := range string(term) {
		if r < utf8.RuneSelf {
			w, last = append(w, byte(r)), r
			continue
		}
		if r != last {
			code, last = code^1, r
		}
		w = append(w, code)
	}
	return w
}

// unmask appends to dst the stem of a term, with the letters that mask hid.
func unmask(dst []byte, stem letters, term string) []byte {
	for _, c := range stem {
		if c < utf8.RuneSelf {
			dst = append(dst, c)
			continue
		}
		term = term[strings.IndexFunc(term, func(r rune) bool { return r >= utf8.RuneSelf }):]
		_, size := utf8.DecodeRuneInString(term)
		dst, term = append(dst, term[:size]...), term[size:]
	}
	return dst
}

// ends reports whether the word ends in a suffix. Nothing need stand before it.
func (w letters) ends(suffix string) bool {
	start := len(w) - len(suffix)
	return start >= 0 && w[len(w)-1] == suffix[len(suffix)-1] && string(w[start:]) == suffix
}

// cut returns the word without its last n letters.
func (w letters) cut(n int) letters { return w[:len(w)-n] }

// replacement is a rule: an ending and what takes its place.
type replacement struct{ suffix, by string }

// removals returns rules that put nothing in the place of a suffix.
func removals(suffixes ...string) []replacement {
	var rules []replacement
	for _, s := range suffixes {
		rules = append(rules, replacement{suffix: s})
	}
	return rules
}

// longest returns the first rule whose suffix the word ends in. Where one
// suffix ends in another, the longer stands first.
func longest(rules []replacement, w letters) (replacement, bool) {
	for _, r := range rules {
		if w.ends(r.suffix) {
			return r, true
		}
	}
	return replacement{}, false
}

// begins reports whether the word begins with a prefix.
func (w letters) begins(prefix string) bool {
	return len(w) >= len(prefix) && string(w[:len(prefix)]) == prefix
}

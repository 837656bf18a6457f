package analysis

import (
	"bytes"
	"sync/atomic"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// lower maps letters to lower case one by one, as Lucene's LowerCaseFilter.
func lower(s *state, term []byte) []byte {
	if lowerInPlace(term) {
		return term
	}
	return s.mapRunes(term, unicode.ToLower)
}

// lowerInPlace maps the ASCII letters of a term and reports whether there is
// nothing else.
func lowerInPlace(term []byte) bool {
	high := byte(0)
	for i, c := range term {
		high |= c
		if c-'A' < 26 {
			term[i] = c + ('a' - 'A')
		}
	}
	return high < utf8.RuneSelf
}

// mapRunes returns the term with each rune mapped.
func (s *state) mapRunes(term []byte, mapping func(rune) rune) []byte {
	dst := s.spare[:0]
	for i := 0; i < len(term); {
		r, size := utf8.DecodeRune(term[i:])
		dst = utf8.AppendRune(dst, mapping(r))
		i += size
	}
	return s.swap(dst)
}

// swap makes what was written to the spare buffer the term.
func (s *state) swap(dst []byte) []byte {
	s.term, s.spare = dst, s.term
	return dst
}

// normalize makes a filter that maps compatibility forms, case, and what [plain]
// maps, and drops what no reader sees.
func normalize(toLower func(rune) rune) filter {
	plainI, letters := toLower('I') == 'i', letterwise(normalizeAny(toLower))
	return func(s *state, term []byte) []byte {
		if (plainI || bytes.IndexByte(term, 'I') < 0) && lowerInPlace(term) {
			return term
		}
		return letters(s, term)
	}
}

// normalizeAny is normalize for all letters.
func normalizeAny(toLower func(rune) rune) filter {
	return func(s *state, term []byte) []byte {
		s.swap(norm.NFKC.Append(s.spare[:0], s.visible(term)...))
		dst := s.spare[:0]
		before, composed := rune(0), true
		for i := 0; i < len(s.term); {
			r, size := utf8.DecodeRune(s.term[i:])
			i += size
			if r == kashida || r == dotAbove && (before == 'i' || before == 'j' || before == 'į') {
				composed = false // these letters have a dot
				continue
			}
			composed = composed && r != 'İ'
			before = toLower(plain(r))
			dst = appendLetter(dst, before)
		}
		s.swap(dst)
		if composed {
			return s.term
		}
		return s.swap(norm.NFC.Append(s.spare[:0], s.term...))
	}
}

const (
	dotAbove = '\u0307'
	kashida  = '\u0640' // only makes an Arabic word longer
)

// appendLetter appends a lower-case letter as case folding has it.
func appendLetter(dst []byte, r rune) []byte {
	switch r {
	case 'ß':
		return append(dst, "ss"...)
	case 'ς':
		return append(dst, "σ"...)
	}
	return utf8.AppendRune(dst, r)
}

// european is the end of Latin, Greek and Cyrillic letters.
const european = 0x530

// standsAlone reports whether a rune is a European letter or a sign, of which filters
// make the same beside any others of them: it is no accent that joins the one before.
func standsAlone(r rune) bool {
	return r < european && (r < '\u0300' || r > '\u036f') && (r < '\u0483' || r > '\u0489')
}

// letterwise makes a filter faster for European languages: what it made of a letter
// alone is remembered. Normalizing takes a buffer for each term that has an accent.
func letterwise(f filter) filter {
	known := new([european]atomic.Pointer[string])
	alone := func(r rune) string {
		made := known[r].Load()
		if made == nil {
			letter := string(f(new(state), utf8.AppendRune(nil, r)))
			made = &letter
			known[r].Store(made)
		}
		return *made
	}
	return func(s *state, term []byte) []byte {
		dst := s.spare[:0]
		for i := 0; i < len(term); {
			r, size := utf8.DecodeRune(term[i:])
			if !standsAlone(r) {
				return f(s, term)
			}
			dst = append(dst, alone(r)...)
			i += size
		}
		return s.swap(dst)
	}
}

// fold makes a filter that normalizes and removes accents.
func fold() filter {
	letters := letterwise(foldAny)
	return func(s *state, term []byte) []byte {
		if lowerInPlace(term) {
			return term
		}
		return letters(s, term)
	}
}

// foldAny is fold for all letters.
func foldAny(s *state, term []byte) []byte {
	s.swap(norm.NFKD.Append(s.spare[:0], s.visible(term)...))
	dst := s.spare[:0]
	var base rune
	for i := 0; i < len(s.term); {
		r, size := utf8.DecodeRune(s.term[i:])
		i += size
		if r == kashida {
			continue
		}
		if !unicode.Is(unicode.M, r) {
			base = unicode.ToLower(plain(r))
			dst = appendFolded(dst, base)
		} else if !isAccent(base, r) {
			dst = utf8.AppendRune(dst, r)
		}
	}
	s.swap(dst)
	return s.swap(norm.NFC.Append(s.spare[:0], s.term...))
}

// isAccent reports whether a mark may go: it adorns its letter. In other
// scripts marks are vowels, or, as in й and the Japanese が, tell letters apart.
func isAccent(base, mark rune) bool {
	switch {
	case !unicode.Is(unicode.Mn, mark):
		return false
	case base < utf8.RuneSelf:
		return true
	case base == 'и' && mark == '\u0306':
		return false
	}
	return unicode.In(base, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Hebrew, unicode.Arabic)
}

// appendFolded appends a lower-case letter, in plain letters if it is one of
// the few that have no decomposition.
func appendFolded(dst []byte, r rune) []byte {
	switch r {
	case 'æ':
		return append(dst, "ae"...)
	case 'œ':
		return append(dst, "oe"...)
	case 'þ':
		return append(dst, "th"...)
	case 'ø':
		return append(dst, 'o')
	case 'ł':
		return append(dst, 'l')
	case 'đ', 'ð':
		return append(dst, 'd')
	case 'ħ':
		return append(dst, 'h')
	case 'ı':
		return append(dst, 'i')
	case 'ŧ':
		return append(dst, 't')
	}
	return appendLetter(dst, r)
}

// possessive removes a final 's, as Lucene's EnglishPossessiveFilter.
func possessive(_ *state, term []byte) []byte {
	n := len(term)
	if n < 2 || term[n-1]|0x20 != 's' {
		return term
	}
	if term[n-2] == '\'' {
		return term[:n-2]
	}
	if r, size := utf8.DecodeLastRune(term[:n-1]); r == '\u2019' || r == '\uff07' {
		return term[:n-1-size]
	}
	return term
}

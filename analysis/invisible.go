package analysis

import (
	"unicode"
	"unicode/utf8"
)

// visible returns the term without what no reader sees and what only chooses
// between pictures of a character. The result is the state's spare memory, or
// the term itself.
func (s *state) visible(term []byte) []byte {
	for i := 0; i < len(term); {
		r, size := utf8.DecodeRune(term[i:])
		if isInvisible(r) {
			return s.dropInvisible(term, i)
		}
		i += size
	}
	return term
}

// dropInvisible is visible for a term whose first invisible character is known.
func (s *state) dropInvisible(term []byte, first int) []byte {
	dst := append(s.hidden[:0], term[:first]...)
	for i := first; i < len(term); {
		r, size := utf8.DecodeRune(term[i:])
		if !isInvisible(r) {
			dst = append(dst, term[i:i+size]...)
		}
		i += size
	}
	s.hidden = dst
	return dst
}

// isInvisible reports whether a rune says nothing: a format character, or one
// that a font may ignore, as soft hyphens, direction marks, joiners, variation
// selectors and fillers.
func isInvisible(r rune) bool {
	switch {
	case r < 0x0600: // up to Hebrew
		return r == 0x00AD || r == 0x034F
	case r >= 0x3165 && r < 0xFE00: // most letters of East Asia
		return false
	}
	return unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// plain returns the character that people type in place of one that looks
// otherwise and means the same: apostrophes, and decimal digits of all scripts.
func plain(r rune) rune {
	switch r {
	case 0x02BC, 0x2018, 0x2019, 0x201B, 0x05F3: // the last is Hebrew's geresh
		return '\''
	case 0x05F4: // gershayim, within Hebrew abbreviations
		return '"'
	case 0x066B: // the decimal separator of Arabic
		return '.'
	case 0x066C: // its thousands separator
		return ','
	}
	if r >= 0x0660 && unicode.Is(unicode.Nd, r) {
		return '0' + digit(r)
	}
	return r
}

// digit returns the value of a decimal digit. The digits of a script stand
// together from zero to nine, and so do the ranges of the table.
func digit(r rune) rune {
	for _, t := range unicode.Nd.R16 {
		if r >= rune(t.Lo) && r <= rune(t.Hi) {
			return (r - rune(t.Lo)) % 10
		}
	}
	for _, t := range unicode.Nd.R32 {
		if r >= rune(t.Lo) && r <= rune(t.Hi) {
			return (r - rune(t.Lo)) % 10
		}
	}
	return 0
}

package analysis

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// splitWords emits what the Python regular expression (?u)\b\w\w+\b finds in
// text.lower().
func splitWords(text string, emit func(word) bool) {
	start, runes := 0, 0
	for i := 0; i <= len(text); {
		r, size := rune(-1), 1
		if i < len(text) {
			if r = rune(text[i]); r >= utf8.RuneSelf {
				r, size = utf8.DecodeRuneInString(text[i:])
			}
		}
		inside := isPythonWord(r)
		if inside {
			if runes == 0 {
				start = i
			}
			runes++
			i += size
		}
		// The lower case of İ is an i and a combining dot, which ends a word.
		if !inside || r == 'İ' {
			if runes >= 2 && !emit(word{start, i, kindLowered}) {
				return
			}
			runes = 0
		}
		if !inside {
			i += size
		}
	}
}

// splitSpace emits what Python's text.split() returns.
func splitSpace(text string, emit func(word) bool) {
	start := -1
	for i, r := range text {
		switch space := isPythonSpace(r); {
		case space && start >= 0:
			if !emit(word{start: start, end: i}) {
				return
			}
			start = -1
		case !space && start < 0:
			start = i
		}
	}
	if start >= 0 {
		emit(word{start: start, end: len(text)})
	}
}

// isPythonSpace is Python's str.isspace for one character: unlike
// [unicode.IsSpace] it knows the four information separators.
func isPythonSpace(r rune) bool {
	return r >= 0x1C && r <= 0x1F || unicode.IsSpace(r)
}

// isPythonWord reports whether Python's \w matches: letters, anything with a
// numeric value, and the low line.
func isPythonWord(r rune) bool {
	if r < utf8.RuneSelf {
		return r == '_' || r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z'
	}
	return unicode.IsLetter(r) || unicode.IsNumber(r)
}

// appendPythonLower appends text[start:end].lower() as it is within
// text.lower(): Python knows the Greek final sigma. The combining dot of İ,
// which is no part of a word, is left out.
func appendPythonLower(dst []byte, text string, start, end int) []byte {
	for i := start; i < end; {
		if c := text[i]; c < utf8.RuneSelf {
			dst = append(dst, lowerASCII(c))
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:end])
		if r == 'Σ' && isFinalSigma(text, i) {
			dst = append(dst, "ς"...)
		} else {
			dst = utf8.AppendRune(dst, unicode.ToLower(r))
		}
		i += size
	}
	return dst
}

// isFinalSigma reports whether the sigma at text[i:] ends a word, by the
// condition Final_Sigma of the Unicode Standard, section 3.13.
func isFinalSigma(text string, i int) bool {
	return endsCased(text[:i]) && !startsCased(text[i+len("Σ"):])
}

func endsCased(s string) bool {
	for len(s) > 0 {
		r, size := utf8.DecodeLastRuneInString(s)
		if !isCaseIgnorable(r) {
			return isCased(r)
		}
		s = s[:len(s)-size]
	}
	return false
}

func startsCased(s string) bool {
	for _, r := range s {
		if !isCaseIgnorable(r) {
			return isCased(r)
		}
	}
	return false
}

func isCased(r rune) bool {
	return unicode.In(r, unicode.Lu, unicode.Ll, unicode.Lt, unicode.Other_Uppercase, unicode.Other_Lowercase)
}

func isCaseIgnorable(r rune) bool {
	return strings.ContainsRune("'.:·\u0387\u055f\u05f4\u2018\u2019\u2024\u2027\ufe13\ufe52\ufe55\uff07\uff0e\uff1a", r) ||
		unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Lm, unicode.Sk)
}

func lowerASCII(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + ('a' - 'A')
	}
	return c
}

package analysis

import (
	"unicode"
	"unicode/utf8"
)

// letters takes a word of CJK letters and yields the pairs that it completes,
// as Lucene's CJKBigramFilter does: letters that touch pair up across words.
func (p *pass) letters(w word) bool {
	for start := w.start; start < w.end; {
		end := start + letterLength(p.text[start:w.end])
		letter := word{start, end, kindCJK}
		if p.previous.end == start && start > 0 {
			if !p.emit(word{p.previous.start, end, kindCJK}) {
				return false
			}
			p.paired = true
		} else {
			if !p.flush() {
				return false
			}
			p.paired = false
		}
		p.previous = letter
		start = end
	}
	return true
}

// flush yields a pending CJK letter that found no partner.
func (p *pass) flush() bool {
	alone := p.previous
	pending := alone.end > 0 && !p.paired
	p.previous, p.paired = word{}, false
	return !pending || p.emit(alone)
}

// letterLength returns the length in bytes of the first letter of s, with the
// marks and dependent jamo that follow it.
func letterLength(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	for marks := 0; n < len(s) && marks < MaxTokenLength; marks++ {
		r, size := utf8.DecodeRuneInString(s[n:])
		if !dependent(r) {
			break
		}
		n += size
	}
	return n
}

// dependent reports whether a rune belongs to the CJK letter before it.
func dependent(r rune) bool {
	switch {
	case r >= 0x1160 && r <= 0x11FF, r == 0xFF9E, r == 0xFF9F:
		return true
	}
	return r > unicode.MaxLatin1 && (unicode.Is(unicode.M, r) || isInvisible(r))
}

// isCJK reports whether a rune is a letter that [pass.letters] pairs.
func isCJK(r rune) bool {
	switch {
	case r < 0x1100:
		return false
	case r == 'ー', r == 'ｰ', r == 0xFF9E, r == 0xFF9F:
		return true
	}
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) && (unicode.IsLetter(r) || r == '〇')
}

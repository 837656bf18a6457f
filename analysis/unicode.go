package analysis

import (
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/words"
)

// splitUnicode emits the words between the boundaries of Unicode Standard
// Annex 29 that hold a letter, a digit or a pictograph.
func splitUnicode(text string, emit func(word) bool) {
	segments := words.FromString("")
	for i := 0; i < len(text); {
		if end := asciiWord(text, i); end > i {
			if !emit(word{start: i, end: end}) {
				return
			}
			i = end
			continue
		} else if end == skip {
			i++
			continue
		}
		segments.SetText(text[i:])
		segments.Next()
		end := i + segments.End()
		w, ok := classify(text, i, end)
		if ok && isSpaceless(text[i:]) {
			end = spacelessRun(text, segments, end)
			w.end = end
		}
		if ok && !emit(w) {
			return
		}
		i = end
	}
}

// What asciiWord says where it finds no word.
const (
	skip    = -1 // nothing starts here: go on with the next byte
	unclear = -2 // more than ASCII is at stake: ask the general algorithm
)

// asciiWord returns the end of the word at i, if that is plain ASCII.
func asciiWord(text string, i int) int {
	switch c := class[text[i]]; c {
	case classOther:
		if i+1 < len(text) && text[i+1] >= utf8.RuneSelf {
			return unclear
		}
		return skip
	case classHigh:
		return unclear
	}
	alphanumeric := false
	for i < len(text) {
		c := class[text[i]]
		switch c {
		case classLetter, classDigit:
			alphanumeric = true
			i++
			continue
		case classJoin:
			i++
			continue
		case classHigh:
			return unclear
		}
		// Punctuation joins two letters or two digits (rules WB6, 7, 11, 12).
		if i+1 < len(text) {
			before, after := class[text[i-1]], class[text[i+1]]
			if after == classHigh {
				return unclear
			}
			if before == after && (before == classLetter && joinsLetters(text[i]) || before == classDigit && joinsDigits(text[i])) {
				i++
				continue
			}
		}
		break
	}
	if !alphanumeric {
		return unclear
	}
	return i
}

func joinsLetters(c byte) bool { return c == '.' || c == '\'' || c == ':' }
func joinsDigits(c byte) bool  { return c == '.' || c == '\'' || c == ',' || c == ';' }

// The classes of bytes that asciiWord tells apart.
const (
	classOther byte = iota
	classLetter
	classDigit
	classJoin // the low line
	classHigh // not ASCII
)

var class = func() (table [256]byte) {
	for c := range table {
		switch b := byte(c); {
		case b >= utf8.RuneSelf:
			table[c] = classHigh
		case b >= '0' && b <= '9':
			table[c] = classDigit
		case b|0x20 >= 'a' && b|0x20 <= 'z':
			table[c] = classLetter
		case b == '_':
			table[c] = classJoin
		}
	}
	return table
}()

// classify says what a segment is, and false if it is no word.
func classify(text string, start, end int) (w word, ok bool) {
	w = word{start: start, end: end, kind: kindCJK}
	pictograph, flags := false, 0
	for _, r := range text[start:end] {
		switch {
		case isCJK(r):
			ok = true
		case isWordRune(r):
			ok, w.kind = true, kindWord
		case r >= 0x1F1E6 && r <= 0x1F1FF: // two of these are a flag, one is nothing
			flags++
			pictograph = flags == 2
		case isPictograph(r), r == keycap && (text[start] == '#' || text[start] == '*'):
			pictograph = true
		case !dependent(r):
			w.kind = kindWord
		}
	}
	if !ok {
		w.kind = kindWord
	}
	// The library leaves an incomplete rune at the end of the text with the word.
	for text[w.end-1] >= utf8.RuneSelf {
		if r, size := utf8.DecodeLastRuneInString(text[start:w.end]); r != utf8.RuneError || size != 1 || w.end-1 == start {
			break
		}
		w.end--
	}
	return w, ok || pictograph
}

// keycap is the mark that makes an emoji of a digit, # or *.
const keycap = '\u20e3'

// isWordRune reports whether a rune makes a segment a word.
func isWordRune(r rune) bool {
	return unicode.In(r, unicode.L, unicode.Nd, unicode.Nl) ||
		unicode.Is(unicode.Other_Alphabetic, r) && !unicode.Is(unicode.M, r)
}

// isPictograph reports whether a rune is an emoji that stands by itself.
func isPictograph(r rune) bool {
	if r >= 0x1F200 {
		return r <= 0x1FAFF && unicode.In(r, unicode.So, unicode.Sk)
	}
	return r >= 0x2194 && unicode.Is(emoji, r)
}

// emoji are the symbols from U+2194 to U+1F1FF that have Unicode's property Emoji
// (emoji-data.txt), without letters and flags.
var emoji = &unicode.RangeTable{R16: []unicode.Range16{
	{Lo: 0x2194, Hi: 0x2199, Stride: 1}, {Lo: 0x21A9, Hi: 0x21AA, Stride: 1}, {Lo: 0x231A, Hi: 0x231B, Stride: 1},
	{Lo: 0x2328, Hi: 0x2328, Stride: 1}, {Lo: 0x23CF, Hi: 0x23CF, Stride: 1}, {Lo: 0x23E9, Hi: 0x23F3, Stride: 1},
	{Lo: 0x23F8, Hi: 0x23FA, Stride: 1}, {Lo: 0x24C2, Hi: 0x24C2, Stride: 1}, {Lo: 0x25AA, Hi: 0x25AB, Stride: 1},
	{Lo: 0x25B6, Hi: 0x25B6, Stride: 1}, {Lo: 0x25C0, Hi: 0x25C0, Stride: 1}, {Lo: 0x25FB, Hi: 0x25FE, Stride: 1},
	{Lo: 0x2600, Hi: 0x2604, Stride: 1}, {Lo: 0x260E, Hi: 0x260E, Stride: 1}, {Lo: 0x2611, Hi: 0x2611, Stride: 1},
	{Lo: 0x2614, Hi: 0x2615, Stride: 1}, {Lo: 0x2618, Hi: 0x2618, Stride: 1}, {Lo: 0x261D, Hi: 0x261D, Stride: 1},
	{Lo: 0x2620, Hi: 0x2620, Stride: 1}, {Lo: 0x2622, Hi: 0x2623, Stride: 1}, {Lo: 0x2626, Hi: 0x2626, Stride: 1},
	{Lo: 0x262A, Hi: 0x262A, Stride: 1}, {Lo: 0x262E, Hi: 0x262F, Stride: 1}, {Lo: 0x2638, Hi: 0x263A, Stride: 1},
	{Lo: 0x2640, Hi: 0x2640, Stride: 1}, {Lo: 0x2642, Hi: 0x2642, Stride: 1}, {Lo: 0x2648, Hi: 0x2653, Stride: 1},
	{Lo: 0x265F, Hi: 0x2660, Stride: 1}, {Lo: 0x2663, Hi: 0x2663, Stride: 1}, {Lo: 0x2665, Hi: 0x2666, Stride: 1},
	{Lo: 0x2668, Hi: 0x2668, Stride: 1}, {Lo: 0x267B, Hi: 0x267B, Stride: 1}, {Lo: 0x267E, Hi: 0x267F, Stride: 1},
	{Lo: 0x2692, Hi: 0x2697, Stride: 1}, {Lo: 0x2699, Hi: 0x2699, Stride: 1}, {Lo: 0x269B, Hi: 0x269C, Stride: 1},
	{Lo: 0x26A0, Hi: 0x26A1, Stride: 1}, {Lo: 0x26A7, Hi: 0x26A7, Stride: 1}, {Lo: 0x26AA, Hi: 0x26AB, Stride: 1},
	{Lo: 0x26B0, Hi: 0x26B1, Stride: 1}, {Lo: 0x26BD, Hi: 0x26BE, Stride: 1}, {Lo: 0x26C4, Hi: 0x26C5, Stride: 1},
	{Lo: 0x26C8, Hi: 0x26C8, Stride: 1}, {Lo: 0x26CE, Hi: 0x26CF, Stride: 1}, {Lo: 0x26D1, Hi: 0x26D1, Stride: 1},
	{Lo: 0x26D3, Hi: 0x26D4, Stride: 1}, {Lo: 0x26E9, Hi: 0x26EA, Stride: 1}, {Lo: 0x26F0, Hi: 0x26F5, Stride: 1},
	{Lo: 0x26F7, Hi: 0x26FA, Stride: 1}, {Lo: 0x26FD, Hi: 0x26FD, Stride: 1}, {Lo: 0x2702, Hi: 0x2702, Stride: 1},
	{Lo: 0x2705, Hi: 0x2705, Stride: 1}, {Lo: 0x2708, Hi: 0x270D, Stride: 1}, {Lo: 0x270F, Hi: 0x270F, Stride: 1},
	{Lo: 0x2712, Hi: 0x2712, Stride: 1}, {Lo: 0x2714, Hi: 0x2714, Stride: 1}, {Lo: 0x2716, Hi: 0x2716, Stride: 1},
	{Lo: 0x271D, Hi: 0x271D, Stride: 1}, {Lo: 0x2721, Hi: 0x2721, Stride: 1}, {Lo: 0x2728, Hi: 0x2728, Stride: 1},
	{Lo: 0x2733, Hi: 0x2734, Stride: 1}, {Lo: 0x2744, Hi: 0x2744, Stride: 1}, {Lo: 0x2747, Hi: 0x2747, Stride: 1},
	{Lo: 0x274C, Hi: 0x274C, Stride: 1}, {Lo: 0x274E, Hi: 0x274E, Stride: 1}, {Lo: 0x2753, Hi: 0x2755, Stride: 1},
	{Lo: 0x2757, Hi: 0x2757, Stride: 1}, {Lo: 0x2763, Hi: 0x2764, Stride: 1}, {Lo: 0x2795, Hi: 0x2797, Stride: 1},
	{Lo: 0x27A1, Hi: 0x27A1, Stride: 1}, {Lo: 0x27B0, Hi: 0x27B0, Stride: 1}, {Lo: 0x27BF, Hi: 0x27BF, Stride: 1},
	{Lo: 0x2934, Hi: 0x2935, Stride: 1}, {Lo: 0x2B05, Hi: 0x2B07, Stride: 1}, {Lo: 0x2B1B, Hi: 0x2B1C, Stride: 1},
	{Lo: 0x2B50, Hi: 0x2B50, Stride: 1}, {Lo: 0x2B55, Hi: 0x2B55, Stride: 1}, {Lo: 0x3030, Hi: 0x3030, Stride: 1},
	{Lo: 0x303D, Hi: 0x303D, Stride: 1}, {Lo: 0x3297, Hi: 0x3297, Stride: 1}, {Lo: 0x3299, Hi: 0x3299, Stride: 1},
}, R32: []unicode.Range32{
	{Lo: 0x1F004, Hi: 0x1F004, Stride: 1}, {Lo: 0x1F0CF, Hi: 0x1F0CF, Stride: 1}, {Lo: 0x1F18E, Hi: 0x1F18E, Stride: 1},
	{Lo: 0x1F191, Hi: 0x1F19A, Stride: 1},
}}

// isSpaceless reports whether s starts with a letter of a script that is
// written without spaces, which the annex cuts into single letters.
func isSpaceless(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return r >= 0x0E00 && unicode.In(r, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar) && unicode.In(r, unicode.L, unicode.M)
}

// spacelessRun returns where the spaceless segments that start at end stop.
func spacelessRun(text string, segments *words.Iterator[string], end int) int {
	for end < len(text) && isSpaceless(text[end:]) {
		segments.SetText(text[end:])
		segments.Next()
		end += segments.End()
	}
	return end
}

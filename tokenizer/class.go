package tokenizer

import "sort"

// The classes of a code point, as testdata/tables.py writes them into tables.go.
// They are frozen there because Hugging Face tokenizers mixes several old
// Unicode versions: Go's own tables, which move with the toolchain, would give
// other ids.
const (
	classRemove     = 1 << iota // clean_text drops it: a control or unassigned character
	classSpace                  // clean_text makes it a space
	classSplit                  // white space to the pre-tokenizer
	classPunct                  // punctuation to the pre-tokenizer
	classMark                   // a nonspacing mark, stripped as an accent
	classMapped                 // has a canonical decomposition or a lower case
	classNonstarter             // has a canonical combining class
	classWord                   // \w: joins a single_word token to its neighbour
)

// What a code point is to the regular expressions of Hugging Face tokenizers,
// and to Digits.
const (
	patternLetter  = 1 << iota // \p{L}
	patternNumber              // \p{N}
	patternSpace               // \s
	patternNumeric             // a digit to Digits
	patternAccent              // StripAccents takes it away
)

func patternOf(r rune) uint8 {
	return patternBytes[uint(patternPages[uint(r)>>7])<<7|uint(r)&127]
}

type combiningRange struct {
	lo, hi rune
	class  uint8
}

type mapping struct {
	from rune
	to   string
}

// classOf returns the classes of a code point.
func classOf(r rune) uint8 {
	return classBytes[uint(classPages[uint(r)>>7])<<7|uint(r)&127]
}

// isChinese reports whether handle_chinese_chars sets a code point apart.
func isChinese(r rune) bool {
	if r < chineseRanges[0][0] {
		return false
	}
	for _, c := range chineseRanges {
		if c[0] <= r && r <= c[1] {
			return true
		}
	}
	return false
}

// combiningClass returns the canonical combining class of a nonstarter.
func combiningClass(r rune) uint8 {
	i := sort.Search(len(combiningRanges), func(i int) bool { return combiningRanges[i].hi >= r })
	if i < len(combiningRanges) && combiningRanges[i].lo <= r {
		return combiningRanges[i].class
	}
	return 0
}

// lookup returns what a table maps a code point to.
func lookup(table []mapping, r rune) (string, bool) {
	lo, hi := 0, len(table)
	for lo < hi {
		if mid := int(uint(lo+hi) >> 1); table[mid].from < r {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo < len(table) && table[lo].from == r {
		return table[lo].to, true
	}
	return "", false
}

// The arithmetic of Hangul syllables (Unicode Standard, section 3.12).
const (
	hangulBase  = 0xAC00
	hangulCount = 11172
	hangulLead  = 0x1100
	hangulVowel = 0x1161
	hangulTrail = 0x11A7
	hangulL     = 19
	hangulV     = 21
	hangulT     = 28
)

package tokenizer

import "unicode/utf8"

// The regular expressions that byte-level tokenizers split text with. They are
// known by their spelling and matched by hand: Go's regexp has no look-ahead, and
// the classes of its Unicode version.
const (
	gpt2Pattern = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
	qwenPattern = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	cl100k      = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
)

// everything finds matches of a pattern that leaves no character out.
func everything(end func(text []byte, at int) int) func([]byte, int) (span, bool) {
	return func(text []byte, from int) (span, bool) { return span{from, end(text, from)}, true }
}

// patternAt returns what the character at a place is to a pattern, and its size;
// at the end of the text neither.
func patternAt(text []byte, at int) (class uint8, size int) {
	if at >= len(text) {
		return 0, 0
	}
	if b := text[at]; b < utf8.RuneSelf {
		return patternBytes[b], 1
	}
	r, n := utf8.DecodeRune(text[at:])
	return patternOf(r), n
}

const (
	patternAny   = patternLetter | patternNumber | patternSpace
	patternOther = 0 // a sign
)

// run returns where characters of a kind end, most of them at most; 0 is no
// limit.
func run(text []byte, at int, kind uint8, most int) int {
	for n := 0; most == 0 || n < most; n++ {
		class, size := patternAt(text, at)
		if size == 0 || class&patternAny != kind {
			break
		}
		at += size
	}
	return at
}

// contraction returns the length of 's, 't, 're, 've, 'm, 'll or 'd at a place, 0
// for none. Folded ones may be capitals; the long s folds to s.
func contraction(text []byte, at int, fold bool) int {
	if text[at] != '\'' || at+1 >= len(text) {
		return 0
	}
	lower := func(i int) byte {
		if i >= len(text) {
			return 0
		}
		if b := text[i]; fold && 'A' <= b && b <= 'Z' {
			return b + 'a' - 'A'
		}
		return text[i]
	}
	switch a, b := lower(at+1), lower(at+2); {
	case a == 's' || a == 't' || a == 'm' || a == 'd':
		return 2
	case a == 'r' && b == 'e' || a == 'v' && b == 'e' || a == 'l' && b == 'l':
		return 3
	case fold && a == 0xC5 && b == 0xBF:
		return 3
	}
	return 0
}

// spaces matches \s+(?!\S)|\s+: white space but for its last character, if a word
// follows and there are others.
func spaces(text []byte, at int) int {
	last := at
	for i := at; ; {
		class, size := patternAt(text, i)
		if size == 0 {
			return i
		}
		if class&patternSpace == 0 {
			if last == at {
				return i
			}
			return last
		}
		last = i
		i += size
	}
}

// gpt2End returns where the match of gpt2Pattern at a place ends.
func gpt2End(text []byte, at int) int {
	if n := contraction(text, at, false); n > 0 {
		return at + n
	}
	word := at
	if text[at] == ' ' {
		word++
	}
	class, size := patternAt(text, word)
	if size > 0 && class&patternSpace == 0 {
		return run(text, word, class&patternAny, 0)
	}
	return spaces(text, at)
}

// cl100kEnd returns where the match of cl100k, or of qwenPattern, at a place
// ends; they differ in the most digits that go together.
func cl100kEnd(digits int) func(text []byte, at int) int {
	return func(text []byte, at int) int {
		if n := contraction(text, at, true); n > 0 {
			return at + n
		}
		class, size := patternAt(text, at)
		if class&patternLetter != 0 {
			return run(text, at, patternLetter, 0)
		}
		if class&patternNumber != 0 {
			return run(text, at, patternNumber, digits)
		}
		next, _ := patternAt(text, at+size)
		if next&patternLetter != 0 && text[at] != '\r' && text[at] != '\n' {
			return run(text, at+size, patternLetter, 0)
		}
		sign := at
		if text[at] == ' ' {
			sign++
		}
		if class, size := patternAt(text, sign); size > 0 && class&patternAny == patternOther {
			end := run(text, sign, patternOther, 0)
			for end < len(text) && (text[end] == '\r' || text[end] == '\n') {
				end++
			}
			return end
		}
		if end := lastBreak(text, at); end > at {
			return end
		}
		return spaces(text, at)
	}
}

// lastBreak matches \s*[\r\n]+: white space up to its last line break.
func lastBreak(text []byte, at int) int {
	end := at
	for i := at; ; {
		class, size := patternAt(text, i)
		if size == 0 || class&patternSpace == 0 {
			return end
		}
		i += size
		if c := text[i-1]; c == '\n' || c == '\r' {
			end = i
		}
	}
}

package tokenizer_test

import (
	"strings"
	"unicode/utf8"
)

// sample makes the texts of the parity tests: the same ones on every machine
// and every version of Go, so that golden files need only hold results.
type sample struct{ state uint64 }

func (s *sample) intn(n int) int {
	s.state += 0x9e3779b97f4a7c15 // splitmix64
	z := s.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return int((z ^ z>>31) >> 11 % uint64(n))
}

func pick[T any](s *sample, list []T) T { return list[s.intn(len(list))] }

// blocks are ranges of code points that a text may draw on.
var blocks = [][2]rune{
	{0x20, 0x7E}, {0x61, 0x7A}, {0x00, 0x1F}, {0x7F, 0x9F}, {0xA0, 0xFF}, {0x100, 0x24F}, {0x250, 0x2AF}, {0x2B0, 0x2FF},
	{0x300, 0x36F}, {0x370, 0x3FF}, {0x400, 0x52F}, {0x530, 0x58F}, {0x590, 0x5FF}, {0x600, 0x6FF}, {0x700, 0x7BF},
	{0x7C0, 0x8FF}, {0x900, 0x97F}, {0x980, 0x9FF}, {0xA00, 0xDFF}, {0xE00, 0xEFF}, {0xF00, 0xFFF}, {0x1000, 0x109F},
	{0x10A0, 0x10FF}, {0x1100, 0x11FF}, {0x1200, 0x13FF}, {0x1400, 0x17FF}, {0x1800, 0x18AF}, {0x1900, 0x1AFF},
	{0x1B00, 0x1CFF}, {0x1D00, 0x1DFF}, {0x1E00, 0x1EFF}, {0x1F00, 0x1FFF}, {0x2000, 0x206F}, {0x2070, 0x20CF},
	{0x20D0, 0x20FF}, {0x2100, 0x214F}, {0x2150, 0x23FF}, {0x2400, 0x27FF}, {0x2800, 0x2BFF}, {0x2C00, 0x2DFF},
	{0x2E00, 0x2FFF}, {0x3000, 0x303F}, {0x3040, 0x30FF}, {0x3100, 0x33FF}, {0x3400, 0x4DBF}, {0x4E00, 0x9FFF},
	{0xA000, 0xA8FF}, {0xA900, 0xABFF}, {0xAC00, 0xD7A3}, {0xD7B0, 0xD7FF}, {0xE000, 0xF8FF}, {0xF900, 0xFAFF},
	{0xFB00, 0xFDFF}, {0xFE00, 0xFE2F}, {0xFE30, 0xFEFF}, {0xFF00, 0xFFEF}, {0xFFF0, 0xFFFF}, {0x10000, 0x103FF},
	{0x10400, 0x108FF}, {0x10900, 0x10FFF}, {0x11000, 0x11FFF}, {0x12000, 0x16FFF}, {0x17000, 0x1CFFF}, {0x1D000, 0x1D24F},
	{0x1D300, 0x1D7FF}, {0x1D800, 0x1E8FF}, {0x1E900, 0x1EFFF}, {0x1F000, 0x1F2FF}, {0x1F300, 0x1FAFF}, {0x1FB00, 0x1FFFF},
	{0x20000, 0x2A6DF}, {0x2A700, 0x2CEAF}, {0x2CEB0, 0x2FA1F}, {0x2FA20, 0x323AF}, {0xE0000, 0xE01FF}, {0xF0000, 0x10FFFF},
}

// marks are combining characters of many classes, among them the few that are
// no nonspacing marks and so survive the stripping of accents.
var marks = []rune("\u0301\u0323\u0327\u0334\u0345\u0344\u0338\u05b0\u05bc\u0651\u064e\u0f71\u0f72\u0f73\u0f75\u0f81" +
	"\u093c\u094d\u0e38\u3099\u302a\u302e\u302f\u1d165\U0001d165\U0001d166\U0001d16d\U0001d172\u1bf2\u1b44\u1939\ua953\U000110b9\u0340\u0341\u0343" +
	"\u20d0\u20dd\ufe0f\ufe20\U00016ff0\u1ab0\u1dfa\u08d4\u0b4d\u1037\u17d2\u0f39\u0327\u031b")

var phrases = []string{
	"the quick brown fox jumps over the lazy dog", "Retrieval-augmented GENERATION, isn't it?", "e.g. 3.14 = pi; 1,000,000 $ (50%)",
	"https://example.org/a_b?c=d&e=%20", "func (r *Reader) ReadLine() (line []byte, isPrefix bool, err error)", "naïve café Ångström ÉCOLE",
	"İstanbul Iğdır ısı I i İ", "Straße STRASSE ẞ ß", "ΟΔΥΣΣΕΥΣ Ὀδυσσεύς σς Σ", "Привет, МИР ёЁ йЙ", "שָׁלוֹם עולם", "مَرْحَبًا بالعالم ١٢٣",
	"नमस्ते क़ख़ दुनिया", "สวัสดีชาวโลก", "안녕하세요 세계 \u1112\u1161\u11ab", "こんにちは世界、カタカナ ｶﾀｶﾅ が か\u3099", "汉字漢字 中文abc混排123", "𠀀𪜀𫝀𫠠𬺰𮯠𰀀𱍐",
	"豈更車金", "👩‍👩‍👧‍👦 👍🏽 🇩🇪 ❤️ 🏴\U000e0067\U000e0062\U000e007f", "zero\u200bwidth\u200djoin\u200cer\u2060\ufeff", "\u202eright to left\u202c",
	"[CLS] [SEP] [PAD][MASK][UNK] [sep] [ SEP ]", "[SEP", "[[SEP]]", "##ing ing## # ##", "tab\tnew\nline\r\n\v\f\x00\x01\x7f\u0085\u00a0\u3000\u2028",
	"ﬁ ﬂ ǅ ŉ ΐ ΰ և ẖ", "Dž DŽ Ǆ ĳ Ĳ Ⅷ ⅷ Ⓐ ⓐ", "ᏣᎳᎩ Ꭰ ꭰ Ა ა Ⴀ ⴀ", "K Å Ω", "unaffable unbelievably antidisestablishmentarianism", "\ufffd\ufffe\uffff",
	"Ｆｕｌｌ ｗｉｄｔｈ", "x² H₂O ½ ™ ® ©", "«quotes» “curly” ‘x’ „low“ … — –", "a\u0300\u0316e\u0323\u0302o\u0308\u0304", "Việt Nam, Tiếng Việt", "Ǟ ǡ Ȱ ṩ ǭ",
}

func (s *sample) char() rune {
	if s.intn(5) == 0 {
		return pick(s, marks)
	}
	for {
		b := pick(s, blocks)
		if r := b[0] + rune(s.intn(int(b[1]-b[0])+1)); utf8.ValidRune(r) {
			return r
		}
	}
}

func (s *sample) text() string {
	var b strings.Builder
	for range 1 + s.intn(4) {
		switch s.intn(8) {
		case 0, 1:
			b.WriteString(pick(s, phrases))
		case 2: // a run out of one block
			block := pick(s, blocks)
			for range 1 + s.intn(12) {
				if r := block[0] + rune(s.intn(int(block[1]-block[0])+1)); utf8.ValidRune(r) {
					b.WriteRune(r)
				}
			}
		case 3: // anything beside anything
			for range 1 + s.intn(12) {
				b.WriteRune(s.char())
			}
		case 4: // marks upon a letter
			b.WriteRune(pick(s, []rune("aeoAEO가กक語é\u00e9ǭ\U0001d157\u0f40")))
			for range s.intn(40) {
				b.WriteRune(pick(s, marks))
			}
		case 5: // long words about the limit of 100 characters
			unit := pick(s, []string{"a", "é", "語", "ab", "ing", "\u0301a", "Б"})
			b.WriteString(strings.Repeat(unit, 96/utf8.RuneCountInString(unit)+s.intn(10)))
		case 6:
			words := strings.Fields(pick(s, phrases))
			for range 1 + s.intn(6) {
				b.WriteString(pick(s, words))
			}
		default:
			b.WriteString(pick(s, []string{" ", "  ", "\n", ".", "-", "\u00a0", "[SEP]", "[MASK]", "\u200d"}))
		}
		if s.intn(2) == 0 {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// texts returns n texts; the first ones are every block, whole or in part.
func texts(n int) []string {
	s := &sample{state: 1}
	out := append([]string{"", " ", "\x00"}, phrases...)
	for len(out) < n {
		out = append(out, s.text())
	}
	return out[:n]
}

package tokenizer_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// kinds are the small tokenizers that testdata/train.py makes, one of every
// family.
func kinds(t testing.TB) (names []string) {
	t.Helper()
	paths, err := filepath.Glob("testdata/kinds/*.json")
	if err != nil || len(paths) < 11 {
		t.Fatalf("tokenizers in testdata/kinds: %q, %v", paths, err)
	}
	for _, p := range paths {
		names = append(names, strings.TrimSuffix(filepath.Base(p), ".json"))
	}
	return names
}

// kindTexts are texts for all kinds: those of BERT's, and what others see
// differently: white space, digits, contractions and their special tokens.
func kindTexts(n int) []string {
	s := &sample{state: 11}
	parts := []string{"<s>", "</s>", "<mask>", "<unk>", "[MASK]", "[UNK]", "[SEP]", "<|im_start|>", "<|im_end|>", "<think>", "</think>", "|||EMAIL|||", "<extra>", "<0x41>",
		" ", "  ", "   ", "    ", "         ", "\n", "\r\n", "\n\n", "\t", " \n ", "\u00a0", "\u3000", "\u2028", "\u0085", "\v", "▁", "▁▁", "Ġ", "Ċ",
		"1", "12", "1234567", "٣٤", "²", "½", "Ⅷ", "don't", "I'LL we've", "it'ſ", "'S", "'", "''t", "they're", "x's", "’s",
		"the", " the", "The", "retrieval", "ing", "function", "(text,", "e\u0301", "é", "ｶﾞ", "ﬁ", "가", "각", "\u1100\u1161\u11a8", "क्षि", "👩‍👩‍👧‍👦", "🇩🇪", "\u0344", "\u0301", "...", "--", "$", "#", ".", ","}
	out := make([]string, 0, n)
	for len(out) < n {
		var b strings.Builder
		for range 1 + s.intn(9) {
			b.WriteString(pick(s, parts))
			if s.intn(3) == 0 {
				b.WriteByte(' ')
			}
		}
		out = append(out, b.String())
	}
	return out
}

func TestKindsLikeHuggingFace(t *testing.T) {
	n := 300
	if os.Getenv("RERANK_SLOW") != "" {
		n = 10000
	}
	all := append(texts(n), kindTexts(n)...)
	var pairs [][2]string
	for i := range min(300, n/4) {
		pairs = append(pairs, [2]string{all[i*7%len(all)], all[(i*13+n)%len(all)]})
	}
	// The long text is no part of a pair: the peer makes all that overflows.
	all = append(all, strings.Join(all[:min(2000, len(all))], " "))
	for _, name := range kinds(t) {
		t.Run(name, func(t *testing.T) {
			data, tok := load(t, "testdata/kinds/"+name+".json")
			wrong := 0
			for i, want := range peer(t, data, all, 0) {
				if d := differs(tok.Encode(all[i], 0), want); d != "" {
					if wrong++; wrong < 6 {
						t.Errorf("%+.200q: %.1500s", all[i], d)
					}
				}
			}
			if wrong > 0 {
				t.Errorf("%d of %d texts differ", wrong, len(all))
			}
			for _, limit := range []int{9, 32} {
				for i, want := range peer(t, data, pairs, limit) {
					if d := differs(tok.EncodePair(pairs[i][0], pairs[i][1], limit), want); d != "" {
						t.Fatalf("limit %d: %+q: %s", limit, pairs[i], d)
					}
				}
			}
		})
	}
}

// TestEveryCharacterOfKindsLikeHuggingFace sets every code point between letters,
// digits, spaces and marks; one in 61 of them unless RERANK_SLOW asks for more.
func TestEveryCharacterOfKindsLikeHuggingFace(t *testing.T) {
	step := 61
	if os.Getenv("RERANK_SLOW") != "" {
		step = 3
	}
	var all []string
	var b strings.Builder
	for r := rune(0); r <= utf8.MaxRune; r += rune(step) {
		if r > 0x32400 && r < 0xE0000 || r > 0xE0200 {
			r += 997 // nothing but unassigned planes
		}
		if utf8.ValidRune(r) {
			fmt.Fprintf(&b, "x%c1%c %c\u0301\u0327%c", r, r, r, r)
		}
		if b.Len() > 600 {
			all = append(all, b.String())
			b.Reset()
		}
	}
	for _, name := range kinds(t) {
		data, _ := load(t, "testdata/kinds/"+name+".json")
		t.Run(name, func(t *testing.T) { compare(t, data, all) })
	}
}

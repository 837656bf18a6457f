package tokenizer_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/flashrerank/rerank/internal/testenv"
	"github.com/flashrerank/rerank/tokenizer"
)

// peer returns what Hugging Face makes of texts, or of pairs of texts.
func peer[T any](t *testing.T, tokenizerJSON []byte, items []T, limit int) []tokenizer.Encoding {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tokenizer.json")
	if err := os.WriteFile(path, tokenizerJSON, 0o600); err != nil {
		t.Fatal(err)
	}
	in, err := json.Marshal(items)
	if err != nil {
		t.Fatal(err)
	}
	out := testenv.Python(t, in, filepath.Join("testdata", "encode.py"), path, strconv.Itoa(limit))
	var all []tokenizer.Encoding
	for line := range bytes.Lines(out) {
		var row [3][]int32
		if err := json.Unmarshal(line, &row); err != nil {
			t.Fatal(err)
		}
		e := tokenizer.Encoding{IDs: row[0], Types: row[1]}
		for i := 0; i < len(row[2]); i += 2 {
			e.Offsets = append(e.Offsets, tokenizer.Span{Start: int(row[2][i]), End: int(row[2][i+1])})
		}
		all = append(all, e)
	}
	if len(all) != len(items) {
		t.Fatalf("%d results for %d texts", len(all), len(items))
	}
	return all
}

// differs tells how an encoding differs from the wanted one.
func differs(got, want tokenizer.Encoding) string {
	switch {
	case !slices.Equal(got.IDs, want.IDs):
		return fmt.Sprintf("ids\n got %v\nwant %v", got.IDs, want.IDs)
	case !slices.Equal(got.Types, want.Types):
		return fmt.Sprintf("types\n got %v\nwant %v", got.Types, want.Types)
	case !slices.Equal(got.Offsets, want.Offsets):
		return fmt.Sprintf("offsets\n got %v\nwant %v", got.Offsets, want.Offsets)
	}
	return ""
}

func load(t testing.TB, path string) ([]byte, *tokenizer.Tokenizer) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenizer.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return data, tok
}

func TestLikeHuggingFace(t *testing.T) {
	data, tok := load(t, testenv.PeerModel(t, "tokenizer.json"))
	all := texts(2000)
	all = append(all, strings.Join(all, " "), strings.Join(all, "")) // beyond one stretch of normalization
	for i, want := range peer(t, data, all, 0) {
		if d := differs(tok.Encode(all[i], 0), want); d != "" {
			t.Errorf("%+.200q: %.2000s", all[i], d)
		}
	}
}

// variant returns a tokenizer.json with top-level parts replaced.
func variant(t testing.TB, data []byte, parts map[string]string) []byte {
	t.Helper()
	var whole map[string]json.RawMessage
	if err := json.Unmarshal(data, &whole); err != nil {
		t.Fatal(err)
	}
	for name, part := range parts {
		whole[name] = json.RawMessage(part)
	}
	out, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func bertNormalizer(clean, chinese bool, strip string, lower bool) string {
	return fmt.Sprintf(`{"type":"BertNormalizer","clean_text":%t,"handle_chinese_chars":%t,"strip_accents":%s,"lowercase":%t}`, clean, chinese, strip, lower)
}

// spelling returns a tokenizer.json whose tokens are the single characters of
// texts and of all that they may become: no word is unknown for its length or
// for lack of pieces, so every character and its offsets show.
func spelling(t testing.TB, texts []string) []byte {
	data, _ := load(t, "testdata/tokenizer.json")
	vocab := map[string]int{"[UNK]": 0}
	add := func(r rune) {
		for _, token := range []string{string(r), "##" + string(r)} {
			if _, ok := vocab[token]; !ok {
				vocab[token] = len(vocab)
			}
		}
	}
	for _, r := range tokenizer.Mapped() {
		add(r)
	}
	for r := rune(0x1100); r < 0x1200; r++ {
		add(r)
	}
	for _, text := range texts {
		for _, r := range text {
			add(r)
		}
	}
	model, err := json.Marshal(map[string]any{"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
		"max_input_chars_per_word": 10000, "vocab": vocab})
	if err != nil {
		t.Fatal(err)
	}
	return variant(t, data, map[string]string{"model": string(model), "added_tokens": "[]", "post_processor": "null"})
}

// TestEveryCharacterLikeHuggingFace sets every code point between letters; one
// in 31 of them unless RERANK_SLOW asks for all.
func TestEveryCharacterLikeHuggingFace(t *testing.T) {
	step := 31
	if os.Getenv("RERANK_SLOW") != "" {
		step = 1
	}
	plane := min(step, 8) << 16 // more at once would exceed the limit of a vocabulary
	for first := 0; first <= utf8.MaxRune; first += plane {
		var all []string
		var b strings.Builder
		for r := first; r < first+plane; r += step {
			if utf8.ValidRune(rune(r)) {
				fmt.Fprintf(&b, "x%c\u0316\U0001d16dy ", r)
			}
			if b.Len() > 1000 {
				all = append(all, b.String())
				b.Reset()
			}
		}
		compare(t, spelling(t, all), all)
	}
}

// TestVariantsLikeHuggingFace goes through the settings of the normalizer, all
// of them if RERANK_SLOW asks for it.
func TestVariantsLikeHuggingFace(t *testing.T) {
	all := texts(400)
	data := spelling(t, all)
	for i := range 24 {
		if os.Getenv("RERANK_SLOW") == "" && i%5 != 0 && i != 7 {
			continue
		}
		normalizer := bertNormalizer(i&1 > 0, i&2 > 0, []string{"null", "true", "false"}[i>>3], i&4 > 0)
		if i == 0 {
			normalizer = "null"
		}
		t.Run(normalizer, func(t *testing.T) {
			data := variant(t, data, map[string]string{"normalizer": normalizer})
			compare(t, data, all)
		})
	}
}

// addedTokens has one token of every kind, and some that are part of others.
const addedTokens = `[
 {"id":0,"content":"[PAD]","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true},
 {"id":1,"content":"[UNK]","single_word":true,"lstrip":false,"rstrip":false,"normalized":false,"special":true},
 {"id":2,"content":"[CLS]","single_word":false,"lstrip":true,"rstrip":false,"normalized":false,"special":true},
 {"id":3,"content":"[SEP]","single_word":false,"lstrip":false,"rstrip":true,"normalized":false,"special":true},
 {"id":4,"content":"[MASK]","single_word":false,"lstrip":true,"rstrip":true,"normalized":false,"special":true},
 {"id":%d,"content":"Brown Fox","single_word":false,"lstrip":false,"rstrip":false,"normalized":true,"special":false},
 {"id":%d,"content":"CAFÉ","single_word":true,"lstrip":true,"rstrip":true,"normalized":true,"special":false},
 {"id":%d,"content":"ab","single_word":true,"lstrip":false,"rstrip":false,"normalized":true,"special":false},
 {"id":%d,"content":" q","single_word":false,"lstrip":true,"rstrip":true,"normalized":false,"special":false},
 {"id":%d,"content":"abab","single_word":false,"lstrip":false,"rstrip":false,"normalized":true,"special":false},
 {"id":%d,"content":"中文","single_word":false,"lstrip":false,"rstrip":true,"normalized":false,"special":false}
]`

// withAdded returns a tokenizer.json with those added tokens.
func withAdded(t testing.TB) []byte {
	data, tok := load(t, "testdata/tokenizer.json")
	n := tok.Size()
	return variant(t, data, map[string]string{"added_tokens": fmt.Sprintf(addedTokens, n, n+1, n+2, n+3, n+4, n+5)})
}

// addedTexts returns n texts full of added tokens and of what nearly is one.
func addedTexts(n int) []string {
	s := &sample{state: 5}
	parts := []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "brown fox", "Brown FOX", "café", "CAFE\u0301", "ab", "abab", "ababab", " q", "中文",
		" ", "  ", "\u3000", "\n", "x", "_", "é", ".", "\u0301", "\u200d", "\x00", "中", "٣", "ⓐ", "[", "]"}
	out := make([]string, n)
	for i := range out {
		for range 1 + s.intn(10) {
			out[i] += pick(s, parts)
		}
	}
	return out
}

func TestAddedTokensLikeHuggingFace(t *testing.T) {
	compare(t, withAdded(t), append(texts(500), addedTexts(1500)...))
}

func compare(t *testing.T, data []byte, all []string) {
	t.Helper()
	tok, err := tokenizer.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range peer(t, data, all, 0) {
		if d := differs(tok.Encode(all[i], 0), want); d != "" {
			t.Fatalf("%+q: %s", all[i], d)
		}
	}
}

func TestTruncationLikeHuggingFace(t *testing.T) {
	data, tok := load(t, "testdata/tokenizer.json")
	all := texts(300)
	var pairs [][2]string
	for i := range all {
		pairs = append(pairs, [2]string{all[i], all[(i*7+3)%len(all)]})
	}
	for _, limit := range []int{3, 4, 17, 64, 0} {
		for i, want := range peer(t, data, all, limit) {
			if d := differs(tok.Encode(all[i], limit), want); d != "" {
				t.Fatalf("limit %d: %+q: %s", limit, all[i], d)
			}
		}
		for i, want := range peer(t, data, pairs, limit) {
			if d := differs(tok.EncodePair(pairs[i][0], pairs[i][1], limit), want); d != "" {
				t.Fatalf("limit %d: %+q: %s", limit, pairs[i], d)
			}
		}
	}
}

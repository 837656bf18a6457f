package tokenizer

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/flashrerank/rerank/internal/testenv"
)

// withNormalizer is a small tokenizer with a normalizer.
func withNormalizer(normalizer string) string {
	return fmt.Sprintf(`{"normalizer": %s, "pre_tokenizer": {"type": "BertPreTokenizer"}, "model": {"type": "WordPiece", "unk_token": "u",
		"continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": {"u": 0, "a": 1}}}`, normalizer)
}

func replacing(from, to string, times int) string {
	one := fmt.Sprintf(`{"type": "Replace", "pattern": {"String": %q}, "content": %q}`, from, to)
	return `{"type": "Sequence", "normalizers": [` + strings.TrimSuffix(strings.Repeat(one+",", times), ",") + "]}"
}

func prepending(bytes int) string {
	return `{"type": "Prepend", "prepend": "` + strings.Repeat("x", bytes) + `"}`
}

// charsmapOf is a map without keys and one text.
func charsmapOf(text string) string {
	data := binary.LittleEndian.AppendUint32(nil, 4)
	data = append(binary.LittleEndian.AppendUint32(data, 0), text+"\x00"...)
	return fmt.Sprintf(`{"type": "Precompiled", "precompiled_charsmap": %q}`, base64.StdEncoding.EncodeToString(data))
}

// TestGrowth: a normalizer that may make much of little is refused before it sees a text, and the usual ones are not.
func TestGrowth(t *testing.T) {
	for _, c := range []struct {
		normalizer, want string
	}{
		{replacing("a", strings.Repeat("a", 1000), 8), "1e+24 times"},
		{replacing("a", "aa", 8), "256 times"},
		{replacing("a", "aa", 7), ""},
		{replacing("aaaa", "aaaa", 60), ""},
		{`{"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "` + strings.Repeat("x", 500) + `"}`, "500 times"},
		{prepending(500), ""},
		{prepending(2000), "2e+03 bytes before a text"},
		{`{"type": "Sequence", "normalizers": [` + prepending(200) + "," + replacing("x", "xxxxxxx", 1) + "]}", "1.4e+03 bytes before a text"},
		{`{"type": "Sequence", "normalizers": [` + strings.Repeat(prepending(2)+",", 50) + replacing(" ", "▁", 1) + "]}", ""},
		{`{"type": "Sequence", "normalizers": [` + charsmapOf(strings.Repeat("x", 33)) + "," + prepending(3) + "," + replacing(" ", "▁", 1) + "]}", ""},
		{charsmapOf(strings.Repeat("x", 500)), "500 times"},
		{charsmapOf(strings.Repeat("x", 33)), ""},
		{`{"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]}`, ""},
		{`{"type": "Sequence", "normalizers": [{"type": "NFKD"}, {"type": "Lowercase"}, {"type": "NFC"}, {"type": "StripAccents"}]}`, ""},
	} {
		var err error
		n := testenv.Allocated(func() {
			var tok *Tokenizer
			if tok, err = Parse([]byte(withNormalizer(c.normalizer))); err == nil {
				tok.Encode("alpha aaaa", 8)
			}
		})
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%.80s: %v", c.normalizer, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "normalizer")):
			t.Errorf("%.80s: error %v, want %s", c.normalizer, err, c.want)
		}
		if n > 4<<20 {
			t.Errorf("%.80s: %d bytes were allocated", c.normalizer, n)
		}
	}
}

// TestHostileFiles: none costs much more memory than it is long.
func TestHostileFiles(t *testing.T) {
	usual := withNormalizer("null")
	deep := strings.Repeat("[", 100_000)
	for name, text := range map[string]string{
		"brackets":    deep,
		"deep member": `{"normalizer": ` + deep + strings.Repeat("]", 100_000) + "}",
		"deep model":  `{"model": {"x": ` + deep + strings.Repeat("]", 100_000) + "}}",
		"far id":      strings.Replace(usual, `"a": 1`, `"a": 2000000000`, 1),
		"negative id": strings.Replace(usual, `"a": 1`, `"a": -1`, 1),
		"long token":  strings.Replace(usual, `"a": 1`, `"`+strings.Repeat("a", 1<<20)+`": 1`, 1),
		"cut":         usual[:len(usual)/2],
	} {
		var err error
		n := testenv.Allocated(func() { _, err = Parse([]byte(text)) })
		if err == nil {
			t.Errorf("%s: no error", name)
		} else if len(err.Error()) > 4000 {
			t.Errorf("%s: an error of %d bytes", name, len(err.Error()))
		}
		if n > 32<<20 {
			t.Errorf("%s: %d bytes were allocated for %d", name, n, len(text))
		}
	}
}

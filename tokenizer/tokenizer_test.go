package tokenizer_test

import (
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/flashrerank/rerank/internal/testenv"
	"github.com/flashrerank/rerank/tokenizer"
)

func TestParseErrors(t *testing.T) {
	if _, err := tokenizer.Parse([]byte(file)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, want string }{
		{`"WordPiece"`, `"WordLevel"`, `unsupported model "WordLevel" (supported: WordPiece, Unigram, BPE)`},
		{`"WordPiece"`, `"Unigram"`, "model: vocab: no list of tokens and scores"},
		{`"type": "WordPiece",`, `"merges": ["a b"],`, `model: merges: 0: "b" is not in the vocabulary`},
		{`"type": "WordPiece",`, `"merges": ["a b c"],`, `model: merges: byte`},
		{`"type": "WordPiece",`, `"merges": [["a", "b", "c"]],`, `model: merges: byte`},
		{`"type": "WordPiece",`, `"type": "BPE", "dropout": 0.1,`, "dropout: 0.1 is not supported"},
		{`"vocab": {`, `"vocab": [], "x": {`, `model: unk_token: "[UNK]" is not in the vocabulary`},
		{`"vocab": {`, `"vocab": [["a", "b"]], "x": {`, "vocab: byte"},
		{`"BertNormalizer"`, `"Nmt"`, `unsupported normalizer "Nmt" (supported: BertNormalizer, NFC`},
		{`"BertNormalizer"`, `"Precompiled"`, "normalizer: precompiled_charsmap: 0 bytes"},
		{`"BertNormalizer"`, `"Precompiled", "precompiled_charsmap": "AAAA/w=="`, "normalizer: precompiled_charsmap"},
		{`"BertNormalizer"`, `"Replace", "pattern": {"Regex": "\\s+"}`, `the class in the regular expression "\\s+" is not supported`},
		{`"BertNormalizer"`, `"Replace", "pattern": {"Regex": "x*"}`, "matches nothing at all"},
		{`"BertNormalizer"`, `"Replace", "pattern": {}`, "no pattern"},
		{`"clean_text": true,`, ``, "clean_text: missing"},
		{`{"type": "BertPreTokenizer"}`, `{"type": "UnicodeScripts"}`, `unsupported pre-tokenizer "UnicodeScripts" (supported: BertPreTokenizer, ByteLevel`},
		{`{"type": "BertPreTokenizer"}`, `{"type": "Split", "behavior": "Isolated", "pattern": {"Regex": "\\p{Han}"}}`, `the regular expression "\\p{Han}" is not supported`},
		{`{"type": "BertPreTokenizer"}`, `{"type": "Split", "behavior": "Random", "pattern": {"String": "a"}}`, `unknown behavior "Random"`},
		{`{"type": "BertPreTokenizer"}`, `{"type": "ByteLevel"}`, "ByteLevel is not supported before WordPiece"},
		{`{"type": "BertPreTokenizer"}`, `{"type": "Sequence", "pretokenizers": [{"type": "ByteLevel"}, {"type": "Digits"}]}`, "only the last part may be ByteLevel"},
		{`{"type": "BertPreTokenizer"}`, strings.Repeat(`{"type": "Sequence", "pretokenizers": [`, 20) + strings.Repeat("]}", 20), "sequences lie deeper than 8"},
		{`{"type": "BertPreTokenizer"}`, `{"type": "Metaspace", "prepend_scheme": "last"}`, `unknown prepend_scheme "last"`},
		{`"TemplateProcessing"`, `"PairProcessing"`, `unsupported post-processor "PairProcessing" (supported: TemplateProcessing, BertProcessing, RobertaProcessing`},
		{`{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],`, `{"SpecialToken": {"id": "[SEP]", "type_id": 0}}],`, "single template: its texts are \"\""},
		{`"ids": [1]`, `"ids": []`, `part 0: the special token "[CLS]" has no id`},
		{`"ids": [1]`, `"ids": [-1]`, `the id -1 of "[CLS]"`},
		{`"[UNK]": 0`, `"[unk]": 0`, `unk_token: "[UNK]" is not in the vocabulary`},
		{`"unk_token": "[UNK]",`, ``, "unk_token: missing"},
		{`_per_word": 100`, `_per_word": -1`, "max_input_chars_per_word: -1 is negative"},
		{`"a": 7`, `"a": 8`, `tokens "a" and "file" share the id 8`},
		{`"a": 7`, `"a": 99999999`, "a number above"},
		{`"a": 7`, `"a": 1.5`, "'.' where"},
		{`"a": 7`, `"a": -7`, `the id of "a"`},
		{`"a": 7`, `"\ud800": 7`, "half a surrogate pair"},
		{`"a": 7`, `"` + strings.Repeat("a", 2000) + `": 7`, "a token of 2000 bytes"},
		{`"a": 7`, "\"a\n\": 7", "a control character"},
		{`"id": 1, "content"`, `"id": 5, "content"`, `"[CLS]" has the id 5, but 1 in the vocabulary`},
		{`"content": "[CLS]"`, `"content": "<s>"`, `"<s>" has the id 1, which is that of "[CLS]"`},
		{`"content": "[CLS]"`, `"content": "[SEP]"`, `"[SEP]" has the id 1, but 2`},
		{`"!": 9}}}`, `"!": 9}}`, "the text ends early"},
		{`"!": 9}}}`, `"!": 9}}} x`, "after the end"},
		{`"cafe"`, "\"caf\xe9\"", "not UTF-8"},
	} {
		changed := strings.Replace(file, c.old, c.new, 1)
		if changed == file {
			t.Errorf("%q is not in the file", c.old)
		}
		_, err := tokenizer.Parse([]byte(changed))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "tokenizer: ") {
			t.Errorf("%s -> %s: %v, want %q", c.old, c.new, err, c.want)
		}
	}
}

func TestOldFiles(t *testing.T) {
	// Old files do not tell the model's type.
	changed := strings.Replace(file, `"type": "WordPiece", `, "", 1)
	tok, err := tokenizer.Parse([]byte(changed))
	if err != nil {
		t.Fatal(err)
	}
	if got := tok.Encode("reader", 0).IDs; !slices.Equal(got, []int32{1, 4, 6, 2}) {
		t.Error(got)
	}
}

func TestLookup(t *testing.T) {
	added := strings.Replace(file, `"added_tokens": [`, `"added_tokens": [{"id": 12, "content": "[X]", "normalized": false},`, 1)
	tok, err := tokenizer.Parse([]byte(added))
	if err != nil {
		t.Fatal(err)
	}
	if tok.Size() != 11 {
		t.Errorf("%d tokens, want 10 and one added", tok.Size())
	}
	for token, want := range map[string]int32{"[UNK]": 0, "##ing": 5, "[X]": 12} {
		if id, ok := tok.TokenToID(token); !ok || id != want {
			t.Errorf("%q: %d, %t; want %d", token, id, ok, want)
		}
		if got, ok := tok.IDToToken(want); !ok || got != token {
			t.Errorf("%d: %q, %t; want %q", want, got, ok, token)
		}
	}
	if id, ok := tok.TokenToID("ing"); ok {
		t.Errorf(`"ing" has the id %d`, id)
	}
	for _, id := range []int32{-1, 10, 11, 13, 1 << 30} {
		if token, ok := tok.IDToToken(id); ok {
			t.Errorf("%d is %q", id, token)
		}
	}
	if got := tok.Encode("a[X]a", 0).IDs; !slices.Equal(got, []int32{1, 7, 12, 7, 2}) {
		t.Error(got)
	}
}

func TestLimitBelowSpecialTokens(t *testing.T) {
	_, tok := load(t, "testdata/tokenizer.json")
	for limit := 1; limit <= 2; limit++ {
		e := tok.Encode("some words", limit)
		if !slices.Equal(e.IDs, []int32{2, 3}) || !e.Truncated || e.Total != 4 {
			t.Errorf("limit %d: %+v", limit, e)
		}
	}
	if e := tok.Encode("", 1); e.Truncated || len(e.IDs) != 2 {
		t.Errorf("empty: %+v", e)
	}
}

// TestLongText has texts far beyond the stretch that is normalized at a time:
// the tokens must be those of its parts.
func TestLongText(t *testing.T) {
	_, tok := load(t, "testdata/tokenizer.json")
	for _, between := range []string{" ", "\n", "."} {
		var text strings.Builder
		want := []int32{2}
		var spans []tokenizer.Span
		for _, part := range texts(3000) {
			e := tok.Encode(part+between, 0)
			want = append(want, e.IDs[1:len(e.IDs)-1]...)
			for _, o := range e.Offsets[1 : len(e.IDs)-1] {
				spans = append(spans, tokenizer.Span{Start: o.Start + text.Len(), End: o.End + text.Len()})
			}
			text.WriteString(part + between)
		}
		got := tok.Encode(text.String(), 0)
		if !slices.Equal(got.IDs, append(want, 3)) {
			t.Errorf("%q: other ids than its parts", between)
		}
		if !slices.Equal(got.Offsets[1:len(got.IDs)-1], spans) {
			t.Errorf("%q: other offsets than its parts", between)
		}
		if part := tok.Encode(text.String(), 100); part.Total != got.Total || !slices.Equal(part.IDs[:99], got.IDs[:99]) {
			t.Errorf("%q: cut: %d of %d tokens", between, part.Total, got.Total)
		}
	}
}

// TestLongRuns has words and runs of marks that would take minutes if any step
// were quadratic.
func TestLongRuns(t *testing.T) {
	_, tok := load(t, "testdata/tokenizer.json")
	const n = 1 << 18
	for _, c := range []struct {
		unit string
		want int
	}{{"a", 1}, {"\u0301\u0323", 0}, {"\U0001d16d\u302e\u0301", 1}, {"語", n}, {"[SEP", 4 * n}, {"[SEP]", n}, {" ", 0}, {"\xff", 0}} {
		if got := tok.Encode(strings.Repeat(c.unit, n), 8); got.Total != c.want+2 {
			t.Errorf("%q: %d tokens, want %d", c.unit, got.Total, c.want+2)
		}
	}
}

func TestConcurrent(t *testing.T) {
	_, tok := load(t, "testdata/tokenizer.json")
	all := texts(400)
	want := make([]tokenizer.Encoding, len(all))
	for i, text := range all {
		want[i] = tok.EncodePair(text, all[len(all)-1-i], 40)
	}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range all {
				i = (i + g*50) % len(all)
				if got := tok.EncodePair(all[i], all[len(all)-1-i], 40); !reflect.DeepEqual(got, want[i]) {
					t.Errorf("%+q: %v, want %v", all[i], got, want[i])
				}
			}
		})
	}
	wg.Wait()
}

func TestAppendAllocates(t *testing.T) {
	_, tok := load(t, "testdata/tokenizer.json")
	ids, types := make([]int32, 0, 4096), make([]int32, 0, 4096)
	all := strings.Join(phrases, " ")
	if n := testing.AllocsPerRun(100, func() { tok.AppendPair(ids, types, "a query", all, 512) }); n >= 1 && !testenv.Race {
		t.Errorf("%v allocations for a pair", n)
	}
}

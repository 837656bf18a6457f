package tokenizer_test

import (
	"encoding/binary"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/flashrerank/rerank/internal/testenv"
	"github.com/flashrerank/rerank/tokenizer"
)

// FuzzEncode checks what holds for every text: offsets within it and in order,
// the append form and truncation in accord with the whole.
func FuzzEncode(f *testing.F) {
	_, tok := load(f, "testdata/tokenizer.json")
	for i, text := range texts(60) {
		f.Add(text, phrases[i%len(phrases)], i)
	}
	f.Add("\xff\xfe a\xc3", strings.Repeat("\u0301\u0323", 300), 5)
	f.Fuzz(func(t *testing.T, a, b string, limit int) {
		defer testenv.Bound(t, len(a)+len(b))()
		whole := tok.Encode(a, 0)
		checkSpans(t, whole, a)
		if whole.Total != len(whole.IDs) || whole.Truncated {
			t.Errorf("%d ids of %d without a limit", len(whole.IDs), whole.Total)
		}
		if n := tok.Count(a); n != whole.Total-2 {
			t.Errorf("%d tokens counted, %d with the special ones", n, whole.Total)
		}
		ids, types, short := tok.Append([]int32{7}, []int32{8}, a, limit)
		cut := tok.Encode(a, limit)
		if !slices.Equal(ids[1:], cut.IDs) || !slices.Equal(types[1:], cut.Types) || short != cut.Truncated || ids[0] != 7 || types[0] != 8 {
			t.Errorf("Append and Encode differ: %v, %v", ids, cut.IDs)
		}
		if cut.Total != whole.Total || cut.Truncated != (limit > 0 && len(cut.IDs) < whole.Total) {
			t.Errorf("limit %d: total %d and %t; without: %d", limit, cut.Total, cut.Truncated, whole.Total)
		}
		if n := len(cut.IDs); limit > 2 && n != min(limit, whole.Total) {
			t.Errorf("limit %d: %d ids of %d", limit, n, whole.Total)
		}
		// All but the last token is the beginning of the whole.
		if n := len(cut.IDs) - 1; !slices.Equal(cut.IDs[:n], whole.IDs[:n]) || !slices.Equal(cut.Offsets[:n], whole.Offsets[:n]) {
			t.Errorf("limit %d is not the beginning of the whole: %v, %v", limit, cut.IDs, whole.IDs)
		}
		checkPair(t, tok, a, b, limit)
	})
}

func checkPair(t *testing.T, tok *tokenizer.Tokenizer, a, b string, limit int) {
	pair := tok.EncodePair(a, b, limit)
	ids, types, short := tok.AppendPair(nil, nil, a, b, limit)
	if !slices.Equal(ids, pair.IDs) || !slices.Equal(types, pair.Types) || short != pair.Truncated {
		t.Errorf("AppendPair and EncodePair differ: %v, %v", ids, pair.IDs)
	}
	na, nb := tok.Encode(a, 0).Total-2, tok.Encode(b, 0).Total-2
	if pair.Total != na+nb+3 {
		t.Errorf("%d tokens of %d and %d", pair.Total, na, nb)
	}
	if limit <= 3 {
		return
	}
	if len(pair.IDs) != min(limit, pair.Total) {
		t.Errorf("limit %d: %d ids of %d", limit, len(pair.IDs), pair.Total)
	}
	// Types tell the texts apart here: [CLS] a [SEP] is 0, b [SEP] is 1.
	first := len(types) - 3
	for _, kind := range types {
		first -= int(kind)
	}
	if first++; na <= (limit-3)/2 && first != na {
		t.Errorf("limit %d: %d of %d tokens are left of the first text, which fits its half", limit, first, na)
	}
}

func checkSpans(t *testing.T, e tokenizer.Encoding, text string) {
	if len(e.Offsets) != len(e.IDs) || len(e.Types) != len(e.IDs) {
		t.Fatalf("%d ids, %d types, %d offsets", len(e.IDs), len(e.Types), len(e.Offsets))
	}
	last := tokenizer.Span{}
	for i, o := range e.Offsets {
		if i == 0 || i == len(e.Offsets)-1 {
			if o != (tokenizer.Span{}) {
				t.Errorf("the special token %d has the offsets %v", i, o)
			}
			continue
		}
		if o.Start >= o.End || o.Start < last.Start || o.End < last.End || o.End > len(text) {
			t.Errorf("token %d has the offsets %v after %v in %d bytes", i, o, last, len(text))
		}
		if utf8.ValidString(text) && !utf8.ValidString(text[o.Start:o.End]) {
			t.Errorf("token %d parts a character: %v", i, o)
		}
		last = o
	}
}

// FuzzKinds checks the same of all other kinds, as far as it holds of them.
func FuzzKinds(f *testing.F) {
	var all []*tokenizer.Tokenizer
	for _, name := range kinds(f) {
		_, tok := load(f, "testdata/kinds/"+name+".json")
		all = append(all, tok)
	}
	for i, text := range append(texts(40), kindTexts(60)...) {
		f.Add(text, i)
	}
	f.Fuzz(func(t *testing.T, text string, limit int) {
		defer testenv.Bound(t, len(text))()
		for i, tok := range all {
			whole := tok.Encode(text, 0)
			for _, o := range whole.Offsets {
				if o.Start < 0 || o.Start > o.End || o.End > len(text) {
					t.Errorf("%s: offsets %v in %d bytes", kinds(t)[i], o, len(text))
				}
			}
			ids, types, short := tok.Append(nil, nil, text, limit)
			cut := tok.Encode(text, limit)
			if !slices.Equal(ids, cut.IDs) || !slices.Equal(types, cut.Types) || short != cut.Truncated || cut.Total != len(whole.IDs) {
				t.Errorf("%s: Append and Encode differ: %v, %v", kinds(t)[i], ids, cut.IDs)
			}
		}
	})
}

// FuzzParse feeds files: none may panic, and a vocabulary that Parse reads is
// the one that encoding/json reads.
func FuzzParse(f *testing.F) {
	const small = `{"added_tokens":[{"id":2,"content":"[X]","single_word":false,"lstrip":true,"rstrip":true,"normalized":true,"special":false}],
 "normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true},
 "pre_tokenizer":{"type":"BertPreTokenizer"},"post_processor":null,"truncation":null,
 "model":{"type":"WordPiece","unk_token":"u","continuing_subword_prefix":"##","max_input_chars_per_word":9,"vocab":{"u":0,"a\u00e9\ud83d\ude00\n":1}}}`
	f.Add([]byte(small))
	f.Add([]byte(strings.Replace(small, `"type":"WordPiece",`, "", 1)))
	f.Add([]byte(strings.Replace(small, "null,\"trunc", `{"type":"BertProcessing","sep":["u",0],"cls":["u",0]},"trunc`, 1)))
	f.Add([]byte(strings.Replace(small, `\u00e9`, `\ud83d`, 1)))
	f.Add([]byte(strings.Replace(small, "null,\"trunc", `{"type":"TemplateProcessing","single":[{"Sequence":{"id":"A","type_id":0}}],
 "pair":[{"Sequence":{"id":"B","type_id":0}},{"SpecialToken":{"id":"u","type_id":0}},{"Sequence":{"id":"A","type_id":1}}],
 "special_tokens":{"u":{"id":"u","ids":[0],"tokens":["u"]}}},"trunc`, 1)))
	for _, name := range kinds(f) {
		data, err := os.ReadFile("testdata/kinds/" + name + ".json")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b",["ab","a"]],"unk_token":"a"}}`))
	f.Add([]byte(`{"model":{"type":"Unigram","unk_id":0,"vocab":[["a",-1],["b",-2.5]]},"pre_tokenizer":{"type":"Metaspace"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		defer testenv.Bound(t, len(data))()
		tok, err := tokenizer.Parse(data)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "tokenizer: ") {
				t.Errorf("an error without its subject: %v", err)
			}
			return
		}
		tok.EncodePair("a [x] é", "u\u0301", 5)
		if !json.Valid(data) {
			t.Fatalf("Parse took what is no JSON: %q", data)
		}
		// Keys that come twice, or in capitals, are beyond a plain struct.
		var whole map[string]json.RawMessage
		var m map[string]json.RawMessage
		var vocab map[string]int32
		for _, step := range []struct {
			raw  []byte
			into any
		}{{data, &whole}, {nil, &m}, {nil, &vocab}} {
			switch step.into {
			case any(&m):
				step.raw = whole["model"]
			case any(&vocab):
				if step.raw = m["vocab"]; step.raw[0] == '[' {
					return
				}
			}
			if err := json.Unmarshal(step.raw, step.into); err != nil {
				t.Fatalf("Parse took what encoding/json refuses: %v", err)
			}
		}
		for token, id := range vocab {
			if got, ok := tok.TokenToID(token); !ok || got != id {
				t.Errorf("%q has the id %d, %t; want %d", token, got, ok, id)
			}
		}
		if tok.Size() < len(vocab) {
			t.Errorf("%d tokens of %d", tok.Size(), len(vocab))
		}
	})
}

// FuzzDecode: any IDs have a text, always the same, or an error.
func FuzzDecode(f *testing.F) {
	var all []*tokenizer.Tokenizer
	for _, c := range decodeCases {
		all = append(all, c.open(f))
	}
	for i, text := range texts(20) {
		f.Add([]byte(text), i%2 == 0)
	}
	f.Add([]byte{255, 255, 255, 127, 0, 0, 0, 128}, true)
	f.Fuzz(func(t *testing.T, data []byte, skip bool) {
		defer testenv.Bound(t, len(all)*len(data))()
		ids := make([]int32, len(data)/4)
		for i := range ids {
			ids[i] = int32(binary.LittleEndian.Uint32(data[4*i:]))
			if data[4*i]%4 > 0 { // as most numbers are no token's
				ids[i] &= 1<<12 - 1
			}
		}
		for i, tok := range all {
			text, err := tok.Decode(ids, skip)
			again, _ := tok.Decode(ids, skip)
			if err == nil && text != again || err != nil && text != "" {
				t.Errorf("%s: %v: %q and %q, %v", decodeCases[i].Name, ids, text, again, err)
			}
		}
	})
}

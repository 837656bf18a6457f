package tokenizer_test

import (
	"fmt"
	"log"

	"github.com/flashrerank/rerank/tokenizer"
)

// file is a tokenizer.json with a vocabulary of a few words.
const file = `{
 "added_tokens": [{"id": 1, "content": "[CLS]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true},
                  {"id": 2, "content": "[SEP]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}],
 "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true},
 "pre_tokenizer": {"type": "BertPreTokenizer"},
 "post_processor": {"type": "TemplateProcessing",
  "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
  "pair": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "[SEP]", "type_id": 0}},
           {"Sequence": {"id": "B", "type_id": 1}}, {"SpecialToken": {"id": "[SEP]", "type_id": 1}}],
  "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [1], "tokens": ["[CLS]"]}, "[SEP]": {"id": "[SEP]", "ids": [2], "tokens": ["[SEP]"]}}},
 "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
  "vocab": {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "cafe": 3, "read": 4, "##ing": 5, "##er": 6, "a": 7, "file": 8, "!": 9}}}`

func Example() {
	t, err := tokenizer.Parse([]byte(file))
	if err != nil {
		log.Fatal(err)
	}
	text := "Reading, a CAFÉ!"
	e := t.Encode(text, 0)
	for i, id := range e.IDs {
		token, _ := t.IDToToken(id)
		fmt.Printf("%d %s %q\n", id, token, text[e.Offsets[i].Start:e.Offsets[i].End])
	}
	// Output:
	// 1 [CLS] ""
	// 4 read "Read"
	// 5 ##ing "ing"
	// 0 [UNK] ","
	// 7 a "a"
	// 3 cafe "CAFÉ"
	// 9 ! "!"
	// 2 [SEP] ""
}

// The append form fills a ragged batch without allocating for each text.
func ExampleTokenizer_AppendPair() {
	t, err := tokenizer.Parse([]byte(file))
	if err != nil {
		log.Fatal(err)
	}
	var ids, types []int32
	offsets := []int32{0}
	for _, passage := range []string{"a reader!", "reading reading reading a file"} {
		var cut bool
		ids, types, cut = t.AppendPair(ids, types, "read a file", passage, 9)
		offsets = append(offsets, int32(len(ids)))
		fmt.Println("cut:", cut)
	}
	fmt.Println(ids)
	fmt.Println(types)
	fmt.Println(offsets)
	// Output:
	// cut: true
	// cut: true
	// [1 4 7 8 2 7 4 6 2 1 4 7 8 2 4 5 4 2]
	// [0 0 0 0 0 1 1 1 1 0 0 0 0 0 1 1 1 1]
	// [0 9 18]
}

package tokenizer_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flashrerank/rerank/tokenizer"
)

type decodeCase struct {
	Name    string `json:"name"`
	File    string `json:"file"`    // within testdata
	Decoder string `json:"decoder"` // in place of the file's, "" for that
}

var decodeCases = []decodeCase{
	{"WordPiece", "tokenizer.json", ""},
	{"WordPiece, as it is", "tokenizer.json", `{"type":"WordPiece","prefix":"##","cleanup":false}`},
	{"none", "kinds/bpe-words.json", ""},
	{"ByteLevel", "kinds/roberta.json", `{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}`},
	{"ByteLevel of Llama 3", "kinds/llama3.json", `{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}`},
	{"Metaspace", "kinds/xlm-roberta.json", `{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}`},
	{"Metaspace, never", "kinds/xlm-roberta.json", `{"type":"Metaspace","replacement":"▁","prepend_scheme":"never","split":true}`},
	{"Llama 2", "kinds/llama2.json", `{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]}`},
	{"bytes of a Unigram", "kinds/unigram-bytes.json", `{"type":"Sequence","decoders":[{"type":"ByteFallback"},{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}]}`},
	{"BPEDecoder", "kinds/bpe-words.json", `{"type":"BPEDecoder","suffix":"</w>"}`},
}

var decodeTexts = []string{"The lease doesn't end, it's in May!", "日本語 🎉 naïve", "  two  spaces <s> x", ""}

type decoded struct {
	IDs  []int32 `json:"ids"`
	All  string  `json:"all"`
	Text string  `json:"text"`
}

// withDecoder is the tokenizer of a case.
func (c decodeCase) open(t testing.TB) *tokenizer.Tokenizer {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", c.File))
	if err != nil {
		t.Fatal(err)
	}
	if c.Decoder != "" {
		var file map[string]json.RawMessage
		if err := json.Unmarshal(data, &file); err != nil {
			t.Fatal(err)
		}
		file["decoder"] = json.RawMessage(c.Decoder)
		if data, err = json.Marshal(file); err != nil {
			t.Fatal(err)
		}
	}
	k, err := tokenizer.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestDecode compares what tokens decode to with Hugging Face's.
func TestDecode(t *testing.T) {
	const path = "testdata/golden/decoded.json"
	if *update {
		updateDecoded(t, path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var golden map[string][]decoded
	if err := json.Unmarshal(data, &golden); err != nil || len(golden) != len(decodeCases) {
		t.Fatalf("%d cases: %v", len(golden), err)
	}
	for _, c := range decodeCases {
		k := c.open(t)
		for i, want := range golden[c.Name] {
			for skip, text := range map[bool]string{true: want.Text, false: want.All} {
				got, err := k.Decode(want.IDs, skip)
				if err != nil || got != text {
					t.Errorf("%s, text %d, specials left out %v: %q, %v, want %q", c.Name, i, skip, got, err, text)
				}
			}
		}
	}
}

// updateDecoded makes the golden file.
func updateDecoded(t *testing.T, path string) {
	t.Helper()
	input, err := json.Marshal(map[string]any{"cases": decodeCases, "texts": decodeTexts})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Getenv("RERANK_PYTHON"), "decode.py")
	cmd.Dir, cmd.Stdin = "testdata", bytes.NewReader(input)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(out, '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestDecodeFails(t *testing.T) {
	deep := strings.Repeat(`{"type":"Sequence","decoders":[`, 20) + `{"type":"Fuse"}` + strings.Repeat(`]}`, 20)
	for decoder, want := range map[string]string{
		`{"type":"CTC"}`: `"CTC" is not supported`,
		`{"type":"Replace","pattern":{"Regex":"a+"},"content":""}`: "regular expression",
		`[1]`: "decoder",
		deep:  "nest deeper than 8",
	} {
		k := decodeCase{File: "tokenizer.json", Decoder: decoder}.open(t)
		if _, err := k.Decode([]int32{1}, false); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s: %v, want %q", decoder, err, want)
		}
	}
	k := decodeCase{File: "tokenizer.json"}.open(t)
	for _, id := range []int32{-1, 1 << 30} {
		if _, err := k.Decode([]int32{id}, false); err == nil || !strings.Contains(err.Error(), "there is no token") {
			t.Errorf("%d: %v", id, err)
		}
	}
}

package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// TestWriteJSON: indentation is that of encoding/json, down to the level where
// it would grow with the square of the depth.
func TestWriteJSON(t *testing.T) {
	for _, text := range []string{
		`{"a":[1,{"b":[],"c":{}},"x\"],[{\\"],"d":{"e":null}}`, `[]`, `{}`, `[[]]`, `[{}]`, `"x"`, `1`, `[[],[[]],{"a":[]}]`, `{"":"","\\":"<&>"}`,
	} {
		var want, got bytes.Buffer
		enc := json.NewEncoder(&want)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		if err := enc.Encode(json.RawMessage(text)); err != nil {
			t.Fatal(err)
		}
		if err := writeJSON(&got, json.RawMessage(text)); err != nil {
			t.Fatal(err)
		}
		if got.String() != want.String() {
			t.Errorf("%s is written as\n%s\nnot as\n%s", text, &got, &want)
		}
	}
	for _, part := range []string{"[", `{"a":`} {
		const depth = 9000
		text := strings.Repeat(part, depth) + "1,2"[:1] + strings.Repeat(map[string]string{"[": "]", `{"a":`: "}"}[part], depth)
		var got, compact bytes.Buffer
		if err := writeJSON(&got, json.RawMessage(text)); err != nil {
			t.Fatal(err)
		}
		if got.Len() > 2*len(text)+1000 {
			t.Errorf("%d bytes of nested JSON became %d", len(text), got.Len())
		}
		if err := json.Compact(&compact, got.Bytes()); err != nil || strings.TrimSpace(compact.String()) != text {
			t.Errorf("nested JSON was changed: %v", err)
		}
	}
}

// TestSearchBoundsNestedMetadata: a small document cannot make a large answer.
func TestSearchBoundsNestedMetadata(t *testing.T) {
	dir := t.TempDir() + "/index"
	const depth = 9000
	succeed(t, `{"_id":"d","text":"deep","meta":`+strings.Repeat("[", depth)+strings.Repeat("]", depth)+"}\n", "index", "-o", dir, "-q", "-")
	if out := succeed(t, "", "search", dir, "deep", "--rerank", "none", "--json"); len(out) > 10*depth {
		t.Errorf("the answer has %d bytes", len(out))
	}
}

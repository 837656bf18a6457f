package server

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/flashrerank/rerank/internal/testenv"
)

// TestLargeText: one text of megabytes takes a few times its size and a constant in any
// script, counting everything that was ever allocated, which is more than is held at any
// time. The models read its beginning, and BM25 the query's words in it.
func TestLargeText(t *testing.T) {
	if testenv.Race {
		t.Skip("it is about memory, of which the race detector takes more")
	}
	const size, constant = 2 << 20, 4 << 20
	s, err := New(Config{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var words strings.Builder
	for i := range size / 8 {
		words.WriteString(string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i/676%26)) + string(rune('a'+i/17576)) + " ")
	}
	for script, unit := range map[string]string{
		"English": "the lease of a house ends in May. ", "Japanese": "東京の家賃は五月に終わる", "Polish": "umowa najmu domu kończy się w maju, ",
		"Russian": "Съёмщик й дома. ", "different words": words.String(), "signs": ".,; ",
	} {
		text := strings.Repeat(unit, size/len(unit)+1)[:size/12*12]
		for path, members := range map[string]map[string]any{
			"/v2/rerank": {"query": "house lease dom 家賃", "documents": []string{strings.ToValidUTF8(text, ""), "bread"}},
			"/embed":     {"inputs": []string{strings.ToValidUTF8(text, "")}, "truncate": true},
		} {
			body, err := json.Marshal(members)
			if err != nil {
				t.Fatal(err)
			}
			ask := func(body string) int {
				return s.asked(loopback4, "POST", path, body, "Content-Type", "application/json").Code
			}
			small, _ := json.Marshal(map[string]any{"query": "q", "documents": []string{"a"}, "inputs": "a"})
			ask(string(small)) // loads the models
			code := 0
			got := allocated(func() { code = ask(string(body)) })
			if most := uint64(5*len(body) + constant); got > most {
				t.Errorf("%s: %s: %d bytes were allocated for %d", script, path, got, len(body))
			}
			if code != 200 {
				t.Errorf("%s: %s: %d", script, path, code)
			}
		}
	}
}

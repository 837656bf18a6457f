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
	ask := func(path, body string) int {
		return s.asked(loopback4, "POST", path, body, "Content-Type", "application/json").Code
	}
	ask("/v2/rerank", `{"query":"q","documents":["a"]}`) // loads the models
	ask("/embed", `{"inputs":"a"}`)
	for script, unit := range map[string]string{
		"English": "the lease of a house ends in May. ", "Japanese": "東京の家賃は五月に終わる", "Polish": "umowa najmu domu kończy się w maju, ",
		"Russian": "Съёмщик й дома. ", "different words": words.String(), "signs": ".,; ",
	} {
		text := strings.ToValidUTF8(strings.Repeat(unit, size/len(unit)+1)[:size], "")
		for path, members := range map[string]map[string]any{
			"/v2/rerank": {"query": "house lease dom 家賃", "documents": []string{text, "bread"}},
			"/embed":     {"inputs": []string{text}, "truncate": true},
		} {
			data, err := json.Marshal(members)
			if err != nil {
				t.Fatal(err)
			}
			code, body := 0, string(data)
			got := testenv.Allocated(func() { code = ask(path, body) })
			if most := uint64(5*len(body) + constant); got > most {
				t.Errorf("%s: %s: %d bytes were allocated for %d", script, path, got, len(body))
			}
			if code != 200 {
				t.Errorf("%s: %s: %d", script, path, code)
			}
		}
	}
}

package server

import (
	"testing"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/hosted"
)

// TestOwnClient asks the server by this project's own client in each of its dialects.
func TestOwnClient(t *testing.T) {
	h := started(t, Config{Keys: []string{"k"}}, counting{}, nil)
	docs := []rerank.Document{{Text: "x"}, {Text: "xxx"}, {Title: "xx", Text: "no"}}
	for _, service := range hosted.Services() {
		if service == "llamacpp" {
			continue // which would take relevance for logits
		}
		r, err := hosted.New(service, hosted.Options{URL: h.URL, Key: "k", MaxDocuments: 2})
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.Rerank(t.Context(), rerank.Request{Query: rerank.Query{Text: "q"}, Hits: rerank.Hits(docs)})
		if err != nil {
			t.Errorf("%s: %v", service, err)
			continue
		}
		if a, b, c := got.Hits[0], got.Hits[1], got.Hits[2]; a.Index != 1 || b.Index != 2 || c.Index != 0 || float32(a.Relevance) != 0.7310586 || b.Relevance != 0.5 {
			t.Errorf("%s: %+v", service, got.Hits)
		}
	}
}

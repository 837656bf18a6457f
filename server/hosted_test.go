package server

import (
	"net/http"
	"net/http/httptest"
	"strings"
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

// TestServiceBehindFails: what is wrong with a request is told, and of a service that is
// broken only that it is.
func TestServiceBehindFails(t *testing.T) {
	for status, want := range map[int]int{429: 429, 400: 400, 422: 400, 413: 400, 401: 503, 404: 503, 500: 503, 503: 503} {
		behind := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(`{"message": "told by the service"}`))
		}))
		r, err := hosted.New("cohere", hosted.Options{URL: behind.URL, Retries: -1})
		if err != nil {
			t.Fatal(err)
		}
		h := started(t, Config{}, r, nil)
		got, answer, header := post(t, h.URL+"/v2/rerank", `{"query":"q","documents":["a"]}`)
		if got != want || strings.Contains(answer, "told by the service") != (want == 400) || (header.Get("Retry-After") != "") != (want == 429 || want == 503) {
			t.Errorf("%d: %d %s", status, got, answer)
		}
		behind.Close()
	}
}

package server

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestVendorDefaults: what clients leave out means what their service makes of it, and
// answers have what any client of the path reads.
func TestVendorDefaults(t *testing.T) {
	_, url := contracted(t)
	for _, c := range []struct{ name, path, body, want, without string }{
		{"Together reads three counts", "/v1/rerank", `{"model":"S/m","query":"q","documents":["a"],"top_n":1,"return_documents":false}`, `"completion_tokens":0`, `"data"`},
		{"Voyage without top_k", "/v1/rerank", `{"model":"rerank-2.5","query":"q","documents":["xx","a"]}`, `"data":[{"index":0,"relevance_score":0.5},`, `"document"`},
		{"Voyage, top_k null", "/v1/rerank", `{"model":"rerank-2.5","query":"q","documents":["xx"],"top_k":null,"return_documents":true}`, `"data":[{"index":0,"relevance_score":0.5,"document":"xx"}]`, ""},
		{"Voyage without /v1", "/rerank", `{"model":"rerank-2.5","query":"q","documents":["xx"]}`, `"data":[`, ""},
		{"Voyage, results too", "/v1/rerank", `{"query":"q","documents":["xx"],"top_k":1}`, `"results":[{"index":0,`, ""},
		{"Cohere v2 has no data", "/v2/rerank", `{"query":"q","documents":["xx"]}`, `"results":[`, `"data"`},
		{"Jina returns documents", "/v1/rerank", `{"model":"jina-reranker-v2","query":"q","documents":["xx"],"top_n":1}`, `"document":{"text":"xx"}`, ""},
		{"Jina, called by its folder", "/v1/rerank", `{"model":"jinaai/jina-reranker-v2","query":"q","documents":["xx"],"return_documents":null}`, `"document":{"text":"xx"}`, ""},
		{"Jina, told not to", "/v1/rerank", `{"model":"jina-reranker-v2","query":"q","documents":["xx"],"return_documents":"false"}`, `"results":[`, `"document"`},
		{"others do not", "/v1/rerank", `{"model":"bge","query":"q","documents":["xx"]}`, `"results":[`, `"document"`},
		{"llama.cpp's path", "/v1/reranking", `{"query":"q","documents":["a","xx"],"top_n":1}`, `"results":[{"index":1,`, ""},
		{"infinity's dimensions", "/embeddings", `{"input":["a"],"model":"x","dimensions":0,"modality":"text"}`, `"embedding":[`, ""},
		{"RAGFlow's strings", "/v1/rerank", `{"query":"q","return_documents":"true","return_len":"true","top_n":"1","documents":["a","xx"]}`, `"results":[{"index":1,"relevance_score":0.5,"document":{"text":"xx"}}]`, ""},
		{"texts beside documents", "/v1/rerank", `{"model":"m","query":"q","top_n":1,"documents":["a","xx"],"texts":["a","b"]}`, `"results":[{"index":1,`, ""},
		{"texts beside documents, on TEI's path", "/rerank", `{"query":"q","documents":["a","xx"],"texts":["a"]}`, `[{"index":0,`, ""},
	} {
		status, got, _ := post(t, url+c.path, c.body)
		if status != http.StatusOK || !strings.Contains(got, c.want) || c.without != "" && strings.Contains(got, c.without) {
			t.Errorf("%s: %d %s", c.name, status, got)
		}
	}
}

// warned are the warnings of an answer, in its body or its head.
func warned(t *testing.T, got string, header http.Header) []string {
	t.Helper()
	var body struct{ Meta struct{ Warnings []string } }
	_ = json.Unmarshal([]byte(got), &body) // an array has none
	return append(body.Meta.Warnings, header.Values("X-Rerank-Warning")...)
}

// TestWarningsOfEachDialect: that the model does not know the language of a query, and that
// it looked at some of the documents only, is told on every path.
func TestWarningsOfEachDialect(t *testing.T) {
	s, err := New(Config{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	url := startedWith(t, s)
	list := []string{"布洛芬缓释胶囊 0.3g 每盒20粒", "手机维修价格"}
	for i := range 24 {
		list = append(list, fmt.Sprintf("Clause %d of the lease.", i))
	}
	data, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	for path, body := range map[string]string{
		"/v2/rerank":    `{"query":Q,"documents":LIST}`,
		"/v1/rerank":    `{"query":Q,"documents":LIST,"top_n":3}`,
		"/v1/reranking": `{"query":Q,"input":LIST}`,
		"/v1/ranking":   `{"query":Q,"passages":LIST}`,
		"/rerank":       `{"query":Q,"texts":LIST}`,
		"/reranking":    `{"query":Q,"documents":LIST}`,
		"//rerank":      `{"query":Q,"documents":LIST,"property":""}`,
		"/v1/rerank/":   `{"query":Q,"documents":LIST,"top_k":3}`,
		"/score":        `{"text_1":Q,"text_2":LIST}`,
	} {
		for query, want := range map[string]string{"布洛芬缓释胶囊": "language", "when does the lease end": "only the best 20 of 26 documents"} {
			asked := strings.NewReplacer("Q", quoted(query), "LIST", string(data)).Replace(body)
			status, got, header := post(t, url+path, asked)
			if w := warned(t, got, header); status != http.StatusOK || !strings.Contains(strings.Join(w, "; "), want) {
				t.Errorf("%s of %s: %d, %q", path, query, status, w)
			}
		}
	}
	status, got, header := post(t, url+"/embed", `{"inputs":["布洛芬缓释胶囊 每盒","`+strings.Repeat("word ", 2000)+`"]}`)
	w := strings.Join(warned(t, got, header), "; ")
	if status != http.StatusOK || !strings.Contains(w, "1 text was cut") || !strings.Contains(w, "1 text seems to be in a language") {
		t.Errorf("/embed: %d, %q", status, w)
	}
}

// TestPointwise: the models that docs/server.md calls pointwise give a text the same score
// whatever is beside it, and the others are not among them.
func TestPointwise(t *testing.T) {
	s, err := New(Config{Models: []Model{{Name: "cross"}, {Name: "minilm-cosine"}, {Name: "best"}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	url := startedWith(t, s)
	texts := []string{"The lease ends on 31 May.", "Bread is baked at six.", "The lease runs until the end of May 2026."}
	for i := range 21 {
		texts = append(texts, fmt.Sprintf("Clause %d: the tenant maintains item %d of the lease.", i, i))
	}
	scores := func(model string, texts []string) []float64 {
		t.Helper()
		body, err := json.Marshal(map[string]any{"model": model, "query": "when does the lease end", "documents": texts})
		if err != nil {
			t.Fatal(err)
		}
		status, got, _ := post(t, url+"/v2/rerank", string(body))
		var a struct {
			Results []struct {
				Index int
				Score float64 `json:"relevance_score"`
			}
		}
		if err := json.Unmarshal([]byte(got), &a); err != nil || status != http.StatusOK {
			t.Fatalf("%d %s, %v", status, got, err)
		}
		list := make([]float64, len(texts))
		for _, r := range a.Results {
			list[r.Index] = r.Score
		}
		return list
	}
	for model, pointwise := range map[string]bool{"cross": true, "minilm-cosine": true, "best": false} {
		worst, all := 0.0, scores(model, texts)
		for part := range slices.Chunk(slices.Collect(indices(len(texts))), 8) {
			some := make([]string, len(part))
			for k, i := range part {
				some[k] = texts[i]
			}
			for k, x := range scores(model, some) {
				worst = max(worst, math.Abs(x-all[part[k]]))
			}
		}
		if (worst < 1e-5) != pointwise {
			t.Errorf("%s: a score differs by %v", model, worst)
		}
	}
}

// indices are the numbers below n.
func indices(n int) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

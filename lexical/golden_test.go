package lexical_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/analysis"
	"github.com/flashrerank/rerank/index"
	"github.com/flashrerank/rerank/lexical"
)

// tolerance is relative: the references compute in float64 as this package
// does, in another order, and the golden files keep ten digits.
const tolerance = 1e-6

// golden is a file that testdata/golden.py made.
type golden struct {
	Corpora []struct{ Documents, Queries []string }
	Cases   []goldenCase
}

type goldenCase struct {
	Corpus                int
	Variant               string
	K1, B, Delta, Epsilon float64
	Scores                [][]float64 // per query and document; nil: no word of the query is known
}

func (c goldenCase) weighting() lexical.Weighting {
	if c.Variant == "tfidf" {
		return lexical.TFIDF{}
	}
	return lexical.BM25{Variant: lexical.Variant(c.Variant), K1: c.K1, B: c.B, Delta: c.Delta, Epsilon: c.Epsilon}
}

func TestGolden(t *testing.T) {
	for _, file := range []struct{ name, analyzer string }{
		{"bm25s.json", "split"}, {"okapi.json", "split"}, {"tfidf.json", "sklearn"},
	} {
		var g golden
		data, err := os.ReadFile(filepath.Join("testdata", file.name))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, &g); err != nil {
			t.Fatal(err)
		}
		if len(g.Cases) == 0 {
			t.Fatalf("%s has no cases", file.name)
		}
		snapshots := make([]*index.Snapshot, len(g.Corpora))
		for i, c := range g.Corpora {
			snapshots[i] = memory(t, file.analyzer, documents(c.Documents))
		}
		for _, c := range g.Cases {
			name := fmt.Sprintf("%s/%d/k1=%v,b=%v,delta=%v,epsilon=%v", c.Variant, c.Corpus, c.K1, c.B, c.Delta, c.Epsilon)
			t.Run(name, func(t *testing.T) {
				corpus := g.Corpora[c.Corpus]
				for i, q := range corpus.Queries {
					want := c.Scores[i]
					if want == nil {
						want = make([]float64, len(corpus.Documents))
					}
					checkReranker(t, file.analyzer, c.weighting(), q, corpus.Documents, want)
					checkRetriever(t, snapshots[c.Corpus], c.weighting(), q, corpus.Documents, want)
				}
			})
		}
	}
}

// checkReranker compares the scores of all documents.
func checkReranker(t *testing.T, analyzer string, w lexical.Weighting, query string, docs []string, want []float64) {
	t.Helper()
	a, err := analysis.New(analyzer)
	if err != nil {
		t.Fatal(err)
	}
	r, err := lexical.NewReranker(a, w)
	if err != nil {
		t.Fatal(err)
	}
	got, err := rerank.Texts(context.Background(), r, query, docs)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(docs) {
		t.Fatalf("query %q: %d of %d texts", query, len(got), len(docs))
	}
	for _, x := range got {
		if !near(x.Score, want[x.Index]) {
			t.Errorf("reranker, query %q, document %d: score %v, want %v", query, x.Index, x.Score, want[x.Index])
		}
	}
}

// checkRetriever compares the scores of the documents that hold a term of the
// query and sees that no others are found.
func checkRetriever(t *testing.T, s *index.Snapshot, w lexical.Weighting, query string, docs []string, want []float64) {
	t.Helper()
	got := scores(t, s, w, query)
	for i, d := range docs {
		score, found := got[docID(i)]
		switch {
		case found != shareTerm(query, d):
			t.Errorf("retriever, query %q, document %d: found %v", query, i, found)
		case found && !near(score, want[i]):
			t.Errorf("retriever, query %q, document %d: score %v, want %v", query, i, score, want[i])
		}
	}
}

func shareTerm(query, text string) bool {
	words := strings.Fields(text)
	for _, q := range strings.Fields(query) {
		for _, w := range words {
			if q == w {
				return true
			}
		}
	}
	return false
}

func near(got, want float64) bool {
	return math.Abs(got-want) <= tolerance*math.Abs(want)+1e-12
}

// scores returns the score of each document that is found, by ID.
func scores(t testing.TB, s *index.Snapshot, w lexical.Weighting, query string) map[string]float64 {
	t.Helper()
	byID := map[string]float64{}
	for _, h := range retrieve(t, retriever(t, s, w), query, s.Len()) {
		byID[h.Document.ID] = h.Score
	}
	return byID
}

func retriever(t testing.TB, s *index.Snapshot, w lexical.Weighting) *lexical.Retriever {
	t.Helper()
	r, err := lexical.NewRetriever(s, w)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func retrieve(t testing.TB, r rerank.Retriever, query string, k int) []rerank.Hit {
	t.Helper()
	got, err := r.Retrieve(context.Background(), rerank.Search{Query: rerank.Query{Text: query}, K: k})
	if err != nil {
		t.Fatal(err)
	}
	return got.Hits
}

func docID(i int) string { return fmt.Sprintf("d%05d", i) }

func documents(texts []string) []rerank.Document {
	docs := make([]rerank.Document, len(texts))
	for i, t := range texts {
		docs[i] = rerank.Document{ID: docID(i), Text: t}
	}
	return docs
}

// memory returns a snapshot of an index in memory that has each list of
// documents in a segment of its own.
func memory(t testing.TB, analyzer string, commits ...[]rerank.Document) *index.Snapshot {
	t.Helper()
	x, err := index.Memory(index.Options{Analyzer: analyzer})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() })
	for _, docs := range commits {
		commit(t, x, docs, nil)
	}
	return snapshot(t, x)
}

func commit(t testing.TB, x *index.Index, put []rerank.Document, remove []string) {
	t.Helper()
	w, err := x.Writer()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	var b index.Batch
	for _, d := range put {
		b.Put(index.Entry{Document: d})
	}
	for _, id := range remove {
		b.Delete(id)
	}
	if _, err := w.Commit(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
}

func snapshot(t testing.TB, x *index.Index) *index.Snapshot {
	t.Helper()
	s, err := x.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

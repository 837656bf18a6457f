package lexical_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/dataset"
	"github.com/flashrerank/rerank/internal/testenv"
	"github.com/flashrerank/rerank/lexical"
)

// TestCranfieldParity compares the scores of all documents with bm25s and
// rank_bm25 as they are installed, analysis included.
func TestCranfieldParity(t *testing.T) {
	c := readCollection(t, "cranfield")
	queries := c.queries[:20]
	type peerCase struct {
		Variant lexical.Variant `json:"variant"`
		K1      float64         `json:"k1"`
		B       float64         `json:"b"`
		Delta   float64         `json:"delta"`
		Epsilon float64         `json:"epsilon"`
	}
	var given struct {
		Documents []string   `json:"documents"`
		Queries   []string   `json:"queries"`
		Cases     []peerCase `json:"cases"`
	}
	for _, d := range c.documents {
		given.Documents = append(given.Documents, d.Content())
	}
	for _, q := range queries {
		given.Queries = append(given.Queries, q.Text)
	}
	for _, v := range lexical.Variants() {
		p := v.Default()
		given.Cases = append(given.Cases, peerCase{v, p.K1, p.B, p.Delta, p.Epsilon})
	}
	input, err := json.Marshal(given)
	if err != nil {
		t.Fatal(err)
	}
	var want [][][]float64
	if err := json.Unmarshal(testenv.Python(t, input, filepath.Join("testdata", "parity.py")), &want); err != nil {
		t.Fatal(err)
	}
	s := memory(t, "bm25s-english", c.documents)
	for i, v := range lexical.Variants() {
		t.Run(string(v), func(t *testing.T) {
			r := retriever(t, s, v.Default())
			for j, q := range queries {
				compareRun(t, q, c.documents, retrieve(t, r, q.Text, s.Len()), want[i][j])
			}
		})
	}
}

// compareRun compares the score of every document that is found, and the first
// 100 places, in which only documents of equal score may stand for each other.
func compareRun(t *testing.T, q rerank.Query, docs []rerank.Document, got []rerank.Hit, want []float64) {
	t.Helper()
	reference := make(map[string]float64, len(docs))
	for i, d := range docs {
		reference[d.ID] = want[i]
	}
	ranked := slices.Clone(want)
	slices.Sort(ranked)
	slices.Reverse(ranked)
	if len(got) < 100 {
		t.Errorf("query %s: only %d documents are found", q.ID, len(got))
	}
	for i, h := range got {
		if score := reference[h.Document.ID]; !near(h.Score, score) {
			t.Fatalf("query %s, document %s: score %v, want %v", q.ID, h.Document.ID, h.Score, score)
		}
		if i < 100 && !near(reference[h.Document.ID], ranked[i]) {
			t.Errorf("query %s, place %d: a document of score %v, want one of %v", q.ID, i, h.Score, ranked[i])
		}
		delete(reference, h.Document.ID)
	}
	// What is not found has no term of the query: all these have one score.
	first := math.NaN()
	for id, score := range reference {
		if math.IsNaN(first) {
			first = score
		}
		if !near(score, first) {
			t.Fatalf("query %s: document %s of score %v is not found", q.ID, id, score)
		}
	}
}

// TestQuality compares nDCG@10 with bm25s's on the same collections under the
// same analysis: method lucene, k1 1.2, b 0.75.
func TestQuality(t *testing.T) {
	for _, c := range []struct {
		name string
		want float64
	}{{"cranfield", 0.519}, {"medline", 0.699}, {"time", 0.744}, {"cacm", 0.499}} {
		t.Run(c.name, func(t *testing.T) {
			collection := readCollection(t, c.name)
			r := retriever(t, memory(t, "bm25s-english", collection.documents), lexical.DefaultBM25())
			sum, n := 0.0, 0
			for _, q := range collection.queries {
				if grades := collection.grades[q.ID]; len(grades) > 0 {
					sum += ndcg(retrieve(t, r, q.Text, 10), grades)
					n++
				}
			}
			got := sum / float64(n)
			t.Logf("nDCG@10 %.4f over %d queries, bm25s %.3f", got, n, c.want)
			if math.Abs(got-c.want) > 0.005 {
				t.Errorf("nDCG@10 is %.4f, want %.3f ± 0.005", got, c.want)
			}
		})
	}
}

// ndcg is trec_eval's: the gain is the grade, discounted by log2 of the place.
func ndcg(hits []rerank.Hit, grades map[string]int) float64 {
	discount := func(i int) float64 { return 1 / math.Log2(float64(i)+2) }
	got, ideal := 0.0, 0.0
	for i, h := range hits[:min(10, len(hits))] {
		got += float64(grades[h.Document.ID]) * discount(i)
	}
	var best []int
	for _, g := range grades {
		best = append(best, g)
	}
	slices.Sort(best)
	slices.Reverse(best)
	for i, g := range best[:min(10, len(best))] {
		ideal += float64(g) * discount(i)
	}
	return got / ideal
}

// collection is a judged test collection.
type collection struct {
	documents []rerank.Document
	queries   []rerank.Query
	grades    map[string]map[string]int // relevant documents, by query
}

func readCollection(t *testing.T, name string) collection {
	t.Helper()
	c := collection{grades: map[string]map[string]int{}}
	for d, err := range dataset.Open(testenv.Data(t, name, "corpus.jsonl"), dataset.Options{}) {
		if err != nil {
			t.Fatal(err)
		}
		c.documents = append(c.documents, d)
	}
	f := open(t, testenv.Data(t, name, "queries.jsonl"))
	for q, err := range dataset.Queries(f, f.Name(), dataset.Options{}) {
		if err != nil {
			t.Fatal(err)
		}
		c.queries = append(c.queries, q)
	}
	f = open(t, testenv.Data(t, name, "qrels", "test.tsv"))
	for j, err := range dataset.Judgments(f, f.Name()) {
		if err != nil {
			t.Fatal(err)
		}
		if j.Grade <= 0 {
			continue
		}
		if c.grades[j.Query] == nil {
			c.grades[j.Query] = map[string]int{}
		}
		c.grades[j.Query][j.Document] = j.Grade
	}
	if len(c.documents) == 0 || len(c.queries) == 0 || len(c.grades) == 0 {
		t.Fatalf("collection %s is empty", name)
	}
	return c
}

func open(t *testing.T, name string) *os.File {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

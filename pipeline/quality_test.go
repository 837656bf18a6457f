package pipeline_test

import (
	"bufio"
	"encoding/json"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/index"
	"github.com/flashrerank/rerank/internal/simd"
	"github.com/flashrerank/rerank/internal/testenv"
	"github.com/flashrerank/rerank/pipeline"
)

// collection is a judged set: its documents, queries with a relevant document,
// and judgments by query and document.
type collection struct {
	documents []rerank.Document
	queries   []rerank.Query
	qrels     map[string]map[string]int
}

type row struct {
	ID    string `json:"_id"`
	Title string `json:"title"`
	Text  string `json:"text"`
}

func lines(t *testing.T, elem ...string) []string {
	t.Helper()
	f, err := os.Open(testenv.Data(t, elem...))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []string
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<24)
	for s.Scan() {
		out = append(out, s.Text())
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func rows(t *testing.T, elem ...string) []row {
	t.Helper()
	var out []row
	for _, line := range lines(t, elem...) {
		var r row
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

func readCollection(t *testing.T, name string) collection {
	t.Helper()
	c := collection{qrels: map[string]map[string]int{}}
	for _, line := range lines(t, name, "qrels", "test.tsv")[1:] {
		fields := strings.Split(line, "\t")
		grade, err := strconv.Atoi(fields[2])
		if err != nil {
			t.Fatal(err)
		}
		if grade > 0 {
			if c.qrels[fields[0]] == nil {
				c.qrels[fields[0]] = map[string]int{}
			}
			c.qrels[fields[0]][fields[1]] = grade
		}
	}
	for _, r := range rows(t, name, "corpus.jsonl") {
		c.documents = append(c.documents, rerank.Document{ID: r.ID, Title: r.Title, Text: r.Text})
	}
	for _, r := range rows(t, name, "queries.jsonl") {
		if c.qrels[r.ID] != nil {
			c.queries = append(c.queries, rerank.Query{ID: r.ID, Text: r.Text})
		}
	}
	return c
}

// ndcg is nDCG@10 as trec_eval computes it: gain is the grade, discount
// log2(rank+1).
func ndcg(hits []rerank.Hit, grades map[string]int) float64 {
	dcg := func(gains []int) (sum float64) {
		for i, g := range gains[:min(len(gains), 10)] {
			sum += float64(g) / math.Log2(float64(i)+2)
		}
		return sum
	}
	var gains, ideal []int
	for _, h := range hits {
		gains = append(gains, grades[h.Document.ID])
	}
	for _, g := range grades {
		ideal = append(ideal, g)
	}
	slices.Sort(ideal)
	slices.Reverse(ideal)
	return dcg(gains) / dcg(ideal)
}

// TestQuality compares nDCG@10 on judged collections with what bm25s (Snowball,
// its stop words, k1 1.2, b 0.75) and sentence-transformers (all-MiniLM-L6-v2,
// fp32, 256 tokens) give for the same four arrangements; testdata/quality.py
// computes the figures. BM25 may differ by 0.005, as ties are broken otherwise;
// what the embedded int8 model takes part in by 0.01.
func TestQuality(t *testing.T) {
	if simd.Level() == "generic" {
		t.Skip("real weights are for native kernels: generic Go is a hundred times slower")
	}
	type figures struct{ bm25, cosine, blend, hybrid float64 }
	all := []struct {
		name string
		want figures
		slow bool
	}{
		{"time", figures{0.7443, 0.6547, 0.7767, 0.7855}, false},
		{"medline", figures{0.6986, 0.7872, 0.7760, 0.7907}, true},
		{"cranfield", figures{0.5186, 0.5142, 0.5597, 0.5634}, true},
		{"cacm", figures{0.4995, 0.4724, 0.5564, 0.5680}, true},
	}
	for _, c := range all {
		t.Run(c.name, func(t *testing.T) {
			if c.slow && os.Getenv("RERANK_SLOW") == "" {
				t.Skip("RERANK_SLOW is not set: it asks for the collections that take long to embed")
			}
			judged := readCollection(t, c.name)
			s := embedded(t, judged.documents)
			minilm := func(name string) []pipeline.Stage { return []pipeline.Stage{{Rerank: name}} }
			for _, arrangement := range []struct {
				name            string
				config          pipeline.Config
				want, tolerance float64
			}{
				{"bm25", pipeline.Config{Stages: minilm("none")}, c.want.bm25, 0.005},
				{"cosine over bm25", pipeline.Config{Stages: minilm("minilm-cosine")}, c.want.cosine, 0.01},
				{"blend over bm25", pipeline.Config{}, c.want.blend, 0.01},
				{"hybrid", pipeline.Config{First: pipeline.First{Kind: pipeline.KindHybrid}, Stages: minilm("none")}, c.want.hybrid, 0.01},
			} {
				got := quality(t, s, arrangement.config, judged)
				t.Logf("%s, %s: nDCG@10 %.4f, reference %.4f", c.name, arrangement.name, got, arrangement.want)
				if math.Abs(got-arrangement.want) > arrangement.tolerance {
					t.Errorf("%s: nDCG@10 %.4f, want %.4f ± %v", arrangement.name, got, arrangement.want, arrangement.tolerance)
				}
			}
		})
	}
}

// embedded makes an index in memory with the vectors of the embedded model.
func embedded(t *testing.T, documents []rerank.Document) *index.Snapshot {
	t.Helper()
	e, err := pipeline.OpenEmbedder(pipeline.MiniLM)
	if err != nil {
		t.Fatal(err)
	}
	entries := make([]index.Entry, len(documents))
	for i, d := range documents {
		entries[i].Document = d
	}
	if _, err := pipeline.Embed(t.Context(), e, entries, nil); err != nil {
		t.Fatal(err)
	}
	return memory(t, index.Options{Analyzer: "bm25s-english", Model: e.Model()}, entries)
}

// memory makes an index in memory and returns its snapshot.
func memory(t testing.TB, o index.Options, entries []index.Entry) *index.Snapshot {
	t.Helper()
	x, err := index.Memory(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() })
	w, err := x.Writer()
	if err != nil {
		t.Fatal(err)
	}
	var b index.Batch
	for _, e := range entries {
		b.Put(e)
	}
	if _, err := w.Commit(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := x.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func quality(t *testing.T, s *index.Snapshot, c pipeline.Config, judged collection) float64 {
	t.Helper()
	p, err := pipeline.New(t.Context(), s, c)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	sum := 0.0
	for _, q := range judged.queries {
		got, err := p.Retrieve(t.Context(), rerank.Search{Query: q, K: 10})
		if err != nil {
			t.Fatalf("query %s: %v", q.ID, err)
		}
		sum += ndcg(got.Hits, judged.qrels[q.ID])
	}
	return sum / float64(len(judged.queries))
}

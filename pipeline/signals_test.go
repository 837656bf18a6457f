package pipeline

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/index"
	"github.com/flashrerank/rerank/vector"
)

// compass embeds a text as the direction it names, and counts calls.
type compass struct{ calls atomic.Int64 }

var plane = rerank.ModelInfo{Name: "compass", Fingerprint: "f", Dimensions: 2, MaxTokens: 8, Similarity: rerank.SimilarityCosine}

func (c *compass) Model() rerank.ModelInfo { return plane }

func (c *compass) Embed(_ context.Context, texts []string, _ rerank.Role) (rerank.Vectors, error) {
	c.calls.Add(1)
	v := rerank.Vectors{Dimensions: 2, Tokens: len(texts)}
	for _, s := range texts {
		v.Data = append(v.Data, float32(strings.Count(s, "east")), float32(strings.Count(s, "north")))
	}
	return v, nil
}

// fromTexts scores every hit 0.25 and remembers which it was asked for.
type fromTexts struct{ asked []string }

func (f *fromTexts) Rerank(_ context.Context, r rerank.Request) (rerank.Result, error) {
	scores := make([]float64, len(r.Hits))
	for i, h := range r.Hits {
		f.asked = append(f.asked, h.Document.ID)
		scores[i] = 0.25
	}
	return rerank.Result{
		Hits:   rerank.Reorder(r, rerank.Scoring{Stage: "cosine", Scale: rerank.ScaleCosine, Scores: scores}),
		Stages: []rerank.StageReport{{Stage: "cosine", Truncated: 1, Tokens: 10}},
	}, nil
}

// RerankVectors has the vector 1 of every hit.
func (f *fromTexts) RerankVectors(ctx context.Context, r rerank.Request) (rerank.Result, [][]float32, error) {
	result, err := f.Rerank(ctx, r)
	return result, slices.Repeat([][]float32{{1}}, len(r.Hits)), err
}

// segments makes an index with one segment for each list of entries.
func segments(t *testing.T, lists ...[]index.Entry) *index.Snapshot {
	t.Helper()
	x, err := index.Memory(index.Options{Model: plane})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() })
	w, err := x.Writer()
	if err != nil {
		t.Fatal(err)
	}
	for _, list := range lists {
		var b index.Batch
		for _, e := range list {
			b.Put(e)
		}
		if _, err := w.Commit(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
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

func TestStoredSimilarity(t *testing.T) {
	entry := func(id string, v ...float32) index.Entry {
		return index.Entry{Document: rerank.Document{ID: id, Text: id}, Vector: v}
	}
	s := segments(t,
		[]index.Entry{entry("north", 0, 2), entry("none"), entry("east", 3, 0)},
		[]index.Entry{entry("between", 1, 1), entry("zero", 0, 0)},
		[]index.Entry{entry("south", 0, -1)},
	)
	var texts fromTexts
	vectors, err := vector.NewRetriever(s, &compass{})
	if err != nil {
		t.Fatal(err)
	}
	c := &storedSimilarity{snapshot: s, vectors: vectors, measure: cosine, queries: &compass{}, texts: &texts}
	var docs []rerank.Document
	for _, id := range []string{"south", "none", "zero", "elsewhere", "between", "east", "north"} {
		docs = append(docs, rerank.Document{ID: id})
	}
	got, err := c.Rerank(t.Context(), rerank.Request{Query: rerank.Query{Text: "north"}, Hits: rerank.Hits(docs)})
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, h := range got.Hits {
		list = append(list, fmt.Sprintf("%s=%.3f/%.3f", h.Document.ID, h.Score, h.Relevance))
	}
	const want = "north=1.000/1.000 between=0.707/0.707 none=0.250/0.250 elsewhere=0.250/0.250 zero=0.000/0.000 east=0.000/0.000 south=-1.000/0.000"
	if s := strings.Join(list, " "); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
	if s := strings.Join(texts.asked, " "); s != "none elsewhere" {
		t.Errorf("the texts of %q were embedded", s)
	}
	if r := got.Stages[0]; r.Truncated != 1 || r.Tokens != 11 || r.Candidates != 7 || !strings.Contains(r.Notes[0], "5 of 7") {
		t.Errorf("it reports %+v", r)
	}
	if _, err := c.Rerank(t.Context(), rerank.Request{Hits: rerank.Hits([]rerank.Document{{ID: "none"}})}); err != nil || len(texts.asked) != 3 {
		t.Errorf("with no stored vector: %v, asked %q", err, texts.asked)
	}
}

func TestCosine(t *testing.T) {
	for _, test := range []struct {
		a, b []float32
		want float64
	}{
		{[]float32{1, 2, 2}, []float32{2, 1, 2}, 8.0 / 9},
		{[]float32{1, 0}, []float32{0, 1}, 0},
		{[]float32{0, 0}, []float32{0, 1}, 0},
		{[]float32{3e30, 0}, []float32{1e-30, 0}, 1},
	} {
		if got := cosine(test.a, test.b); math.Abs(got-test.want) > 1e-12 {
			t.Errorf("cosine of %v and %v is %v, want %v", test.a, test.b, got, test.want)
		}
	}
}

func TestMemo(t *testing.T) {
	var c compass
	m := newMemo(&c)
	embed := func(text string, role rerank.Role) rerank.Vectors {
		v, err := m.Embed(t.Context(), []string{text}, role)
		if err != nil {
			t.Error(err)
		}
		return v
	}
	for i := range 3 {
		if v := embed("north", rerank.RoleQuery); v.At(0)[1] != 1 || (v.Tokens == 0) != (i > 0) {
			t.Errorf("call %d gives %+v", i, v)
		}
	}
	if c.calls.Load() != 1 {
		t.Errorf("a query was embedded %d times", c.calls.Load())
	}
	embed("north", rerank.RoleDocument)
	embed("north", rerank.RoleDocument)
	if c.calls.Load() != 3 {
		t.Error("documents are remembered")
	}
	for i := range 10 * memoSize {
		embed(fmt.Sprint("east", i), rerank.RoleQuery)
	}
	if len(m.queries) != memoSize {
		t.Errorf("%d queries are kept, at most %d may be", len(m.queries), memoSize)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 2 * memoSize {
				if v := embed(strings.Repeat("north ", i), rerank.RoleQuery); v.At(0)[1] != float32(i) {
					t.Errorf("%d was embedded as %v", i, v.Data)
				}
			}
		})
	}
	wg.Wait()
}

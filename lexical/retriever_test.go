package lexical_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/analysis"
	"github.com/flashrerank/rerank/index"
	"github.com/flashrerank/rerank/internal/testenv"
	"github.com/flashrerank/rerank/lexical"
	"github.com/flashrerank/rerank/reranktest"
)

// weightings are all formulas with their defaults.
func weightings() map[string]lexical.Weighting {
	out := map[string]lexical.Weighting{"tfidf": lexical.TFIDF{}}
	for _, v := range lexical.Variants() {
		out[string(v)] = v.Default()
	}
	return out
}

// randomDocuments have words of a Zipf-like frequency and IDs that are not in
// their order.
func randomDocuments(r *rand.Rand, n int) []rerank.Document {
	docs := make([]rerank.Document, n)
	for i := range docs {
		var words []string
		for range r.IntN(30) {
			words = append(words, fmt.Sprintf("w%d", int(math.Exp(r.Float64()*5))))
		}
		docs[i] = rerank.Document{ID: fmt.Sprintf("d%d", (i*7919)%n), Text: strings.Join(words, " ")}
	}
	return docs
}

// TestHistoryDoesNotMatter builds one corpus in two ways: at once, and in many
// commits with documents that are deleted or replaced again. Every list must be
// the same.
func TestHistoryDoesNotMatter(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	docs := randomDocuments(r, 200)
	x, err := index.Memory(index.Options{Analyzer: "split"})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	for part := range slices.Chunk(docs, 30) {
		old := slices.Clone(part)
		for i := range old {
			old[i].Text = "w1 other text"
		}
		commit(t, x, append(old, rerank.Document{ID: "gone", Text: "w2 w3"}), nil)
		commit(t, x, part, []string{"gone"})
	}
	several, err := x.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer several.Close()
	if len(several.Segments()) < 2 {
		t.Fatal("there is one segment only")
	}
	one := memory(t, "split", docs)
	for name, w := range weightings() {
		for _, k := range []int{1, 10, 1000} {
			for range 10 {
				query := fmt.Sprintf("w%d w%d w%d w1", r.IntN(9), r.IntN(50), r.IntN(140))
				same(t, name+" "+query, retrieve(t, retriever(t, one, w), query, k), retrieve(t, retriever(t, several, w), query, k))
			}
		}
	}
}

func same(t *testing.T, what string, want, got []rerank.Hit) {
	t.Helper()
	if len(want) != len(got) {
		t.Fatalf("%s: %d hits, want %d", what, len(got), len(want))
	}
	for i := range want {
		if got[i].Document.ID != want[i].Document.ID || !near(got[i].Score, want[i].Score) {
			t.Fatalf("%s: hit %d is %s with %v, want %s with %v", what, i, got[i].Document.ID, got[i].Score, want[i].Document.ID, want[i].Score)
		}
	}
}

// TestShortListIsTheBeginning checks that the best k are the first k of all.
func TestShortListIsTheBeginning(t *testing.T) {
	s := memory(t, "split", randomDocuments(rand.New(rand.NewPCG(3, 4)), 300))
	for name, w := range weightings() {
		r := retriever(t, s, w)
		all := retrieve(t, r, "w1 w2 w5", 300)
		for _, k := range []int{0, 1, 2, 17, 100} {
			same(t, name, all[:min(rerank.Search{K: k}.Limit(), len(all))], retrieve(t, r, "w1 w2 w5", k))
		}
	}
}

func TestExplanationsAddUp(t *testing.T) {
	s := memory(t, "split", randomDocuments(rand.New(rand.NewPCG(5, 6)), 100))
	for name, w := range weightings() {
		r := retriever(t, s, w)
		for _, h := range retrieve(t, r, "w1 w2 w2 w7 unknown", 50) {
			e, err := r.Explain(t.Context(), rerank.Query{Text: "w1 w2 w2 w7 unknown"}, h)
			if err != nil {
				t.Fatal(err)
			}
			sum := 0.0
			for _, d := range e.Details {
				sum += d.Value
				product := 1.0
				for _, factor := range d.Details {
					product *= factor.Value
				}
				if len(d.Details) > 0 && math.Abs(product-d.Value) > 1e-9 {
					t.Errorf("%s: the factors of %q give %v, not %v", name, d.What, product, d.Value)
				}
			}
			if math.Abs(e.Value-h.Score) > 1e-9 || math.Abs(sum-e.Value) > 1e-9 {
				t.Errorf("%s: %s has the score %v, the explanation %v, its details %v", name, h.Document.ID, h.Score, e.Value, sum)
			}
		}
		if _, err := r.Explain(t.Context(), rerank.Query{Text: "w1"}, rerank.Hit{Document: rerank.Document{ID: "absent"}}); err == nil {
			t.Errorf("%s: a document that is not there was explained", name)
		}
	}
}

func TestConformance(t *testing.T) {
	for name, w := range weightings() {
		t.Run(name, func(t *testing.T) {
			reranktest.Retriever(t, func(t testing.TB, corpus []rerank.Document) rerank.Retriever {
				return retriever(t, memory(t, "english", corpus), w)
			})
			reranktest.Reranker(t, func(t testing.TB) rerank.Reranker {
				a, err := analysis.New("english")
				if err != nil {
					t.Fatal(err)
				}
				r, err := lexical.NewReranker(a, w)
				if err != nil {
					t.Fatal(err)
				}
				return r
			}, reranktest.ListDependent)
		})
	}
}

func TestManyGoroutinesAgree(t *testing.T) {
	s := memory(t, "split", randomDocuments(rand.New(rand.NewPCG(7, 8)), 300))
	for name, w := range weightings() {
		want := retrieve(t, retriever(t, s, w), "w1 w3 w9", 20)
		shared := retriever(t, s, w) // unused so far: the first search prepares it
		var group sync.WaitGroup
		for range 200 {
			group.Go(func() {
				result, err := shared.Retrieve(t.Context(), rerank.Search{Query: rerank.Query{Text: "w1 w3 w9"}, K: 20})
				if err != nil {
					t.Error(err)
					return
				}
				for i, h := range result.Hits {
					if h.Document.ID != want[i].Document.ID || h.Score != want[i].Score {
						t.Errorf("%s: hit %d differs", name, i)
						return
					}
				}
			})
		}
		group.Wait()
	}
}

func TestIDsOnly(t *testing.T) {
	r := retriever(t, memory(t, "split", randomDocuments(rand.New(rand.NewPCG(11, 12)), 50)), lexical.DefaultBM25())
	want := retrieve(t, r, "w1 w2", 10)
	result, err := r.Retrieve(t.Context(), rerank.Search{Query: rerank.Query{Text: "w1 w2"}, K: 10, IDsOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "IDs only", want, result.Hits)
	if result.Hits[0].Document.Text != "" {
		t.Error("the text was loaded")
	}
}

func TestParametersOutOfRange(t *testing.T) {
	s := memory(t, "split")
	for _, w := range []lexical.BM25{
		{}, {Variant: "bm26"}, {Variant: lexical.Lucene, K1: -1}, {Variant: lexical.Lucene, B: 1.1},
		{Variant: lexical.Lucene, K1: math.NaN()}, {Variant: lexical.BM25L, Delta: math.Inf(1)}, {Variant: lexical.Okapi, Epsilon: -1},
	} {
		if _, err := lexical.NewRetriever(s, w); err == nil {
			t.Errorf("%+v was accepted", w)
		}
	}
}

func FuzzRetrieve(f *testing.F) {
	s := memory(f, "english", []rerank.Document{
		{ID: "a", Text: "The lease of the flat ends in May."}, {ID: "b", Text: "日本語 and crème brûlée"}, {ID: "c"},
	})
	r := retriever(f, s, lexical.DefaultBM25())
	f.Add("lease flat flat")
	f.Add("日本")
	f.Fuzz(func(t *testing.T, query string) {
		defer testenv.Bound(t, len(query))()
		for _, h := range retrieve(t, r, query, 3) {
			if !(h.Score > 0) || math.IsInf(h.Score, 0) {
				t.Errorf("%q: %s has the score %v", query, h.Document.ID, h.Score)
			}
		}
	})
}

func BenchmarkRetrieve(b *testing.B) {
	s := memory(b, "split", randomDocuments(rand.New(rand.NewPCG(9, 10)), 20_000))
	for _, k := range []int{10, 1000} {
		b.Run(fmt.Sprint(k), func(b *testing.B) {
			r := retriever(b, s, lexical.DefaultBM25())
			for b.Loop() {
				if _, err := r.Retrieve(b.Context(), rerank.Search{Query: rerank.Query{Text: "w1 w7 w60"}, K: k}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestPartial: a search whose time is up before it has looked at a term answers with
// what it has, if that is asked for.
func TestPartial(t *testing.T) {
	r := retriever(t, memory(t, "split", []rerank.Document{{ID: "a", Text: "w1"}}), lexical.DefaultBM25())
	ctx, cancel := context.WithTimeout(t.Context(), -1)
	defer cancel()
	s := rerank.Search{Query: rerank.Query{Text: "w1"}, Partial: true}
	got, err := r.Retrieve(ctx, s)
	if err != nil || len(got.Hits) != 0 || !got.Stages[0].Partial {
		t.Errorf("late: %+v, %v", got, err)
	}
	if got, err = r.Retrieve(t.Context(), s); err != nil || len(got.Hits) != 1 || got.Stages[0].Partial {
		t.Errorf("in time: %+v, %v", got, err)
	}
}

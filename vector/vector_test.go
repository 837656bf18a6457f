package vector_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/index"
	"github.com/flashrerank/rerank/reranktest"
	"github.com/flashrerank/rerank/vector"
)

// letters embeds a text by how often it has each letter.
type letters struct{ similarity rerank.Similarity }

const dimensions = 26

func (l letters) Model() rerank.ModelInfo {
	similarity := l.similarity
	if similarity == "" {
		similarity = rerank.SimilarityCosine
	}
	return rerank.ModelInfo{Name: "letters", Fingerprint: "letters-1", Dimensions: dimensions, Similarity: similarity, MaxTokens: 100, Precision: "fp32"}
}

func (l letters) Embed(ctx context.Context, texts []string, _ rerank.Role) (rerank.Vectors, error) {
	v := rerank.Vectors{Dimensions: dimensions, Data: make([]float32, dimensions*len(texts))}
	for i, text := range texts {
		for _, c := range strings.ToLower(text) {
			if c >= 'a' && c <= 'z' {
				v.At(i)[c-'a']++
			}
		}
	}
	return v, ctx.Err()
}

func Example() {
	x, err := index.Memory(index.Options{Model: letters{}.Model()})
	if err != nil {
		log.Fatal(err)
	}
	defer x.Close()
	if err := add(context.Background(), x, letters{}, "aaa", "abab", "zzz"); err != nil {
		log.Fatal(err)
	}
	s, err := x.Snapshot()
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	r, err := vector.NewRetriever(s, letters{})
	if err != nil {
		log.Fatal(err)
	}
	result, err := r.Retrieve(context.Background(), rerank.Search{Query: rerank.Query{Text: "ab"}, K: 2})
	for _, h := range result.Hits {
		fmt.Printf("%.2f %s\n", h.Score, h.Document.ID)
	}
	fmt.Println(err)
	// Output:
	// 1.00 abab
	// 0.71 aaa
	// <nil>
}

// add commits documents that have their text as ID, with vectors.
func add(ctx context.Context, x *index.Index, e rerank.Embedder, texts ...string) error {
	w, err := x.Writer()
	if err != nil {
		return err
	}
	defer w.Close()
	v, err := e.Embed(ctx, texts, rerank.RoleDocument)
	if err != nil {
		return err
	}
	var b index.Batch
	for i, text := range texts {
		b.Put(index.Entry{Document: rerank.Document{ID: text, Text: text}, Vector: v.At(i)})
	}
	_, err = w.Commit(ctx, &b)
	return err
}

func memory(t testing.TB, e rerank.Embedder) *index.Index {
	x, err := index.Memory(index.Options{Model: e.Model()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() })
	return x
}

func snapshot(t testing.TB, x *index.Index) *index.Snapshot {
	s, err := x.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func retriever(t testing.TB, s *index.Snapshot, e rerank.Embedder) *vector.Retriever {
	r, err := vector.NewRetriever(s, e)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func words(r *rand.Rand, n int) []string {
	var out []string
	for i := range n {
		b := []byte(fmt.Sprintf("%05d ", i))
		for range 1 + r.IntN(6) {
			b = append(b, byte('a'+r.IntN(5)))
		}
		out = append(out, string(b))
	}
	return out
}

// TestEqualsSortingEverything compares with a reranker of the same measure that
// orders all documents, over segments, deletions and both similarities.
func TestEqualsSortingEverything(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, similarity := range []rerank.Similarity{rerank.SimilarityCosine, rerank.SimilarityDot} {
		e := letters{similarity}
		x := memory(t, e)
		texts := words(r, 300)
		for part := range slices.Chunk(texts, 70) {
			if err := add(t.Context(), x, e, part...); err != nil {
				t.Fatal(err)
			}
		}
		w, err := x.Writer()
		if err != nil {
			t.Fatal(err)
		}
		var b index.Batch
		for _, text := range texts[:40] {
			b.Delete(text)
		}
		b.Put(index.Entry{Document: rerank.Document{ID: "none", Text: "without vector"}})
		if _, err := w.Commit(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		w.Close()
		s := snapshot(t, x)
		for _, k := range []int{0, 1, 7, 100, 1000} {
			compareWithAll(t, retriever(t, s, e), e, texts[40:], words(r, 1)[0], k)
		}
	}
}

func compareWithAll(t *testing.T, r *vector.Retriever, e letters, texts []string, query string, k int) {
	t.Helper()
	result, err := r.Retrieve(t.Context(), rerank.Search{Query: rerank.Query{Text: query}, K: k})
	if err != nil {
		t.Fatal(err)
	}
	all := retriever(t, snapshotOf(t, e, texts), e)
	want, err := all.Retrieve(t.Context(), rerank.Search{Query: rerank.Query{Text: query}, K: len(texts)})
	if err != nil {
		t.Fatal(err)
	}
	if len(want.Hits) != len(texts) || len(result.Hits) != min(rerank.Search{K: k}.Limit(), len(texts)) {
		t.Fatalf("%d of %d hits, wanted %d", len(result.Hits), len(want.Hits), k)
	}
	q, err := e.Embed(t.Context(), []string{query}, rerank.RoleQuery)
	if err != nil {
		t.Fatal(err)
	}
	for i, h := range result.Hits {
		if h.Document.ID != want.Hits[i].Document.ID || h.Rank != i || h.Index != i {
			t.Fatalf("hit %d of %d is %q, rank %d, want %q", i, k, h.Document.ID, h.Rank, want.Hits[i].Document.ID)
		}
		v, err := e.Embed(t.Context(), []string{h.Document.Text}, rerank.RoleDocument)
		if err != nil {
			t.Fatal(err)
		}
		if d := h.Score - measure(q.At(0), v.At(0), e.similarity); d > 1e-6 || d < -1e-6 {
			t.Fatalf("%q has the score %v", h.Document.ID, h.Score)
		}
	}
}

func snapshotOf(t testing.TB, e rerank.Embedder, texts []string) *index.Snapshot {
	x := memory(t, e)
	if err := add(t.Context(), x, e, texts...); err != nil {
		t.Fatal(err)
	}
	return snapshot(t, x)
}

func TestFilter(t *testing.T) {
	r := retriever(t, snapshotOf(t, letters{}, []string{"a", "aa", "ab"}), letters{})
	result, err := r.Retrieve(t.Context(), rerank.Search{
		Query: rerank.Query{Text: "a"}, K: 1,
		Filter: rerank.FilterFunc(func(d rerank.Document) bool { return d.ID == "ab" }),
	})
	if err != nil || len(result.Hits) != 1 || result.Hits[0].Document.ID != "ab" {
		t.Errorf("%v, %v", result.Hits, err)
	}
}

func TestRefusals(t *testing.T) {
	plain, err := index.Memory(index.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	if _, err := vector.NewRetriever(snapshot(t, plain), letters{}); err == nil || !strings.Contains(err.Error(), "no vectors") {
		t.Errorf("an index without vectors: %v", err)
	}
	if _, err := vector.NewRetriever(snapshotOf(t, letters{}, []string{"a"}), other{}); err == nil || !strings.Contains(err.Error(), "letters-1") {
		t.Errorf("another model: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := retriever(t, snapshotOf(t, letters{}, []string{"a"}), letters{})
	if _, err := r.Retrieve(ctx, rerank.Search{Query: rerank.Query{Text: "a"}, K: 1}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

type other struct{ letters }

func (other) Model() rerank.ModelInfo {
	m := letters{}.Model()
	m.Fingerprint = "other"
	return m
}

func TestConformance(t *testing.T) {
	reranktest.Retriever(t, func(t testing.TB, corpus []rerank.Document) rerank.Retriever {
		x := memory(t, letters{})
		w, err := x.Writer()
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		var b index.Batch
		for _, d := range corpus {
			v, err := letters{}.Embed(context.Background(), []string{d.Content()}, rerank.RoleDocument)
			if err != nil {
				t.Fatal(err)
			}
			b.Put(index.Entry{Document: d, Vector: v.At(0)})
		}
		if _, err := w.Commit(context.Background(), &b); err != nil {
			t.Fatal(err)
		}
		return retriever(t, snapshot(t, x), letters{})
	})
}

func TestManyGoroutinesAgree(t *testing.T) {
	r := retriever(t, snapshotOf(t, letters{}, words(rand.New(rand.NewPCG(3, 4)), 500)), letters{})
	search := rerank.Search{Query: rerank.Query{Text: "abc"}, K: 20}
	want, err := r.Retrieve(t.Context(), search)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			got, err := r.Retrieve(t.Context(), search)
			if err != nil {
				t.Error(err)
			}
			for i := range got.Hits {
				if got.Hits[i].Document.ID != want.Hits[i].Document.ID || got.Hits[i].Score != want.Hits[i].Score {
					t.Errorf("hit %d differs", i)
					return
				}
			}
		})
	}
	group.Wait()
}

func BenchmarkRetrieve(b *testing.B) {
	r := retriever(b, snapshotOf(b, letters{}, words(rand.New(rand.NewPCG(5, 6)), 20_000)), letters{})
	for b.Loop() {
		if _, err := r.Retrieve(b.Context(), rerank.Search{Query: rerank.Query{Text: "abc"}, K: 100}); err != nil {
			b.Fatal(err)
		}
	}
}

func TestIDsOnly(t *testing.T) {
	r := retriever(t, snapshotOf(t, letters{}, []string{"a", "ab"}), letters{})
	result, err := r.Retrieve(t.Context(), rerank.Search{Query: rerank.Query{Text: "a"}, K: 2, IDsOnly: true})
	if err != nil || len(result.Hits) != 2 || result.Hits[0].Document.ID != "a" || result.Hits[0].Document.Text != "" {
		t.Errorf("%+v, %v", result.Hits, err)
	}
}

// long embeds every text by vectors that are too long for a product.
type long struct{ letters }

func (l long) Embed(context.Context, []string, rerank.Role) (rerank.Vectors, error) {
	v := rerank.Vectors{Dimensions: dimensions, Data: make([]float32, dimensions)}
	for i := range v.Data {
		v.Data[i] = 3e38
	}
	return v, nil
}

// TestScoresThatAreNoNumbers: a document whose score overflows is not left out in silence.
func TestScoresThatAreNoNumbers(t *testing.T) {
	for _, similarity := range []rerank.Similarity{rerank.SimilarityCosine, rerank.SimilarityDot} {
		e := long{letters{similarity}}
		x, err := index.Memory(index.Options{Model: e.Model()})
		if err != nil {
			t.Fatal(err)
		}
		defer x.Close()
		if err := add(t.Context(), x, e, "a"); err != nil {
			t.Fatal(err)
		}
		s, err := x.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		r, err := vector.NewRetriever(s, e)
		if err != nil {
			t.Fatal(err)
		}
		var bad *rerank.ScoreError
		if _, err := r.Retrieve(t.Context(), rerank.Search{Query: rerank.Query{Text: "a"}, K: 2}); !errors.As(err, &bad) || bad.ID != "a" {
			t.Errorf("%s: %v", similarity, err)
		}
	}
}

// TestPartial: a scan whose time is up answers with what it has seen, if that is
// asked for.
func TestPartial(t *testing.T) {
	e := letters{similarity: rerank.SimilarityCosine}
	r := retriever(t, snapshotOf(t, e, []string{"abc", "bcd"}), e)
	ctx, cancel := context.WithTimeout(t.Context(), -1)
	defer cancel()
	s := rerank.Search{Query: rerank.Query{Text: "abc"}, Partial: true}
	got, err := r.Retrieve(ctx, s)
	if err != nil || len(got.Hits) != 0 || !got.Stages[0].Partial {
		t.Errorf("late: %+v, %v", got, err)
	}
	s.Partial = false
	if _, err := r.Retrieve(ctx, s); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("not asked for: %v", err)
	}
	if got, err = r.Retrieve(t.Context(), s); err != nil || len(got.Hits) != 2 || got.Stages[0].Partial {
		t.Errorf("in time: %+v, %v", got, err)
	}
}

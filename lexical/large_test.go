package lexical

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/analysis"
	"github.com/flashrerank/rerank/internal/testenv"
)

// manyTerms is a text of n different words.
func manyTerms(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("w" + strconv.Itoa(i) + " ")
	}
	return b.String()
}

func largeRequest(n int) rerank.Request {
	return rerank.Request{Query: rerank.Query{Text: "w7 w8"}, Hits: []rerank.Hit{
		{Document: rerank.Document{ID: "a", Text: manyTerms(n)}},
		{Document: rerank.Document{ID: "b", Text: "w7 w8 w9"}},
	}}
}

// english is a reranker of English texts.
func english(t *testing.T, w Weighting) *Reranker {
	t.Helper()
	a, err := analysis.New("english")
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewReranker(a, w)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestLargeTextTakesNoMemory: of a text with many words only those of the query are kept.
func TestLargeTextTakesNoMemory(t *testing.T) {
	r := english(t, DefaultBM25())
	request := largeRequest(300_000)
	var err error
	took := testenv.Allocated(func() { _, err = r.Rerank(t.Context(), request) })
	if err != nil {
		t.Fatal(err)
	}
	if size := uint64(len(request.Hits[0].Document.Text)); took > size && !testenv.Race {
		t.Errorf("a text of %d bytes took %d", size, took)
	}
}

// leaving is a context that ends when it has been asked a number of times.
type leaving struct {
	context.Context
	left *int
}

func (c leaving) Err() error {
	if *c.left--; *c.left < 0 {
		return context.Canceled
	}
	return nil
}

// TestLargeTextEndsWithContext: who leaves does not wait for the end of a text.
func TestLargeTextEndsWithContext(t *testing.T) {
	for _, w := range []Weighting{DefaultBM25(), TFIDF{}} {
		r := english(t, w)
		left := 3
		if _, err := r.Rerank(leaving{t.Context(), &left}, largeRequest(100_000)); !errors.Is(err, context.Canceled) {
			t.Errorf("%T: %v", w, err)
		}
		if left < -3 {
			t.Errorf("%T: the context was asked %d times more after it had ended", w, -left)
		}
	}
}

// TestLongQuery: the terms of a query of any length are counted in the order they come, at a
// cost that grows with the length alone: by its square this would not end.
func TestLongQuery(t *testing.T) {
	const n = 1_000_000
	terms := make([]string, 0, 2*n)
	for i := range n {
		terms = append(terms, "w"+strconv.Itoa(i), "w"+strconv.Itoa(i/2))
	}
	got := counted(terms)
	if len(got) != n {
		t.Fatalf("%d terms, want %d", len(got), n)
	}
	for i, x := range got {
		want := 1.0
		if i < n/2 {
			want = 3 // by itself and by those of twice its number
		}
		if x.text != "w"+strconv.Itoa(i) || x.count != want {
			t.Fatalf("term %d is %s, %v times, want %v", i, x.text, x.count, want)
		}
	}
}

// TestLongQueryEndsWithContext: nor does who leaves wait for the end of a query.
func TestLongQueryEndsWithContext(t *testing.T) {
	r := english(t, DefaultBM25())
	request := rerank.Request{Query: rerank.Query{Text: manyTerms(100_000)}, Hits: largeRequest(1).Hits}
	left := 4
	if _, err := r.Rerank(leaving{t.Context(), &left}, request); !errors.Is(err, context.Canceled) || left < -3 {
		t.Errorf("%v; the context was asked %d times more after it had ended", err, -left)
	}
}

package reranktest

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/flashrerank/rerank"
)

// Retriever checks an implementation of [rerank.Retriever]. fresh is called
// for each subtest with the corpus to search: some forty documents, every one
// with an ID of its own, a few of them empty or alike. An approximate or fused
// retriever must look deep enough to see all of a corpus so small. One that
// ends with a reranker is OrderDependent: its ties keep an earlier order.
func Retriever(t *testing.T, fresh func(t testing.TB, corpus []rerank.Document) rerank.Retriever, traits ...Trait) {
	t.Helper()
	runAll(t, retrieverChecks, func(t testing.TB) rerank.Retriever { return fresh(t, Corpus()) }, traits)
}

// Corpus returns the documents that the [Retriever] suite searches, fresh on
// every call.
func Corpus() []rerank.Document {
	var docs []rerank.Document
	for copies := range 3 { // each text three times: ties
		for i, s := range texts {
			docs = append(docs, rerank.Document{
				ID:     "doc-" + strconv.Itoa((7*len(docs)+5)%97), // IDs in no order
				Text:   s,
				Fields: rerank.Fields{{Name: "copy", Value: rerank.NumberValue(float64(copies))}},
				Meta:   []byte(strconv.Itoa(i)),
			})
		}
	}
	return append(docs, rerank.Document{ID: "only-title", Title: "The rain and the garden"}, rerank.Document{ID: "nothing"})
}

// CheckRetriever runs the checks of [Retriever] on one value, which searches [Corpus], and returns all
// that failed, joined.
func CheckRetriever(ctx context.Context, r rerank.Retriever, traits ...Trait) error {
	return checkAll(ctx, retrieverChecks, r, traits)
}

var retrieverChecks = []check[rerank.Retriever]{
	{name: "a few", run: func(ctx context.Context, r rerank.Retriever) error {
		got, err := find(ctx, r, search(5))
		if err == nil && len(got.Hits) == 0 {
			err = fmt.Errorf("nothing was found for %q, words of which are in the corpus", question)
		}
		return err
	}},
	{name: "K zero or less is the default", run: func(ctx context.Context, r rerank.Retriever) error {
		want, err := find(ctx, r, search(rerank.DefaultK))
		if err != nil {
			return err
		}
		for _, k := range []int{0, -1} {
			got, err := find(ctx, r, search(k))
			if err != nil {
				return fmt.Errorf("with K %d: %w", k, err)
			}
			if err := sameHits(want.Hits, got.Hits); err != nil {
				return fmt.Errorf("with K %d it is not what it gives with K %d: %w", k, rerank.DefaultK, err)
			}
		}
		return nil
	}},
	{name: "K beyond the corpus", run: func(ctx context.Context, r rerank.Retriever) error {
		_, err := find(ctx, r, search(1_000_000))
		return err
	}},
	{name: "K cuts and does nothing else", run: checkPrefix},
	{name: "ties in order of ID", not: OrderDependent, run: func(ctx context.Context, r rerank.Retriever) error {
		got, err := find(ctx, r, search(len(Corpus())))
		if err != nil {
			return err
		}
		for i, h := range got.Hits[min(1, len(got.Hits)):] {
			if before := got.Hits[i]; same(before.Score, h.Score) && before.Document.ID > h.Document.ID {
				return fmt.Errorf("equal scores: %s comes before %s", brief(before), brief(h))
			}
		}
		return nil
	}},
	{name: "filter", run: checkFilter},
	{name: "nothing to find", run: func(ctx context.Context, r rerank.Retriever) error {
		for _, q := range []string{"", " ", "zzyzx qqfjx", "?!"} {
			s := search(10)
			s.Query.Text = q
			if _, err := find(ctx, r, s); err != nil {
				return fmt.Errorf("query %q: %w", q, err)
			}
		}
		return nil
	}},
	{name: "odd queries", run: func(ctx context.Context, r rerank.Retriever) error {
		for _, q := range []string{invalid, huge(), "\"quoted\" AND (x OR -y*) field:z^2", "猫 🐈"} {
			s := search(10)
			s.Query.Text = q
			if _, err := find(ctx, r, s); err != nil {
				return fmt.Errorf("query %.40q: %w", q, err)
			}
		}
		return nil
	}},
	{name: "cancelled context", run: func(ctx context.Context, r rerank.Retriever) error {
		whole, err := find(ctx, r, search(10))
		if err != nil {
			return err
		}
		ctx, cancel := context.WithCancel(ctx)
		cancel()
		got, err := r.Retrieve(ctx, search(10))
		if err != nil {
			if !isContextError(err) {
				return fmt.Errorf("cancelled, it says neither that nor a whole result: %w", err)
			}
			return nil
		}
		return sameHits(whole.Hits, got.Hits)
	}},
	{name: "same answer again", run: func(ctx context.Context, r rerank.Retriever) error {
		first, err := find(ctx, r, search(20))
		if err != nil {
			return err
		}
		for range 3 {
			again, err := find(ctx, r, search(20))
			if err != nil {
				return err
			}
			if err := sameHits(first.Hits, again.Hits); err != nil {
				return err
			}
		}
		return nil
	}},
	{name: "many goroutines", run: checkRetrieveTogether},
}

func search(k int) rerank.Search {
	return rerank.Search{Query: rerank.Query{ID: "q", Text: question}, K: k}
}

// find calls the retriever and checks all that any answer must fulfil.
func find(ctx context.Context, r rerank.Retriever, s rerank.Search) (rerank.Result, error) {
	got, err := r.Retrieve(ctx, s)
	if err != nil {
		return got, err
	}
	if len(got.Hits) > s.Limit() {
		return got, fmt.Errorf("%d hits for K %d", len(got.Hits), s.K)
	}
	corpus := make(map[string]rerank.Document)
	for _, d := range Corpus() {
		corpus[d.ID] = d
	}
	for i, h := range got.Hits {
		d, ok := corpus[h.Document.ID]
		if !ok {
			return got, fmt.Errorf("%s is not in the corpus, or comes twice", brief(h))
		}
		delete(corpus, d.ID)
		if err := sameDocument(d, h.Document); err != nil {
			return got, err
		}
		if h.Index != i {
			return got, fmt.Errorf("the hit at place %d of a first stage has index %d", i, h.Index)
		}
		if i > 0 && rerank.Compare(got.Hits[i-1], h) > 0 {
			return got, fmt.Errorf("%s comes before %s", brief(got.Hits[i-1]), brief(h))
		}
	}
	return got, wellFormed(got)
}

func checkPrefix(ctx context.Context, r rerank.Retriever) error {
	whole, err := find(ctx, r, search(len(Corpus())))
	if err != nil {
		return err
	}
	for _, k := range []int{1, 2, 7, 20} {
		cut, err := find(ctx, r, search(k))
		if err != nil {
			return fmt.Errorf("with K %d: %w", k, err)
		}
		if err := sameHits(whole.Hits[:min(k, len(whole.Hits))], cut.Hits); err != nil {
			return fmt.Errorf("with K %d it is not the beginning of the longer list: %w", k, err)
		}
	}
	return nil
}

func checkFilter(ctx context.Context, r rerank.Retriever) error {
	n := len(Corpus())
	whole, err := find(ctx, r, search(n))
	if err != nil {
		return err
	}
	for _, f := range []struct {
		name  string
		match rerank.FilterFunc
	}{
		{"none", func(rerank.Document) bool { return false }},
		{"all", func(rerank.Document) bool { return true }},
		{"odd", func(d rerank.Document) bool { return d.ID[len(d.ID)-1]%2 == 1 }},
		{"field", func(d rerank.Document) bool {
			v, ok := d.Fields.Get("copy")
			return ok && v.Number() == 1
		}},
	} {
		s := search(n)
		s.Filter = f.match
		got, err := find(ctx, r, s)
		if err != nil {
			return fmt.Errorf("filter %q: %w", f.name, err)
		}
		var want, have []string
		for _, h := range whole.Hits {
			if f.match(h.Document) {
				want = append(want, h.Document.ID)
			}
		}
		for _, h := range got.Hits {
			have = append(have, h.Document.ID)
		}
		slices.Sort(want) // a filter may change the scores of a fused list, and so its order
		slices.Sort(have)
		if !slices.Equal(want, have) {
			return fmt.Errorf("filter %q gives %v, want %v", f.name, have, want)
		}
	}
	return nil
}

func checkRetrieveTogether(ctx context.Context, r rerank.Retriever) error {
	searches := []rerank.Search{search(20), search(3), search(0)}
	searches[1].Query.Text = texts[4]
	want := make([]rerank.Result, len(searches))
	for i, s := range searches {
		var err error
		if want[i], err = find(ctx, r, s); err != nil {
			return err
		}
	}
	return together(16, func(i int) error {
		for k := range searches {
			at := (i + k) % len(searches)
			got, err := find(ctx, r, searches[at])
			if err != nil {
				return err
			}
			if err := sameHits(want[at].Hits, got.Hits); err != nil {
				return err
			}
		}
		return nil
	})
}

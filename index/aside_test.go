package index

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	rerank "github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/analysis"
)

// TestWordsSetAsideHavePostings and nothing else: no length, no place among the
// terms, neither after deletions nor after a merge, and all of it is verified.
func TestWordsSetAsideHavePostings(t *testing.T) {
	x := mustMemory(t, Options{Analyzer: "english"})
	w := mustWriter(t, x)
	defer w.Close()
	for part := range 3 {
		var b Batch
		for i := range 150 {
			text := fmt.Sprintf("the winter of the %d %s", i, strings.Repeat("to be ", i%3))
			b.Put(Entry{Document: rerank.Document{ID: fmt.Sprintf("%d/%d", part, i), Text: text}})
		}
		mustCommit(t, w, &b)
	}
	var gone Batch
	for i := range 30 {
		gone.Delete(fmt.Sprintf("1/%d", i))
	}
	mustCommit(t, w, &gone)
	check := func(when string) {
		t.Helper()
		s, err := x.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if s.Len() != 420 || s.TotalLength() != 2*420 {
			t.Errorf("%s: %d documents of %d terms", when, s.Len(), s.TotalLength())
		}
		terms, aside := s.Analyzer().Query("the of to be")
		if !aside {
			t.Fatal("the query is not of words set aside")
		}
		for i, want := range []int{420, 420, 280, 280} {
			if n, err := s.DocFreq(terms[i]); err != nil || n != want {
				t.Errorf("%s: %d documents with %q, want %d (%v)", when, n, analysis.Word(terms[i]), want, err)
			}
		}
		for _, g := range s.Segments() {
			seen := map[string]int{}
			all, failed := g.Terms()
			maps.Insert(seen, all)
			if len(seen) != 151 || failed() != nil || slices.ContainsFunc(slices.Collect(maps.Keys(seen)), analysis.IsAside) {
				t.Errorf("%s: %d terms, %v", when, len(seen), failed())
			}
		}
		if err := x.Verify(t.Context()); err != nil {
			t.Errorf("%s: %v", when, err)
		}
	}
	check("after commits")
	if err := w.Merge(t.Context()); err != nil {
		t.Fatal(err)
	}
	check("after a merge")
}

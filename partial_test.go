package rerank_test

import (
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flashrerank/rerank"
)

// TestReorderKeepsRelevance: a stage that has nothing to say of relevance can leave
// it as it is.
func TestReorderKeepsRelevance(t *testing.T) {
	hits := rerank.Hits([]rerank.Document{{ID: "a"}, {ID: "b"}})
	hits[0].Relevance = 0.75
	of := func(s rerank.Scoring) [2]float64 {
		s.Scores = []float64{1, 2}
		got := rerank.Reorder(rerank.Request{Hits: hits}, s)
		if got[0].Document.ID != "b" || got[0].Score != 2 || hits[0].Rank != 0 {
			t.Errorf("order %v", got)
		}
		return [2]float64{got[1].Relevance, got[0].Relevance}
	}
	if r := of(rerank.Scoring{KeepRelevance: true}); r[0] != 0.75 || !math.IsNaN(r[1]) {
		t.Errorf("kept: %v", r)
	}
	if r := of(rerank.Scoring{}); !math.IsNaN(r[0]) || !math.IsNaN(r[1]) {
		t.Errorf("not kept: %v", r)
	}
	half := func(x float64) float64 { return x / 2 }
	if r := of(rerank.Scoring{KeepRelevance: true, Relevance: half}); r != [2]float64{0.5, 1} {
		t.Errorf("made anew: %v", r)
	}
}

func TestSearchLimit(t *testing.T) {
	for k, want := range map[int]int{-1: rerank.DefaultK, 0: rerank.DefaultK, 1: 1, 500: 500} {
		if got := (rerank.Search{K: k}).Limit(); got != want {
			t.Errorf("K %d is %d hits, want %d", k, got, want)
		}
	}
}

// TestSearchInner: what a search asks of others ends a little earlier only where what
// was found is wanted.
func TestSearchInner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		for partial, want := range map[bool]time.Duration{true: 9 * time.Second, false: 10 * time.Second} {
			s := rerank.Search{Partial: partial}
			inner, end := s.Inner(ctx)
			deadline, _ := inner.Deadline()
			if got := time.Until(deadline); got != want || s.Enough(inner) {
				t.Errorf("partial %v: %v left of 10 s, enough: %v", partial, got, s.Enough(inner))
			}
			end()
			if s.Enough(inner) {
				t.Error("a context that was cancelled is enough")
			}
		}
		time.Sleep(11 * time.Second)
		if !(rerank.Search{Partial: true}).Enough(ctx) || (rerank.Search{}).Enough(ctx) {
			t.Error("after the deadline")
		}
		unbound, end := rerank.Search{Partial: true}.Inner(t.Context())
		defer end()
		if _, bound := unbound.Deadline(); bound {
			t.Error("a deadline came from nowhere")
		}
	})
}

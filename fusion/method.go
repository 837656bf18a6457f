package fusion

import (
	"fmt"
	"math"
	"slices"

	"github.com/flashrerank/rerank"
)

// Method turns what one list says into numbers that can be added to another
// list's: [MinMax] or [RRF].
type Method interface {
	// values returns what each hit of the list gets, in order. A score that is
	// NaN gets 0, as if the list did not have the hit.
	values(hits []rerank.Hit) []float64
	// describe tells a reader what was done, "min-max sum".
	describe() string
	// bounds tells between which scores a list was normalised, "" if it was
	// not.
	bounds(name string, hits []rerank.Hit) string
	// complete says whether scores of documents a list did not find are used.
	complete() bool
	check() error
}

// MinMax is a weighted sum of scores that are normalised per list to
//
//	(score − lowest) / (highest − lowest)
//
// over the hits that are fused; see [Retriever] and [Reranker] for which these
// are. Where all scores of a list are equal, a single hit for example, each
// becomes 1. A score of +Inf counts as the highest, −Inf as the lowest, and
// neither moves the bounds of the others. What a list has no score for
// counts 0, like its lowest.
type MinMax struct{}

func (MinMax) describe() string { return "min-max sum" }
func (MinMax) complete() bool   { return true }
func (MinMax) check() error     { return nil }

func (MinMax) bounds(name string, hits []rerank.Hit) string {
	lo, hi := bounds(hits)
	if lo > hi {
		return fmt.Sprintf("%s: no scores", name)
	}
	return fmt.Sprintf("%s: lowest %.6g, highest %.6g", name, lo, hi)
}

func (MinMax) values(hits []rerank.Hit) []float64 {
	lo, hi := bounds(hits)
	out := make([]float64, len(hits))
	for i, h := range hits {
		out[i] = within(h.Score, lo, hi)
	}
	return out
}

// bounds returns the lowest and the highest finite score.
func bounds(hits []rerank.Hit) (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, h := range hits {
		if !math.IsNaN(h.Score) && !math.IsInf(h.Score, 0) {
			lo, hi = min(lo, h.Score), max(hi, h.Score)
		}
	}
	return lo, hi
}

// flat reports whether a list tells no hit from another by its scores.
func flat(hits []rerank.Hit) bool {
	lo, hi := bounds(hits)
	return lo >= hi
}

// within maps a score to [0,1]. Halves keep the difference of two huge scores
// finite.
func within(score, lo, hi float64) float64 {
	switch {
	case math.IsNaN(score), math.IsInf(score, -1):
		return 0
	case math.IsInf(score, 1), lo >= hi:
		return 1
	}
	return (score/2 - lo/2) / (hi/2 - lo/2)
}

// RRF is reciprocal rank fusion: the sum over the lists of weight / (K + rank),
// ranks counted from 1 (Cormack, Clarke and Büttcher, "Reciprocal rank fusion
// outperforms Condorcet and individual rank learning methods", SIGIR 2009).
//
// Hits with equal scores in a list share the mean of the ranks they take up, so
// that chance decides nothing: two hits tied for the first place count as 1.5
// each. Hits that no stage scored (Scale is empty) have their order only, and
// are not taken for ties. What a list does not have counts 0.
type RRF struct {
	K *float64 // at least 0; nil means 60, as in the paper
}

func (r RRF) k() float64 {
	if r.K == nil {
		return 60
	}
	return *r.K
}

func (r RRF) describe() string { return fmt.Sprintf("reciprocal rank fusion, k %v", r.k()) }
func (RRF) complete() bool     { return false }

func (RRF) bounds(string, []rerank.Hit) string { return "" }

func (r RRF) check() error {
	if !(r.k() >= 0) || math.IsInf(r.k(), 0) {
		return fmt.Errorf("fusion: RRF with k %v: it must be at least 0", r.k())
	}
	return nil
}

func (r RRF) values(hits []rerank.Hit) []float64 {
	out := make([]float64, len(hits))
	for i := 0; i < len(hits); {
		end := i + 1
		for end < len(hits) && tied(hits[i], hits[end]) {
			end++
		}
		rank := float64(i+1+end) / 2 // mean of i+1 … end
		for ; i < end; i++ {
			if !unscored(hits[i]) {
				out[i] = 1 / (r.k() + rank)
			}
		}
	}
	return out
}

func tied(a, b rerank.Hit) bool { return a.Scale != "" && a.Scale == b.Scale && a.Score == b.Score }

// unscored reports whether a stage that scores had no score for the hit.
func unscored(h rerank.Hit) bool { return h.Scale != "" && math.IsNaN(h.Score) }

// notes tells the bounds of all lists.
func notes(m Method, name func(i int) string, lists [][]rerank.Hit) []string {
	var out []string
	for i, list := range lists {
		if note := m.bounds(name(i), list); note != "" {
			out = append(out, note)
		}
	}
	return out
}

// sum adds values from the smallest up, so that the order of the lists never
// shows in the last bit.
func sum(values []float64) float64 {
	slices.Sort(values)
	total := 0.0
	for _, v := range values {
		total += v
	}
	return total
}

// weight returns a part's weight, nil meaning 1.
func weight(w *float64, name string) (float64, error) {
	if w == nil {
		return 1, nil
	}
	if !(*w >= 0) || math.IsInf(*w, 0) {
		return 0, fmt.Errorf("fusion: %s has the weight %v: it must be at least 0", name, *w)
	}
	return *w, nil
}

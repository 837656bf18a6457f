package pipeline

import (
	"context"
	"fmt"
	"math"

	"github.com/flashrerank/rerank"
)

// Explain tells how a hit that this pipeline returned for the query came to
// its score: one detail for each stage that saw it, in order, and below BM25
// or TF-IDF what its score is made of. Normalised sums depend on the whole
// list: their bounds are in the notes of the stage reports.
func (p *Pipeline) Explain(ctx context.Context, q rerank.Query, h rerank.Hit) (rerank.Explanation, error) {
	e := rerank.Explanation{Value: h.Score, What: fmt.Sprintf("place %d", h.Rank+1)}
	if h.Scale != "" {
		e.What += fmt.Sprintf(", by its score on the scale %q", h.Scale)
	}
	explained := p.explainer == nil
	for _, t := range h.Trace {
		seen := rerank.Explanation{Value: t.Score, What: t.Stage}
		if t.Scale != "" && string(t.Scale) != t.Stage {
			seen.What += fmt.Sprintf(" (%s)", t.Scale)
		}
		switch {
		case math.IsNaN(t.Score):
			seen.What += ", which gives it no score"
		case t.Rank >= 0:
			seen.What += fmt.Sprintf(", place %d", t.Rank+1)
		default:
			seen.What += ", not in its list: scored because another list had it"
		}
		if !explained && (t.Scale == rerank.ScaleBM25 || t.Scale == rerank.ScaleTFIDF) {
			words, err := p.explainer.Explain(ctx, q, h)
			if err != nil {
				return e, fmt.Errorf("pipeline: explaining %q: %w", h.Document.ID, err)
			}
			seen.Details = []rerank.Explanation{words}
			explained = true
		}
		e.Details = append(e.Details, seen)
	}
	return e, nil
}

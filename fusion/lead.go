package fusion

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/anytime"
)

// checkBest looks at what [Part.Best] allows.
func (r *Reranker) checkBest() error {
	all := false
	for i, p := range r.Parts {
		if p.Best < 0 {
			return fmt.Errorf("%s judges the best %d", r.partName(i), p.Best)
		}
		all = all || p.Best == 0
	}
	if !all {
		return errors.New("no part judges all hits")
	}
	return nil
}

// askLast lets those parts judge that judge the best only, each the hits that lead by
// fused, the sums of the others. It reports whether any of them said something.
func (r *Reranker) askLast(ctx context.Context, q rerank.Request, fused []rerank.Hit, o *opinions) (bool, error) {
	if !slices.ContainsFunc(r.Parts, func(p Part) bool { return p.Best > 0 }) {
		return false, nil
	}
	order := slices.DeleteFunc(anytime.ByScore(fused, nil), func(i int) bool { return o.late[i] })
	leading := func(i int) []int { return order[:min(r.Parts[i].Best, len(order))] }
	outcomes, err := gather(ctx, len(r.Parts), func(i int) (result rerank.Result, err error) {
		if r.Parts[i].Best > 0 {
			result, err = r.judgeSome(ctx, i, q, leading(i), o)
		}
		return result, err
	})
	if err != nil {
		return false, fmt.Errorf("fusion: %w", err)
	}
	heard := false
	for i, said := range outcomes {
		if r.Parts[i].Best == 0 {
			continue
		}
		if said.err == nil {
			said.err = permutes(said.Hits, len(leading(i)))
		}
		if said.err != nil {
			o.failed.add(r.partName(i), said.err)
			continue
		}
		heard = true
		for _, h := range said.Hits {
			if h.Index = leading(i)[h.Index]; !math.IsNaN(h.Score) {
				o.lists[i] = append(o.lists[i], h)
			}
		}
		o.missed += len(leading(i)) - len(o.lists[i])
		o.stages = append(o.stages, said.Stages...)
	}
	return heard, o.failed.verdict("fusion", len(r.Parts))
}

// judgeSome asks part i of the hits at some places; in what it says they are numbered
// from 0. A part that judges step by step has what time and tokens those before it left.
func (r *Reranker) judgeSome(ctx context.Context, i int, q rerank.Request, places []int, o *opinions) (rerank.Result, error) {
	by := r.Parts[i].Reranker
	if a, ok := by.(*anytime.Reranker); ok {
		if a = o.remaining(a); a == nil {
			return rerank.Result{}, nil
		}
		by = a
	}
	some := rerank.Request{Query: q.Query, Hits: make([]rerank.Hit, len(places))}
	for k, place := range places {
		some.Hits[k] = q.Hits[place]
		some.Hits[k].Index, some.Hits[k].Rank = k, k
	}
	result, _, err := r.judge(ctx, i, by, some)
	return result, err
}

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
		return errors.New("no part scores all hits")
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
	leading, passed := make([][]int, len(r.Parts)), make([][]int, len(r.Parts)) // what each is asked about, and what not
	for i, p := range r.Parts {
		leading[i] = order[:min(p.Best, len(order))]
		if p.Else != "" && o.without != nil {
			leading[i], passed[i] = o.pass(leading[i])
		}
	}
	outcomes, err := gather(ctx, len(r.Parts), func(i int) (result rerank.Result, err error) {
		if len(leading[i]) > 0 {
			result, _, err = r.judge(ctx, i, some(q, leading[i]), o)
		}
		return result, err
	})
	if err != nil {
		return false, fmt.Errorf("fusion: %w", err)
	}
	heard := false
	for i, said := range outcomes {
		if len(leading[i]) > 0 && r.hear(i, said, len(leading[i]), o) {
			heard = true
			for _, h := range said.Hits {
				if h.Index = leading[i][h.Index]; !math.IsNaN(h.Score) || r.Parts[i].Else != "" && unscored(h) {
					o.lists[i] = append(o.lists[i], h)
				}
			}
			o.missed += len(leading[i]) - len(o.lists[i])
		}
		if len(leading[i]) > 0 && len(o.lists[i]) == 0 {
			continue // it said nothing, so that nothing stands in its place
		}
		for _, at := range passed[i] {
			heard = true
			o.lists[i] = append(o.lists[i], rerank.Hit{Index: at, Score: math.NaN()})
		}
	}
	return heard, o.failed.verdict("fusion", len(r.Parts))
}

// pass parts hits into those that other parts have a score for, and the rest.
func (o *opinions) pass(hits []int) (known, without []int) {
	for _, at := range hits {
		if o.without[at] {
			without = append(without, at)
		} else {
			known = append(known, at)
		}
	}
	return known, without
}

// some is the request of the hits at some places, numbered from 0.
func some(q rerank.Request, places []int) rerank.Request {
	out := rerank.Request{Query: q.Query, Hits: make([]rerank.Hit, len(places))}
	for k, place := range places {
		out.Hits[k] = q.Hits[place]
		out.Hits[k].Index, out.Hits[k].Rank = k, k
	}
	return out
}

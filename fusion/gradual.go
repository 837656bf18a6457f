package fusion

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/anytime"
)

// gradual returns part i's reranker if it judges hits step by step, nil if it does
// not or is not asked.
func (r *Reranker) gradual(i int, hits []rerank.Hit) *anytime.Reranker {
	a, ok := r.Parts[i].Reranker.(*anytime.Reranker)
	if !ok {
		return nil
	}
	if _, carried := r.carried(i, hits); carried {
		return nil
	}
	return a
}

// judgeGradually lets a, which is part i, judge the hits that lead by the sums of all that is
// known. The hits it returns have the part's own traces only; those that were not
// judged are not among them.
func (r *Reranker) judgeGradually(ctx context.Context, a *anytime.Reranker, i int, q rerank.Request, o *opinions) error {
	a = o.remaining(a)
	if a == nil {
		for k := range o.late {
			o.late[k] = true
		}
		return nil
	}
	j, err := a.Judge(ctx, q, func(hits []rerank.Hit, vectors [][]float32) []int {
		o.lists[i], o.vectors[i] = judgedOf(hits), vectors
		fused, _ := r.sums(q.Hits, o)
		return anytime.ByScore(fused, nil)
	})
	if err != nil {
		o.lists[i], o.vectors[i] = nil, nil
		return err
	}
	o.lists[i], o.vectors[i] = rerank.Rank(judgedOf(j.Hits), j.Report.Stage, 0), j.Vectors
	for k, judged := range j.Judged {
		o.late[k] = o.late[k] || !judged
	}
	o.stages = append(o.stages, j.Report)
	return nil
}

// remaining returns a with the time and the tokens that those before it left, nil if
// they left nothing.
func (o *opinions) remaining(a *anytime.Reranker) *anytime.Reranker {
	b := *a
	if b.Time > 0 {
		b.Time -= time.Since(o.start)
	}
	if b.Tokens > 0 {
		for _, s := range o.stages {
			b.Tokens -= s.Tokens
		}
	}
	if a.Time > 0 && b.Time <= 0 || a.Tokens > 0 && b.Tokens <= 0 {
		return nil
	}
	return &b
}

// judgedOf returns the hits that have a score, best first and without traces.
func judgedOf(hits []rerank.Hit) []rerank.Hit {
	var out []rerank.Hit
	for _, h := range hits {
		if !math.IsNaN(h.Score) {
			h.Trace = nil
			out = append(out, h)
		}
	}
	slices.SortFunc(out, rerank.Compare)
	return out
}

// settle puts the hits that a part had no time for below the others, without a sum,
// in the order of what is known of them.
func settle(fused []rerank.Hit, late []bool) {
	for rank, i := range anytime.ByScore(fused, nil) {
		if late[i] {
			fused[i].Rank = rank
		}
	}
	for i := range fused {
		if late[i] {
			fused[i].Score = math.NaN()
		}
	}
}

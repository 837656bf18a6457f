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
	a = o.remaining(ctx, a, r.share(i))
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

// shareOfFirst is how much of the time and of the tokens the parts that judge all hits may
// use where others are to judge the best of them: what those say of the hits that lead is
// worth more than what these would say of the last ones. docs/early.md has what comes of it.
const shareOfFirst = 2. / 3

// share returns how much of the time and of the tokens may be used up when part i is done.
func (r *Reranker) share(i int) float64 {
	follows := func(p Part) bool {
		_, ok := p.Reranker.(*anytime.Reranker)
		return ok && p.Best > 0
	}
	if r.Parts[i].Best == 0 && slices.ContainsFunc(r.Parts, follows) {
		return shareOfFirst
	}
	return 1
}

// remaining returns a with what those before it left of a share of its time and its tokens,
// nil if they left nothing.
func (o *opinions) remaining(ctx context.Context, a *anytime.Reranker, share float64) *anytime.Reranker {
	b := *a
	if whole := a.Within(ctx, o.start); whole > 0 {
		b.Time = scaled(whole, share) - time.Since(o.start)
		if b.Time <= 0 {
			return nil
		}
	}
	if b.Tokens > 0 {
		b.Tokens = scaled(a.Tokens, share)
		for _, s := range o.stages {
			b.Tokens -= s.Tokens
		}
		if b.Tokens <= 0 {
			return nil
		}
	}
	return &b
}

// scaled is a share, at most 1, of a number. The largest ones are no float64.
func scaled[T int | time.Duration](n T, share float64) T {
	if x := float64(n) * share; x < float64(n) {
		return T(x)
	}
	return n
}

// judgedOf returns the hits that were judged, best first and without traces; those that
// the judge abstained from have no score.
func judgedOf(hits []rerank.Hit) []rerank.Hit {
	var out []rerank.Hit
	for _, h := range hits {
		if !math.IsNaN(h.Score) || h.Scale != "" {
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

package anytime

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/internal/count"
)

// DefaultBest is how many of the hits that lead by the quick judge are judged in
// full unless told otherwise: twice the ten that are looked at most.
const DefaultBest = 20

// Reranker judges hits in steps. It is safe for concurrent use when its judges
// are, and must not be changed while in use.
//
// Hits that nobody judged have no score (NaN) and are the last, in the order of the
// request. Of those that both judged, the full judge's score counts; so scores of
// both stand in one list, which is why they must be on one scale.
type Reranker struct {
	Full rerank.Reranker

	// Quick judges every hit before Full judges the best of them; nil leaves all to
	// Full. Where its report has no truncated text, it has read all there is, and
	// Full is not asked.
	Quick rerank.Reranker

	// Best is how many hits Full judges after Quick; 0 means DefaultBest, or twice
	// the number of hits that a request asks for if that is more; a request for all
	// (TopN 0) asks for none in particular.
	Best int

	// Time is how long hits are judged; 0 means nine tenths of what the context
	// leaves, if it has a deadline, and else no bound. A step that has begun is
	// finished: steps are made as long as a part of the time that is left, by what
	// those before took, and the first is short.
	Time time.Duration

	// Tokens is about how many tokens of the models are computed; 0 means no bound. As
	// with Time, a step that is begun is finished.
	Tokens int
}

// Lead tells in which order hits are to be judged: their places in the list, the
// most promising first. It sees the hits as they are judged so far, in the order of
// the request (a score that is NaN: not yet), and their vectors as [Judgment] has
// them.
type Lead func(hits []rerank.Hit, vectors [][]float32) []int

// Judgment is what was found of the hits of a request.
type Judgment struct {
	Hits    []rerank.Hit // in the order of the request, with scores, scale and relevance; NaN where not judged
	Vectors [][]float32  // that they were judged by, nil where there is none; nil if no judge is [rerank.Vectored]
	Judged  []bool       // hits that were given to a judge
	Left    []bool       // of these, the ones it left out of its answer
	Report  rerank.StageReport
}

// Rerank orders the hits of a request, those that lead by their own scores being
// judged in full.
func (r *Reranker) Rerank(ctx context.Context, q rerank.Request) (rerank.Result, error) {
	j, err := r.Judge(ctx, q, ByScore)
	if err != nil {
		return rerank.Result{}, err
	}
	hits := make([]rerank.Hit, 0, len(j.Hits))
	for i, h := range j.Hits {
		if !j.Left[i] {
			hits = append(hits, h)
		}
	}
	return rerank.Result{Hits: rerank.Rank(hits, j.Report.Stage, q.TopN), Stages: []rerank.StageReport{j.Report}}, nil
}

// ByScore is the [Lead] of hits that stand for themselves: the highest score first,
// equal ones in their order, those without a score last.
func ByScore(hits []rerank.Hit, _ [][]float32) []int {
	order := make([]int, len(hits))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(hits[b].Score, hits[a].Score) }) // NaN last
	return order
}

// Judge judges the hits of a request and leaves it to the caller to order them.
func (r *Reranker) Judge(ctx context.Context, q rerank.Request, lead Lead) (Judgment, error) {
	if r.Full == nil {
		return Judgment{}, errors.New("anytime: Full is nil")
	}
	if r.Best < 0 || r.Time < 0 || r.Tokens < 0 {
		return Judgment{}, fmt.Errorf("anytime: the best %d in %v by %d tokens: none may be negative", r.Best, r.Time, r.Tokens)
	}
	j := newJudging(q, lead, r.budget(ctx))
	most := len(q.Hits)
	if r.Quick != nil {
		if err := j.pass(ctx, r.Quick, most); err != nil {
			return Judgment{}, fmt.Errorf("anytime: quick scoring: %w", err)
		}
		j.budget.next()
		j.quick, j.full = j.scored(), 0
		most = min(most, cmp.Or(r.Best, max(DefaultBest, 2*min(q.TopN, most))))
	}
	if j.whole = r.Quick != nil && j.truncated == 0 && !j.Report.Partial; !j.whole {
		j.truncated = 0 // those were by the quick judge, which is its purpose
		if err := j.pass(ctx, r.Full, most); err != nil {
			return Judgment{}, fmt.Errorf("anytime: full scoring: %w", err)
		}
	}
	return j.judgment(), ctx.Err()
}

// budget begins to count what a request may take.
func (r *Reranker) budget(ctx context.Context) budget {
	start := time.Now()
	return budget{start: start, time: r.Within(ctx, start), tokens: r.Tokens}
}

// Within returns how long hits of a request that began at start are judged, 0 if there
// is no bound; see Time.
func (r *Reranker) Within(ctx context.Context, start time.Time) time.Duration {
	if deadline, ok := ctx.Deadline(); ok && r.Time == 0 {
		return max(1, deadline.Sub(start)/10*9)
	}
	return r.Time
}

// judging is a request at work.
type judging struct {
	request rerank.Request
	lead    Lead
	budget  budget

	Judgment
	truncated int
	quick     int  // hits that the quick judge judged
	full      int  // hits that the full judge judged
	whole     bool // whether the quick judge read all there is
}

func newJudging(q rerank.Request, lead Lead, b budget) *judging {
	j := &judging{request: q, lead: lead, budget: b}
	j.Hits = slices.Clone(q.Hits)
	j.Judged, j.Left = make([]bool, len(q.Hits)), make([]bool, len(q.Hits))
	for i := range j.Hits {
		j.Hits[i].Score, j.Hits[i].Relevance, j.Hits[i].Scale = math.NaN(), math.NaN(), ""
	}
	j.Report.Candidates = len(q.Hits)
	return j
}

// pass lets a judge judge the most promising hits, step by step.
func (j *judging) pass(ctx context.Context, judge rerank.Reranker, most int) error {
	done := make([]bool, len(j.Hits)) // in this pass
	for left := most; left > 0; {
		size := j.budget.step(left)
		if size == 0 {
			j.Report.Partial = true
			return nil
		}
		at := j.next(done, size)
		if len(at) == 0 {
			return nil
		}
		begun, tokens := time.Now(), j.Report.Tokens
		if err := j.step(ctx, judge, at); err != nil {
			return err
		}
		j.budget.took(len(at), time.Since(begun), j.Report.Tokens-tokens)
		for _, i := range at {
			done[i] = true
		}
		left -= len(at)
		j.full += len(at)
	}
	return nil
}

// next returns the places of the most promising hits that are not done.
func (j *judging) next(done []bool, size int) []int {
	at := make([]int, 0, size)
	for _, i := range j.lead(j.Hits, j.Vectors) {
		if len(at) == size {
			break
		}
		if !done[i] && !j.Left[i] {
			at = append(at, i)
		}
	}
	return at
}

// step has the hits at some places judged.
func (j *judging) step(ctx context.Context, judge rerank.Reranker, at []int) error {
	part := rerank.Request{Query: j.request.Query, Hits: make([]rerank.Hit, len(at))}
	for k, i := range at {
		part.Hits[k] = j.request.Hits[i]
		part.Hits[k].Index, part.Hits[k].Rank = k, k
	}
	var result rerank.Result
	var vectors [][]float32
	var err error
	if v, ok := judge.(rerank.Vectored); ok {
		result, vectors, err = v.RerankVectors(ctx, part)
	} else {
		result, err = judge.Rerank(ctx, part)
	}
	if err != nil {
		return err
	}
	j.report(result.Stages)
	return j.take(at, result.Hits, vectors)
}

// take notes what a judge said of the hits at some places.
func (j *judging) take(at []int, hits []rerank.Hit, vectors [][]float32) error {
	seen := make([]bool, len(at))
	for _, h := range hits {
		if h.Index < 0 || h.Index >= len(at) || seen[h.Index] {
			return fmt.Errorf("index %d was not asked for, or came back twice", h.Index)
		}
		seen[h.Index] = true
		i := at[h.Index]
		if j.Hits[i].Scale != "" && j.Hits[i].Scale != h.Scale {
			return fmt.Errorf("the scores are on the scale %q, those of Quick on %q", h.Scale, j.Hits[i].Scale)
		}
		j.Hits[i].Score, j.Hits[i].Scale, j.Hits[i].Relevance = h.Score, h.Scale, h.Relevance
	}
	if j.Vectors == nil && vectors != nil {
		j.Vectors = make([][]float32, len(j.Hits))
	}
	for k, i := range at {
		j.Judged[i], j.Left[i] = true, !seen[k]
		if k < len(vectors) {
			j.Vectors[i] = vectors[k]
		}
	}
	return nil
}

// report adds what a step's stages tell.
func (j *judging) report(stages []rerank.StageReport) {
	for _, s := range stages {
		r := &j.Report
		r.Stage, r.Model = s.Stage, cmp.Or(s.Model, r.Model)
		r.Tokens += s.Tokens
		r.BilledUnits += s.BilledUnits
		r.Skipped += s.Skipped
		r.Degraded = cmp.Or(r.Degraded, s.Degraded)
		j.truncated += s.Truncated
		if j.quick == 0 { // the full judge reads the same texts again
			r.Foreign += s.Foreign
		}
		for _, w := range s.Warnings {
			if !slices.Contains(r.Warnings, w) {
				r.Warnings = append(r.Warnings, w)
			}
		}
	}
}

func (j *judging) scored() int {
	n := 0
	for _, judged := range j.Judged {
		if judged {
			n++
		}
	}
	return n
}

// judgment closes the report.
func (j *judging) judgment() Judgment {
	r := &j.Report
	r.Stage = cmp.Or(r.Stage, "anytime")
	r.Scored, r.Truncated, r.Elapsed = j.scored(), j.truncated, time.Since(j.budget.start)
	switch {
	case j.whole:
		r.Notes = append(r.Notes, "the quick pass read every text in full")
	case j.quick > 0:
		r.Notes = append(r.Notes, fmt.Sprintf("%s scored quickly, %d of them in full", count.Of(j.quick, "hit"), j.full))
	}
	if r.Partial {
		r.Notes = append(r.Notes, j.budget.String())
	}
	return j.Judgment
}

package fusion

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/flashrerank/rerank"
)

// Part is one of the judgments that a [Reranker] blends.
type Part struct {
	Name     string // in errors, reports and traces; "part 1", … by default
	Reranker rerank.Reranker

	// Carried names a scale whose scores are taken from the hits themselves,
	// if every hit of the request carries one: as its score or, failing that,
	// as the latest entry of its trace on that scale. So a blend after a BM25
	// first stage uses the scores of that stage, which know the whole corpus.
	// Otherwise the part's Reranker is asked; without one it is an error.
	Carried rerank.Scale

	Weight float64 // multiplies what the part has to say; 0 means 1
}

// Reranker is a blend: it lets several rerankers judge the same hits and fuses
// what they say. Scores are normalised over the hits of the request, so a
// document's sum depends on its company; a hit that a part leaves out or has
// no score for counts 0 there. Equal sums keep the order of the request. A
// hit's trace gets what each part said, then the blend.
//
// A Reranker is safe for concurrent use when its parts are. It must not be
// changed while in use.
type Reranker struct {
	Parts  []Part
	Method Method // nil means MinMax
	Name   string // stage name in traces and reports; "" means "blend"

	// Neighbours smooths the sums by the vectors of the first part that is
	// [Vectored].
	Neighbours Neighbours

	// Lenient goes on without parts that fail, and says so in
	// StageReport.Degraded; it is an error when all fail. Otherwise one
	// failing part is an error. The caller's own cancellation always is one.
	Lenient bool
}

// Rerank orders the hits of a request; see [Reranker].
func (r *Reranker) Rerank(ctx context.Context, q rerank.Request) (rerank.Result, error) {
	start := time.Now()
	weights, err := r.check()
	if err != nil {
		return rerank.Result{}, err
	}
	report := rerank.StageReport{Stage: r.name(), Candidates: len(q.Hits), Notes: []string{r.note(weights)}}
	if len(q.Hits) == 0 {
		return rerank.Result{Stages: []rerank.StageReport{report}}, ctx.Err()
	}
	inner := rerank.Request{Query: q.Query, Hits: numbered(q.Hits)}
	vectors := make([][][]float32, len(r.Parts))
	outcomes, err := gather(ctx, len(r.Parts), func(i int) (result rerank.Result, err error) {
		result, vectors[i], err = r.judge(ctx, i, inner)
		return result, err
	})
	if err != nil {
		return rerank.Result{}, fmt.Errorf("fusion: %w", err)
	}
	failed := failures{lenient: r.Lenient}
	var stages []rerank.StageReport
	lists := make([][]rerank.Hit, len(r.Parts))
	for i, o := range outcomes {
		if o.err == nil {
			o.err = permutes(o.Hits, len(q.Hits))
		}
		if o.err != nil {
			failed.add(r.partName(i), o.err)
			continue
		}
		lists[i] = o.Hits
		stages = append(stages, o.Stages...)
	}
	if err := failed.verdict("fusion", len(r.Parts)); err != nil {
		return rerank.Result{}, err
	}
	fused := r.fuse(q.Hits, lists, weights)
	if r.smooth(fused, vectors) {
		report.Notes = append(report.Notes, fmt.Sprintf("%v of each score are those of the %d nearest hits", r.Neighbours.Weight, r.Neighbours.Number))
	}
	hits := rerank.Rank(fused, r.name(), q.TopN)
	report.Notes = append(report.Notes, notes(r.method(), r.partName, lists)...)
	report.Scored, report.Degraded, report.Elapsed = len(q.Hits), failed.degraded(), time.Since(start)
	return rerank.Result{Hits: hits, Stages: append(stages, report)}, nil
}

func (r *Reranker) name() string { return cmp.Or(r.Name, "blend") }

func (r *Reranker) method() Method {
	if r.Method == nil {
		return MinMax{}
	}
	return r.Method
}

func (r *Reranker) partName(i int) string {
	return cmp.Or(r.Parts[i].Name, fmt.Sprintf("part %d", i+1))
}

// check returns the weights of the parts.
func (r *Reranker) check() ([]float64, error) {
	if len(r.Parts) == 0 {
		return nil, errors.New("fusion: no parts to blend")
	}
	weights := make([]float64, len(r.Parts))
	for i, p := range r.Parts {
		if p.Reranker == nil && p.Carried == "" {
			return nil, fmt.Errorf("fusion: %s has neither a reranker nor a scale to take from the hits", r.partName(i))
		}
		var err error
		if weights[i], err = weight(p.Weight, r.partName(i)); err != nil {
			return nil, err
		}
	}
	if err := r.Neighbours.check(); err != nil {
		return nil, fmt.Errorf("fusion: %w", err)
	}
	return weights, r.method().check()
}

// smooth lets neighbours in on the scores of hits, if there are vectors, and
// reports whether it did.
func (r *Reranker) smooth(hits []rerank.Hit, vectors [][][]float32) bool {
	if !r.Neighbours.active() {
		return false
	}
	for _, v := range vectors {
		if len(v) != len(hits) {
			continue
		}
		scores := make([]float64, len(hits))
		for i, h := range hits {
			scores[i] = h.Score
		}
		r.Neighbours.smooth(scores, v)
		for i := range hits {
			hits[i].Score = scores[i]
		}
		return true
	}
	return false
}

func (r *Reranker) note(weights []float64) string {
	names := make([]string, len(r.Parts))
	for i := range r.Parts {
		names[i] = fmt.Sprintf("%v × %s", weights[i], r.partName(i))
	}
	return fmt.Sprintf("%s over the hits given: %s", r.method().describe(), strings.Join(names, " + "))
}

// numbered copies hits with Index as the place in the request, by which parts
// are joined: the caller's own may repeat.
func numbered(hits []rerank.Hit) []rerank.Hit {
	out := slices.Clone(hits)
	for i := range out {
		out[i].Index = i
	}
	return out
}

// judge asks part i, or takes what the hits carry. What comes back has the
// part's own traces only; vectors are those of a part that has them.
func (r *Reranker) judge(ctx context.Context, i int, q rerank.Request) (result rerank.Result, vectors [][]float32, err error) {
	p := r.Parts[i]
	if hits, ok := r.carried(i, q.Hits); ok {
		return rerank.Result{Hits: hits, Stages: []rerank.StageReport{{
			Stage: r.partName(i), Candidates: len(hits), Notes: []string{fmt.Sprintf("took the %s scores that the hits carry", p.Carried)},
		}}}, nil, nil
	}
	if p.Reranker == nil {
		return rerank.Result{}, nil, fmt.Errorf("not every hit carries a score on the scale %q", p.Carried)
	}
	if v, ok := p.Reranker.(Vectored); ok && r.Neighbours.active() {
		result, vectors, err = v.RerankVectors(ctx, q)
	} else {
		result, err = p.Reranker.Rerank(ctx, q)
	}
	if err != nil {
		return result, nil, err
	}
	result.Hits = slices.Clone(result.Hits)
	for k := range result.Hits {
		h := &result.Hits[k]
		if h.Index < 0 || h.Index >= len(q.Hits) {
			continue // permutes tells
		}
		h.Trace = h.Trace[min(len(q.Hits[h.Index].Trace), len(h.Trace)):]
		if len(h.Trace) == 0 {
			h.Trace = []rerank.StageScore{{Stage: r.partName(i), Rank: h.Rank, Score: h.Score, Scale: h.Scale}}
		}
	}
	return result, vectors, nil
}

// carried returns the hits ordered by the scores they carry for part i. Their
// traces stay empty, as the score is in the trace already.
func (r *Reranker) carried(i int, hits []rerank.Hit) ([]rerank.Hit, bool) {
	scale := r.Parts[i].Carried
	if scale == "" {
		return nil, false
	}
	out := slices.Clone(hits)
	for k := range out {
		score, ok := carriedScore(out[k], scale)
		if !ok {
			return nil, false
		}
		out[k].Score, out[k].Scale, out[k].Trace = score, scale, nil
	}
	slices.SortFunc(out, rerank.Compare)
	return out, true
}

// carriedScore returns the score on a scale that a hit carries.
func carriedScore(h rerank.Hit, scale rerank.Scale) (float64, bool) {
	if h.Scale == scale {
		return h.Score, true
	}
	for _, t := range slices.Backward(h.Trace) {
		if t.Scale == scale {
			return t.Score, true
		}
	}
	return math.NaN(), false
}

// permutes checks that a part gave back hits of the request, each once.
func permutes(hits []rerank.Hit, n int) error {
	seen := make([]bool, n)
	for _, h := range hits {
		if h.Index < 0 || h.Index >= n || seen[h.Index] {
			return fmt.Errorf("index %d came back and was not asked for, or came twice", h.Index)
		}
		seen[h.Index] = true
	}
	return nil
}

// fuse adds up what the parts say of each hit.
func (r *Reranker) fuse(given []rerank.Hit, lists [][]rerank.Hit, weights []float64) []rerank.Hit {
	hits := slices.Clone(given)
	parts := make([][]float64, len(hits))
	for i := range hits {
		hits[i].Trace = slices.Clip(hits[i].Trace)
		parts[i] = make([]float64, 0, len(lists))
	}
	for i, list := range lists {
		for k, v := range r.method().values(list) {
			at := list[k].Index
			parts[at] = append(parts[at], weights[i]*v)
			hits[at].Trace = append(hits[at].Trace, list[k].Trace...)
		}
	}
	for i := range hits {
		h := &hits[i]
		h.Score, h.Scale, h.Relevance = sum(parts[i]), rerank.ScaleFused, math.NaN()
	}
	return hits
}

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
	"github.com/flashrerank/rerank/anytime"
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

	// Weight multiplies what the part has to say; nil means 1. A part with the weight 0
	// is asked all the same, for its vectors and for what [Reranker.Relevance] makes of
	// it; at least one must have another.
	Weight *float64

	// Best, if it is not 0, keeps a costly part to so many hits: those that lead by the
	// sum of the parts that judge all. The others count 0 there, like its lowest.
	Best int

	// Else names the part whose normalised score counts in the place of this one's for hits
	// that this one abstains from: that it gives back without a score (NaN), such as texts
	// in a language that a model does not know. Parts that judge the best only are then not
	// asked about them. "" means that they count 0, like the part's lowest; and so they do
	// where the other part has the same score for all hits. A part with a score for fewer
	// than a quarter of the hits abstains from all.
	Else string

	// Trust, if it is not nil, lessens the weight over the hits of a request.
	Trust Trust
}

// Reranker is a blend: it lets several rerankers judge the same hits and fuses
// what they say. Scores are normalised over the hits of the request, so a
// document's sum depends on its company; a hit that a part leaves out or has
// no score for counts 0 there. Equal sums keep the order of the request. A
// hit's trace gets what each part said, then the blend.
//
// A part may be an anytime.Reranker. It then judges after the others, and first
// the hits that lead by the sum of all that is known; its time and its tokens count from
// the beginning of the request, and a third of them is kept for parts that judge the
// best only, where those are such parts as well. Hits that it had no time for
// are the last, without a score, and the report says Partial.
//
// A Reranker is safe for concurrent use when its parts are. It must not be
// changed while in use.
type Reranker struct {
	Parts  []Part
	Method Method // nil means MinMax
	Name   string // stage name in traces and reports; "" means "blend"

	// Neighbours smooths the sums by the vectors of the first part that is
	// [rerank.Vectored].
	Neighbours Neighbours

	// Relevance gives a hit its relevance by the first of these whose parts all have a
	// score for it. A sum by itself defines none.
	Relevance []Calibration

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
	weights, doubts, err := r.trusted(weights, q.Hits)
	if err != nil {
		return rerank.Result{}, err
	}
	report.Notes = append(report.Notes, doubts...)
	o := &opinions{
		weights: weights, lists: make([][]rerank.Hit, len(r.Parts)), vectors: make([][][]float32, len(r.Parts)),
		late: make([]bool, len(q.Hits)), start: start, failed: failures{lenient: r.Lenient},
	}
	if err := r.ask(ctx, rerank.Request{Query: q.Query, Hits: numbered(q.Hits)}, q.TopN, o); err != nil {
		return rerank.Result{}, err
	}
	fused, smoothed := r.sums(q.Hits, o)
	if heard, err := r.askLast(ctx, q, fused, o); err != nil {
		return rerank.Result{}, err
	} else if heard {
		fused, smoothed = r.sums(q.Hits, o)
	}
	if smoothed {
		report.Notes = append(report.Notes, fmt.Sprintf("%v of each score are those of the %d nearest hits", r.Neighbours.Weight, r.Neighbours.Number))
	}
	if n := o.unjudged(); n > 0 {
		report.Partial = true
		report.Notes = append(report.Notes, fmt.Sprintf("no time for %d of the hits, which come last", n))
		settle(fused, o.late)
	}
	if n := o.abstentions(); n > 0 {
		report.Notes = append(report.Notes, fmt.Sprintf("%d of the hits were not scored by every part; another part's score counts instead", n))
	}
	if o.missed > 0 {
		report.Partial = true
		report.Notes = append(report.Notes, fmt.Sprintf("%d of the top hits were not scored by every part", o.missed))
	}
	for _, c := range r.Relevance {
		c.apply(fused, o.lists)
	}
	hits := rerank.Rank(fused, r.name(), 0)
	pool(hits)
	if q.TopN > 0 {
		hits = slices.Clip(hits[:min(q.TopN, len(hits))])
	}
	report.Notes = append(report.Notes, notes(r.method(), r.partName, o.lists)...)
	report.Scored, report.Degraded, report.Elapsed = len(q.Hits)-o.unjudged(), o.failed.degraded(), time.Since(start)
	return rerank.Result{Hits: hits, Stages: append(o.stages, report)}, nil
}

// opinions are what the parts said of the hits of a request.
type opinions struct {
	weights []float64
	lists   [][]rerank.Hit // of each part, best first; Index is the place in the request
	vectors [][][]float32  // of each part, in the order of the request
	late    []bool         // hits that a part had no time for
	start   time.Time
	without []bool // hits that a part with another in its place abstained from
	missed  int    // hits that a part for the best should have judged and did not
	stages  []rerank.StageReport
	failed  failures
}

func (o *opinions) abstentions() int {
	n := 0
	for _, without := range o.without {
		if without {
			n++
		}
	}
	return n
}

func (o *opinions) unjudged() int {
	n := 0
	for _, late := range o.late {
		if late {
			n++
		}
	}
	return n
}

// ask lets the parts judge: first, at once, those that judge all at once, and then
// those that judge step by step.
func (r *Reranker) ask(ctx context.Context, q rerank.Request, topN int, o *opinions) error {
	outcomes, err := gather(ctx, len(r.Parts), func(i int) (result rerank.Result, err error) {
		if r.Parts[i].Best == 0 && r.gradual(i, q.Hits) == nil {
			result, o.vectors[i], err = r.judge(ctx, i, q, o)
		}
		return result, err
	})
	if err != nil {
		return fmt.Errorf("fusion: %w", err)
	}
	for i, said := range outcomes {
		if r.hear(i, said, len(q.Hits), o) {
			o.lists[i] = said.Hits
		}
	}
	q.TopN = topN // which tells those that judge step by step how far to go
	for i := range r.Parts {
		a := r.gradual(i, q.Hits)
		if a == nil || r.Parts[i].Best > 0 {
			continue
		}
		if err := r.judgeGradually(ctx, a, i, q, o); ctx.Err() != nil {
			return fmt.Errorf("fusion: %w", ctx.Err())
		} else if err != nil {
			o.failed.add(r.partName(i), err)
		}
	}
	return o.failed.verdict("fusion", len(r.Parts))
}

// hear notes how part i judged so many hits, and reports whether it did.
func (r *Reranker) hear(i int, said outcome, hits int, o *opinions) bool {
	if said.err == nil {
		said.err = permutes(said.Hits, hits)
	}
	if said.err != nil {
		o.failed.add(r.partName(i), said.err)
		return false
	}
	o.stages = append(o.stages, said.Stages...)
	return true
}

// checkElse looks at what [Part.Else] names.
func (r *Reranker) checkElse() error {
	for i, p := range r.Parts {
		if p.Else == "" {
			continue
		}
		if at := r.partNamed(p.Else); at < 0 || r.Parts[at].Else != "" || r.Parts[at].Best > 0 {
			return fmt.Errorf("%s has %q in its place, which is no part that scores all hits by itself", r.partName(i), p.Else)
		}
	}
	return nil
}

// partNamed returns the place of a part, −1 if there is none of that name.
func (r *Reranker) partNamed(name string) int {
	for i := range r.Parts {
		if r.partName(i) == name {
			return i
		}
	}
	return -1
}

// sums are the hits with what the parts say of them added up, and whether neighbours
// had a part in that.
func (r *Reranker) sums(given []rerank.Hit, o *opinions) ([]rerank.Hit, bool) {
	r.leave(o)
	o.without = r.abstained(len(given), o.lists)
	fused := r.fuse(given, o.lists, o.weights)
	return fused, r.smooth(fused, o.vectors)
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
	if slices.Max(weights) == 0 {
		return nil, errors.New("fusion: every part has the weight 0")
	}
	if err := errors.Join(r.Neighbours.check(), r.checkBest(), r.checkElse(), r.checkRelevance()); err != nil {
		return nil, fmt.Errorf("fusion: %w", err)
	}
	return weights, r.method().check()
}

func (r *Reranker) checkRelevance() error {
	for _, c := range r.Relevance {
		if err := c.check(len(r.Parts)); err != nil {
			return err
		}
	}
	return nil
}

// smooth lets neighbours in on the scores of hits, if there are vectors, and
// reports whether it did.
func (r *Reranker) smooth(hits []rerank.Hit, vectors [][][]float32) bool {
	if !r.Neighbours.active() {
		return false
	}
	for _, v := range vectors {
		if len(v) != len(hits) || !slices.ContainsFunc(v, func(x []float32) bool { return x != nil }) {
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
		if n := r.Parts[i].Best; n > 0 {
			names[i] += fmt.Sprintf(" of the best %d", n)
		}
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
// part's own traces only; vectors are those of a part that has them. A part that judges
// step by step has what time and tokens those before it left, and says nothing without.
func (r *Reranker) judge(ctx context.Context, i int, q rerank.Request, o *opinions) (result rerank.Result, vectors [][]float32, err error) {
	by := r.Parts[i].Reranker
	if hits, ok := r.carried(i, q.Hits); ok {
		return rerank.Result{Hits: hits, Stages: []rerank.StageReport{{
			Stage: r.partName(i), Candidates: len(hits), Notes: []string{fmt.Sprintf("took the %s scores that the hits carry", r.Parts[i].Carried)},
		}}}, nil, nil
	}
	if by == nil {
		return rerank.Result{}, nil, fmt.Errorf("not every hit carries a score on the scale %q", r.Parts[i].Carried)
	}
	if a, ok := by.(*anytime.Reranker); ok {
		if a = o.remaining(ctx, a, r.share(i)); a == nil {
			return rerank.Result{}, nil, nil
		}
		by = a
	}
	if v, ok := by.(rerank.Vectored); ok && r.Neighbours.active() {
		result, vectors, err = v.RerankVectors(ctx, q)
	} else {
		result, err = by.Rerank(ctx, q)
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
			return fmt.Errorf("index %d was not asked for, or came back twice", h.Index)
		}
		seen[h.Index] = true
	}
	return nil
}

// inPlaceOf returns what counts, by the place of hits in the request, where part i
// abstains; nil if nothing does.
func (r *Reranker) inPlaceOf(i int, lists [][]rerank.Hit, values [][]float64) map[int]float64 {
	if r.Parts[i].Else == "" || !slices.ContainsFunc(lists[i], func(h rerank.Hit) bool { return math.IsNaN(h.Score) }) {
		return nil
	}
	by := r.partNamed(r.Parts[i].Else)
	other := map[int]float64{}
	if flat(lists[by]) {
		return other
	}
	for k, h := range lists[by] {
		other[h.Index] = values[by][k]
	}
	return other
}

// abstained tells from which of n hits a part with another in its place abstained, nil if
// from none.
func (r *Reranker) abstained(n int, lists [][]rerank.Hit) []bool {
	var without []bool
	for i, list := range lists {
		if r.Parts[i].Else == "" {
			continue
		}
		for _, h := range list {
			if math.IsNaN(h.Score) {
				if without == nil {
					without = make([]bool, n)
				}
				without[h.Index] = true
			}
		}
	}
	return without
}

// fuse adds up what the parts say of each hit.
func (r *Reranker) fuse(given []rerank.Hit, lists [][]rerank.Hit, weights []float64) []rerank.Hit {
	hits := slices.Clone(given)
	parts := make([][]float64, len(hits))
	for i := range hits {
		hits[i].Trace = slices.Clip(hits[i].Trace)
		parts[i] = make([]float64, 0, len(lists))
	}
	values := make([][]float64, len(lists)) // of each part, in the order of its list
	for i, list := range lists {
		values[i] = r.method().values(list)
	}
	for i, list := range lists {
		other := r.inPlaceOf(i, lists, values)
		for k, v := range values[i] {
			at := list[k].Index
			if other != nil && math.IsNaN(list[k].Score) {
				v = other[at]
			}
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

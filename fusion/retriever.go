package fusion

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/flashrerank/rerank"
)

// DefaultDepth is how many hits of each list are fused unless told otherwise.
const DefaultDepth = 100

// List is one of the lists that a [Retriever] fuses.
type List struct {
	Name      string // in errors and reports; "list 1", … by default
	Retriever rerank.Retriever

	// Weight multiplies what the list has to say; nil means 1. A list with the
	// weight 0 is not asked; at least one must have another.
	Weight *float64

	// Scores gives documents which other lists found and this one did not the
	// score that this list's measure has for them, on the same scale. It is
	// used by MinMax. Without it such documents count like the list's lowest.
	//
	// It matters: with a fixed depth most of the union is missing from one of
	// the lists, and true scores were worth over 0.013 of nDCG@10 on two of
	// the four collections measured.
	Scores rerank.Reranker

	// Else names the list whose normalised score counts in the place of this one's for
	// documents that Scores abstains from: that it gives back without a score (NaN). ""
	// means that they count like the list's lowest, and so does a list with the weight 0.
	// A list with a score for fewer than a quarter of the documents abstains from all. It is
	// used by MinMax.
	Else string

	// Trust, if it is not nil, lessens the weight over what the lists found.
	Trust Trust
}

// Retriever is a first stage that runs several others at once and fuses their
// lists into one. The hits are the union of the lists; documents are the same
// when their IDs are, so a hit without an ID is an error. A document that a
// list has twice counts by its better place.
//
// Scores are normalised over the union of each list's best Depth hits,
// whatever number of hits a search asks for; more than that union cannot be
// had. Equal sums are ordered by ID. A hit's trace holds what its lists said,
// list by list, then the fusion; a score that a list was asked for later has
// rank −1 there.
//
// A Retriever is safe for concurrent use when its lists are. It must not be
// changed while in use.
type Retriever struct {
	Lists  []List
	Method Method // nil means MinMax
	Depth  int    // hits asked of each list; 0 means DefaultDepth
	Name   string // stage name in traces and reports; "" means "fusion"

	// Lenient goes on without lists that fail, and says so in
	// StageReport.Degraded; it is an error when all fail. Otherwise one
	// failing list is an error. The caller's own cancellation always is one.
	Lenient bool
}

// member is a document of the union.
type member struct {
	document rerank.Document
	places   []int // in each list; -1 where a list does not have it
}

// Retrieve returns the best hits of the fused lists; see [Retriever].
func (r *Retriever) Retrieve(ctx context.Context, s rerank.Search) (rerank.Result, error) {
	start := time.Now()
	weights, err := r.check()
	if err != nil {
		return rerank.Result{}, err
	}
	report := rerank.StageReport{Stage: r.name(), Notes: []string{r.note(weights)}}
	r, weights = r.heard(weights)
	failed := failures{lenient: r.Lenient}
	own, cancel := s.Inner(ctx)
	defer cancel()
	found, stages, err := r.search(ctx, own, s, &failed)
	if err != nil {
		return rerank.Result{}, err
	}
	union, skipped, err := r.join(found)
	if err != nil {
		return rerank.Result{}, err
	}
	late, err := r.complete(own, s.Query, found, union, &failed)
	if err != nil && !s.Enough(own) {
		return rerank.Result{}, err
	}
	report.Partial = s.Enough(own)
	weights, doubts, err := r.trusted(weights, found)
	if err != nil {
		return rerank.Result{}, err
	}
	report.Notes = append(report.Notes, doubts...)
	r.leave(found)
	hits := r.fuse(found, union, weights)
	for i := range hits {
		hits[i].Index = i
	}
	report.Candidates, report.Scored, report.Skipped = len(hits), len(hits), skipped
	report.Notes = append(report.Notes, notes(r.method(), r.listName, found)...)
	report.Degraded, report.Elapsed = failed.degraded(), time.Since(start)
	hits = slices.Clip(hits[:min(s.Limit(), len(hits))])
	return rerank.Result{Hits: hits, Stages: append(append(stages, late...), report)}, nil
}

func (r *Retriever) name() string { return cmp.Or(r.Name, "fusion") }

func (r *Retriever) method() Method {
	if r.Method == nil {
		return MinMax{}
	}
	return r.Method
}

func (r *Retriever) depth() int { return cmp.Or(r.Depth, DefaultDepth) }

func (r *Retriever) listName(i int) string {
	return cmp.Or(r.Lists[i].Name, fmt.Sprintf("list %d", i+1))
}

// listNamed returns the place of a list, −1 if there is none of that name.
func (r *Retriever) listNamed(name string) int {
	for i := range r.Lists {
		if r.listName(i) == name {
			return i
		}
	}
	return -1
}

// check returns the weights of the lists.
func (r *Retriever) check() ([]float64, error) {
	if len(r.Lists) == 0 {
		return nil, errors.New("fusion: no lists to fuse")
	}
	if r.Depth < 0 {
		return nil, fmt.Errorf("fusion: depth %d", r.Depth)
	}
	weights := make([]float64, len(r.Lists))
	for i, l := range r.Lists {
		if l.Retriever == nil {
			return nil, fmt.Errorf("fusion: %s has no retriever", r.listName(i))
		}
		var err error
		if weights[i], err = weight(l.Weight, r.listName(i)); err != nil {
			return nil, err
		}
		if l.Else != "" && r.listNamed(l.Else) < 0 {
			return nil, fmt.Errorf("fusion: %s has %q in its place, which is no list", r.listName(i), l.Else)
		}
	}
	if slices.Max(weights) == 0 {
		return nil, errors.New("fusion: every list has the weight 0")
	}
	return weights, r.method().check()
}

// heard returns a retriever of the lists that have a weight, and the weights.
func (r *Retriever) heard(weights []float64) (*Retriever, []float64) {
	if !slices.Contains(weights, 0) {
		return r, weights
	}
	some := *r
	some.Lists = nil
	var theirs []float64
	for i, l := range r.Lists {
		if weights[i] != 0 {
			l.Name = r.listName(i)
			if l.Else != "" && weights[r.listNamed(l.Else)] == 0 {
				l.Else = ""
			}
			some.Lists, theirs = append(some.Lists, l), append(theirs, weights[i])
		}
	}
	return &some, theirs
}

// note tells how the numbers came to be.
func (r *Retriever) note(weights []float64) string {
	names := make([]string, len(r.Lists))
	for i := range r.Lists {
		names[i] = fmt.Sprintf("%v × %s", weights[i], r.listName(i))
	}
	return fmt.Sprintf("%s over the best %d of each list: %s", r.method().describe(), r.depth(), strings.Join(names, " + "))
}

// search runs the lists, in their own context, which may end before ctx. A list that
// failed is empty.
func (r *Retriever) search(ctx, own context.Context, s rerank.Search, failed *failures) ([][]rerank.Hit, []rerank.StageReport, error) {
	s.K = r.depth()
	outcomes, err := gather(ctx, len(r.Lists), func(i int) (rerank.Result, error) {
		return r.Lists[i].Retriever.Retrieve(own, s)
	})
	if err != nil {
		return nil, nil, fmt.Errorf("fusion: %w", err)
	}
	var stages []rerank.StageReport
	found := make([][]rerank.Hit, len(r.Lists))
	for i, o := range outcomes {
		if o.err != nil {
			failed.add(r.listName(i), o.err)
			continue
		}
		found[i] = o.Hits[:min(len(o.Hits), s.K)]
		stages = append(stages, o.Stages...)
	}
	if s.Enough(own) {
		return found, stages, nil // the report tells which lists had no time
	}
	return found, stages, failed.verdict("fusion", len(r.Lists))
}

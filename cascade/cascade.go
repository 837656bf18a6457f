package cascade

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/flashrerank/rerank"
)

// DefaultDepth is how many hits the first stage is asked for, and how many of
// them a stage re-orders, unless told otherwise.
const DefaultDepth = 100

// Cascade is a first stage and the rerankers after it. It is a
// [rerank.Retriever].
//
// A stage re-orders the best Depth hits of what it is given; the rest keeps its
// order below them and its own scores on its own scale. So Rank is the order of
// a cascade's hits as a whole, while [rerank.Compare] orders those on one scale
// only: a tail of BM25 scores may hold higher numbers than the re-ranked hits
// above. What a stage leaves out of its answer is left out of the result.
//
// The number of hits asked for decides nothing but where the list is cut: the
// first stage is asked for the greatest of Depth, the depths of the stages and
// K, and stages see their Depth best whatever K is.
//
// The answer waits for no stage once its time is up: one that ignores its
// context is left behind and runs on, with its own copy of the list, until it
// returns; what it returns is dropped.
//
// A Cascade is safe for concurrent use when its stages are. It must not be
// changed while in use.
type Cascade struct {
	First  rerank.Retriever
	Depth  int // 0 means DefaultDepth
	Stages []Stage

	// Wordless says that no stage reads more of a document than its ID. Only then, or
	// without stages, does a search for IDs alone (rerank.Search.IDsOnly) spare
	// the first stage the loading of texts.
	Wordless bool

	// Timeout bounds the whole search; 0 means that only the caller's context
	// does. When it passes, a stage that may be skipped is, and any other is
	// an error, as the first stage always is.
	Timeout time.Duration
}

// Stage is one reranker of a [Cascade].
type Stage struct {
	Name     string // in errors and in the reports made here; "stage 1", … by default
	Reranker rerank.Reranker
	Depth    int           // how many hits it re-orders; 0 means the cascade's Depth
	Timeout  time.Duration // for this stage; 0 means what is left of the whole
	OnError  OnError
}

// Retrieve runs the search through all stages; see [Cascade]. The reports of
// the result are in order of the stages, each with its time.
func (c *Cascade) Retrieve(ctx context.Context, s rerank.Search) (rerank.Result, error) {
	if err := c.check(); err != nil {
		return rerank.Result{}, err
	}
	whole, cancel := withTimeout(ctx, c.Timeout)
	defer cancel()
	inner, end := s.Inner(whole)
	defer end()
	r := run{Cascade: c, search: s, caller: ctx, whole: whole, inner: inner}
	result, err := r.first()
	if err != nil {
		return rerank.Result{}, err
	}
	for i := range c.Stages {
		if result, err = r.apply(i, result); err != nil {
			return rerank.Result{}, err
		}
	}
	result.Hits = slices.Clip(result.Hits[:min(len(result.Hits), s.Limit())])
	for i := range result.Hits {
		result.Hits[i].Index = i
	}
	return result, nil
}

func (c *Cascade) check() error {
	if c.First == nil {
		return errors.New("cascade: no first stage")
	}
	if c.Depth < 0 || c.Timeout < 0 {
		return fmt.Errorf("cascade: depth %d, timeout %v: neither may be negative", c.Depth, c.Timeout)
	}
	for i, s := range c.Stages {
		switch {
		case s.Reranker == nil:
			return fmt.Errorf("cascade: %s has no reranker", c.stageName(i))
		case s.Depth < 0 || s.Timeout < 0:
			return fmt.Errorf("cascade: %s: depth %d, timeout %v: neither may be negative", c.stageName(i), s.Depth, s.Timeout)
		case s.OnError > Keep:
			return fmt.Errorf("cascade: %s: %v is neither Fail nor Keep", c.stageName(i), s.OnError)
		}
	}
	return nil
}

func (c *Cascade) depth() int { return cmp.Or(c.Depth, DefaultDepth) }

func (c *Cascade) stageDepth(i int) int { return cmp.Or(c.Stages[i].Depth, c.depth()) }

func (c *Cascade) stageName(i int) string {
	return cmp.Or(c.Stages[i].Name, fmt.Sprintf("stage %d", i+1))
}

// withTimeout is context.WithTimeout where 0 means none.
func withTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	if d == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, d)
}

// run is a search under way.
type run struct {
	*Cascade
	search rerank.Search
	caller context.Context
	whole  context.Context // with the timeout of the cascade
	inner  context.Context // of the stages: as whole, or ending a little before it
}

// first asks the first stage for all that any later one may need.
func (c run) first() (rerank.Result, error) {
	s := c.search
	s.K = max(s.Limit(), c.depth())
	for i := range c.Stages {
		s.K = max(s.K, c.stageDepth(i))
	}
	s.IDsOnly = s.IDsOnly && (c.Wordless || len(c.Stages) == 0)
	start := time.Now()
	result, err := await(c.whole, func() (rerank.Result, error) { return c.First.Retrieve(c.inner, s) })
	if err != nil && s.Enough(c.inner) {
		return rerank.Result{Stages: []rerank.StageReport{{
			Stage: "first", Partial: true, Degraded: "nothing was found: " + reason(err), Elapsed: time.Since(start),
		}}}, nil
	}
	if err != nil {
		return result, fmt.Errorf("cascade: first stage: %w", cause(c.caller, c.whole, c.Timeout, err))
	}
	return rerank.Result{
		Hits:   slices.Clone(result.Hits), // Index is written to at the end
		Stages: reports(result.Stages, "first", len(result.Hits), time.Since(start)),
	}, nil
}

// cause tells why a stage has no answer: the caller's context, its own time, or
// its own error, in this order.
func cause(caller, own context.Context, timeout time.Duration, err error) error {
	switch {
	case caller.Err() != nil:
		return caller.Err()
	case own.Err() != nil:
		return fmt.Errorf("out of time after %v: %w", timeout, own.Err())
	}
	return err
}

// reason says in words why a stage has no answer.
func reason(err error) string {
	if err == context.DeadlineExceeded { // not what wraps it, which says more
		return "out of time"
	}
	return err.Error()
}

// apply runs stage i on the best of what came before.
func (c run) apply(i int, before rerank.Result) (rerank.Result, error) {
	stage := c.Stages[i]
	start := time.Now()
	n := min(c.stageDepth(i), len(before.Hits))
	head, tail := slices.Clip(before.Hits[:n]), before.Hits[n:]

	own, cancel := withTimeout(c.inner, stage.Timeout)
	defer cancel()
	request := rerank.Request{Query: c.search.Query, Hits: slices.Clone(head)} // its own, as it may be left behind
	result, err := await(own, func() (rerank.Result, error) { return stage.Reranker.Rerank(own, request) })
	if err == nil {
		err = permutes(head, result.Hits)
	}
	if err == nil {
		return rerank.Result{
			Hits:   stack(result.Hits, tail),
			Stages: append(before.Stages, reports(result.Stages, c.stageName(i), n, time.Since(start))...),
		}, nil
	}
	timeout := c.Timeout
	if c.whole.Err() == nil {
		timeout = stage.Timeout
	}
	enough := c.search.Enough(c.inner)
	if !enough {
		err = cause(c.caller, own, timeout, err)
	}
	if !enough && (stage.OnError == Fail || c.caller.Err() != nil) {
		return before, fmt.Errorf("cascade: %s: %w", c.stageName(i), err)
	}
	return rerank.Result{Hits: before.Hits, Stages: append(before.Stages, rerank.StageReport{
		Stage: c.stageName(i), Candidates: n, Skipped: n,
		Partial:  own.Err() != nil,
		Degraded: "the previous order is kept: " + reason(err),
		Elapsed:  time.Since(start),
	})}, nil
}

// stack puts re-ordered hits over the rest, which moves up where some of them
// were left out. The hits are copies, as ranks are written.
func stack(head, tail []rerank.Hit) []rerank.Hit {
	hits := slices.Concat(head, tail)
	for i := range hits {
		hits[i].Rank = i
	}
	return hits
}

// permutes checks that a stage gave back hits it was given, each once.
func permutes(given, got []rerank.Hit) error {
	known := make(map[int]bool, len(given))
	for _, h := range given {
		known[h.Index] = true
	}
	for _, h := range got {
		if !known[h.Index] {
			return fmt.Errorf("the hit with index %d was not given, or came back twice", h.Index)
		}
		known[h.Index] = false
	}
	return nil
}

// reports makes sure that a stage is reported, with its time.
func reports(stages []rerank.StageReport, name string, candidates int, elapsed time.Duration) []rerank.StageReport {
	if len(stages) == 0 {
		return []rerank.StageReport{{Stage: name, Candidates: candidates, Scored: candidates, Elapsed: elapsed}}
	}
	stages = slices.Clone(stages)
	if last := &stages[len(stages)-1]; last.Elapsed == 0 {
		last.Elapsed = elapsed
	}
	return stages
}

package experiment

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/index"
)

// kept is a first stage whose results are kept.
type kept struct {
	stage  rerank.Retriever
	output *output
}

// Retrieve returns what is kept for the query, or else searches and keeps it.
func (k *kept) Retrieve(ctx context.Context, s rerank.Search) (rerank.Result, error) {
	if e, ok := k.output.find(s.Query.ID); ok {
		return k.output.get(s.Query.ID, e)
	}
	start := time.Now()
	result, err := k.stage.Retrieve(ctx, s)
	if err != nil {
		return result, err
	}
	elapsed := time.Since(start)
	result.Stages = timed(result.Stages, "first", len(result.Hits), elapsed)
	return result, k.output.put(s.Query.ID, result, elapsed)
}

// others is a first stage that does not find the document with the ID of the
// query.
type others struct{ stage rerank.Retriever }

// Retrieve asks for one hit more and leaves that one out.
func (o others) Retrieve(ctx context.Context, s rerank.Search) (rerank.Result, error) {
	wanted := s.Limit()
	s.K = wanted + 1
	result, err := o.stage.Retrieve(ctx, s)
	if err != nil {
		return result, err
	}
	hits := slices.DeleteFunc(slices.Clone(result.Hits), func(h rerank.Hit) bool { return h.Document.ID == s.Query.ID })
	result.Hits = hits[:min(len(hits), wanted)]
	for i := range result.Hits {
		result.Hits[i].Rank = i
	}
	return result, nil
}

// keptOrder is a re-ranker whose results are kept.
type keptOrder struct {
	name     string
	stage    rerank.Reranker
	output   *output
	snapshot *index.Snapshot
}

// Rerank returns what is kept for the query, or else has the stage order the
// hits, with the documents that a kept list before has not, and keeps it.
func (k *keptOrder) Rerank(ctx context.Context, r rerank.Request) (rerank.Result, error) {
	if e, ok := k.output.find(r.Query.ID); ok {
		return k.recall(r, e)
	}
	if err := k.load(r.Hits); err != nil {
		return rerank.Result{}, err
	}
	start := time.Now()
	result, err := k.stage.Rerank(ctx, r)
	if err != nil {
		return result, err
	}
	elapsed := time.Since(start)
	result.Stages = timed(result.Stages, k.name, len(r.Hits), elapsed)
	return result, k.output.put(r.Query.ID, result, elapsed)
}

func (k *keptOrder) recall(r rerank.Request, e entry) (rerank.Result, error) {
	result, err := k.output.get(r.Query.ID, e)
	if err != nil {
		return result, err
	}
	given := make(map[int]rerank.Document, len(r.Hits))
	for _, h := range r.Hits {
		given[h.Index] = h.Document
	}
	for i, h := range result.Hits {
		if given[h.Index].ID != h.Document.ID {
			return rerank.Result{}, fmt.Errorf("query %q: what is kept of %s does not belong to the list it is given: remove %s", r.Query.ID, k.name, k.output.file.Name())
		}
		result.Hits[i].Document = given[h.Index]
	}
	return result, nil
}

// load fetches the documents of hits that have nothing but an ID.
func (k *keptOrder) load(hits []rerank.Hit) error {
	for i, h := range hits {
		if h.Document.Title != "" || h.Document.Text != "" {
			continue
		}
		number, found, err := k.snapshot.Find(h.Document.ID)
		if err == nil && found {
			hits[i].Document, err = k.snapshot.Document(number)
		}
		if err != nil {
			return fmt.Errorf("document %q: %w", h.Document.ID, err)
		}
	}
	return nil
}

// timed makes sure that a stage is reported, with its time.
func timed(stages []rerank.StageReport, name string, n int, elapsed time.Duration) []rerank.StageReport {
	if len(stages) == 0 {
		stages = []rerank.StageReport{{Stage: name, Candidates: n, Scored: n}}
	}
	if last := &stages[len(stages)-1]; last.Elapsed == 0 {
		last.Elapsed = max(elapsed, 1)
	}
	return stages
}

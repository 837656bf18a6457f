package cascade

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/flashrerank/rerank"
)

// Fallback returns a reranker that asks each of the given ones in turn until
// one answers. The reports of an answer that was not the first's say Degraded
// and why. When all fail, their errors are joined; when the caller's context
// ends, no further one is asked. Nil rerankers are an error of every request.
func Fallback(rerankers ...rerank.Reranker) rerank.Reranker {
	return fallback(slices.Clone(rerankers))
}

type fallback []rerank.Reranker

// Rerank returns the first answer.
func (f fallback) Rerank(ctx context.Context, r rerank.Request) (rerank.Result, error) {
	var failed []error
	for i, reranker := range f {
		if reranker == nil {
			return rerank.Result{}, fmt.Errorf("cascade: fallback: reranker %d is nil", i+1)
		}
		result, err := reranker.Rerank(ctx, r)
		if err == nil {
			return admit(result, failed), nil
		}
		if ctx.Err() != nil {
			return rerank.Result{}, fmt.Errorf("cascade: fallback: %w", ctx.Err())
		}
		failed = append(failed, fmt.Errorf("reranker %d: %w", i+1, err))
	}
	if len(failed) == 0 {
		return rerank.Result{}, errors.New("cascade: fallback: there are no rerankers")
	}
	return rerank.Result{}, fmt.Errorf("cascade: fallback: %w", errors.Join(failed...))
}

// admit writes into the last report why others did not answer.
func admit(result rerank.Result, failed []error) rerank.Result {
	if len(failed) == 0 {
		return result
	}
	why := make([]string, len(failed))
	for i, err := range failed {
		why[i] = err.Error()
	}
	if len(result.Stages) == 0 {
		result.Stages = []rerank.StageReport{{Stage: "fallback", Candidates: len(result.Hits), Scored: len(result.Hits)}}
	}
	result.Stages = slices.Clone(result.Stages)
	last := &result.Stages[len(result.Stages)-1]
	if last.Degraded != "" {
		why = append(why, last.Degraded)
	}
	last.Degraded = fmt.Sprintf("reranker %d answered: %s", len(failed)+1, strings.Join(why, "; "))
	return result
}

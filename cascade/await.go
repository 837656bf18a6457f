package cascade

import (
	"context"

	"github.com/flashrerank/rerank"
)

// await runs f until it returns or ctx is done, whichever is first. An f that
// ignores ctx is left to end by itself. An answer that is there counts, even
// when time is up in the same moment; f is not started when it is up already.
func await(ctx context.Context, f func() (rerank.Result, error)) (rerank.Result, error) {
	if err := ctx.Err(); err != nil {
		return rerank.Result{}, err
	}
	type answer struct {
		result rerank.Result
		err    error
	}
	done := make(chan answer, 1) // room for an answer that nobody waits for
	go func() {
		result, err := f()
		done <- answer{result, err}
	}()
	select {
	case a := <-done:
		return a.result, a.err
	case <-ctx.Done():
	}
	select {
	case a := <-done:
		return a.result, a.err
	default:
		return rerank.Result{}, ctx.Err()
	}
}

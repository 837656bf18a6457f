package fusion

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/flashrerank/rerank"
)

// outcome is what one part said.
type outcome struct {
	rerank.Result
	err error
}

// gather runs f for each of n parts at once. It returns the context's error as
// soon as that is done, and lets parts which ignore it end by themselves;
// otherwise it waits for all, so that the outcome never hangs on which was
// faster.
func gather(ctx context.Context, n int, f func(i int) (rerank.Result, error)) ([]outcome, error) {
	type numbered struct {
		i int
		outcome
	}
	done := make(chan numbered, n)
	for i := range n {
		go func() {
			result, err := f(i)
			done <- numbered{i, outcome{result, err}}
		}()
	}
	out := make([]outcome, n)
	for range n {
		select {
		case d := <-done:
			out[d.i] = d.outcome
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return out, ctx.Err()
}

// failures collects what went wrong in parts, in their order.
type failures struct {
	lenient bool
	n       int // parts that failed
	errs    []error
}

func (f *failures) add(name string, err error) {
	f.n++
	f.errs = append(f.errs, fmt.Errorf("%s: %w", name, err))
}

// verdict returns an error where the failures may not be passed over: where
// they are not allowed, and where nothing of the parts is left.
func (f *failures) verdict(what string, parts int) error {
	if f.n == 0 || f.lenient && f.n < parts {
		return nil
	}
	return fmt.Errorf("%s: %w", what, errors.Join(f.errs...))
}

// degraded says what is missing, in one line.
func (f *failures) degraded() string {
	texts := make([]string, len(f.errs))
	for i, err := range f.errs {
		texts[i] = "without " + err.Error()
	}
	return strings.Join(texts, "; ")
}

package reranktest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// Trait says in what an implementation rightly differs from the plain
// contract, so that a suite leaves out what cannot hold.
type Trait uint8

const (
	// ListDependent marks a reranker whose score of a document depends on the
	// other documents of the request, as BM25 with the statistics of the given
	// texts or a min-max blend does.
	ListDependent Trait = iota + 1

	// OrderDependent marks a reranker whose score of a document depends on the
	// order of the request, or on scores and traces that its hits carry; and a
	// retriever whose ties keep the order of an earlier stage.
	OrderDependent
)

// hang is how long a call may take before it is taken for hanging.
const hang = time.Minute

// check is one demand on an implementation of type T.
type check[T any] struct {
	name string
	run  func(ctx context.Context, impl T) error
	not  Trait // left out for implementations with this trait
}

// verify runs one check; a panic and a call that does not come back are
// failures like any other.
func verify[T any](ctx context.Context, c check[T], impl T) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				done <- fmt.Errorf("panicked: %v", p)
			}
		}()
		done <- c.run(ctx, impl)
	}()
	timer := time.NewTimer(hang)
	defer timer.Stop()
	select {
	case err := <-done:
		return err
	case <-timer.C:
		return fmt.Errorf("no answer within %v", hang)
	}
}

// runAll runs the checks as subtests, each on an implementation of its own.
func runAll[T any](t *testing.T, checks []check[T], fresh func(testing.TB) T, traits []Trait) {
	t.Helper()
	for _, c := range checks {
		if has(traits, c.not) {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			t.Helper()
			if err := verify(t.Context(), c, fresh(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

// checkAll runs the checks on one implementation and joins what fails.
func checkAll[T any](ctx context.Context, checks []check[T], impl T, traits []Trait) error {
	var errs []error
	for _, c := range checks {
		if has(traits, c.not) {
			continue
		}
		if err := verify(ctx, c, impl); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", c.name, err))
		}
	}
	return errors.Join(errs...)
}

func has(traits []Trait, t Trait) bool {
	for _, u := range traits {
		if t != 0 && u == t {
			return true
		}
	}
	return false
}

// isContextError reports whether an error says that its context was done.
func isContextError(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// together calls f from many goroutines at once and joins what went wrong. An
// f that panics fails like one that returns an error.
func together(n int, f func(i int) error) error {
	errs := make([]error, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					errs[i] = fmt.Errorf("panicked: %v", p)
				}
			}()
			<-start
			errs[i] = f(i)
		})
	}
	close(start)
	wg.Wait()
	for i, err := range errs {
		if err != nil {
			return fmt.Errorf("goroutine %d of %d: %w", i, n, err)
		}
	}
	return nil
}

// texts that every suite draws on: plain, foreign, odd and empty ones. Whoever
// hands them to an implementation hands out a copy.
var texts = []string{
	"A cat sat on the mat and watched the rain.",
	"Dogs bark at night when they hear a stranger.",
	"The cat chased the dog around the garden.",
	"Gardens need rain and sun in equal measure.",
	"Wing flutter at supersonic speed depends on stiffness.",
	"",
	"   \t\n ",
	"猫は庭で雨を見ていた。",
	"Кошка сидела на ковре и смотрела на дождь.",
	"🐈‍⬛ e\u0301\u200d naïve coöperation",
	"rain rain rain rain cat",
	"bufio.Scanner reads a file line by line: func (s *Scanner) Scan() bool",
}

const question = "a cat in the garden and the rain"

// Texts that only strain the limits.
const invalid = "caf\xe9 \xff\xfe\x00 cat \xed\xa0\x80 rain \xf4\x90\x80\x80"

func huge() string { return strings.Repeat("the cat and the rain in the garden ", 30_000) } // about 1 MB

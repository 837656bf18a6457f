package cascade_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/cascade"
)

// TestPartial: a search that asks for it gets what was found when its time is up,
// whichever stage that stops and whosever deadline it is, and is told.
func TestPartial(t *testing.T) {
	never := rerank.RetrieverFunc(func(ctx context.Context, s rerank.Search) (rerank.Result, error) {
		<-ctx.Done()
		return rerank.Result{}, ctx.Err()
	})
	deaf := rerank.RetrieverFunc(func(context.Context, rerank.Search) (rerank.Result, error) {
		time.Sleep(time.Hour)
		return rerank.Result{}, nil
	})
	for _, test := range []struct {
		name    string
		cascade cascade.Cascade
		want    string
		partial []bool // of the stages, in order
	}{
		{"in time", cascade.Cascade{First: corpus(4), Stages: []cascade.Stage{{Reranker: slow(time.Second)}}}, "3 2 1 0", []bool{false, false}},
		{"a slow stage", cascade.Cascade{First: corpus(4), Stages: []cascade.Stage{{Reranker: reversed}, {Reranker: slow(time.Minute)}, {Reranker: reversed}}}, "3 2 1 0", []bool{false, false, true, true}},
		{"a slow first stage", cascade.Cascade{First: never, Stages: []cascade.Stage{{Reranker: reversed}}}, "", []bool{true, true}},
		{"a deaf first stage", cascade.Cascade{First: deaf}, "", []bool{true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, own := range []bool{false, true} {
				synctest.Test(t, func(t *testing.T) {
					ctx, c := t.Context(), test.cascade
					if own {
						c.Timeout = 10 * time.Second
					} else {
						var cancel context.CancelFunc
						ctx, cancel = context.WithTimeout(ctx, 10*time.Second)
						defer cancel()
					}
					start := time.Now()
					got, err := c.Retrieve(ctx, rerank.Search{K: 4, Partial: true})
					if err != nil || ids(got.Hits) != test.want || time.Since(start) > 10*time.Second {
						t.Fatalf("found %q after %v, %v; want %q", ids(got.Hits), time.Since(start), err, test.want)
					}
					for i, s := range got.Stages {
						if s.Partial != test.partial[i] || s.Partial && s.Degraded == "" {
							t.Errorf("stage %d reports %+v", i, s)
						}
					}
					if len(got.Stages) != len(test.partial) {
						t.Errorf("%d stages", len(got.Stages))
					}
					time.Sleep(2 * time.Hour) // those that were left behind end
				})
			}
		})
	}
}

// TestNotPartial: whoever does not ask gets the error, and so does whoever goes away.
func TestNotPartial(t *testing.T) {
	c := cascade.Cascade{First: corpus(4), Stages: []cascade.Stage{{Reranker: slow(time.Minute)}}}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.Retrieve(ctx, rerank.Search{K: 4}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		time.AfterFunc(time.Second, cancel)
		if _, err := c.Retrieve(ctx, rerank.Search{K: 4, Partial: true}); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: error %v", err)
		}
		cancel()
	})
	synctest.Test(t, func(t *testing.T) {
		broken := cascade.Cascade{First: corpus(4), Stages: []cascade.Stage{{Reranker: failing(errors.New("broken"))}}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := broken.Retrieve(ctx, rerank.Search{K: 4, Partial: true}); err == nil {
			t.Error("a stage that fails in time is no error")
		}
	})
}

package fusion_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/fusion"
)

// TestPartial: where one list has no time, the others are the answer, if that is
// asked for.
func TestPartial(t *testing.T) {
	never := rerank.RetrieverFunc(func(ctx context.Context, _ rerank.Search) (rerank.Result, error) {
		<-ctx.Done()
		return rerank.Result{}, ctx.Err()
	})
	for want, lists := range map[string][]fusion.List{
		"a=1 b=0": lists(list("l", entry{"a", 3}, entry{"b", 2}), never),
		"":        lists(never, never),
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			r := fusion.Retriever{Lists: lists}
			got, err := r.Retrieve(ctx, rerank.Search{K: 5, Partial: true})
			if err != nil || show(got.Hits) != want || ctx.Err() != nil {
				t.Fatalf("found %q, %v (context: %v), want %q", show(got.Hits), err, ctx.Err(), want)
			}
			if report := got.Stages[len(got.Stages)-1]; !report.Partial || report.Degraded == "" {
				t.Errorf("the report is %+v", report)
			}
			if _, err := r.Retrieve(ctx, rerank.Search{K: 5}); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("not asked for: error %v", err)
			}
		})
	}
}

package reranktest_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/reranktest"
)

// Outside a test, the Check functions return what a suite would fail with.
func ExampleCheckReranker() {
	fussy := rerank.RerankerFunc(func(ctx context.Context, r rerank.Request) (rerank.Result, error) {
		if len(r.Hits) == 0 {
			return rerank.Result{}, errors.New("documents must not be empty")
		}
		return good{}.Rerank(ctx, r)
	})
	fmt.Println(reranktest.CheckReranker(context.Background(), good{}))
	fmt.Println(reranktest.CheckReranker(context.Background(), fussy) != nil)
	// Output:
	// <nil>
	// true
}

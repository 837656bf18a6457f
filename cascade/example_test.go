package cascade_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/cascade"
)

// A fast first stage finds candidates; a stage that may fail re-orders the best
// three of them. It does fail here, and the report says so.
func Example() {
	down := rerank.RerankerFunc(func(context.Context, rerank.Request) (rerank.Result, error) {
		return rerank.Result{}, errors.New("connection refused")
	})
	c := &cascade.Cascade{
		First: corpus(1000),
		Depth: 100,
		Stages: []cascade.Stage{
			{Name: "reversed", Reranker: reversed, Depth: 3},
			{Name: "remote", Reranker: down, Depth: 3, Timeout: time.Second, OnError: cascade.Keep},
		},
		Timeout: 2 * time.Second,
	}
	result, err := c.Retrieve(context.Background(), rerank.Search{K: 5})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, h := range result.Hits {
		fmt.Println(h.Rank, h.Document.ID, h.Scale)
	}
	for _, s := range result.Stages {
		fmt.Printf("%s degraded: %q\n", s.Stage, s.Degraded)
	}
	// Output:
	// 0 2 place
	// 1 1 place
	// 2 0 place
	// 3 3 count
	// 4 4 count
	// count degraded: ""
	// reversed degraded: ""
	// remote degraded: "the previous order is kept: connection refused"
}

package rerank_test

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/flashrerank/rerank"
)

// A reranker is one method. This one counts the words that a text shares with
// the query; rerank.Reorder does the sorting, numbering and tracing.
func Example() {
	shared := rerank.RerankerFunc(func(_ context.Context, r rerank.Request) (rerank.Result, error) {
		scores := make([]float64, len(r.Hits))
		for i, h := range r.Hits {
			for _, word := range strings.Fields(h.Document.Content()) {
				if slices.Contains(strings.Fields(r.Query.Text), word) {
					scores[i]++
				}
			}
		}
		return rerank.Result{Hits: rerank.Reorder(r, rerank.Scoring{Stage: "shared words", Scores: scores})}, nil
	})

	texts := []string{"why a cat sat", "dogs bark at night", "why do dogs bark"}
	ranked, err := rerank.Texts(context.Background(), shared, "why dogs bark", texts)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range ranked {
		fmt.Println(s.Score, texts[s.Index])
	}
	// Output:
	// 3 why do dogs bark
	// 2 dogs bark at night
	// 1 why a cat sat
}

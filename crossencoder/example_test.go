package crossencoder_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/crossencoder"
)

// The model here has random weights, so its judgment means nothing.
func ExampleModel_ScorePairs() {
	m, err := crossencoder.Load(os.DirFS("testdata/tiny1"), crossencoder.Options{})
	if err != nil {
		log.Fatal(err)
	}
	pairs := []rerank.Pair{
		{Query: "read a file", Text: "A Scanner reads a file line by line."},
		{Query: "read a file", Text: "The river is wide."},
	}
	scores := make([]rerank.PairScore, len(pairs))
	if err := m.ScorePairs(context.Background(), pairs, scores); err != nil {
		log.Fatal(err)
	}
	for i, s := range scores {
		fmt.Printf("%d tokens: %s\n", s.Tokens, pairs[i].Text)
	}
	// Output:
	// 22 tokens: A Scanner reads a file line by line.
	// 14 tokens: The river is wide.
}

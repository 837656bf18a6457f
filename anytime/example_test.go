package anytime_test

import (
	"context"
	"fmt"
	"log"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/anytime"
	"github.com/flashrerank/rerank/biencoder"
	"github.com/flashrerank/rerank/models/minilm"
)

// The embedded model reads 16 tokens of each text, and the one text that leads then
// in full.
func Example() {
	model, err := minilm.Load(biencoder.Options{})
	if err != nil {
		log.Fatal(err)
	}
	early := &anytime.Reranker{
		Full:  model.Reranker(),
		Quick: model.NewReranker(biencoder.RerankOptions{MaxTokens: 16}),
		Best:  1,
	}
	docs := []rerank.Document{
		{ID: "cave", Text: "Bats hang from the roof of the cave by their feet, and leave it at dusk to hunt moths over the river."},
		{ID: "lease", Text: "The lease of the flat ends in May. It can be ended earlier by either side, in writing, three months ahead."},
	}
	result, err := early.Rerank(context.Background(), rerank.Request{Query: rerank.Query{Text: "when does the rental contract end?"}, Hits: rerank.Hits(docs)})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Hits[0].Document.ID)
	fmt.Println(result.Stages[0].Notes[0])
	// Output:
	// lease
	// 2 hits scored quickly, 1 of them in full
}

package fusion_test

import (
	"context"
	"fmt"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/fusion"
)

// Two first stages agree on b and differ on the rest.
func ExampleRetriever() {
	hybrid := &fusion.Retriever{Lists: []fusion.List{
		{Name: "lexical", Retriever: list("bm25", entry{"a", 12}, entry{"b", 9}, entry{"c", 4})},
		{Name: "dense", Retriever: list("cosine", entry{"b", 0.8}, entry{"d", 0.7}, entry{"a", 0.3})},
	}}
	result, err := hybrid.Retrieve(context.Background(), rerank.Search{K: 3})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, h := range result.Hits {
		fmt.Printf("%s %.3f\n", h.Document.ID, h.Score)
	}
	// Output:
	// b 1.625
	// a 1.000
	// d 0.800
}

// A blend judges the same hits by meaning and by words, and takes the word
// scores from the first stage where the hits carry them.
func ExampleReranker() {
	blend := &fusion.Reranker{Parts: []fusion.Part{
		{Name: "cosine", Reranker: table("cosine", entry{"a", 0.1}, entry{"b", 0.5}, entry{"c", 0.4})},
		{Name: "bm25", Carried: rerank.ScaleBM25},
	}}
	first, err := list("bm25", entry{"a", 12}, entry{"b", 10}, entry{"c", 4}).Retrieve(context.Background(), rerank.Search{K: 3})
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := blend.Rerank(context.Background(), rerank.Request{Hits: first.Hits})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, h := range result.Hits {
		fmt.Printf("%s %.2f\n", h.Document.ID, h.Score)
	}
	// Output:
	// b 1.75
	// a 1.00
	// c 0.75
}

package lexical_test

import (
	"context"
	"fmt"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/index"
	"github.com/flashrerank/rerank/lexical"
)

func Example() {
	x, err := index.Memory(index.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	w, err := x.Writer()
	if err != nil {
		fmt.Println(err)
		return
	}
	var batch index.Batch
	batch.Put(index.Entry{Document: rerank.Document{ID: "1", Text: "The cat sat on the mat."}})
	batch.Put(index.Entry{Document: rerank.Document{ID: "2", Text: "Dogs chase cats, and cats climb trees."}})
	batch.Put(index.Entry{Document: rerank.Document{ID: "3", Text: "Trees grow slowly."}})
	if _, err := w.Commit(context.Background(), &batch); err != nil {
		fmt.Println(err)
		return
	}
	s, err := x.Snapshot()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()

	bm25, err := lexical.NewRetriever(s, lexical.DefaultBM25())
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := bm25.Retrieve(context.Background(), rerank.Search{Query: rerank.Query{Text: "cats"}, K: 10})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, h := range result.Hits {
		fmt.Printf("%s %.3f\n", h.Document.ID, h.Score)
	}
	// Output:
	// 2 0.258
	// 1 0.238
}

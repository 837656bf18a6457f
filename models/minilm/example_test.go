package minilm_test

import (
	"context"
	"fmt"
	"log"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/biencoder"
	"github.com/flashrerank/rerank/models/minilm"
)

func ExampleLoad() {
	m, err := minilm.Load(biencoder.Options{})
	if err != nil {
		log.Fatal(err)
	}
	texts := []string{"Bake the bread for forty minutes.", "The tenancy agreement expires in May."}
	ranked, err := rerank.Texts(context.Background(), m.Reranker(), "when does the lease end", texts)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(texts[ranked[0].Index])
	// Output: The tenancy agreement expires in May.
}

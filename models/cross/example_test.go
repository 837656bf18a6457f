package cross_test

import (
	"context"
	"fmt"
	"log"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/crossencoder"
	"github.com/flashrerank/rerank/models/cross"
)

func ExampleLoad() {
	m, err := cross.Load(crossencoder.Options{})
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

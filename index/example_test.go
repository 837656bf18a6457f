package index_test

import (
	"context"
	"fmt"
	"log"

	rerank "github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/index"
)

func Example() {
	x, err := index.Memory(index.Options{}) // or index.Create(dir, …)
	if err != nil {
		log.Fatal(err)
	}
	defer x.Close()
	w, err := x.Writer()
	if err != nil {
		log.Fatal(err)
	}
	defer w.Close()

	var batch index.Batch
	batch.Put(index.Entry{Document: rerank.Document{ID: "a", Title: "Lift", Text: "the lift of a wing"}})
	batch.Put(index.Entry{Document: rerank.Document{ID: "b", Text: "drag of a wing at high speed"}})
	if _, err := w.Commit(context.Background(), &batch); err != nil {
		log.Fatal(err)
	}

	s, err := x.Snapshot()
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	for _, g := range s.Segments() {
		postings, err := g.Postings("lift")
		if err != nil {
			log.Fatal(err)
		}
		for docs, freqs := postings.NextBlock(); docs != nil; docs, freqs = postings.NextBlock() {
			for i, local := range docs {
				d, err := s.Document(g.Base() + local)
				if err != nil {
					log.Fatal(err)
				}
				fmt.Printf("%s: %q has the term %d times\n", d.ID, d.Title, freqs[i])
			}
		}
	}
	// Output: a: "Lift" has the term 2 times
}

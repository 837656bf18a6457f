package biencoder_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/biencoder"
)

// The model here has random weights; a real one is loaded in the same way.
func ExampleLoad() {
	m, err := biencoder.Load(os.DirFS("testdata/tiny"), biencoder.Options{Name: "tiny"})
	if err != nil {
		log.Fatal(err)
	}
	v, err := m.Embed(context.Background(), []string{"read a file", "the river"}, rerank.RoleDocument)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(v.Len(), "vectors of", v.Dimensions)
	// Output: 2 vectors of 32
}

package primer_test

import (
	"fmt"
	"testing"

	"github.com/flashrerank/rerank/cmd/rerank/internal/primer"
)

func ExampleDocuments() {
	for d, err := range primer.Documents() {
		if err != nil {
			panic(err)
		}
		if d.ID == "binary-search" {
			fmt.Println(d.Title + ": " + d.Text)
		}
	}
	// Output:
	// Binary search: Looking something up in a sorted list by halving it again and again. A million entries take twenty steps. Off-by-one mistakes in it are famous.
}

func TestTextsAreWhole(t *testing.T) {
	seen := map[string]bool{}
	for d, err := range primer.Documents() {
		if err != nil {
			t.Fatal(err)
		}
		if d.ID == "" || d.Title == "" || len(d.Text) < 80 {
			t.Errorf("%q is incomplete", d)
		}
		if seen[d.ID] {
			t.Errorf("%s appears twice", d.ID)
		}
		seen[d.ID] = true
	}
	if len(seen) < 150 {
		t.Errorf("%d texts", len(seen))
	}
}

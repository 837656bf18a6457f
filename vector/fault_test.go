package vector_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/index"
	"github.com/flashrerank/rerank/vector"
)

// thousands makes an index of 3,000 documents, whose vectors fill several pages of memory,
// and opens it.
func thousands(t *testing.T, dir string) (*index.Index, *index.Snapshot, *vector.Retriever) {
	t.Helper()
	x, err := index.Create(dir, index.Options{Model: letters{}.Model()})
	if err != nil {
		t.Fatal(err)
	}
	texts := make([]string, 3000)
	for i := range texts {
		texts[i] = fmt.Sprintf("%c%x", 'a'+i%26, i)
	}
	if err := add(t.Context(), x, letters{}, texts...); err != nil {
		t.Fatal(err)
	}
	s, err := x.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	r, err := vector.NewRetriever(s, letters{})
	if err != nil {
		t.Fatal(err)
	}
	return x, s, r
}

// TestCutShort: vectors that are gone while they are scanned are an error that
// names the file.
func TestCutShort(t *testing.T) {
	dir := t.TempDir()
	x, s, r := thousands(t, dir)
	defer x.Close()
	defer s.Close()
	const name = "segment-0000000000000001"
	if err := os.Truncate(filepath.Join(dir, name), 4096); err != nil {
		t.Skip("this system keeps mapped files from being cut short: ", err)
	}
	for range 2 {
		_, err := r.Retrieve(t.Context(), rerank.Search{Query: rerank.Query{Text: "abc"}, K: 3})
		var corrupt *index.CorruptError
		if !errors.As(err, &corrupt) || corrupt.File != name {
			t.Errorf("%v", err)
		}
	}
}

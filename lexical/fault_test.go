package lexical_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/index"
	"github.com/flashrerank/rerank/lexical"
)

// TestCutShort: an index that is cut short while it is in use is an error that
// names the file, by every way to a score, again and again.
func TestCutShort(t *testing.T) {
	const name = "segment-0000000000000001"
	for kind, w := range weightings() {
		dir := t.TempDir()
		s := onDisk(t, dir)
		r, err := lexical.NewRetriever(s, w)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(filepath.Join(dir, name), 4096); err != nil {
			t.Skip("this system keeps mapped files from being cut short: ", err)
		}
		query := rerank.Query{Text: "all w17"}
		hit := rerank.Hit{Document: rerank.Document{ID: "id1234"}}
		for way, ask := range map[string]func() error{
			"Retrieve": func() error {
				_, err := r.Retrieve(t.Context(), rerank.Search{Query: query, K: 3})
				return err
			},
			"Rerank": func() error {
				_, err := r.Rerank(t.Context(), rerank.Request{Query: query, Hits: []rerank.Hit{hit}})
				return err
			},
			"Explain": func() error {
				_, err := r.Explain(t.Context(), query, hit)
				return err
			},
		} {
			for range 2 {
				var corrupt *index.CorruptError
				if err := ask(); !errors.As(err, &corrupt) || corrupt.File != name {
					t.Errorf("%s, %s: %v", kind, way, err)
				}
			}
		}
	}
}

func onDisk(t *testing.T, dir string) *index.Snapshot {
	t.Helper()
	x, err := index.Create(dir, index.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() })
	w, err := x.Writer()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	var b index.Batch
	for i := range 4000 {
		b.Put(index.Entry{Document: rerank.Document{ID: fmt.Sprint("id", i), Text: fmt.Sprintf("all w%d v%d", i%100, i)}})
	}
	if _, err := w.Commit(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	s, err := x.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

package index

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	rerank "github.com/flashrerank/rerank"
)

// TestCutShort: a segment that is cut short while it is in use is an error of
// every operation that reads it, and names the file. The program lives on.
func TestCutShort(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "index")
	x, err := Create(dir, testOptions)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	w := mustWriter(t, x)
	defer w.Close()
	b := &Batch{}
	for i := range 6000 {
		b.Put(Entry{
			Document: rerank.Document{ID: fmt.Sprintf("id%d", i), Text: fmt.Sprintf("all w%d %s", i, strings.Repeat("x", i%50))},
			Vector:   []float32{1, 2, float32(i)},
		})
	}
	mustCommit(t, w, b)
	mustCommit(t, w, puts("one", "more"))
	s, err := x.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const name = "segment-0000000000000001"
	if err := os.Truncate(filepath.Join(dir, name), 4096); err != nil {
		t.Skip("this system keeps mapped files from being cut short: ", err)
	}
	for what, read := range map[string]func() error{
		"Document":  func() error { _, err := s.Document(5000); return err },
		"Cursor":    func() error { _, err := s.Cursor().Document(5000); return err },
		"ID":        func() error { _, err := s.ID(5000); return err },
		"Find":      func() error { _, _, err := s.Find("id5000"); return err },
		"DocFreq":   func() error { _, err := s.DocFreq("all"); return err },
		"DocFreq 2": func() error { _, err := s.DocFreq("w17"); return err },
		"Documents": func() error {
			for _, err := range s.Documents(ctx) {
				if err != nil {
					return err
				}
			}
			return nil
		},
		"Vector": func() (err error) {
			defer s.Guard(&err)()
			v, err := s.Segments()[0].Vector(5999)
			if err == nil && v[2] == 5999 {
				t.Error("a vector that is not there")
			}
			return err
		},
		"Commit": func() error { _, err := w.Commit(ctx, puts("id5000", "again")); return err },
		"Merge":  func() error { return w.Merge(ctx) },
		"Verify": func() error { return x.Verify(ctx) },
	} {
		err := read()
		var corrupt *CorruptError
		if !errors.As(err, &corrupt) || corrupt.File != name {
			t.Errorf("%s: %v", what, err)
		}
	}
	if n, err := s.DocFreq("more"); n != 0 || err == nil {
		t.Errorf("a count without a segment: %d, %v", n, err)
	}
	if d, err := s.Document(6000); err != nil || d.ID != "one" {
		t.Errorf("a document of another segment: %+v, %v", d, err)
	}
	if names, err := w.files.list(); err != nil || len(names) != 4 { // manifest, lock, two segments
		t.Errorf("failed operations left %q, %v", names, err)
	}
}

// TestPipes: what is no file in the place of one is refused at once.
func TestPipes(t *testing.T) {
	for _, name := range []string{manifestName, "segment-0000000000000001", lockName} {
		dir := filepath.Join(t.TempDir(), "index")
		built(t, dir, "a")
		path := filepath.Join(dir, name)
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if err := mkfifo(path); err != nil {
			t.Skip(err)
		}
		x, err := Open(dir)
		if err == nil {
			_, err = x.Writer()
			x.Close()
		}
		if err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("a pipe called %s: %v", name, err)
		}
		if _, err := NewBuild(dir, testOptions, true); err == nil {
			t.Errorf("an index with a pipe called %s was replaced", name)
		}
	}
}

package index

import (
	"fmt"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	rerank "github.com/flashrerank/rerank"
)

// TestReadersAndWriter: each snapshot must be one commit and nothing between
// two, while a writer commits and merges. Every commit replaces all documents
// with ones that carry its number.
func TestReadersAndWriter(t *testing.T) {
	const documents, commits, readers = 40, 25, 6
	dir := filepath.Join(t.TempDir(), "index")
	x, err := Create(dir, Options{Analyzer: "split"})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	// Another handle shares nothing with the writer, as in another process:
	// files may vanish between its reading the manifest and opening them.
	other, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	w := mustWriter(t, x)
	defer w.Close()
	write := func(n int) {
		b := &Batch{}
		for i := range documents {
			if i%3 != n%3 || n == 0 { // the others stay: segments keep live documents
				b.Put(Entry{Document: rerank.Document{ID: strconv.Itoa(i), Text: "all"}})
			}
		}
		b.Put(Entry{Document: rerank.Document{ID: "a", Text: fmt.Sprint("all a", n)}})
		b.Put(Entry{Document: rerank.Document{ID: "b", Text: fmt.Sprint("all b", n)}})
		if _, err := w.Commit(ctx, b); err != nil {
			t.Error(err)
		}
	}
	write(0)
	var writer, reading sync.WaitGroup
	done := make(chan struct{})
	writer.Go(func() {
		for n := 1; n < commits; n++ {
			write(n)
		}
	})
	writer.Go(func() {
		for range commits / 3 {
			if err := w.Merge(ctx); err != nil {
				t.Error(err)
			}
		}
	})
	for i := range readers {
		handle := []*Index{x, other}[i%2]
		reading.Go(func() {
			for last := -1; ; {
				n, err := readCommit(handle, documents+2)
				if err != nil {
					t.Error(err)
					return
				}
				if n < last {
					t.Errorf("commit %d was seen after commit %d", n, last)
				}
				last = n
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	writer.Wait()
	close(done)
	reading.Wait()
	if n, err := readCommit(x, documents+2); err != nil || n != commits-1 {
		t.Errorf("at the end commit %d is there: %v", n, err)
	}
	if err := x.Verify(ctx); err != nil {
		t.Error(err)
	}
}

// readCommit tells which commit a snapshot is of.
func readCommit(x *Index, documents int) (int, error) {
	s, err := x.Snapshot()
	if err != nil {
		return 0, err
	}
	defer s.Close()
	if n, err := s.DocFreq("all"); err != nil || n != documents || s.Len() != documents || int(s.TotalLength()) != documents+2 {
		return 0, fmt.Errorf("%d documents, %d with the term, %d terms: %v", s.Len(), n, s.TotalLength(), err)
	}
	var numbers []int
	for _, id := range []string{"a", "b"} {
		doc, found, err := s.Find(id)
		if err != nil || !found {
			return 0, fmt.Errorf("document %s: %v, %v", id, found, err)
		}
		d, err := s.Document(doc)
		if err != nil {
			return 0, err
		}
		n, err := strconv.Atoi(d.Text[len("all a"):])
		if err != nil {
			return 0, err
		}
		if df, err := s.DocFreq(d.Text[len("all "):]); err != nil || df != 1 {
			return 0, fmt.Errorf("%q has document frequency %d: %v", d.Text, df, err)
		}
		numbers = append(numbers, n)
	}
	if numbers[0] != numbers[1] {
		return 0, fmt.Errorf("a snapshot between commits %d and %d", numbers[0], numbers[1])
	}
	return numbers[0], nil
}

// TestSharedSegment: many goroutines on one snapshot, whose checksums are not
// compared yet and whose dictionary is not loaded yet.
func TestSharedSegment(t *testing.T) {
	m := newMemory()
	first, want := smallIndex(t, m)
	first.Close()
	x, err := open(m)
	if err != nil {
		t.Fatal(err)
	}
	s, err := x.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() { checkSnapshot(t, s, want) })
	}
	group.Wait()
}

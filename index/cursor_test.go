package index

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/flashrerank/rerank"
)

// TestCursor: in whatever order, over segments, deletions and blocks of one and of many
// documents, a cursor has what the snapshot has.
func TestCursor(t *testing.T) {
	x := mustMemory(t, Options{Analyzer: "split"})
	w := mustWriter(t, x)
	for segment := range 3 {
		var b Batch
		for i := range 150 {
			d := rerank.Document{ID: fmt.Sprintf("%d-%d", segment, i), Text: strings.Repeat(fmt.Sprint(i, " "), 1+i%70*i%13)}
			if i%40 == 7 {
				d.Text = strings.Repeat("large ", 3000)
			}
			b.Put(Entry{Document: d})
		}
		mustCommit(t, w, &b)
	}
	var gone Batch
	gone.Delete("1-3")
	mustCommit(t, w, &gone)
	s, err := x.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r := rand.New(rand.NewPCG(1, 2))
	c := s.Cursor()
	for i := range uint32(3000) {
		doc := i % 460 // in a row, and beyond the last
		if i >= 1000 {
			doc = r.Uint32N(460)
		}
		want, wantErr := s.Document(doc)
		got, err := c.Document(doc)
		if !reflect.DeepEqual(got, want) || (err == nil) != (wantErr == nil) {
			t.Fatalf("document %d: %.80v, %v, and the snapshot's %.80v, %v", doc, got, err, want, wantErr)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Document(0); !errors.Is(err, ErrClosed) {
		t.Errorf("after the snapshot was closed: %v", err)
	}
}

func BenchmarkCursor(b *testing.B) {
	s, _ := cranfieldSnapshot(b)
	for _, step := range []uint32{1, 4, 7919} {
		b.Run(fmt.Sprint("step", step), func(b *testing.B) {
			c := s.Cursor()
			doc := uint32(0)
			for b.Loop() {
				if _, err := c.Document(doc); err != nil {
					b.Fatal(err)
				}
				doc = (doc + step) % uint32(s.Len())
			}
		})
	}
}

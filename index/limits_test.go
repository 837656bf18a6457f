package index

import (
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"
	"strings"
	"testing"

	rerank "github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/internal/testenv"
)

func procs(n int) (restore func()) {
	before := runtime.GOMAXPROCS(n)
	return func() { runtime.GOMAXPROCS(before) }
}

// TestRefusedBatches: bad input is an error that says where, and nothing of
// the batch is written.
func TestRefusedBatches(t *testing.T) {
	deep := rerank.TextValue("x")
	for range MaxValueDepth + 1 {
		deep = rerank.ListValue(deep)
	}
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	long := strings.Repeat("x", MaxIDLength+1)
	tests := []struct {
		name  string
		entry Entry
		says  string
	}{
		{"no ID", Entry{}, "operation 1 of the batch: the document has no ID"},
		{"long ID", Entry{Document: rerank.Document{ID: long}}, "an ID of 65536 bytes"},
		{"dimensions", Entry{Document: rerank.Document{ID: "v"}, Vector: []float32{1, 2}}, `"v": a vector of 2 dimensions; those of test have 3`},
		{"no dimensions", Entry{Document: rerank.Document{ID: "v"}, Vector: []float32{}}, "a vector of 0 dimensions"},
		{"not a number", Entry{Document: rerank.Document{ID: "v"}, Vector: []float32{1, nan, 1}}, "component 1 of the vector is NaN"},
		{"infinite", Entry{Document: rerank.Document{ID: "v"}, Vector: []float32{1, 2, inf}}, "component 2 of the vector is +Inf"},
		{"deep list", Entry{Document: rerank.Document{ID: "v", Fields: rerank.Fields{{Name: "f", Value: deep}}}}, `document "v": field "f": lists nest deeper than 16`},
	}
	m := newMemory()
	x, err := create(m, testOptions)
	if err != nil {
		t.Fatal(err)
	}
	w := mustWriter(t, x)
	mustCommit(t, w, puts("a", "one"))
	before, _ := m.list()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := puts("a", "changed")
			b.Put(test.entry)
			if _, err := w.Commit(ctx, b); err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("error %.200v; it should say %q", err, test.says)
			}
			after, _ := m.list()
			if fmt.Sprint(before) != fmt.Sprint(after) {
				t.Errorf("files before: %v, after: %v", before, after)
			}
			checkIndex(t, x, corpus{}.apply(puts("a", "one")))
		})
	}
	y := mustMemory(t, Options{Analyzer: "split"})
	b := &Batch{}
	b.Put(Entry{Document: rerank.Document{ID: "a"}, Vector: []float32{1}})
	if _, err := mustWriter(t, y).Commit(ctx, b); err == nil || !strings.Contains(err.Error(), "no model") {
		t.Errorf("a vector without a model: %v", err)
	}
}

// TestLargeDocument: a document of 100 MB (5 MB unless RERANK_SLOW is set) is
// stored, indexed and loaded.
func TestLargeDocument(t *testing.T) {
	if testing.Short() {
		t.Skip("it indexes megabytes")
	}
	size := 5_000_000
	if os.Getenv("RERANK_SLOW") != "" {
		size = 100_000_000
	}
	line := "a line of text with some words in it that is there many times\n"
	text := strings.Repeat(line, size/len(line))
	x := mustMemory(t, Options{Analyzer: "split"})
	w := mustWriter(t, x)
	mustCommit(t, w, puts("small", "before", "large", text, "after", "text"))
	s, err := x.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for doc, want := range []string{"before", text, "text"} {
		d, err := s.Document(uint32(doc))
		if err != nil || d.Text != want {
			t.Errorf("document %d has %d bytes instead of %d: %v", doc, len(d.Text), len(want), err)
		}
	}
	if n, want := s.Segments()[0].Lengths()[1], uint32(strings.Count(text, " ")+strings.Count(text, "\n")); n != want {
		t.Errorf("length %d instead of %d", n, want)
	}
	p, err := s.Segments()[0].Postings("times")
	if err != nil || p == nil {
		t.Fatal(p, err)
	}
	if _, freqs := p.NextBlock(); freqs[0] != uint32(size/len(line)) {
		t.Errorf("frequency %d instead of %d", freqs[0], size/len(line))
	}
}

func TestTooLargeDocument(t *testing.T) {
	meta := make([]byte, MaxDocumentSize+1)
	x := mustMemory(t, testOptions)
	b := &Batch{}
	b.Put(Entry{Document: rerank.Document{ID: "a", Meta: meta}})
	if _, err := mustWriter(t, x).Commit(ctx, b); err == nil || !strings.Contains(err.Error(), "at most 268435456") {
		t.Errorf("%v", err)
	}
}

// TestHostileSizes: what a file announces is not allocated before it is there.
func TestHostileSizes(t *testing.T) {
	w, err := newBlocksWriter(newContainerWriter(discard{}))
	if err != nil {
		t.Fatal(err)
	}
	packed := w.zstd.EncodeAll([]byte("little"), nil)
	if _, err := decompress(nil, packed, 6); err != nil { // a first decoder is made
		t.Fatal(err)
	}
	n := testenv.Allocated(func() { _, err = decompress(nil, packed, MaxDocumentSize) })
	if err == nil {
		t.Error("6 bytes passed for 256 MiB")
	}
	if n > 32<<20 {
		t.Errorf("%d bytes were allocated", n)
	}
	// A manifest of a few bytes that announces four billion segments.
	m := (&manifest{analyzer: "split", fields: []string{contentField}}).encode()
	le.PutUint32(m[len(m)-4:], math.MaxUint32)
	le.PutUint32(m[12:], checksum(m[manifestHeader:]))
	var corrupt *CorruptError
	if _, err := decodeManifest(m); !errors.As(err, &corrupt) {
		t.Errorf("%v", err)
	}
}

func TestUnknownAnalyzer(t *testing.T) {
	s := newMemory()
	s.files[manifestName] = (&manifest{analyzer: "from the future", fields: []string{contentField}, nextSegment: 1}).encode()
	if _, err := open(s); err == nil || !strings.Contains(err.Error(), "from the future") {
		t.Errorf("an index of an unknown analyzer: %v", err)
	}
}

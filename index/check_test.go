package index

import (
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	rerank "github.com/flashrerank/rerank"
)

// corpus is what an index should hold: a plain map.
type corpus map[string]Entry

var testModel = rerank.ModelInfo{
	Name: "test", Fingerprint: "f1", Dimensions: 3, Similarity: rerank.SimilarityCosine, MaxTokens: 8, Precision: "fp32",
}

var testOptions = Options{Analyzer: "split", Model: testModel}

// apply does to the map what a commit does to an index.
func (c corpus) apply(b *Batch) corpus {
	next := maps.Clone(c)
	for _, o := range b.operations {
		if o.deletion {
			delete(next, o.entry.Document.ID)
		} else {
			next[o.entry.Document.ID] = o.entry
		}
	}
	return next
}

// contents reads all that a snapshot gives, by every way that there is, and
// fails where two ways disagree. Only damage is returned as an error.
func contents(t testing.TB, s *Snapshot) (corpus, error) {
	t.Helper()
	got := corpus{}
	var total uint64
	freqs := map[string]int{}
	for _, g := range s.Segments() {
		numbers, err := segmentContents(t, s, g, got)
		if err != nil {
			return nil, err
		}
		for local, n := range numbers {
			if g.Lengths()[local] != n {
				t.Errorf("document %d has %d terms and length %d", local, n, g.Lengths()[local])
			}
			if !g.Deleted(uint32(local)) {
				total += uint64(n)
			}
		}
		terms, failed := g.Terms()
		for term := range terms {
			freqs[term] = 0
		}
		if err := failed(); err != nil {
			return nil, err
		}
	}
	if s.Len() != len(got) || s.TotalLength() != total {
		t.Errorf("the snapshot counts %d documents of %d terms; there are %d of %d", s.Len(), s.TotalLength(), len(got), total)
	}
	return got, checkFreqs(t, s, got, freqs)
}

// segmentContents adds a segment's live documents to got and returns how many
// terms the postings give each document.
func segmentContents(t testing.TB, s *Snapshot, g *Segment, got corpus) ([]uint32, error) {
	t.Helper()
	for local := range uint32(g.Len()) {
		if g.Deleted(local) {
			continue
		}
		d, err := s.Document(g.Base() + local)
		if err != nil {
			return nil, err
		}
		v, err := g.Vector(local)
		if err != nil {
			return nil, err
		}
		if doc, found, err := s.Find(d.ID); err != nil {
			return nil, err
		} else if !found || doc != g.Base()+local {
			t.Errorf("document %q is number %d, but found (%v) at %d", d.ID, g.Base()+local, found, doc)
		}
		got[d.ID] = Entry{Document: d, Vector: slices.Clone(v)}
	}
	numbers := make([]uint32, g.Len())
	terms, failed := g.Terms()
	before := ""
	for term, df := range terms {
		if before != "" && term <= before {
			t.Errorf("term %q after %q", term, before)
		}
		before = term
		p, err := g.Postings(term)
		if err != nil {
			return nil, err
		}
		if p == nil || p.Len() != df {
			t.Errorf("term %q: %d documents, and postings %v", term, df, p)
			continue
		}
		last, seen := -1, 0
		for docs, fs := p.NextBlock(); docs != nil; docs, fs = p.NextBlock() {
			for i, doc := range docs {
				if int(doc) <= last {
					t.Errorf("term %q: document %d after %d", term, doc, last)
				}
				last = int(doc)
				numbers[doc] += fs[i]
			}
			seen += len(docs)
		}
		if p.Err() != nil {
			return nil, p.Err()
		}
		if seen != df {
			t.Errorf("term %q: %d postings of %d", term, seen, df)
		}
	}
	return numbers, failed()
}

// checkFreqs compares document frequencies with those of the documents' terms.
func checkFreqs(t testing.TB, s *Snapshot, got corpus, freqs map[string]int) error {
	t.Helper()
	for _, e := range got {
		terms := s.Analyzer().Terms(e.Document.Content())
		slices.Sort(terms)
		for _, term := range slices.Compact(terms) {
			freqs[term]++
		}
	}
	freqs["no such term"] = 0
	for range 2 { // the second time from memory
		for term, want := range freqs {
			n, err := s.DocFreq(term)
			if err != nil {
				return err
			}
			if n != want {
				t.Errorf("term %q is in %d documents; the index says %d", term, want, n)
			}
		}
	}
	return nil
}

// checkIndex compares an index with a map, by reading all of it.
func checkIndex(t testing.TB, x *Index, want corpus) {
	t.Helper()
	s, err := x.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	checkSnapshot(t, s, want)
	if err := x.Verify(context.Background()); err != nil {
		t.Errorf("verify: %v", err)
	}
}

func checkSnapshot(t testing.TB, s *Snapshot, want corpus) {
	t.Helper()
	got, err := contents(t, s)
	if err != nil {
		t.Fatal(err)
	}
	if !equalCorpora(want, got) {
		t.Errorf("index (+) differs from what was put (-):\n%s", cmp.Diff(want, got))
	}
	var length uint64
	for _, e := range want {
		length += uint64(len(s.Analyzer().Terms(e.Document.Content())))
	}
	if s.TotalLength() != length {
		t.Errorf("total length %d; the documents have %d terms", s.TotalLength(), length)
	}
}

// randomBatch makes a batch over few IDs, so that replacing is frequent.
func randomBatch(r *rand.Rand, size, ids int) *Batch {
	b := &Batch{}
	for range size {
		id := fmt.Sprintf("doc%d", r.IntN(ids))
		if r.IntN(5) == 0 {
			b.Delete(id)
		} else {
			b.Put(randomEntry(r, id))
		}
	}
	return b
}

func randomEntry(r *rand.Rand, id string) Entry {
	e := Entry{Document: rerank.Document{ID: id, Text: randomText(r)}}
	if r.IntN(3) == 0 {
		e.Document.Title = "title " + id
	}
	if r.IntN(3) == 0 {
		e.Document.Meta = []byte{byte(r.IntN(256)), 0}[:r.IntN(3)]
	}
	if r.IntN(3) == 0 {
		e.Document.Fields = rerank.Fields{
			{Name: "price", Value: rerank.NumberValue(r.NormFloat64())},
			{Name: "count", Value: rerank.IntValue(int64(r.Uint64()))},
			{Name: "size", Value: rerank.UintValue(r.Uint64())},
			{Name: "none", Value: rerank.ListValue(rerank.NullValue())},
			{Name: "ok", Value: rerank.BoolValue(r.IntN(2) == 0)},
			{Name: "at", Value: rerank.TimeValue(time.Unix(r.Int64N(1<<33), r.Int64N(1e9)))},
			{Name: "tags", Value: rerank.ListValue(rerank.TextValue("a"), rerank.ListValue(rerank.TextValue("b")))},
		}
	}
	if r.IntN(4) > 0 {
		e.Vector = []float32{r.Float32(), float32(r.NormFloat64()), -math.MaxFloat32}
	}
	return e
}

// randomText draws words as texts do: few are frequent.
func randomText(r *rand.Rand) string {
	var words []string
	for range r.IntN(30) {
		words = append(words, fmt.Sprintf("w%d", int(math.Exp(r.Float64()*6))))
	}
	return strings.Join(words, " ")
}

func newRand(t testing.TB, seed uint64) *rand.Rand {
	t.Helper()
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

func mustWriter(t testing.TB, x *Index) *Writer {
	t.Helper()
	w, err := x.Writer()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func mustCommit(t testing.TB, w *Writer, b *Batch) Commit {
	t.Helper()
	c, err := w.Commit(context.Background(), b)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func mustMemory(t testing.TB, o Options) *Index {
	t.Helper()
	x, err := Memory(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() })
	return x
}

// puts makes a batch of plain documents from id, text, id, text, ….
func puts(idsAndTexts ...string) *Batch {
	b := &Batch{}
	for i := 0; i < len(idsAndTexts); i += 2 {
		b.Put(Entry{Document: rerank.Document{ID: idsAndTexts[i], Text: idsAndTexts[i+1]}})
	}
	return b
}

// equalCorpora is what cmp.Equal says, and faster.
func equalCorpora(a, b corpus) bool {
	return maps.EqualFunc(a, b, func(a, b Entry) bool {
		x, y := a.Document, b.Document
		return x.ID == y.ID && x.Title == y.Title && x.Text == y.Text && string(x.Meta) == string(y.Meta) &&
			(x.Meta == nil) == (y.Meta == nil) && slices.Equal(a.Vector, b.Vector) && (a.Vector == nil) == (b.Vector == nil) &&
			slices.EqualFunc(x.Fields, y.Fields, func(f, g rerank.Field) bool { return f.Name == g.Name && f.Value.Equal(g.Value) })
	})
}

var ctx = context.Background()

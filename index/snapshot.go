package index

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sort"
	"sync"
	"sync/atomic"

	rerank "github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/analysis"
	"github.com/flashrerank/rerank/internal/mapped"
)

// view is one commit, shared by the snapshots of it.
type view struct {
	index    *Index
	manifest *manifest
	analyzer *analysis.Analyzer
	segments []*Segment
	live     int
	total    uint64
	deletes  bool // whether any segment has deletions
	refs     atomic.Int64

	mu    sync.Mutex
	freqs map[string]int // document frequencies that took counting
}

// maxFreqs bounds how many counted document frequencies a view remembers.
const maxFreqs = 1 << 14

// newView takes over a reference to each segment's file.
func newView(x *Index, m *manifest, a *analysis.Analyzer, segments []*Segment) *view {
	v := &view{index: x, manifest: m, analyzer: a, freqs: map[string]int{}}
	base := uint32(0)
	for _, g := range segments {
		g = g.at(base)
		base += g.data.documents
		v.segments = append(v.segments, g)
		v.live += int(g.data.documents - g.dead)
		v.total += g.live
		v.deletes = v.deletes || g.HasDeletions()
	}
	v.refs.Store(1)
	return v
}

// at returns the segment at another base.
func (g *Segment) at(base uint32) *Segment {
	moved := *g
	moved.base = base
	return &moved
}

func (v *view) release() {
	v.index.mu.Lock()
	defer v.index.mu.Unlock()
	v.releaseLocked()
}

func (v *view) releaseLocked() {
	if v.refs.Add(-1) == 0 {
		v.index.release(v.segments)
	}
}

// docFreq counts the live documents that hold a term.
func (v *view) docFreq(term string) (int, error) {
	if v.deletes {
		v.mu.Lock()
		n, known := v.freqs[term]
		v.mu.Unlock()
		if known {
			return n, nil
		}
	}
	total := 0
	for _, g := range v.segments {
		n, err := g.docFreq(term)
		if err != nil {
			return 0, err
		}
		total += n
	}
	if v.deletes {
		v.mu.Lock()
		defer v.mu.Unlock()
		if len(v.freqs) >= maxFreqs {
			clear(v.freqs) // values do not depend on what is remembered
		}
		v.freqs[term] = total
	}
	return total, nil
}

// find returns the snapshot-wide number of the live document with an ID.
func (v *view) find(id string) (segment int, local uint32, found bool, err error) {
	for i := len(v.segments) - 1; i >= 0; i-- { // what is new is asked for most
		g := v.segments[i]
		local, found, err := g.data.find(id)
		if err != nil {
			return 0, 0, false, err
		}
		if found && !g.deleted.has(local) {
			return i, local, true, nil
		}
	}
	return 0, 0, false, nil
}

// Snapshot is the corpus as of one commit. Documents have numbers, which mean
// something within the snapshot only. A Snapshot is immutable and safe for
// concurrent use. Its segments, postings and views must not be used after
// Close; its own methods then return [ErrClosed].
type Snapshot struct {
	v      *view
	users  atomic.Int64 // running calls, and one until Close
	closed atomic.Bool
}

func newSnapshot(v *view) *Snapshot {
	s := &Snapshot{v: v}
	s.users.Store(1)
	return s
}

// enter keeps the files open until exit.
func (s *Snapshot) enter() error {
	for {
		n := s.users.Load()
		if n == 0 || s.closed.Load() {
			return ErrClosed
		}
		if s.users.CompareAndSwap(n, n+1) {
			return nil
		}
	}
}

func (s *Snapshot) exit() {
	if s.users.Add(-1) == 0 {
		s.v.release()
	}
}

// Close lets go of the snapshot. Calling it again does nothing.
func (s *Snapshot) Close() error {
	if !s.closed.Swap(true) {
		s.exit()
	}
	return nil
}

// Generation returns the number of the commit; it grows with every commit.
func (s *Snapshot) Generation() uint64 { return s.v.manifest.generation }

// Same reports whether two snapshots of one [Index] are of the same commit. A folder may
// have been replaced by one that has as many commits.
func (s *Snapshot) Same(other *Snapshot) bool { return s.v == other.v }

// Analyzer returns what turned the documents' content into terms; nil where the
// index was opened by [OpenDocuments].
func (s *Snapshot) Analyzer() *analysis.Analyzer { return s.v.analyzer }

// Options returns what the index was made with.
func (s *Snapshot) Options() Options {
	return Options{Analyzer: s.v.manifest.analyzer, Model: s.v.manifest.model}
}

// Model returns what the vectors come from; the zero value if there are none.
func (s *Snapshot) Model() rerank.ModelInfo { return s.v.manifest.model }

// Len returns the number of live documents.
func (s *Snapshot) Len() int { return s.v.live }

// TotalLength returns the number of terms in all live documents together.
func (s *Snapshot) TotalLength() uint64 { return s.v.total }

// Segments returns the parts of the corpus in the order of their documents'
// numbers. The slice is not to be modified.
func (s *Snapshot) Segments() []*Segment { return s.v.segments }

// DocFreq returns the number of live documents that hold a term: exactly, also
// where there are deleted ones, which takes counting when a term is first
// asked for.
func (s *Snapshot) DocFreq(term string) (n int, err error) {
	if err := s.enter(); err != nil {
		return 0, err
	}
	defer s.exit()
	defer s.v.index.guard(&err, mapped.Watch())
	return s.v.docFreq(term)
}

// Document loads a live document. A number that is not of a live document is
// an error.
func (s *Snapshot) Document(doc uint32) (d rerank.Document, err error) {
	if err := s.enter(); err != nil {
		return rerank.Document{}, err
	}
	defer s.exit()
	defer s.v.index.guard(&err, mapped.Watch())
	g, local, err := s.segment(doc)
	if err != nil {
		return rerank.Document{}, err
	}
	return g.document(local)
}

// ID returns the ID of a live document: cheaper than Document.
func (s *Snapshot) ID(doc uint32) (id string, err error) {
	if err := s.enter(); err != nil {
		return "", err
	}
	defer s.exit()
	defer s.v.index.guard(&err, mapped.Watch())
	g, local, err := s.segment(doc)
	if err != nil {
		return "", err
	}
	return g.data.id(local)
}

// Vector returns a copy of a live document's vector, and nil if it has none.
func (s *Snapshot) Vector(doc uint32) (v []float32, err error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.exit()
	defer s.v.index.guard(&err, mapped.Watch())
	g, local, err := s.segment(doc)
	if err != nil {
		return nil, err
	}
	view, err := g.Vector(local)
	return slices.Clone(view), err
}

// Documents iterates over the live documents in the order of their numbers,
// which is faster than loading each. It ends with the first error.
func (s *Snapshot) Documents(ctx context.Context) iter.Seq2[rerank.Document, error] {
	return func(yield func(rerank.Document, error) bool) {
		err := s.enter()
		if err == nil {
			defer s.exit()
			err = guarded(s.v.index.store, func() error {
				return s.eachDocument(ctx, func(d rerank.Document) bool { return yield(d, nil) })
			})
		}
		if err != nil && !errors.Is(err, errStopped) {
			yield(rerank.Document{}, err)
		}
	}
}

// errStopped says that the caller wants no more documents.
var errStopped = errors.New("stopped")

func (s *Snapshot) eachDocument(ctx context.Context, f func(rerank.Document) bool) error {
	for _, g := range s.v.segments {
		err := g.data.blocks.each(ctx, func(local uint32, record *decoder) error {
			if g.deleted.has(local) {
				return nil
			}
			id, err := g.data.id(local)
			if err != nil {
				return err
			}
			d, err := decodeDocument(record, id)
			if err == nil && !f(d) {
				err = errStopped
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// segment returns where a live document is.
func (s *Snapshot) segment(doc uint32) (*Segment, uint32, error) {
	segments := s.v.segments
	i := sort.Search(len(segments), func(i int) bool { return segments[i].base > doc }) - 1
	if i >= 0 {
		g := segments[i]
		if local := doc - g.base; local < g.data.documents && !g.deleted.has(local) {
			return g, local, nil
		}
	}
	return nil, 0, fmt.Errorf("index: this snapshot has no document %d", doc)
}

// Find returns the number of the live document with an ID.
func (s *Snapshot) Find(id string) (doc uint32, found bool, err error) {
	if err := s.enter(); err != nil {
		return 0, false, err
	}
	defer s.exit()
	defer s.v.index.guard(&err, mapped.Watch())
	i, local, found, err := s.v.find(id)
	if err != nil || !found {
		return 0, false, err
	}
	return s.v.segments[i].base + local, true, nil
}

// FindPrefix returns the number of a live document whose ID begins with a text, of
// several any.
func (s *Snapshot) FindPrefix(prefix string) (doc uint32, found bool, err error) {
	if err := s.enter(); err != nil {
		return 0, false, err
	}
	defer s.exit()
	defer s.v.index.guard(&err, mapped.Watch())
	for _, g := range s.v.segments {
		local, found, err := g.data.findPrefix(prefix, g.deleted)
		if err != nil || found {
			return g.base + local, found, err
		}
	}
	return 0, false, nil
}

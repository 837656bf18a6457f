package index

import (
	"iter"

	rerank "github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/analysis"
)

// Segment is a part of the corpus as a snapshot sees it. Documents have local
// numbers from 0; [Segment.Base] plus the local number is the document's
// number in the snapshot. A Segment is immutable and safe for concurrent use;
// it and all views it gives are valid until the snapshot is closed.
type Segment struct {
	data    *segmentData
	base    uint32
	deleted bitset
	dead    uint32 // how many are deleted
	live    uint64 // terms in live documents
}

// newSegment puts tombstones on a segment.
func newSegment(d *segmentData, deleted bitset) *Segment {
	g := &Segment{data: d, deleted: deleted, dead: deleted.count(), live: d.container.stats.fields[0].totalLength}
	deleted.each(func(i uint32) { g.live -= uint64(d.lengths[i]) })
	return g
}

// Base returns the snapshot-wide number of the segment's first document.
func (g *Segment) Base() uint32 { return g.base }

// Len returns the number of documents, deleted ones included.
func (g *Segment) Len() int { return int(g.data.documents) }

// HasDeletions reports whether any document is deleted.
func (g *Segment) HasDeletions() bool { return g.dead > 0 }

// Deleted reports whether a document is deleted: nobody may see it.
func (g *Segment) Deleted(local uint32) bool { return g.deleted.has(local) }

// Lengths returns for each document, deleted ones included, how many terms its
// content has. It is a view, not to be modified.
func (g *Segment) Lengths() []uint32 { return g.data.lengths }

// Postings returns the documents that hold a term, and nil if none does. The
// first use of a part of the file compares its checksum: a [*CorruptError]
// tells where one does not match.
func (g *Segment) Postings(term string) (*Postings, error) {
	offset, found, err := g.data.terms.get(term)
	if err != nil || !found {
		return nil, err
	}
	return openPostings(g.data.terms.postings, offset)
}

// Terms iterates over the segment's terms in byte order, each with the number
// of documents that hold it, deleted ones included. Words that the analyzer
// sets aside are left out, though they have postings. The function returned
// beside it tells after the iteration what ended it early, if anything did.
func (g *Segment) Terms() (terms iter.Seq2[string, int], err func() error) {
	var failed error
	terms = func(yield func(string, int) bool) {
		it := termIterator{d: g.data.terms}
		for {
			ok, err := it.next()
			if err != nil || !ok || analysis.IsAside(string(it.term)) { // these are the last
				failed = err
				return
			}
			n, _, _, err := entryHeader(g.data.terms.postings, it.offset)
			if err != nil {
				failed = err
				return
			}
			if !yield(string(it.term), n) {
				return
			}
		}
	}
	return terms, func() error { return failed }
}

// Vector returns a document's vector as a view, not to be modified, and nil if
// it has none.
func (g *Segment) Vector(local uint32) ([]float32, error) {
	if local >= g.data.documents {
		return nil, nil
	}
	return g.data.vectors.at(local)
}

// ID returns the ID of a document: cheaper than loading the document.
func (g *Segment) ID(local uint32) (string, error) { return g.data.id(local) }

// document loads a stored document.
func (g *Segment) document(local uint32) (rerank.Document, error) {
	id, err := g.data.id(local)
	if err != nil {
		return rerank.Document{}, err
	}
	buf := g.data.buffers.Get().(*[]byte)
	defer g.data.putBuffer(buf)
	d, err := g.data.blocks.record(local, buf)
	if err != nil {
		return rerank.Document{}, err
	}
	return decodeDocument(d, id)
}

// putBuffer keeps a buffer for the next block, unless it is of an unusual size.
func (d *segmentData) putBuffer(buf *[]byte) {
	if cap(*buf) <= smallBlock {
		d.buffers.Put(buf)
	}
}

// docFreq counts the live documents that hold a term.
func (g *Segment) docFreq(term string) (int, error) {
	offset, found, err := g.data.terms.get(term)
	if err != nil || !found {
		return 0, err
	}
	if !g.HasDeletions() {
		n, _, _, err := entryHeader(g.data.terms.postings, offset)
		return n, err
	}
	p, err := openPostings(g.data.terms.postings, offset)
	if err != nil {
		return 0, err
	}
	n := 0
	for docs, _ := p.NextBlock(); docs != nil; docs, _ = p.NextBlock() {
		for _, doc := range docs {
			if !g.deleted.has(doc) {
				n++
			}
		}
	}
	return n, p.Err()
}

package index

import (
	"bytes"
	"context"
	"fmt"
	"math"

	"github.com/flashrerank/rerank/analysis"
)

// Verify reads all of the latest commit: it compares every checksum and looks
// whether documents, postings, lengths and vectors agree. The first damage is
// returned as a [*CorruptError].
func (x *Index) Verify(ctx context.Context) error {
	s, err := x.Snapshot()
	if err != nil {
		return err
	}
	defer s.Close()
	for _, g := range s.v.segments {
		if err := guarded(x.store, func() error { return g.verify(ctx) }); err != nil {
			return err
		}
	}
	return nil
}

func (g *Segment) verify(ctx context.Context) error {
	c := g.data.container
	for at := 0; at < len(c.data); at += pageSize {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		// Not c.check: the file may have changed since it was first read.
		p := at / pageSize
		if checksum(c.data[at:min(at+pageSize, len(c.data))]) != le.Uint32(c.sums[4*p:]) {
			return &CorruptError{File: c.name, Offset: int64(at), Reason: "checksum of the page does not match"}
		}
	}
	for _, verify := range []func(context.Context) error{g.verifyIDs, g.verifyDocuments, g.verifyVectors, g.verifyPostings} {
		if err := verify(ctx); err != nil {
			return err
		}
	}
	return nil
}

// verifyIDs looks whether the order of IDs is one of all documents, ascending.
func (g *Segment) verifyIDs(ctx context.Context) error {
	d := g.data
	var before []byte
	for i := range d.documents {
		if i%1024 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		local := le.Uint32(d.idOrder[4*i:])
		if local >= d.documents {
			return d.idSection.corrupt(0, "document %d of %d in the order of IDs", local, d.documents)
		}
		id, err := d.idBytes(local)
		if err != nil {
			return err
		}
		// Strictly ascending, so no document appears twice and none is left out.
		if bytes.Compare(id, before) <= 0 {
			return d.idSection.corrupt(0, "IDs %q and %q are out of order", before, id)
		}
		before = id
	}
	return nil
}

func (g *Segment) verifyDocuments(ctx context.Context) error {
	return g.data.blocks.each(ctx, func(_ uint32, record *decoder) error {
		_, err := decodeDocument(record, "")
		return err
	})
}

func (g *Segment) verifyVectors(ctx context.Context) error {
	n := uint32(0)
	for local := range g.data.documents {
		if local%1024 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		v, err := g.data.vectors.at(local)
		if err != nil {
			return err
		}
		if v != nil {
			n++
		}
		for _, x := range v {
			if f := float64(x); math.IsNaN(f) || math.IsInf(f, 0) {
				return g.data.vectors.data.corrupt(0, "vector of document %d has a component %v", local, x)
			}
		}
	}
	if n != g.data.vectors.count {
		return g.data.vectors.data.corrupt(0, "%d vectors instead of %d", n, g.data.vectors.count)
	}
	return nil
}

// verifyPostings looks whether the frequencies of all terms add up to the
// lengths of the documents. Words set aside are no part of these.
func (g *Segment) verifyPostings(ctx context.Context) error {
	d := g.data
	lengths := make([]uint64, d.documents)
	it := termIterator{d: d.terms}
	for {
		if it.seen%256 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		ok, err := it.next()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		p, err := openPostings(d.terms.postings, it.offset)
		if err != nil {
			return err
		}
		if p.Len() > longList && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		aside := analysis.IsAside(string(it.term))
		for docs, freqs := p.NextBlock(); docs != nil; docs, freqs = p.NextBlock() {
			for i, doc := range docs {
				if !aside {
					lengths[doc] += uint64(freqs[i])
				}
			}
		}
		if p.Err() != nil {
			return fmt.Errorf("index: term %.100q: %w", it.term, p.Err())
		}
	}
	var total uint64
	for i, n := range lengths {
		if n != uint64(d.lengths[i]) {
			return d.terms.postings.corrupt(0, "document %d has %d terms; its length is %d", i, n, d.lengths[i])
		}
		total += n
	}
	if want := d.container.stats.fields[0].totalLength; total != want {
		return d.terms.postings.corrupt(0, "%d terms in all; the footer says %d", total, want)
	}
	return nil
}

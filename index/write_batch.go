package index

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"unsafe"

	"github.com/flashrerank/rerank/analysis"
)

// writeBatch writes documents as a segment. It closes f, whatever happens.
func writeBatch(ctx context.Context, f file, info segmentInfo, a *analysis.Analyzer, puts []Entry) (segmentInfo, error) {
	w, err := newSegmentWriter(f)
	if err != nil {
		w.out.abandon()
		return info, err
	}
	shards := startInversion(ctx, a, puts)
	err = w.batchDocuments(ctx, puts)
	parts, lengths, e := shards.wait() // also after an error: nobody works on
	if err == nil {
		err = e
	}
	if err == nil {
		err = w.content(ctx, lengths, parts)
	}
	if err != nil {
		w.out.abandon()
		return info, err
	}
	info.documents = uint32(len(puts))
	info.size, info.checksum, err = w.out.finish(w.stats)
	return info, err
}

// batchDocuments writes stored documents, IDs and vectors.
func (w *segmentWriter) batchDocuments(ctx context.Context, puts []Entry) error {
	var record []byte
	for i := range puts {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		d := &puts[i].Document
		var err error
		if record, err = appendDocument(record[:0], d); err != nil {
			return &DocumentError{ID: d.ID, Err: err}
		}
		if len(record) > MaxDocumentSize {
			return &DocumentError{ID: d.ID, Err: fmt.Errorf("%d bytes; at most %d", len(record), MaxDocumentSize)}
		}
		w.add(unsafe.Slice(unsafe.StringData(d.ID), len(d.ID)), record) // read only
	}
	order := make([]uint32, len(puts))
	for i := range order {
		order[i] = uint32(i)
	}
	order, err := sortNumbers(ctx, order, func(a, b uint32) int { return strings.Compare(puts[a].Document.ID, puts[b].Document.ID) })
	if err != nil {
		return err
	}
	w.endDocuments(order)
	var buf []byte
	for i := range puts {
		if v := puts[i].Vector; v != nil {
			buf = w.vector(uint32(i), v, buf)
		}
	}
	w.endVectors()
	return nil
}

// inversion is the analysis of a batch in shards of consecutive documents.
type inversion struct {
	group   sync.WaitGroup
	parts   []*inverted
	lengths [][]uint32
	errs    []error
}

// startInversion divides the documents into shards of about the same size. The
// result does not depend on how many there are.
func startInversion(ctx context.Context, a *analysis.Analyzer, puts []Entry) *inversion {
	const least = 256 << 10 // bytes that are worth a shard
	total := 0
	for i := range puts {
		total += contentSize(&puts[i])
	}
	n := max(1, min(runtime.GOMAXPROCS(0), total/least, len(puts)))
	s := &inversion{parts: make([]*inverted, n), lengths: make([][]uint32, n), errs: make([]error, n)}
	start := 0
	for k := range n {
		end, size := start, 0
		for end < len(puts) && (k == n-1 || size < total/n) {
			size += contentSize(&puts[end])
			end++
		}
		base, shard := uint32(start), puts[start:end]
		s.group.Go(func() { s.parts[k], s.lengths[k], s.errs[k] = invert(ctx, a, base, shard) })
		start = end
	}
	return s
}

func contentSize(e *Entry) int { return len(e.Document.Title) + len(e.Document.Text) }

// wait returns the shards' postings and the lengths of all documents.
func (s *inversion) wait() (parts []termCursor, lengths []uint32, err error) {
	s.group.Wait()
	for k := range s.parts {
		if s.errs[k] != nil {
			return nil, nil, s.errs[k]
		}
		parts = append(parts, s.parts[k])
		lengths = append(lengths, s.lengths[k]...)
	}
	return parts, lengths, nil
}

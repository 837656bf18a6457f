package index

import (
	"bytes"
	"container/heap"
	"context"
	"fmt"

	"github.com/blevesearch/vellum"
)

// segmentWriter writes a segment file: first all documents, then all vectors,
// then lengths and terms.
type segmentWriter struct {
	out     *containerWriter
	blocks  *blocksWriter
	ids     [][]byte // views of what the caller gave
	stats   segmentStats
	encoder postingsEncoder
	held    bitset
	names   fieldNames
}

func newSegmentWriter(f file) (*segmentWriter, error) {
	w := &segmentWriter{out: newContainerWriter(f)}
	var err error
	w.blocks, err = newBlocksWriter(w.out)
	w.out.begin(kindDocuments, noField)
	return w, err
}

// add appends a document. The ID must stay as it is until endDocuments.
func (w *segmentWriter) add(id, record []byte) {
	w.ids = append(w.ids, id)
	w.blocks.add(record)
	w.names.add(record)
}

// endDocuments writes what belongs to the documents; order lists them by ID.
func (w *segmentWriter) endDocuments(order []uint32) {
	w.blocks.flush()
	w.out.begin(kindBlocks, noField)
	w.out.Write(w.blocks.table)
	w.out.begin(kindIDs, noField)
	offset := 8 * uint64(len(w.ids)+1)
	var b []byte
	for _, id := range w.ids {
		b = w.spill(le.AppendUint64(b, offset))
		offset += uint64(len(id))
	}
	w.out.Write(le.AppendUint64(b, offset))
	for _, id := range w.ids {
		w.out.Write(id)
	}
	w.out.begin(kindIDOrder, noField)
	w.numbers(order)
	if !w.names.full {
		w.out.begin(kindFieldNames, noField)
		w.out.Write(w.names.encode())
		w.out.begin(kindFieldKinds, noField)
		w.out.Write(w.names.encodeKinds())
	}
	w.stats.documents = uint32(len(w.ids))
	w.held = newBitset(w.stats.documents)
}

// numbers writes values of four bytes.
func (w *segmentWriter) numbers(values []uint32) {
	var b []byte
	for _, v := range values {
		b = w.spill(le.AppendUint32(b, v))
	}
	w.out.Write(b)
}

// spill writes a buffer that has become large and returns it empty.
func (w *segmentWriter) spill(b []byte) []byte {
	if len(b) < 32<<10 {
		return b
	}
	w.out.Write(b)
	return b[:0]
}

// vector appends the vector of a document; documents ascend.
func (w *segmentWriter) vector(local uint32, v []float32, buf []byte) []byte {
	if w.stats.vectors == 0 {
		w.out.begin(kindVectors, noField)
		w.stats.dimensions = uint32(len(v))
	}
	buf = appendFloats(buf[:0], v)
	w.out.Write(buf)
	w.held.set(local)
	w.stats.vectors++
	return buf
}

// endVectors writes which documents have a vector.
func (w *segmentWriter) endVectors() {
	if n := w.stats.vectors; n > 0 && n < w.stats.documents {
		w.out.begin(kindVectorsHeld, noField)
		w.out.Write(encodeHeld(w.held))
	}
}

// termCursor walks the terms of one part of a segment that is being made.
type termCursor interface {
	// next goes to the next term in byte order, the first one at first.
	next() (ok bool, err error)
	// current returns the term, valid until next is called.
	current() []byte
	// postings calls add for each posting, in the order of documents.
	postings(add func(doc, freq uint32)) error
}

// content writes the field of a segment from parts whose documents follow one
// another. A term that has lost all its documents is left out.
func (w *segmentWriter) content(ctx context.Context, lengths []uint32, parts []termCursor) error {
	field := fieldStats{name: contentField}
	for _, n := range lengths {
		field.totalLength += uint64(n)
	}
	w.out.begin(kindLengths, 0)
	w.numbers(lengths)
	w.out.begin(kindPostings, 0)
	var fst bytes.Buffer
	builder, err := vellum.New(&fst, nil)
	if err != nil {
		return err
	}
	offset := uint64(0)
	err = mergeTerms(ctx, parts, func(term []byte, same []termCursor) error {
		for _, part := range same {
			if err := part.postings(w.encoder.add); err != nil {
				return err
			}
		}
		if w.encoder.count == 0 {
			return nil
		}
		if w.encoder.count > longList && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		entry := w.encoder.finish()
		w.out.Write(entry)
		field.terms++
		err := builder.Insert(term, offset)
		offset += uint64(len(entry))
		return err
	})
	if err != nil {
		return err
	}
	w.out.Write(make([]byte, slack))
	if err := builder.Close(); err != nil {
		return err
	}
	w.out.begin(kindDictionary, 0)
	if field.terms > 0 {
		w.out.Write(fst.Bytes())
	}
	w.stats.fields = []fieldStats{field}
	return nil
}

// longList is a number of postings after which the context is looked at.
const longList = 1 << 15

// mergeTerms calls f for each term of the parts in order, with the parts that
// have it, in their order.
func mergeTerms(ctx context.Context, parts []termCursor, f func(term []byte, same []termCursor) error) error {
	var h cursorHeap
	for i, p := range parts {
		ok, err := p.next()
		if err != nil {
			return err
		}
		if ok {
			h = append(h, rankedCursor{p, i})
		}
	}
	heap.Init(&h)
	var term []byte
	var same []termCursor
	var ranked []rankedCursor
	for n := 0; len(h) > 0; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		term, same, ranked = append(term[:0], h[0].current()...), same[:0], ranked[:0]
		for len(h) > 0 && bytes.Equal(h[0].current(), term) {
			c := heap.Pop(&h).(rankedCursor)
			same, ranked = append(same, c.termCursor), append(ranked, c)
		}
		if err := f(term, same); err != nil {
			return fmt.Errorf("term %.100q: %w", term, err)
		}
		for _, c := range ranked {
			ok, err := c.next()
			if err != nil {
				return err
			}
			if ok {
				heap.Push(&h, c)
			}
		}
	}
	return nil
}

type rankedCursor struct {
	termCursor
	rank int
}

// cursorHeap has the least term on top, and among equal ones the first part.
type cursorHeap []rankedCursor

func (h cursorHeap) Len() int      { return len(h) }
func (h cursorHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h cursorHeap) Less(i, j int) bool {
	c := bytes.Compare(h[i].current(), h[j].current())
	return c < 0 || c == 0 && h[i].rank < h[j].rank
}
func (h *cursorHeap) Push(x any) { *h = append(*h, x.(rankedCursor)) }
func (h *cursorHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

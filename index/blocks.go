package index

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// Stored documents are compressed in blocks. A block is closed once it has
// blockTarget bytes, so a larger document has a block for itself. Loading a
// document unpacks its block: with 4 KiB that takes a third of the time that it
// takes with 16 KiB, and the index is a tenth larger (BenchmarkDocument).
const (
	blockTarget = 4 << 10
	blockEntry  = 4 + 4 + 8 // first document, raw size, offset of the end
	maxBlock    = MaxDocumentSize + blockTarget + binary.MaxVarintLen64

	// smallBlock is up to which size a block's announced size is believed
	// before its content is seen.
	smallBlock = 1 << 20
)

// blocksWriter writes the section of stored documents and gathers its table.
type blocksWriter struct {
	out    *containerWriter
	zstd   *zstd.Encoder
	raw    []byte
	packed []byte
	first  uint32 // document of the block
	next   uint32
	size   uint64
	table  []byte
}

func newBlocksWriter(out *containerWriter) (*blocksWriter, error) {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false))
	return &blocksWriter{out: out, zstd: e}, err
}

// add appends the stored form of the next document.
func (w *blocksWriter) add(record []byte) {
	w.raw = append(binary.AppendUvarint(w.raw, uint64(len(record))), record...)
	w.next++
	if len(w.raw) >= blockTarget {
		w.flush()
	}
}

func (w *blocksWriter) flush() {
	if w.next == w.first {
		return
	}
	w.packed = w.zstd.EncodeAll(w.raw, w.packed[:0])
	w.out.Write(w.packed)
	w.size += uint64(len(w.packed))
	w.table = le.AppendUint32(w.table, w.first)
	w.table = le.AppendUint32(w.table, uint32(len(w.raw)))
	w.table = le.AppendUint64(w.table, w.size)
	w.first, w.raw = w.next, w.raw[:0]
}

// blocks reads stored documents. Safe for concurrent use.
type blocks struct {
	documents uint32
	table     []byte
	data      section
}

func openBlocks(c *container) (*blocks, error) {
	s, err := c.section(kindBlocks, noField)
	if err != nil {
		return nil, err
	}
	b := &blocks{documents: c.stats.documents}
	if b.table, err = s.all(); err != nil {
		return nil, err
	}
	if b.data, err = c.section(kindDocuments, noField); err != nil {
		return nil, err
	}
	if len(b.table)%blockEntry != 0 || len(b.table) == 0 {
		return nil, s.corrupt(0, "table of %d bytes", len(b.table))
	}
	var end uint64
	for i := range b.len() {
		first, after := b.span(i)
		_, stop := b.place(i)
		if first >= after || i == 0 && first != 0 || b.rawSize(i) > maxBlock || stop < end || stop > uint64(b.data.length) {
			return nil, s.corrupt(uint64(i*blockEntry), "block of stored documents %d is described wrongly", i)
		}
		end = stop
	}
	return b, nil
}

func (b *blocks) len() int { return len(b.table) / blockEntry }

// span returns the first document of block i and the first one behind it.
func (b *blocks) span(i int) (first, after uint32) {
	first = le.Uint32(b.table[i*blockEntry:])
	if i+1 == b.len() {
		return first, b.documents
	}
	return first, le.Uint32(b.table[(i+1)*blockEntry:])
}

func (b *blocks) rawSize(i int) uint32 { return le.Uint32(b.table[i*blockEntry+4:]) }

// place returns where block i lies in the section.
func (b *blocks) place(i int) (start, end uint64) {
	if i > 0 {
		start = le.Uint64(b.table[(i-1)*blockEntry+8:])
	}
	return start, le.Uint64(b.table[i*blockEntry+8:])
}

// record returns the stored form of a document as a view of buf, which grows.
func (b *blocks) record(local uint32, buf *[]byte) (*decoder, error) {
	i := b.of(local)
	d, err := b.open(i, buf)
	if err != nil {
		return nil, err
	}
	first, _ := b.span(i)
	for ; first < local; first++ {
		d.bytes(d.uvarint())
	}
	return b.next(d)
}

// each calls f with the records of all documents in order, as views that are
// valid until f returns.
func (b *blocks) each(ctx context.Context, f func(local uint32, record *decoder) error) error {
	var buf []byte
	for i := range b.len() {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		d, err := b.open(i, &buf)
		if err != nil {
			return err
		}
		for local, after := b.span(i); local < after; local++ {
			record, err := b.next(d)
			if err != nil {
				return err
			}
			if err := f(local, record); err != nil {
				return err
			}
		}
		if err := d.end(); err != nil {
			return err
		}
	}
	return nil
}

// next returns the next record of a block.
func (b *blocks) next(d *decoder) (*decoder, error) {
	r := d.bytes(d.uvarint())
	if d.err != nil {
		return nil, d.err
	}
	return &decoder{file: d.file, base: d.base, buf: r}, nil
}

// open decompresses block i into buf. Offsets in errors are the block's.
func (b *blocks) open(i int, buf *[]byte) (*decoder, error) {
	start, end := b.place(i)
	packed, err := b.data.view(start, end-start)
	if err != nil {
		return nil, err
	}
	*buf, err = decompress((*buf)[:0], packed, int(b.rawSize(i)))
	if err != nil {
		return nil, b.data.corrupt(start, "stored documents: %v", err)
	}
	return &decoder{file: b.data.c.name, base: int64(b.data.offset) + int64(start), buf: *buf}, nil
}

// decompressors are kept for the next block; they hold no data.
var decompressors = sync.Pool{New: func() any {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxMemory(2*maxBlock), zstd.WithDecodeAllCapLimit(true))
	if err != nil {
		return err
	}
	return d
}}

// decompress appends size bytes to dst. What a file announces is believed up to
// smallBlock; beyond, the answer grows with what is really there, and the
// window alone is as large as the frame announces, which checkFrame bounds.
func decompress(dst, packed []byte, size int) ([]byte, error) {
	if err := checkFrame(packed, size); err != nil {
		return dst[:0], err
	}
	v := decompressors.Get()
	d, ok := v.(*zstd.Decoder)
	if !ok {
		return dst, v.(error)
	}
	var err error
	if size <= smallBlock {
		if cap(dst) < size {
			dst = make([]byte, 0, size)
		}
		dst, err = d.DecodeAll(packed, dst[:0:size])
	} else {
		var out bytes.Buffer
		if err = d.Reset(bytes.NewReader(packed)); err == nil {
			_, err = io.Copy(&out, io.LimitReader(d, int64(size)+1))
		}
		_ = d.Reset(nil) // let go of packed
		dst = out.Bytes()
	}
	if err == nil && len(dst) != size {
		err = fmt.Errorf("%d bytes instead of %d", len(dst), size)
	}
	decompressors.Put(d) // unless reading has panicked in the middle of a block
	return dst, err
}

// mostWindow is the largest window that the writer's frames have, unless it is the block itself.
const mostWindow = 16 << 20

// checkFrame refuses a frame that announces other than size bytes, as room is made for what it
// announces before anything of it is read.
func checkFrame(packed []byte, size int) error {
	var h zstd.Header
	switch err := h.Decode(packed); {
	case err != nil:
		return err
	case h.Skippable, h.HasFCS && h.FrameContentSize != uint64(size): // small frames do not tell
		return fmt.Errorf("a frame that is not of %d bytes", size)
	case h.WindowSize > uint64(max(size, mostWindow)):
		return fmt.Errorf("a window of %d bytes for %d", h.WindowSize, size)
	}
	return nil
}

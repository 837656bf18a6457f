package index

import (
	"bufio"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"math"
	"sync/atomic"
)

// A segment file is a header, sections, and a footer that says where the
// sections are and holds a checksum for every page: docs/formats/index.md.
const (
	segmentMagic = "RRIXSEGM"
	headerSize   = 64
	trailerSize  = 8 + 4 + 4 + 8 // footer offset, footer checksum, version, magic
	pageSize     = 16 << 10
	alignment    = 64
	sectionEntry = 4 + 4 + 8 + 8
)

// kind says what a section holds. Readers leave out kinds they do not know.
type kind uint32

const (
	kindIDs         kind = 1  // offsets, then the bytes of all IDs
	kindIDOrder     kind = 2  // document numbers in the order of their IDs
	kindBlocks      kind = 3  // where the blocks of stored documents are
	kindDocuments   kind = 4  // stored documents, in compressed blocks
	kindVectors     kind = 5  // float32 vectors
	kindVectorsHeld kind = 6  // which documents have a vector, if not all
	kindFieldNames  kind = 7  // names of the fields of documents
	kindFieldKinds  kind = 8  // what these fields hold
	kindLengths     kind = 16 // of a field: terms per document
	kindPostings    kind = 17 // of a field
	kindDictionary  kind = 18 // of a field: term to place in the postings
)

// noField is the field number of sections that belong to no field.
const noField = math.MaxUint32

type sectionKey struct {
	kind  kind
	field uint32
}

// segmentStats is what the footer says about the segment as a whole.
type segmentStats struct {
	documents  uint32
	dimensions uint32
	vectors    uint32 // documents with a vector
	fields     []fieldStats
}

type fieldStats struct {
	name        string
	terms       uint32 // distinct
	totalLength uint64 // terms of all documents
}

type atomicWord = atomic.Uint32

type sectionInfo struct {
	sectionKey
	offset, length uint64
}

// containerWriter writes a segment file from start to end.
type containerWriter struct {
	f        file
	w        *bufio.Writer
	offset   uint64
	page     uint32 // checksum of the page so far
	pages    []uint32
	sections []sectionInfo
	err      error
}

func newContainerWriter(f file) *containerWriter {
	c := &containerWriter{f: f, w: bufio.NewWriterSize(f, 256<<10)}
	var header [headerSize]byte
	copy(header[:], segmentMagic)
	le.PutUint32(header[8:], formatVersion)
	c.Write(header[:])
	return c
}

// Write appends to the section; it never returns an error before finish does.
func (c *containerWriter) Write(p []byte) (int, error) {
	n := len(p)
	if c.err != nil {
		return n, nil
	}
	_, c.err = c.w.Write(p)
	for len(p) > 0 {
		k := min(len(p), pageSize-int(c.offset%pageSize))
		c.page = crc32.Update(c.page, castagnoli, p[:k])
		c.offset += uint64(k)
		p = p[k:]
		if c.offset%pageSize == 0 {
			c.pages = append(c.pages, c.page)
			c.page = 0
		}
	}
	return n, nil
}

// begin starts a section; it ends where the next one begins.
func (c *containerWriter) begin(k kind, field uint32) {
	c.end()
	c.sections = append(c.sections, sectionInfo{sectionKey{k, field}, c.offset, math.MaxUint64})
}

// end closes the open section and pads the file.
func (c *containerWriter) end() {
	if n := len(c.sections); n > 0 && c.sections[n-1].length == math.MaxUint64 {
		c.sections[n-1].length = c.offset - c.sections[n-1].offset
	}
	var zeros [alignment]byte
	c.Write(zeros[:(alignment-c.offset%alignment)%alignment])
}

// finish writes the footer and makes the file's content durable. It returns
// the file's size and the footer's checksum.
func (c *containerWriter) finish(stats segmentStats) (size uint64, sum uint32, err error) {
	c.end()
	offset := c.offset
	if offset%pageSize != 0 {
		c.pages = append(c.pages, c.page)
	}
	b := le.AppendUint32(nil, stats.documents)
	b = le.AppendUint32(b, stats.dimensions)
	b = le.AppendUint32(b, stats.vectors)
	b = le.AppendUint32(b, uint32(len(stats.fields)))
	for _, f := range stats.fields {
		b = appendString32(b, f.name)
		b = le.AppendUint32(b, f.terms)
		b = le.AppendUint64(b, f.totalLength)
	}
	b = le.AppendUint32(b, uint32(len(c.sections)))
	for _, s := range c.sections {
		b = le.AppendUint32(b, uint32(s.kind))
		b = le.AppendUint32(b, s.field)
		b = le.AppendUint64(b, s.offset)
		b = le.AppendUint64(b, s.length)
	}
	for _, p := range c.pages {
		b = le.AppendUint32(b, p)
	}
	sum = checksum(b)
	b = le.AppendUint64(b, offset)
	b = le.AppendUint32(b, sum)
	b = le.AppendUint32(b, formatVersion)
	b = append(b, segmentMagic...)
	if c.err == nil {
		_, c.err = c.w.Write(b)
	}
	if c.err == nil {
		c.err = c.w.Flush()
	}
	if c.err == nil {
		c.err = c.f.Sync()
	}
	if e := c.f.Close(); c.err == nil {
		c.err = e
	}
	return offset + uint64(len(b)), sum, c.err
}

// abandon closes the file without finishing it.
func (c *containerWriter) abandon() { _ = c.f.Close() } // it is removed next

// container is an open segment file. Its bytes are handed out only after the
// checksums of their pages were compared, once. Safe for concurrent use.
type container struct {
	name     string
	blob     blob
	data     []byte // up to the footer
	stats    segmentStats
	sections map[sectionKey]section
	sums     []byte       // page checksums, 4 bytes each
	checked  []atomicWord // a bit for each page
}

// openContainer opens a segment file of known size and footer checksum.
func openContainer(s store, name string, size uint64, sum uint32) (*container, error) {
	b, err := s.open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &CorruptError{File: name, Reason: "the manifest names it", Err: err}
	}
	if err != nil {
		return nil, fmt.Errorf("index: opening %s: %w", name, err)
	}
	var c *container
	err = guarded(s, func() (err error) {
		c, err = parseContainer(name, b.bytes(), size, sum)
		return err
	})
	if err != nil {
		_ = b.Close() // only read
		return nil, err
	}
	c.blob = b
	return c, nil
}

func parseContainer(name string, b []byte, size uint64, sum uint32) (*container, error) {
	corrupt := func(offset int, format string, args ...any) error {
		return &CorruptError{File: name, Offset: int64(offset), Reason: fmt.Sprintf(format, args...)}
	}
	if err := checkHeader(&decoder{file: name, buf: b}, segmentMagic); err != nil {
		return nil, err
	}
	if uint64(len(b)) != size {
		return nil, corrupt(len(b), "the file has %d bytes; the manifest says %d", len(b), size)
	}
	if len(b) < headerSize+trailerSize {
		return nil, corrupt(len(b), "too short for a segment")
	}
	at := len(b) - trailerSize
	trailer := b[at:]
	end := le.Uint64(trailer)
	switch {
	case string(trailer[16:]) != segmentMagic:
		return nil, corrupt(at+16, "ends with %q, not with %q", trailer[16:], segmentMagic)
	case le.Uint32(trailer[12:]) != formatVersion:
		return nil, corrupt(at+12, "format version %d; the manifest has version %d", le.Uint32(trailer[12:]), formatVersion)
	case end < headerSize || end > uint64(at):
		return nil, corrupt(at, "footer at byte %d", end)
	}
	footer := b[end:at]
	if got := checksum(footer); got != le.Uint32(trailer[8:]) || got != sum {
		return nil, corrupt(int(end), "checksum of the footer does not match")
	}
	c := &container{name: name, data: b[:end:end], sections: map[sectionKey]section{}}
	return c, c.parseFooter(&decoder{file: name, base: int64(end), buf: footer})
}

func (c *container) parseFooter(d *decoder) error {
	c.stats.documents = d.limited(MaxSegmentDocuments, "documents")
	c.stats.dimensions = d.limited(MaxDimensions, "dimensions")
	c.stats.vectors = d.limited(c.stats.documents, "vectors")
	for n := d.count(16); n > 0; n-- {
		c.stats.fields = append(c.stats.fields, fieldStats{d.str(uint64(d.u32())), d.u32(), d.u64()})
	}
	for n := d.count(sectionEntry); n > 0; n-- {
		key := sectionKey{kind(d.u32()), d.u32()}
		offset, length := d.u64(), d.u64()
		if offset%alignment != 0 || offset > uint64(len(c.data)) || length > uint64(len(c.data))-offset {
			d.fail("section %d lies at byte %d and has %d bytes", key.kind, offset, length)
		}
		if _, twice := c.sections[key]; twice {
			d.fail("section %d appears twice", key.kind)
		}
		if d.err == nil {
			c.sections[key] = section{c: c, offset: int(offset), length: int(length)}
		}
	}
	pages := (len(c.data) + pageSize - 1) / pageSize
	c.sums = d.bytes(4 * uint64(pages))
	c.checked = make([]atomicWord, (pages+31)/32)
	return d.end()
}

// check compares the checksums of the pages that hold n > 0 bytes at offset.
func (c *container) check(offset, n int) error {
	for p := offset / pageSize; p <= (offset+n-1)/pageSize; p++ {
		word, bit := &c.checked[p/32], uint32(1)<<(p%32)
		if word.Load()&bit != 0 {
			continue
		}
		page := c.data[p*pageSize : min((p+1)*pageSize, len(c.data))]
		if checksum(page) != le.Uint32(c.sums[4*p:]) {
			return &CorruptError{File: c.name, Offset: int64(p * pageSize), Reason: "checksum of the page does not match"}
		}
		word.Or(bit)
	}
	return nil
}

// section returns a section that must be there.
func (c *container) section(k kind, field uint32) (section, error) {
	s, ok := c.sections[sectionKey{k, field}]
	if !ok {
		return section{}, &CorruptError{File: c.name, Offset: int64(len(c.data)), Reason: fmt.Sprintf("section %d is missing", k)}
	}
	return s, nil
}

// section is a part of a container.
type section struct {
	c              *container
	offset, length int
}

// view returns n checked bytes at an offset within the section.
func (s section) view(offset, n uint64) ([]byte, error) {
	if offset > uint64(s.length) || n > uint64(s.length)-offset {
		return nil, s.corrupt(offset, "%d bytes are asked for and the section ends at byte %d", n, s.offset+s.length)
	}
	if n == 0 {
		return nil, nil
	}
	start := s.offset + int(offset)
	if err := s.c.check(start, int(n)); err != nil {
		return nil, err
	}
	return s.c.data[start : start+int(n) : start+int(n)], nil
}

// all returns the whole section, checked.
func (s section) all() ([]byte, error) { return s.view(0, uint64(s.length)) }

// corrupt makes an error at an offset within the section.
func (s section) corrupt(offset uint64, format string, args ...any) error {
	at := int64(s.offset)
	if offset < math.MaxInt64/2 {
		at += int64(offset)
	}
	return &CorruptError{File: s.c.name, Offset: at, Reason: fmt.Sprintf(format, args...)}
}

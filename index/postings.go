package index

import (
	"encoding/binary"
	"fmt"
)

// A term's entry in the postings section: docs/formats/index.md.
//
//	uvarint  number of documents
//	uvarint  number of bytes that follow
//	if there are full blocks:
//	  uvarint  size of an extension that readers of this version skip
//	  …        the extension
//	  per full block: u32 last document, u32 end of the block
//	  the blocks: u8 width of distances, u8 width of frequencies, both packed
//	the rest, up to 127 postings, as uvarints
const directoryEntry = 8

// postingsEncoder gathers the postings of one term.
type postingsEncoder struct {
	docs, freqs [blockLength]uint32
	n           int
	count       int
	last        int64 // last document of the blocks before
	directory   []byte
	blocks      []byte
	entry       []byte
}

// add appends a posting; documents ascend.
func (e *postingsEncoder) add(doc, freq uint32) {
	if e.count == 0 {
		e.last = -1
	}
	e.docs[e.n], e.freqs[e.n] = doc, freq
	e.n++
	e.count++
	if e.n == blockLength {
		e.flush()
	}
}

func (e *postingsEncoder) flush() {
	var deltas, freqs [blockLength]uint32
	last := e.last
	for i, doc := range e.docs {
		deltas[i] = uint32(int64(doc) - last - 1)
		freqs[i] = e.freqs[i] - 1
		last = int64(doc)
	}
	wd, wf := width(&deltas), width(&freqs)
	e.blocks = append(e.blocks, wd, wf)
	e.blocks = appendPacked(e.blocks, &deltas, wd)
	e.blocks = appendPacked(e.blocks, &freqs, wf)
	e.directory = le.AppendUint32(e.directory, uint32(last))
	e.directory = le.AppendUint32(e.directory, uint32(len(e.blocks)))
	e.last, e.n = last, 0
}

// finish returns the entry, valid until the next call, and starts anew.
func (e *postingsEncoder) finish() []byte {
	if len(e.directory) > 0 {
		// The extension is empty; it comes before the directory.
		e.directory = append(e.directory, 0)
		copy(e.directory[1:], e.directory)
		e.directory[0] = 0
	}
	last := e.last
	for i := range e.n {
		// One occurrence is by far the most frequent: it takes one bit.
		delta := uint64(int64(e.docs[i])-last-1) << 1
		last = int64(e.docs[i])
		if e.freqs[i] == 1 {
			e.blocks = binary.AppendUvarint(e.blocks, delta|1)
		} else {
			e.blocks = binary.AppendUvarint(e.blocks, delta)
			e.blocks = binary.AppendUvarint(e.blocks, uint64(e.freqs[i]-2))
		}
	}
	e.entry = binary.AppendUvarint(e.entry[:0], uint64(e.count))
	e.entry = binary.AppendUvarint(e.entry, uint64(len(e.directory)+len(e.blocks)))
	e.entry = append(append(e.entry, e.directory...), e.blocks...)
	e.directory, e.blocks, e.n, e.count = e.directory[:0], e.blocks[:0], 0, 0
	return e.entry
}

// Postings are the documents of one segment that hold a term, in ascending
// order, with how often they do. Deleted documents are among them. Postings are
// a cursor: not safe for concurrent use, and valid until the snapshot is closed.
type Postings struct {
	count     int
	documents uint32 // of the segment

	directory []byte // of the blocks not read yet
	blocks    []byte
	start     uint32 // of the next block in blocks
	tail      []byte
	tailCount int
	last      int64

	docs, freqs [blockLength]uint32

	section section // for errors
	offset  uint64
	err     error
}

// Len returns the number of postings: the documents of the segment that hold
// the term, deleted ones included.
func (p *Postings) Len() int { return p.count }

// Err returns the damage that made [Postings.NextBlock] end early, if any: a
// [*CorruptError]. Checksums are compared before, so only a file that was
// forged shows here.
func (p *Postings) Err() error { return p.err }

// NextBlock returns the next postings, at most 128: local document numbers in
// ascending order and the term's frequencies in them. Both are valid until the
// next call. At the end, and from then on, it returns nil; see [Postings.Err].
func (p *Postings) NextBlock() (docs, freqs []uint32) {
	switch {
	case p.err != nil:
		return nil, nil
	case len(p.directory) > 0:
		return p.block()
	case p.tailCount > 0:
		return p.rest()
	}
	return nil, nil
}

func (p *Postings) block() (docs, freqs []uint32) {
	lastDoc, end := le.Uint32(p.directory), le.Uint32(p.directory[4:])
	p.directory = p.directory[directoryEntry:]
	// The slack behind the last block is the tail, or the section's padding.
	if uint64(p.start)+2 > uint64(end) || uint64(end)+slack > uint64(len(p.blocks)) {
		return p.fail("block at byte %d ends at byte %d", p.start, end)
	}
	b := p.blocks[p.start : end+slack]
	wd, wf := b[0], b[1]
	if wd > 32 || wf > 32 || packedSize(wd)+packedSize(wf)+2 != int(end-p.start) {
		return p.fail("block of %d bytes with widths %d and %d", end-p.start, wd, wf)
	}
	p.last = unpackDeltas(&p.docs, b[2:], wd, p.last)
	unpackFreqs(&p.freqs, b[2+packedSize(wd):], wf)
	if p.last != int64(lastDoc) || p.last >= int64(p.documents) {
		return p.fail("block ends with document %d, not %d, of %d", p.last, lastDoc, p.documents)
	}
	p.start = end
	return p.docs[:], p.freqs[:]
}

// rest decodes the postings behind the last full block.
func (p *Postings) rest() (docs, freqs []uint32) {
	n := p.tailCount
	p.tailCount = 0
	b := p.tail
	for i := range n {
		delta, k := binary.Uvarint(b)
		if k <= 0 || delta>>1 >= uint64(p.documents) {
			return p.fail("posting %d of the last %d is damaged", i, n)
		}
		b = b[k:]
		freq := uint64(1)
		if delta&1 == 0 {
			if freq, k = binary.Uvarint(b); k <= 0 || freq > 1<<32-3 {
				return p.fail("posting %d of the last %d is damaged", i, n)
			}
			b = b[k:]
			freq += 2
		}
		p.last += int64(delta>>1) + 1
		if p.last >= int64(p.documents) {
			return p.fail("document %d of %d", p.last, p.documents)
		}
		p.docs[i], p.freqs[i] = uint32(p.last), uint32(freq)
	}
	if len(b) > 0 {
		return p.fail("%d bytes too many", len(b))
	}
	return p.docs[:n], p.freqs[:n]
}

func (p *Postings) fail(format string, args ...any) ([]uint32, []uint32) {
	p.err = p.section.corrupt(p.offset, "postings: "+format, args...)
	return nil, nil
}

// entryHeader reads the first two numbers of an entry: how many documents, and
// where the rest lies.
func entryHeader(s section, offset uint64) (count int, start, size uint64, err error) {
	if offset >= uint64(s.length) {
		return 0, 0, 0, s.corrupt(offset, "postings begin behind the section's end")
	}
	b, err := s.view(offset, min(2*binary.MaxVarintLen64, uint64(s.length)-offset))
	if err != nil {
		return 0, 0, 0, err
	}
	n, k := binary.Uvarint(b)
	if k <= 0 || n == 0 || n > uint64(s.c.stats.documents) {
		return 0, 0, 0, s.corrupt(offset, "postings of %d documents", n)
	}
	size, l := binary.Uvarint(b[k:])
	start = offset + uint64(k) + uint64(max(l, 0))
	if l <= 0 || size > uint64(s.length) || start+size+slack > uint64(s.length) {
		return 0, 0, 0, s.corrupt(offset, "postings of %d bytes", size)
	}
	return int(n), start, size, nil
}

// openPostings returns a cursor over the entry at an offset of a section.
func openPostings(s section, offset uint64) (*Postings, error) {
	count, start, size, err := entryHeader(s, offset)
	if err != nil {
		return nil, err
	}
	b, err := s.view(start, size+slack)
	if err != nil {
		return nil, err
	}
	p := &Postings{count: count, documents: s.c.stats.documents, last: -1, section: s, offset: offset}
	if err := p.parse(b); err != nil {
		return nil, s.corrupt(offset, "postings: %v", err)
	}
	return p, nil
}

// parse splits an entry's bytes, slack included, into its parts.
func (p *Postings) parse(b []byte) error {
	full := p.count / blockLength
	p.tailCount = p.count % blockLength
	size := uint64(len(b) - slack)
	if full > 0 {
		extension, k := binary.Uvarint(b[:size])
		if k <= 0 || extension > size-uint64(k) {
			return fmt.Errorf("extension of %d bytes", extension)
		}
		skip := uint64(k) + extension
		if uint64(full)*directoryEntry > size-skip {
			return fmt.Errorf("%d blocks in %d bytes", full, size)
		}
		b, size = b[skip:], size-skip
		p.directory = b[:full*directoryEntry]
		b, size = b[full*directoryEntry:], size-uint64(full)*directoryEntry
	}
	p.blocks = b
	end := uint64(0)
	if full > 0 {
		end = uint64(le.Uint32(p.directory[len(p.directory)-4:]))
	}
	if end > size || p.tailCount == 0 && end != size {
		return fmt.Errorf("blocks end at byte %d of %d", end, size)
	}
	p.tail = b[end:size]
	return nil
}

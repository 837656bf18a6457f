package index

import (
	"sort"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/internal/mapped"
)

// Cursor loads documents one after another. Those that are stored together are unpacked
// once as long as they are asked for in a row, whatever their order, which is several
// times as fast as [Snapshot.Document] for documents that lie close. It is not safe for
// concurrent use, and valid until the snapshot is closed.
type Cursor struct {
	snapshot *Snapshot
	segment  *Segment
	block    int
	buf      []byte   // of the block, unpacked
	rest     *decoder // from the next document of the block on
	next     uint32   // its local number
	file     decoder  // the whole block
}

// Cursor returns a new cursor.
func (s *Snapshot) Cursor() *Cursor { return &Cursor{snapshot: s} }

// Document is [Snapshot.Document].
func (c *Cursor) Document(doc uint32) (d rerank.Document, err error) {
	if err := c.snapshot.enter(); err != nil {
		return rerank.Document{}, err
	}
	defer c.snapshot.exit()
	defer c.snapshot.v.index.guard(&err, mapped.Watch())
	g, local, err := c.snapshot.segment(doc)
	if err != nil {
		return rerank.Document{}, err
	}
	id, err := g.data.id(local)
	if err != nil {
		return rerank.Document{}, err
	}
	if err := c.seek(g, local); err != nil {
		c.segment = nil // nothing is unpacked now
		return rerank.Document{}, err
	}
	record, err := g.data.blocks.next(c.rest)
	if err != nil {
		c.segment = nil
		return rerank.Document{}, err
	}
	c.next++
	return decodeDocument(record, id)
}

// seek goes to a document, unpacking its block if another one is.
func (c *Cursor) seek(g *Segment, local uint32) error {
	b := g.data.blocks
	if c.segment != g || !b.holds(c.block, local) {
		block := b.of(local)
		d, err := b.open(block, &c.buf)
		if err != nil {
			return err
		}
		c.segment, c.block, c.file = g, block, *d
		c.next = local + 1 // so that it is begun below
	}
	if local < c.next {
		begin := c.file
		c.rest = &begin
		c.next, _ = b.span(c.block)
	}
	for ; c.next < local; c.next++ {
		c.rest.bytes(c.rest.uvarint())
	}
	return nil
}

// of returns the block of a document.
func (b *blocks) of(local uint32) int {
	return sort.Search(b.len(), func(i int) bool { return le.Uint32(b.table[i*blockEntry:]) > local }) - 1
}

// holds reports whether a document is in a block.
func (b *blocks) holds(block int, local uint32) bool {
	first, after := b.span(block)
	return first <= local && local < after
}

package index

import (
	"sort"
	"sync"
	"sync/atomic"
	"unsafe"
)

// segmentData is an open segment file, shared by all snapshots that hold the
// segment, whatever their tombstones. Safe for concurrent use.
type segmentData struct {
	info      segmentInfo // as it was when the segment was opened; without tombstones
	container *container
	documents uint32

	idSection section
	idOrder   []byte
	blocks    *blocks
	vectors   vectors
	lengths   []uint32
	terms     *dictionary

	refs    atomic.Int64
	buffers sync.Pool // of *[]byte, for decompressed blocks
}

// openSegment opens a segment file and checks all of it that is small.
func openSegment(s store, info segmentInfo) (*segmentData, error) {
	c, err := openContainer(s, info.file(), info.size, info.checksum)
	if err != nil {
		return nil, err
	}
	var d *segmentData
	err = guarded(s, func() (err error) {
		d, err = newSegmentData(c, info)
		return err
	})
	if err != nil {
		_ = c.blob.Close() // only read
		return nil, err
	}
	return d, nil
}

func newSegmentData(c *container, info segmentInfo) (*segmentData, error) {
	d := &segmentData{info: info, container: c, documents: c.stats.documents}
	d.buffers.New = func() any { return new([]byte) }
	footer := section{c: c, offset: len(c.data)}
	if d.documents != info.documents || d.documents == 0 {
		return nil, footer.corrupt(0, "%d documents; the manifest says %d", d.documents, info.documents)
	}
	if len(c.stats.fields) != 1 || c.stats.fields[0].name != contentField {
		return nil, footer.corrupt(0, "%d indexed fields; this program knows only %q", len(c.stats.fields), contentField)
	}
	for _, open := range []func() error{d.openIDs, d.openDocuments, d.openField, d.openVectors} {
		if err := open(); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func (d *segmentData) openIDs() (err error) {
	if d.idSection, err = d.container.section(kindIDs, noField); err != nil {
		return err
	}
	order, err := d.container.section(kindIDOrder, noField)
	if err != nil {
		return err
	}
	if d.idOrder, err = order.all(); err != nil {
		return err
	}
	if uint64(len(d.idOrder)) != 4*uint64(d.documents) {
		return order.corrupt(0, "%d bytes for %d documents", len(d.idOrder), d.documents)
	}
	return nil
}

func (d *segmentData) openDocuments() (err error) {
	d.blocks, err = openBlocks(d.container)
	return err
}

func (d *segmentData) openField() error {
	lengths, err := d.container.section(kindLengths, 0)
	if err != nil {
		return err
	}
	b, err := lengths.all()
	if err != nil {
		return err
	}
	if uint64(len(b)) != 4*uint64(d.documents) {
		return lengths.corrupt(0, "%d bytes for %d documents", len(b), d.documents)
	}
	d.lengths = words[uint32](b)
	d.terms = &dictionary{terms: d.container.stats.fields[0].terms}
	if d.terms.section, err = d.container.section(kindDictionary, 0); err != nil {
		return err
	}
	d.terms.postings, err = d.container.section(kindPostings, 0)
	return err
}

// id returns a copy of a document's ID.
func (d *segmentData) id(local uint32) (string, error) {
	b, err := d.idBytes(local)
	return string(b), err
}

// idBytes returns a document's ID as a view.
func (d *segmentData) idBytes(local uint32) ([]byte, error) {
	s := d.idSection
	at, err := s.view(8*uint64(local), 16)
	if err != nil {
		return nil, err
	}
	start, end := le.Uint64(at), le.Uint64(at[8:])
	if start > end || end-start > MaxIDLength || start < 8*(uint64(d.documents)+1) {
		return nil, s.corrupt(8*uint64(local), "ID of document %d lies at byte %d to %d", local, start, end)
	}
	return s.view(start, end-start)
}

// find returns the local number of the document with an ID, deleted or not.
func (d *segmentData) find(id string) (local uint32, found bool, err error) {
	i, err := d.search(id)
	if err != nil || i == int(d.documents) {
		return 0, false, err
	}
	local = d.ordered(i)
	b, err := d.idBytes(local)
	return local, err == nil && string(b) == id, err
}

// ordered returns the document at a place in the order of IDs.
func (d *segmentData) ordered(i int) uint32 { return le.Uint32(d.idOrder[4*i:]) }

// search returns the first place in the order of IDs whose ID is not less.
func (d *segmentData) search(id string) (place int, err error) {
	place = sort.Search(int(d.documents), func(i int) bool {
		if err != nil {
			return true
		}
		local := d.ordered(i)
		if local >= d.documents {
			err = d.idSection.corrupt(0, "document %d of %d in the order of IDs", local, d.documents)
			return true
		}
		var b []byte
		b, err = d.idBytes(local)
		return err != nil || string(b) >= id
	})
	return place, err
}

// findPrefix looks for a document that is not deleted and whose ID begins so.
func (d *segmentData) findPrefix(prefix string, deleted bitset) (local uint32, found bool, err error) {
	i, err := d.search(prefix)
	for ; err == nil && i < int(d.documents); i++ {
		local = d.ordered(i)
		if local >= d.documents {
			return 0, false, d.idSection.corrupt(0, "document %d of %d in the order of IDs", local, d.documents)
		}
		var b []byte
		if b, err = d.idBytes(local); err != nil || len(b) < len(prefix) || string(b[:len(prefix)]) != prefix {
			break
		}
		if !deleted.has(local) {
			return local, true, nil
		}
	}
	return 0, false, err
}

// words views little-endian bytes as values of four bytes, without copying
// where machine and alignment allow.
func words[T uint32 | float32](b []byte) []T {
	if len(b) < 4 {
		return nil
	}
	p := unsafe.Pointer(unsafe.SliceData(b))
	if littleEndian && uintptr(p)%unsafe.Alignof(T(0)) == 0 {
		return unsafe.Slice((*T)(p), len(b)/4)
	}
	values := make([]uint32, len(b)/4)
	for i := range values {
		values[i] = le.Uint32(b[4*i:])
	}
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(values))), len(values))
}

// littleEndian tells whether the machine keeps numbers as the files do.
var littleEndian = func() bool {
	x := uint16(1)
	return *(*byte)(unsafe.Pointer(&x)) == 1
}()

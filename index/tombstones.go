package index

import (
	"errors"
	"fmt"
	"io/fs"
	"math/bits"

	"github.com/RoaringBitmap/roaring/v2"
)

// Tombstone files: docs/formats/index.md.
const (
	tombstoneMagic  = "RRIXTOMB"
	tombstoneHeader = 8 + 4 + 4 + 8 // magic, version, number of documents, segment
)

// bitset is a set of local document numbers; nil is empty.
type bitset []uint64

func newBitset(documents uint32) bitset { return make(bitset, (documents+63)/64) }

func (b bitset) has(i uint32) bool { return b != nil && b[i/64]>>(i%64)&1 != 0 }
func (b bitset) set(i uint32)      { b[i/64] |= 1 << (i % 64) }

func (b bitset) count() uint32 {
	n := 0
	for _, w := range b {
		n += bits.OnesCount64(w)
	}
	return uint32(n)
}

// each calls f for each number of the set, in order.
func (b bitset) each(f func(i uint32)) {
	for i, w := range b {
		for ; w != 0; w &= w - 1 {
			f(uint32(i*64 + bits.TrailingZeros64(w)))
		}
	}
}

// encodeTombstones returns the tombstone file of a segment.
func encodeTombstones(segment uint64, deleted bitset) ([]byte, error) {
	r := roaring.New()
	deleted.each(r.Add)
	r.RunOptimize()
	body, err := r.ToBytes()
	if err != nil {
		return nil, err
	}
	b := le.AppendUint32([]byte(tombstoneMagic), formatVersion)
	b = le.AppendUint32(b, deleted.count())
	b = le.AppendUint64(b, segment)
	return append(b, body...), nil
}

// openTombstones reads the tombstones of a segment.
func openTombstones(s store, info segmentInfo) (bitset, error) {
	name := info.tombstoneFile()
	if info.tombSize > manifestLimit*4 {
		return nil, &CorruptError{File: manifestName, Offset: manifestHeader, Reason: fmt.Sprintf("%s of %d bytes", name, info.tombSize)}
	}
	b, err := s.read(name, int64(info.tombSize))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &CorruptError{File: name, Reason: "the manifest names it", Err: err}
	}
	if err != nil {
		return nil, fmt.Errorf("index: reading %s: %w", name, err)
	}
	return decodeTombstones(name, b, info)
}

func decodeTombstones(name string, b []byte, info segmentInfo) (bitset, error) {
	d := &decoder{file: name, buf: b}
	if err := checkHeader(d, tombstoneMagic); err != nil {
		return nil, err
	}
	if uint64(len(b)) != info.tombSize {
		return nil, &CorruptError{File: name, Offset: int64(len(b)), Reason: fmt.Sprintf("the file has %d bytes; the manifest says %d", len(b), info.tombSize)}
	}
	if checksum(b) != info.tombSum {
		return nil, &CorruptError{File: name, Reason: "checksum does not match"}
	}
	count, segment := d.u32(), d.u64()
	if d.err == nil && (count != info.deleted || segment != info.id) {
		d.fail("%d tombstones of segment %d; the manifest says %d of segment %d", count, segment, info.deleted, info.id)
	}
	if d.err != nil {
		return nil, d.err
	}
	set, err := decodeRoaring(d.bytes(uint64(d.rest())), info.documents)
	if err == nil && set.count() != info.deleted {
		err = fmt.Errorf("%d tombstones instead of %d", set.count(), info.deleted)
	}
	if err != nil {
		return nil, &CorruptError{File: name, Offset: tombstoneHeader, Reason: "tombstones", Err: err}
	}
	return set, nil
}

// decodeRoaring reads a roaring bitmap of numbers below documents. The library
// may panic on forged bytes, which checksums do not keep out.
func decodeRoaring(b []byte, documents uint32) (set bitset, err error) {
	defer func() {
		if r := recover(); r != nil {
			set, err = nil, fmt.Errorf("roaring: %v", r)
		}
	}()
	r := roaring.New()
	n, err := r.FromBuffer(b)
	if err != nil {
		return nil, err
	}
	if n != int64(len(b)) {
		return nil, fmt.Errorf("%d bytes too many", int64(len(b))-n)
	}
	if err := r.Validate(); err != nil {
		return nil, err
	}
	set = newBitset(documents)
	if !r.IsEmpty() && r.Maximum() >= documents {
		return nil, fmt.Errorf("document %d of %d", r.Maximum(), documents)
	}
	for it := r.Iterator(); it.HasNext(); {
		set.set(it.Next())
	}
	return set, nil
}

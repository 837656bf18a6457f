package index

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

var le = binary.LittleEndian

// decoder reads little-endian values from bytes that may be anything. The
// first value that is not there fails it; from then on it returns zeros.
type decoder struct {
	file string
	base int64 // file offset of buf[0]
	buf  []byte
	off  int
	err  error
}

// fail remembers the first failure, at the place where reading stands.
func (d *decoder) fail(format string, args ...any) {
	if d.err == nil {
		d.err = &CorruptError{File: d.file, Offset: d.base + int64(d.off), Reason: fmt.Sprintf(format, args...)}
	}
}

func (d *decoder) rest() int { return len(d.buf) - d.off }

// bytes returns the next n bytes as a view.
func (d *decoder) bytes(n uint64) []byte {
	if d.err != nil {
		return nil
	}
	if n > uint64(d.rest()) {
		d.fail("%d bytes are announced and %d are left", n, d.rest())
		return nil
	}
	b := d.buf[d.off : d.off+int(n) : d.off+int(n)]
	d.off += int(n)
	return b
}

func (d *decoder) u8() uint8 {
	if b := d.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (d *decoder) u32() uint32 {
	if b := d.bytes(4); b != nil {
		return le.Uint32(b)
	}
	return 0
}

func (d *decoder) u64() uint64 {
	if b := d.bytes(8); b != nil {
		return le.Uint64(b)
	}
	return 0
}

func (d *decoder) uvarint() uint64 {
	if d.err != nil {
		return 0
	}
	v, n := binary.Uvarint(d.buf[d.off:])
	if n <= 0 {
		d.fail("a number is cut short or too long")
		return 0
	}
	d.off += n
	return v
}

// str returns a copy of the next n bytes.
func (d *decoder) str(n uint64) string { return string(d.bytes(n)) }

// count reads a u32 that announces so many items of at least size bytes each.
func (d *decoder) count(size int) int {
	n := d.u32()
	if uint64(n)*uint64(size) > uint64(d.rest()) {
		d.fail("%d items are announced and %d bytes are left", n, d.rest())
		return 0
	}
	return int(n)
}

// end fails the decoder if bytes are left.
func (d *decoder) end() error {
	if d.err == nil && d.rest() > 0 {
		d.fail("%d bytes too many", d.rest())
	}
	return d.err
}

func appendString32(b []byte, s string) []byte {
	return append(le.AppendUint32(b, uint32(len(s))), s...)
}

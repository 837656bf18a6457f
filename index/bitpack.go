package index

import "math/bits"

//go:generate go run unpack_gen.go

// blockLength is how many postings a block holds.
const blockLength = 128

// slack is how many bytes past a block may be read, though not used.
const slack = 8

// width returns how many bits the largest of the values needs.
func width(values *[blockLength]uint32) uint8 {
	var or uint32
	for _, v := range values {
		or |= v
	}
	return uint8(bits.Len32(or))
}

// packedSize is the size in bytes of a block of values of w bits.
func packedSize(w uint8) int { return blockLength / 8 * int(w) }

// appendPacked appends the values, w bits each, lowest bit first.
func appendPacked(b []byte, values *[blockLength]uint32, w uint8) []byte {
	var acc uint64
	var n uint8
	for _, v := range values {
		acc |= uint64(v) << n
		n += w
		if n >= 32 {
			b = le.AppendUint32(b, uint32(acc))
			acc >>= 32
			n -= 32
		}
	}
	return b // 128 values of any width fill whole words
}

// unpackDeltas reads what appendPacked wrote from src, which has slack bytes
// more than that, as distances less one from the value before: dst[0] follows
// last, and -1 stands before the first document. It returns the last value
// without the loss of its higher bits, which tells hostile input.
func unpackDeltas(dst *[blockLength]uint32, src []byte, w uint8, last int64) int64 {
	return int64(deltaUnpackers[w](dst, src, uint64(last)))
}

// unpackFreqs reads what appendPacked wrote from src, which has slack bytes
// more than that, and adds one to each value.
func unpackFreqs(dst *[blockLength]uint32, src []byte, w uint8) {
	freqUnpackers[w](dst, src)
}

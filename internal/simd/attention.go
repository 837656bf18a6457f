package simd

import "math/bits"

// Heads are the queries or the keys of one head of a sequence in int8, with a
// scale for each. Bytes are [width/4][Padded][4]: four numbers of all, one after
// another, as products take them; those beyond the sequence are 0 (queries: what
// stands for 0).
type Heads struct {
	Padded int       // tokens, rounded up to a multiple of 16
	Bytes  []uint8   // width·Padded
	Scale  []float32 // Padded
	Sums   []int32   // Padded: of each token's numbers
}

const (
	// flipped is what is added to the numbers of queries, so that they are
	// unsigned.
	flipped = 128

	// queryLimit and keyLimit are the largest numbers. No two of keys add up to
	// more than 128, so that 16-bit sums do not saturate.
	queryLimit, keyLimit = 127, 64
)

// Pad rounds a number of tokens up to what [Heads] holds.
func Pad(n int) int { return (n + Columns - 1) / Columns * Columns }

// QuantizeQueries makes h, which has room, of n rows of a width, a multiple of
// 16, that lie a stride apart. panel is room for width·16 numbers.
func QuantizeQueries(h Heads, rows []float32, n, width, stride int, panel []float32) {
	quantizeHeads(h, rows, n, width, stride, panel, queryLimit, flipped)
}

// QuantizeKeys is [QuantizeQueries] for keys.
func QuantizeKeys(h Heads, rows []float32, n, width, stride int, panel []float32) {
	quantizeHeads(h, rows, n, width, stride, panel, keyLimit, 0)
}

func quantizeHeads(h Heads, rows []float32, n, width, stride int, panel []float32, limit float32, flip uint8) {
	if !(n > 0 && width > 0 && width%Columns == 0 && stride >= width && len(rows) >= (n-1)*stride+width && len(panel) >= width*Columns) {
		wrong("%d heads of %d", n, width)
	}
	if !(h.Padded == Pad(n) && len(h.Bytes) >= width*h.Padded && len(h.Scale) >= h.Padded && len(h.Sums) >= h.Padded) {
		wrong("room for %d heads of %d", n, width)
	}
	panel = panel[:width*Columns]
	for i := 0; i < n; i += Columns {
		active.transpose(panel, rows[i*stride:], min(Columns, n-i), width, stride)
		active.quantizePanel(h.Bytes[4*i:], 4*h.Padded, h.Scale[i:], h.Sums[i:], panel, limit, flip)
	}
}

// ValueBits is how many bits attention's weights and values may have so that
// n of their products fit into an int32.
func ValueBits(n int) int { return min(14, (31-bits.Len(uint(max(n, 1)-1)))/2) }

// QuantizeValues makes 16-bit numbers of n rows of values of a width, a multiple
// of 16, that lie a stride apart, with a scale for each column. pairs are
// [n/2 rounded up][width][2]: two rows side by side. Numbers have ValueBits(n)
// and a sign.
func QuantizeValues(pairs []int16, scale, rows []float32, n, width, stride int) {
	if !(n > 0 && width > 0 && width%Columns == 0 && stride >= width && len(rows) >= (n-1)*stride+width) {
		wrong("%d values of %d", n, width)
	}
	if !(len(pairs) >= (n+1)/2*2*width && len(scale) >= width) {
		wrong("room for %d values of %d", n, width)
	}
	active.quantizeValues(pairs, scale, rows, n, width, stride, float32(int(1)<<ValueBits(n)-1))
}

// MulScores multiplies some rows of queries by all keys: c[i·k.Padded+j] is the
// dot product of query from+i and key j, plus mask[j].
//
// The attention of int8 models is made of it, [ExpRowsInt16] and [MulInt16]:
// queries and keys in 8 bits, weights and values in up to 14, sums exact.
func MulScores(c []float32, q Heads, from, rows int, k Heads, width int, mask []float32) {
	if !(rows > 0 && from >= 0 && from+rows <= q.Padded && width%Columns == 0 && len(mask) >= k.Padded && len(c) >= rows*k.Padded) {
		wrong("scores of %d queries from %d on and %d keys", rows, from, k.Padded)
	}
	if !(len(q.Bytes) >= width*q.Padded && len(k.Bytes) >= width*k.Padded && len(q.Scale) >= q.Padded && len(k.Scale) >= k.Padded && len(k.Sums) >= k.Padded) {
		wrong("heads with parts too short")
	}
	active.mulScores(c, k.Padded, q, from, rows, k, width, mask)
}

// ExpRowsInt16 writes e^(scale·(x−highest of the row))·2^bits, rounded, for rows
// of n elements one after another, and the inverse of each row's sum. n must be a
// multiple of 16, scale positive and bits at most 14. The number of rows is
// len(inverse).
func ExpRowsInt16(dst []int16, x []float32, n int, scale float32, bits int, inverse []float32) {
	rows := len(inverse)
	if !(rows > 0 && n > 0 && n%lanes == 0 && len(x) >= rows*n && len(dst) >= rows*n && bits <= 14) {
		wrong("%d rows of %d", rows, n)
	}
	active.expRowsInt16(dst, x, n, scale, bits, inverse)
}

// MulInt16 multiplies rows of weights, lda apart, by values:
//
//	c[i·ldc+j] = (Σ_x a[i·lda+x]·value[x][j])·inverse[i]·scale[j]
//
// over 2·k values. n is the width, a multiple of 16. The number of rows is
// len(inverse).
func MulInt16(c []float32, ldc int, a []int16, lda int, inverse []float32, pairs []int16, scale []float32, k, n int) {
	rows := len(inverse)
	if !(rows > 0 && k > 0 && n > 0 && n%Columns == 0 && lda >= 2*k && len(a) >= (rows-1)*lda+2*k) {
		wrong("%d rows of %d weights", rows, 2*k)
	}
	if !(len(pairs) >= 2*k*n && len(scale) >= n && ldc >= n && len(c) >= (rows-1)*ldc+n) {
		wrong("room for %d rows of %d", rows, n)
	}
	active.mulInt16(c, ldc, a, lda, inverse, pairs, scale, k, n)
}

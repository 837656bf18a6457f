package transformer

import (
	"math"

	"github.com/flashrerank/rerank/internal/simd"
)

// attention computes softmax(Q·Kᵀ/√d)·V for each head of each sequence.
type attention struct {
	keys, values, scores, mask []float32
}

const (
	// queryRows is how many queries are done at once, so that their scores stay
	// in the cache.
	queryRows = 64

	// absent is the score of a key that does not exist.
	absent = -1e30
)

// run reads rows of queries, keys and values, each [hidden], and writes rows of
// attended values.
func (a *attention) run(dst, qkv []float32, offsets []int32, c Config) {
	for i := range len(offsets) - 1 {
		from, to := int(offsets[i]-offsets[0]), int(offsets[i+1]-offsets[0])
		a.sequence(dst[from*c.Hidden:to*c.Hidden], qkv[from*3*c.Hidden:to*3*c.Hidden], to-from, c)
	}
}

func (a *attention) sequence(dst, qkv []float32, n int, c Config) {
	width := c.Hidden / c.Heads
	padded := (n + simd.Columns - 1) / simd.Columns * simd.Columns
	a.reserve(n, padded, width)
	keys := simd.Float32Matrix{N: padded, K: width, Panels: a.keys, Bias: a.mask}
	values := simd.Float32Matrix{N: width, K: n, Panels: a.values}
	scale := float32(1 / math.Sqrt(float64(width)))
	for head := range c.Heads {
		at := head * width
		packKeys(a.keys, qkv[c.Hidden+at:], n, width, 3*c.Hidden)
		packValues(a.values, qkv[2*c.Hidden+at:], n, width, 3*c.Hidden)
		for from := 0; from < n; from += queryRows {
			rows := min(queryRows, n-from)
			simd.MulFloat32(a.scores, padded, qkv[from*3*c.Hidden+at:], 3*c.Hidden, rows, &keys)
			for i := range rows {
				simd.Softmax(a.scores[i*padded:(i+1)*padded], scale)
			}
			simd.MulFloat32(dst[from*c.Hidden+at:], c.Hidden, a.scores, padded, rows, &values)
		}
	}
}

// reserve makes room for n keys, of which those up to padded do not exist.
func (a *attention) reserve(n, padded, width int) {
	a.keys = grow(a.keys, padded*width)
	clear(a.keys)
	a.values = grow(a.values, n*width)
	a.scores = grow(a.scores, min(queryRows, n)*padded)
	a.mask = grow(a.mask, padded)
	clear(a.mask[:n])
	for i := n; i < padded; i++ {
		a.mask[i] = absent
	}
}

// packKeys arranges n keys as the columns of a matrix: [n/16][width][16].
func packKeys(panels, keys []float32, n, width, stride int) {
	for i := range n {
		panel := panels[i/simd.Columns*width*simd.Columns+i%simd.Columns:]
		for j, x := range keys[i*stride : i*stride+width] {
			panel[j*simd.Columns] = x
		}
	}
}

// packValues arranges n values as the rows of a matrix: [width/16][n][16].
func packValues(panels, values []float32, n, width, stride int) {
	for p := range width / simd.Columns {
		panel := panels[p*n*simd.Columns:]
		for i := range n {
			copy(panel[i*simd.Columns:(i+1)*simd.Columns], values[i*stride+p*simd.Columns:])
		}
	}
}

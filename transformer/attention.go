package transformer

import (
	"math"

	"github.com/flashrerank/rerank/internal/simd"
)

// attention computes softmax(Q·Kᵀ/√d)·V for each head of a sequence, in float32
// or, for a layer in int8, with integers.
type attention struct {
	scores, mask, inverse []float32

	keys simd.Float32Matrix // of a head, as its columns

	queries, keys8 simd.Heads
	panel          []float32
	weights        []int16 // as scores
	pairs          []int16 // values
	scale          []float32
}

const (
	// scoreRows bounds the queries that are done at once, and scoreSize their
	// scores, so that these stay in the nearest cache. Rows are a multiple of what
	// the products take at once.
	scoreRows = 48
	scoreSize = 6 << 10

	// absent is the score of a key that does not exist.
	absent = -1e30
)

// attended is what some queries of a sequence look at. Rows have width columns, a
// head after the other.
type attended struct {
	queries      []float32
	rows         int // queries
	keys, values []float32
	n            int // keys and values
	width        int
}

// run writes a row of attended values for each query; rows of dst are of the
// model's whole hidden size.
func (a *attention) run(dst []float32, x attended, c *Config, integers bool) {
	padded := simd.Pad(x.n)
	most := max(6, min(scoreRows, scoreSize/padded/6*6))
	a.reserve(x.n, padded, min(most, x.rows))
	if integers {
		a.runInt8(dst, x, c, most)
	} else {
		a.runFloat32(dst, x, c, most)
	}
}

func (a *attention) runFloat32(dst []float32, x attended, c *Config, most int) {
	width, padded := c.Hidden/c.Heads, simd.Pad(x.n)
	a.keys = simd.Float32Matrix{N: padded, K: width, Panels: grow(a.keys.Panels, padded*width), Bias: a.mask}
	scale := float32(1 / math.Sqrt(float64(width)))
	for at := 0; at < x.width; at += width {
		simd.Transpose(a.keys.Panels, x.keys[at:], x.n, width, x.width)
		for from := 0; from < x.rows; from += most {
			rows := min(most, x.rows-from)
			simd.MulFloat32(a.scores, padded, x.queries[from*x.width+at:], x.width, rows, &a.keys)
			simd.ExpRows(a.scores, padded, padded, scale, a.inverse[:rows])
			simd.MulRows(dst[from*c.Hidden+at:], c.Hidden, a.scores, padded, a.inverse[:rows], x.values[at:], x.width, x.n, width)
		}
	}
}

func (a *attention) runInt8(dst []float32, x attended, c *Config, most int) {
	width, padded, pairs := c.Hidden/c.Heads, simd.Pad(x.n), (x.n+1)/2
	a.panel = grow(a.panel, width*simd.Columns)
	a.pairs = grow(a.pairs, 2*pairs*width)
	a.scale = grow(a.scale, width)
	a.weights = grow(a.weights, len(a.scores))
	reserveHeads(&a.queries, x.rows, width)
	reserveHeads(&a.keys8, x.n, width)
	bits := simd.ValueBits(x.n)
	scale := float32(1 / math.Sqrt(float64(width)))
	for at := 0; at < x.width; at += width {
		simd.QuantizeQueries(a.queries, x.queries[at:], x.rows, width, x.width, a.panel)
		simd.QuantizeKeys(a.keys8, x.keys[at:], x.n, width, x.width, a.panel)
		simd.QuantizeValues(a.pairs, a.scale, x.values[at:], x.n, width, x.width)
		for from := 0; from < x.rows; from += most {
			rows := min(most, x.rows-from)
			simd.MulScores(a.scores, a.queries, from, rows, a.keys8, width, a.mask)
			simd.ExpRowsInt16(a.weights, a.scores, padded, scale, bits, a.inverse[:rows])
			simd.MulInt16(dst[from*c.Hidden+at:], c.Hidden, a.weights, padded, a.inverse[:rows], a.pairs, a.scale, pairs, width)
		}
	}
}

func reserveHeads(h *simd.Heads, n, width int) {
	h.Padded = simd.Pad(n)
	h.Bytes = grow(h.Bytes, width*h.Padded)
	h.Scale = grow(h.Scale, h.Padded)
	h.Sums = grow(h.Sums, h.Padded)
}

// reserve makes room for rows of scores of n keys, of which those up to padded
// do not exist.
func (a *attention) reserve(n, padded, rows int) {
	a.scores = grow(a.scores, rows*padded)
	a.inverse = grow(a.inverse, rows)
	a.mask = grow(a.mask, padded)
	clear(a.mask[:n])
	for i := n; i < padded; i++ {
		a.mask[i] = absent
	}
}

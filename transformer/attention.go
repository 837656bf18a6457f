package transformer

import (
	"math"

	"github.com/flashrerank/rerank/internal/simd"
)

// attention computes softmax(Q·Kᵀ/√d)·V for each head of a sequence, in float32
// or, for a layer in int8, with integers.
type attention struct {
	scores, mask, inverse []float32

	keys []float32 // of a head, as the columns of a matrix

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

// columns are those of a product, by its layout.
type columns struct {
	data   []float32
	layout simd.Layout
}

// from returns what begins with a row and a column. The column may be moved on
// within a head.
func (x columns) from(row, column int) columns {
	return columns{x.data[x.layout.At(row, column):], x.layout}
}

// layout is how a product of columns that are heads is laid out: in groups where
// no head is in two of them, so that its rows are near one another.
func (c *Config) layout(n, rows int) simd.Layout {
	if width := c.Hidden / c.Heads; simd.GroupColumns%width == 0 && c.Hidden%simd.GroupColumns == 0 {
		return simd.Grouped(rows)
	}
	return simd.RowMajor(n)
}

// attended is what some queries of a sequence look at.
type attended struct {
	queries      columns
	rows         int // queries
	keys, values columns
	n            int // keys and values
}

// run writes a row of attended values for each query.
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
	a.keys = grow(a.keys, padded*width)
	keys := simd.Float32Matrix{N: padded, K: width, Panels: a.keys, Bias: a.mask}
	scale := float32(1 / math.Sqrt(float64(width)))
	for at := 0; at < c.Hidden; at += width {
		simd.Transpose(a.keys, x.keys.from(0, at).data, x.n, width, x.keys.layout.Row)
		values := x.values.from(0, at)
		for from := 0; from < x.rows; from += most {
			rows := min(most, x.rows-from)
			queries := x.queries.from(from, at)
			simd.MulFloat32(a.scores, simd.RowMajor(padded), queries.data, queries.layout.Row, rows, &keys)
			simd.ExpRows(a.scores, padded, padded, scale, a.inverse[:rows])
			simd.MulRows(dst[from*c.Hidden+at:], c.Hidden, a.scores, padded, a.inverse[:rows], values.data, values.layout.Row, x.n, width)
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
	for at := 0; at < c.Hidden; at += width {
		queries, keys, values := x.queries.from(0, at), x.keys.from(0, at), x.values.from(0, at)
		simd.QuantizeQueries(a.queries, queries.data, x.rows, width, queries.layout.Row, a.panel)
		simd.QuantizeKeys(a.keys8, keys.data, x.n, width, keys.layout.Row, a.panel)
		simd.QuantizeValues(a.pairs, a.scale, values.data, x.n, width, values.layout.Row)
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

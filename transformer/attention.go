package transformer

import (
	"math"

	"github.com/flashrerank/rerank/internal/simd"
)

// attention computes softmax(Q·Kᵀ/√d)·V for each head of a sequence.
type attention struct {
	keys, scores, mask, inverse []float32
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
func (a *attention) run(dst []float32, x attended, c *Config) {
	width := c.Hidden / c.Heads
	padded := (x.n + simd.Columns - 1) / simd.Columns * simd.Columns
	most := max(6, min(scoreRows, scoreSize/padded/6*6))
	a.reserve(x.n, padded, width, min(most, x.rows))
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

// reserve makes room for n keys, of which those up to padded do not exist, and
// rows of scores.
func (a *attention) reserve(n, padded, width, rows int) {
	a.keys = grow(a.keys, padded*width)
	a.scores = grow(a.scores, rows*padded)
	a.inverse = grow(a.inverse, rows)
	a.mask = grow(a.mask, padded)
	clear(a.mask[:n])
	for i := n; i < padded; i++ {
		a.mask[i] = absent
	}
}

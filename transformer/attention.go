package transformer

import (
	"math"

	"github.com/flashrerank/rerank/internal/simd"
)

// attention computes softmax(Q·Kᵀ/√d)·V for each head of a sequence, in float32
// or, for a layer in int8, with integers.
type attention struct {
	scores, mask, inverse []float32

	keys      simd.Float32Matrix    // of a head, as its columns
	seen      simd.Float32Matrix    // those that some queries may look at
	placed    [2]simd.Float32Matrix // positions that occur, as keys and as queries
	toPlaces  []float32             // [rows][positions], see disentangled
	fromTexts []float32             // [keys][positions]

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

// attended is what some queries of a sequence look at. Rows have a head after
// the other; several of the queries' may share one of the keys and values.
type attended struct {
	queries         []float32
	rows            int // queries
	position        int // of the first
	keys, values    []float32
	n               int // keys and values
	width, keyWidth int // of the rows of queries, and of the others
	head            int // number of the first head
}

// run writes a row of attended values for each query; rows of dst are as wide
// as all heads.
func (a *attention) run(dst []float32, x attended, m *Model, l *layer, integers bool) {
	c := &m.config
	if l.queryNorm != nil {
		normaliseHeads(x.queries[:x.rows*x.width], l.queryNorm, c.Epsilon)
		normaliseHeads(x.keys[:x.n*x.keyWidth], l.keyNorm, c.Epsilon)
	}
	if l.turner != nil {
		l.turner.turn(x.queries, x.rows, x.width, x.position)
		l.turner.turn(x.keys, x.n, x.keyWidth, 0)
	}
	padded := simd.Pad(x.n)
	most := max(6, min(scoreRows, scoreSize/padded/6*6))
	a.reserve(x.n, padded, min(most, x.rows))
	if integers {
		a.runInt8(dst, x, c, most)
	} else {
		a.runFloat32(dst, x, m, l, most)
	}
}

func (a *attention) runFloat32(dst []float32, x attended, m *Model, l *layer, most int) {
	c := &m.config
	width, padded, shared := c.headSize, simd.Pad(x.n), c.Heads/c.keyHeads
	a.keys = simd.Float32Matrix{N: padded, K: width, Panels: grow(a.keys.Panels, padded*width), Bias: a.mask}
	for head := range x.width / width {
		at, keyAt := head*width, head/shared*width
		if head%shared == 0 {
			simd.Transpose(a.keys.Panels, x.keys[keyAt:], x.n, width, x.keyWidth)
		}
		p := a.lookAtPlaces(x, m, l, head)
		for from := 0; from < x.rows; from += most {
			rows, first := min(most, x.rows-from), x.position+from
			lo, hi := l.sees(c, first, first+rows-1, x.n)
			span := simd.Pad(hi - lo)
			queries := x.queries[from*x.width+at:]
			a.seen = columns(&a.keys, lo, lo+span)
			simd.MulFloat32(a.scores, span, queries, x.width, rows, &a.seen)
			if m.diagonals != nil {
				m.diagonals.add(a.scores, span, x.head+head, first, rows, lo, min(hi, x.n))
			}
			p.add(a, queries, x.width, rows, first, x.n)
			l.blank(c, a.scores, span, first, rows, lo, absent)
			simd.ExpRows(a.scores, span, span, c.scoreScale(), a.inverse[:rows])
			l.blank(c, a.scores, span, first, rows, lo, 0)
			simd.MulRows(dst[from*c.attentionWidth()+at:], c.attentionWidth(), a.scores, span, a.inverse[:rows], x.values[lo*x.keyWidth+keyAt:], x.keyWidth, hi-lo, width)
		}
	}
}

// scoreScale is what scores are multiplied by.
func (c *Config) scoreScale() float32 {
	terms := 1
	if c.relative == relativeDisentangled && c.disentangled.toPlace {
		terms++
	}
	if c.relative == relativeDisentangled && c.disentangled.toText {
		terms++
	}
	return float32(1 / math.Sqrt(float64(c.headSize*terms)))
}

// sees returns the keys that the queries from one position to another may look
// at; the first is a multiple of the width of a panel.
func (l *layer) sees(c *Config, first, last, n int) (lo, hi int) {
	hi = n
	if c.causal {
		hi = min(hi, last+1)
	}
	if l.window > 0 {
		lo = max(0, first-l.window) / simd.Columns * simd.Columns
		hi = min(hi, last+l.window+1)
	}
	return lo, hi
}

// blank sets the scores of keys that a query may not look at, in rows of scores
// of keys from lo on. A weight of 0 adds nothing, to the last bit, so that a
// query sees the same whether others, which may look further, are beside it or
// not.
func (l *layer) blank(c *Config, scores []float32, span, first, rows, lo int, value float32) {
	if !c.causal && l.window == 0 {
		return
	}
	for i := range rows {
		row, position := scores[i*span:(i+1)*span], first+i
		if l.window > 0 {
			fill(row[:max(0, min(span, position-l.window-lo))], value)
			fill(row[max(0, min(span, position+l.window+1-lo)):], value)
		}
		if c.causal {
			fill(row[max(0, min(span, position+1-lo)):], value)
		}
	}
}

func fill(x []float32, value float32) {
	for i := range x {
		x[i] = value
	}
}

// places are the parts of scores that come of relative positions, for a head of
// disentangled attention.
type places struct {
	toPlaces bool    // queries look at positions
	toTexts  bool    // positions look at keys
	indices  []int32 // by distance
	zero     int     // where the distance 0 is
	from, to int     // positions that occur
}

// lookAtPlaces computes what the keys of a head give for every position that
// occurs.
func (a *attention) lookAtPlaces(x attended, m *Model, l *layer, head int) (p places) {
	if l.positions.keys == nil && l.positions.queries == nil {
		return p
	}
	p.indices, p.zero = m.indices, len(m.indices)/2
	p.from = int(p.indices[p.zero-x.n+1]) / simd.Columns * simd.Columns
	p.to = simd.Pad(int(p.indices[p.zero+x.n-1]) + 1)
	if list := l.positions.keys; list != nil {
		p.toPlaces, a.placed[0] = true, columns(list[x.head+head], p.from, p.to)
	}
	if list := l.positions.queries; list != nil {
		p.toTexts, a.placed[1] = true, columns(list[x.head+head], p.from, p.to)
		a.fromTexts = grow(a.fromTexts, x.n*(p.to-p.from))
		simd.MulFloat32(a.fromTexts, p.to-p.from, x.keys[head*m.config.headSize:], x.keyWidth, x.n, &a.placed[1])
	}
	return p
}

// add adds them to rows of scores of n keys; the first query is at a position.
func (p *places) add(a *attention, queries []float32, ldq, rows, first, n int) {
	if p.indices == nil {
		return
	}
	width, padded := p.to-p.from, simd.Pad(n)
	if p.toPlaces {
		a.toPlaces = grow(a.toPlaces, rows*width)
		simd.MulFloat32(a.toPlaces, width, queries, ldq, rows, &a.placed[0])
	}
	for i := range rows {
		row := a.scores[i*padded:][:n]
		for j := range row {
			at := int(p.indices[p.zero+first+i-j]) - p.from
			if p.toPlaces {
				row[j] += a.toPlaces[i*width+at]
			}
			if p.toTexts {
				row[j] += a.fromTexts[j*width+at]
			}
		}
	}
}

func (a *attention) runInt8(dst []float32, x attended, c *Config, most int) {
	width, padded, pairs := c.headSize, simd.Pad(x.n), (x.n+1)/2
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
		simd.QuantizeKeys(a.keys8, x.keys[at:], x.n, width, x.keyWidth, a.panel)
		simd.QuantizeValues(a.pairs, a.scale, x.values[at:], x.n, width, x.keyWidth)
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

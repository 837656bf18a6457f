package transformer

import (
	"context"

	"github.com/flashrerank/rerank/internal/simd"
)

// scratch is what one worker computes in. Rows are tokens.
type scratch struct {
	batch Batch
	taken []int  // the sequences of the batch
	clock *clock // nil but for profiles

	hidden, other []float32 // [tokens][hidden]
	wide          []float32 // queries, keys and values of some heads, or the inner of some tokens
	firstHidden   []float32 // of each sequence's first token
	firstInput    quantised
	input         quantised // of hidden, or of what attention gave
	inner         quantised // of some tokens
	attention     attention
}

// quantised are rows in int8.
type quantised struct {
	bytes []uint8
	scale []float32
	zero  []int32
}

func (q *quantised) reserve(rows, width int) {
	q.bytes = grow(q.bytes, rows*width)
	q.scale = grow(q.scale, rows)
	q.zero = grow(q.zero, rows)
}

// rows are some of them.
func (q *quantised) rows(from, to, width int) quantised {
	return quantised{bytes: q.bytes[from*width : to*width], scale: q.scale[from:to], zero: q.zero[from:to]}
}

// grow returns x with n elements, whose values are of no matter.
func grow[T any](x []T, n int) []T {
	if cap(x) < n {
		return make([]T, n)
	}
	return x[:n]
}

// blockRows is how many rows go through a feed-forward block at once: what is
// between its two products, the widest of all, stays in the cache.
const blockRows = 48

// blockOf divides rows into blocks of about one size, since the last, if it were
// small, would use the weights few times: at most blockRows, and a multiple of
// the six that products take at once.
func blockOf(rows int) int {
	blocks := (rows + blockRows - 1) / blockRows
	return min(blockRows, ((rows+blocks-1)/blocks+5)/6*6)
}

func (s *scratch) reserve(tokens int, c Config) {
	s.hidden = grow(s.hidden, tokens*c.Hidden)
	s.other = grow(s.other, tokens*c.Hidden)
	block := min(tokens, blockRows)
	s.wide = grow(s.wide, max(3*tokens*c.groupWidth(), block*c.Hidden, block*c.Intermediate))
	s.input.reserve(tokens, c.Hidden)
	s.inner.reserve(block, c.Intermediate)
}

// forward computes the hidden states of the batch, or the first of each
// sequence, and leaves them in s.hidden.
func (s *scratch) forward(ctx context.Context, m *Model, first bool) error {
	tokens := len(s.batch.IDs)
	s.reserve(tokens, m.config)
	s.embed(m)
	for i := range m.layers {
		if err := ctx.Err(); err != nil {
			return err
		}
		rows := s.attend(m, &m.layers[i], first && i == len(m.layers)-1)
		s.feedForward(m, i, rows)
	}
	return nil
}

// visit hands out what forward computed.
func (s *scratch) visit(h int, j Job) error {
	for n, i := range s.taken {
		from, to := n, n+1
		if !j.First {
			from, to = int(s.batch.Offsets[n]), int(s.batch.Offsets[n+1])
		}
		if err := j.Visit(i, s.hidden[from*h:to*h:to*h]); err != nil {
			return err
		}
	}
	return nil
}

// embed adds word, position and type embeddings and normalises the sum.
func (s *scratch) embed(m *Model) {
	h, b := m.config.Hidden, &s.batch
	for i := range b.Len() {
		for at := b.Offsets[i]; at < b.Offsets[i+1]; at++ {
			kind := int32(0)
			if len(b.Types) > 0 {
				kind = b.Types[at]
			}
			from, to := int(at)*h, (int(at)+1)*h
			m.words.row(s.hidden[from:to], b.IDs[at])
			m.place(s.other[from:to], at-b.Offsets[i], kind)
		}
	}
	s.normalise(m, 0, len(b.IDs), s.other, m.embedded, &m.layers[0].qkv)
	s.clock.lap(PartEmbedding)
}

// normalise replaces some rows of s.hidden by the normalised sums of them and x.
// It also quantises them if next, which takes them, wants that; next may be nil.
func (s *scratch) normalise(m *Model, from, to int, x []float32, n norm, next *linear) {
	h := m.config.Hidden
	hidden := s.hidden[from*h : to*h]
	if next == nil || next.int8 == nil {
		for i := range to - from {
			simd.LayerNorm(hidden[i*h:(i+1)*h], x[i*h:(i+1)*h], n.gamma, n.beta, m.config.Epsilon)
		}
		return
	}
	input := s.input.rows(from, to, h)
	simd.LayerNormQuantize(input.bytes, hidden, x, n.gamma, n.beta, m.config.Epsilon, next.smooth, input.scale, input.zero)
}

// attend leaves in s.other what every token attends to, or the first of each
// sequence, with their rows and those of s.hidden one after another; it returns
// how many they are. To the last bit the first are what all would be: rows meet
// in attention only, where a token needs the keys and values of all, and its own
// query.
func (s *scratch) attend(m *Model, l *layer, first bool) (rows int) {
	c, b := &m.config, &s.batch
	tokens, h, width := len(b.IDs), m.config.Hidden, m.config.groupWidth()
	rows, asking, input := tokens, s.hidden, s.input
	if first {
		s.gatherFirst(h)
		rows, asking, input = b.Len(), s.firstHidden, s.firstInput
	}
	queries, keys, values := s.wide[:rows*width], s.wide[tokens*width:][:tokens*width], s.wide[2*tokens*width:][:tokens*width]
	for g := range l.heads {
		l.heads[g].query.multiply(queries, width, asking, input, rows)
		l.heads[g].key.multiply(keys, width, s.hidden, s.input, tokens)
		l.heads[g].value.multiply(values, width, s.hidden, s.input, tokens)
		s.clock.multiplied(PartQKV, rows, &l.heads[g].query)
		s.clock.multiplied(PartQKV, tokens, &l.heads[g].key)
		s.clock.multiplied(PartQKV, tokens, &l.heads[g].value)
		s.clock.lap(PartQKV)
		for i := range b.Len() {
			from, to := int(b.Offsets[i]), int(b.Offsets[i+1])
			at, n := from, to-from
			if first {
				at, n = i, 1
			}
			x := attended{queries: queries[at*width:], rows: n, keys: keys[from*width:], values: values[from*width:], n: to - from, width: width}
			s.attention.run(s.other[at*h+g*width:], x, c, l.qkv.int8 != nil)
			s.clock.attended(x, l.qkv.int8 != nil)
		}
		s.clock.lap(PartAttention)
	}
	if first {
		copy(s.hidden, s.firstHidden[:rows*h])
	}
	return rows
}

// gatherFirst copies the rows of each sequence's first token.
func (s *scratch) gatherFirst(h int) {
	n := s.batch.Len()
	s.firstHidden = grow(s.firstHidden, n*h)
	s.firstInput.reserve(n, h)
	for i := range n {
		from := int(s.batch.Offsets[i])
		copy(s.firstHidden[i*h:(i+1)*h], s.hidden[from*h:])
		copy(s.firstInput.bytes[i*h:(i+1)*h], s.input.bytes[from*h:])
		s.firstInput.scale[i], s.firstInput.zero[i] = s.input.scale[from], s.input.zero[from]
	}
}

// feedForward takes the attended values of rows, in s.other, through the rest of
// block i and replaces s.hidden.
func (s *scratch) feedForward(m *Model, i, rows int) {
	l, h := &m.layers[i], m.config.Hidden
	var next *linear
	if i+1 < len(m.layers) {
		next = &m.layers[i+1].qkv
	}
	block := blockOf(rows)
	for from := 0; from < rows; from += block {
		to := min(from+block, rows)
		input, x := s.input.rows(from, to, h), s.other[from*h:to*h]
		l.output.quantise(input, x)
		projected := s.wide[:(to-from)*h]
		l.output.multiply(projected, h, x, input, to-from)
		s.clock.multiplied(PartProjection, to-from, &l.output)
		s.clock.lap(PartProjection)
		s.normalise(m, from, to, projected, l.attended, &l.inner)
		s.clock.lap(PartNorm)
		s.expand(l, x, s.hidden[from*h:to*h], input, m.config.Intermediate)
		s.normalise(m, from, to, x, l.finished, next)
		s.clock.lap(PartNorm)
	}
}

// expand writes the two products of the feed-forward block, with GELU between
// them, to dst.
func (s *scratch) expand(l *layer, dst, hidden []float32, input quantised, width int) {
	rows := len(input.scale)
	inner := s.wide[:rows*width]
	l.inner.multiply(inner, width, hidden, input, rows)
	s.clock.multiplied(PartExpansion, rows, &l.inner)
	s.clock.lap(PartExpansion)
	between := s.inner.rows(0, rows, width)
	if l.outer.int8 == nil {
		simd.GELU(inner)
	} else {
		for i := range rows {
			between.scale[i], between.zero[i] = simd.GELUQuantize(between.bytes[i*width:(i+1)*width], inner[i*width:(i+1)*width], l.outer.smooth)
		}
	}
	s.clock.lap(PartActivation)
	l.outer.multiply(dst, len(dst)/rows, inner, between, rows)
	s.clock.multiplied(PartContraction, rows, &l.outer)
	s.clock.lap(PartContraction)
}

package transformer

import (
	"context"

	"github.com/flashrerank/rerank/internal/simd"
)

// scratch is what one goroutine computes in. Rows are tokens.
type scratch struct {
	hidden, other []float32 // [tokens][hidden]
	wide          []float32 // [tokens][3·hidden or intermediate]
	quantised     []uint8   // [tokens][hidden or intermediate]
	scale         []float32 // [tokens]
	zero          []int32   // [tokens]
	attention     attention
}

func (m *Model) scratch() *scratch {
	if s, ok := m.scratches.Get().(*scratch); ok {
		return s
	}
	return &scratch{}
}

// grow returns x with n elements, whose values are of no matter.
func grow[T any](x []T, n int) []T {
	if cap(x) < n {
		return make([]T, n)
	}
	return x[:n]
}

func (s *scratch) reserve(tokens int, c Config) {
	s.hidden = grow(s.hidden, tokens*c.Hidden)
	s.other = grow(s.other, tokens*c.Hidden)
	s.wide = grow(s.wide, tokens*max(3*c.Hidden, c.Intermediate))
	s.quantised = grow(s.quantised, tokens*max(c.Hidden, c.Intermediate))
	s.scale = grow(s.scale, tokens)
	s.zero = grow(s.zero, tokens)
}

// run computes a chunk and hands out its sequences.
func (s *scratch) run(ctx context.Context, m *Model, b Batch, c chunk, visit func(int, []float32)) error {
	base := b.Offsets[c.from]
	tokens := int(b.Offsets[c.to] - base)
	s.reserve(tokens, m.config)
	s.embed(m, b, c)
	for i := range m.layers {
		if err := ctx.Err(); err != nil {
			return err
		}
		s.layer(m, &m.layers[i], b.Offsets[c.from:c.to+1], tokens)
	}
	for i := c.from; i < c.to; i++ {
		from, to := int(b.Offsets[i]-base)*m.config.Hidden, int(b.Offsets[i+1]-base)*m.config.Hidden
		visit(i, s.hidden[from:to:to])
	}
	return nil
}

// embed adds word, position and type embeddings and normalises the sum.
func (s *scratch) embed(m *Model, b Batch, c chunk) {
	h := m.config.Hidden
	row := 0
	for i := c.from; i < c.to; i++ {
		for at := b.Offsets[i]; at < b.Offsets[i+1]; at++ {
			x := s.hidden[row*h : (row+1)*h]
			m.words.row(x, b.IDs[at])
			m.positions.addRow(x, at-b.Offsets[i])
			kind := 0
			if b.Types != nil {
				kind = int(b.Types[at])
			}
			simd.LayerNorm(x, m.types[kind*h:(kind+1)*h], m.embedded.gamma, m.embedded.beta, m.config.Epsilon)
			row++
		}
	}
}

// layer replaces s.hidden by the output of a block.
func (s *scratch) layer(m *Model, l *layer, offsets []int32, tokens int) {
	h := m.config.Hidden
	qkv := s.wide[:tokens*3*h]
	s.multiply(qkv, s.hidden, tokens, &l.qkv)
	s.attention.run(s.other, qkv, offsets, m.config)
	// The attended values are in other; qkv is free for their projection.
	projected := s.wide[:tokens*h]
	s.multiply(projected, s.other, tokens, &l.output)
	s.normalise(projected, l.attended, tokens, h, m.config.Epsilon)

	inner := s.wide[:tokens*m.config.Intermediate]
	s.multiply(inner, s.hidden, tokens, &l.inner)
	simd.GELU(inner)
	s.multiply(s.other, inner, tokens, &l.outer)
	s.normalise(s.other[:tokens*h], l.finished, tokens, h, m.config.Epsilon)
}

// normalise replaces s.hidden by the normalised sum of it and x.
func (s *scratch) normalise(x []float32, n norm, tokens, h int, epsilon float32) {
	for i := range tokens {
		simd.LayerNorm(s.hidden[i*h:(i+1)*h], x[i*h:(i+1)*h], n.gamma, n.beta, epsilon)
	}
}

// multiply computes dst [tokens][N] = src [tokens][K] · l.
func (s *scratch) multiply(dst, src []float32, tokens int, l *linear) {
	if l.float != nil {
		simd.MulFloat32(dst, l.float.N, src, l.float.K, tokens, l.float)
		return
	}
	k := l.int8.K
	for i := range tokens {
		s.scale[i], s.zero[i] = simd.Quantize(s.quantised[i*k:(i+1)*k], src[i*k:(i+1)*k], l.smooth)
	}
	simd.MulInt8(dst, l.int8.N, s.quantised[:tokens*k], s.scale[:tokens], s.zero[:tokens], l.int8)
}

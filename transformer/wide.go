package transformer

import (
	"errors"
	"fmt"
	"slices"

	"github.com/flashrerank/rerank/internal/simd"
)

// Layers with wide inputs. What quantising left of a row is quantised again, by a
// scale of its own, and both are multiplied by the weights: inputs of sixteen bits
// for twice the products. Layers of one input width may differ: a row is taken
// apart by the layer that takes it.

// wideKey names the layers whose inputs have sixteen bits, in the metadata of a
// file of int8 weights: patterns as in [Options.Wide], with blanks between them.
const wideKey = "rerank.wide"

// remainder is what quantising left of rows, quantised, and what that is computed
// with. Scratch of models without wide layers has none.
type remainder struct {
	rest plane
	room []float32 // for a row of inputs, or for outputs of some rows
}

// reserveRest makes room for what is left of inputs: of all tokens', and of some
// sequences' that go through the last layer with one token.
func (s *scratch) reserveRest(tokens int, c *Config) {
	width := max(c.Hidden, c.attentionWidth())
	s.input.rest.reserve(tokens, width)
	s.oneInput.rest.reserve(s.batch.Len(), c.Hidden)
	s.inner.rest.reserve(tokens, c.Intermediate)
	room := grow(s.input.room, blockRowsInt8*max(width, c.innerWidth()))
	s.input.room, s.oneInput.room, s.inner.room = room, room, room
}

// widen makes inputs of the layers that patterns match wide.
func (m *Model) widen(patterns []string) error {
	names, err := m.config.match(patterns)
	if err != nil || len(names) == 0 {
		return err
	}
	if m.precision != INT8 {
		return errors.New("wide inputs are for layers in int8")
	}
	for i := range m.layers {
		l, prefix := &m.layers[i], layerPrefix(i)
		for name, part := range l.linears() {
			if !names[prefix+name] {
				continue
			}
			if part.int8 == nil && m.asked == INT8x2 {
				continue // it asks for those that are in int8
			}
			if part.int8 == nil {
				return fmt.Errorf("layer %s is in float32 and has no wide inputs", prefix+name)
			}
			part.widen()
		}
		l.heads = headGroups(l.qkv, m.config)
	}
	m.wide = slices.Compact(slices.Sorted(slices.Values(patterns)))
	return nil
}

// widen gives the layer wide inputs.
func (l *linear) widen() {
	rest := *l.int8
	rest.Bias = make([]float32, rest.N)
	l.rest = &rest
	l.ones = slices.Repeat([]float32{1}, rest.K)
}

// quantiseRest quantises what is left of rows, which were multiplied by smooth and
// quantised to q; nothing if the layer does not take that.
func (l *linear) quantiseRest(q quantised, rows, smooth []float32) {
	if l.rest == nil {
		return
	}
	k := l.rest.K
	left := q.room[:k]
	for i := range q.scale {
		from, to := i*k, (i+1)*k
		simd.Residual(left, rows[from:to], smooth, q.bytes[from:to], q.scale[i], q.zero[i])
		q.rest.scale[i], q.rest.zero[i] = simd.Quantize(q.rest.bytes[from:to], left, l.ones)
	}
}

// multiplyWide is multiply for wide inputs.
func (l *linear) multiplyWide(dst []float32, ldc int, q quantised, rows int) {
	n, k := l.int8.N, l.int8.K
	for from := 0; from < rows; from += blockRowsInt8 {
		to := min(from+blockRowsInt8, rows)
		whole, rest := q.rows(from, to, k), q.room[:(to-from)*n]
		out := dst[from*ldc:]
		simd.MulInt8(out, ldc, whole.bytes, whole.scale, whole.zero, l.int8)
		simd.MulInt8(rest, n, whole.rest.bytes, whole.rest.scale, whole.rest.zero, l.rest)
		for i := range to - from {
			simd.Add(out[i*ldc:][:n], rest[i*n:(i+1)*n])
		}
	}
}

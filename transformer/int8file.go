package transformer

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"

	"github.com/flashrerank/rerank/internal/safetensors"
	"github.com/flashrerank/rerank/internal/simd"
)

// Int8 weights are a safetensors file whose metadata carry schemeKey. Its
// tensors have the names of the float32 file, with queries, keys and values as
// one layer "qkv". A linear layer of K inputs and N outputs is
//
//	NAME.panels  I8  [N/16, K/4, 16, 4]   weights, see simd.Int8Matrix
//	NAME.scale   F32 [N]                  of each output
//	NAME.bias    F32 [N]
//	NAME.colsum  I32 [N]                  sum of each output's weights
//	NAME.smooth  F32 [K]                  what inputs are multiplied by
//
// and a table of rows is NAME I8 [rows, width] and NAME.scale F32 [rows].
const (
	schemeKey = "rerank.quantization"
	scheme1   = "int8-v1" // saturation-free per-output weights, smoothed inputs
)

func (t *tensors) linearInt8(name string, n, k int) (linear, error) {
	panels, err := t.get(name+".panels", n/simd.Columns, k/4, simd.Columns, 4)
	if err != nil {
		return linear{}, err
	}
	l := linear{int8: &simd.Int8Matrix{N: n, K: k, SaturationFree: true}}
	if l.int8.Panels, err = panels.Int8s(); err != nil {
		return l, err
	}
	sums, err := t.get(name+".colsum", n)
	if err != nil {
		return l, err
	}
	if l.int8.ColSum, err = sums.Int32s(); err != nil {
		return l, err
	}
	if l.int8.Scale, err = t.floats(name+".scale", n); err != nil {
		return l, err
	}
	if l.int8.Bias, err = t.floats(name+".bias", n); err != nil {
		return l, err
	}
	l.smooth, err = t.floats(name+".smooth", k)
	return l, err
}

func (t *tensors) tableInt8(name string, rows, width int) (table, error) {
	x, err := t.get(name, rows, width)
	if err != nil {
		return table{}, err
	}
	out := table{width: width}
	if out.int8, err = x.Int8s(); err != nil {
		return out, err
	}
	out.scale, err = t.floats(name+".scale", rows)
	return out, err
}

// WriteInt8 writes the weights of an int8 model as a safetensors file that
// [Load] reads without quantising again. Equal weights make equal bytes.
func (m *Model) WriteInt8(w io.Writer) error {
	if m.precision != INT8 {
		return errors.New("transformer: a model of float32 weights cannot be written as int8: load it as int8 first")
	}
	if err := m.config.storable(); err != nil {
		return fmt.Errorf("transformer: %w", err)
	}
	for i := range m.layers {
		if l := &m.layers[i]; l.qkv.int8 == nil || l.output.int8 == nil || l.inner.int8 == nil || l.outer.int8 == nil {
			return fmt.Errorf("transformer: layer %d is float32 in part, for which there is no format", i)
		}
	}
	defer runtime.KeepAlive(m)
	if err := safetensors.Write(w, m.tensors(), m.metadata()); err != nil {
		return fmt.Errorf("transformer: %w", err)
	}
	return nil
}

// storable tells why there is no format for a model's int8 weights, if there is
// none.
func (c *Config) storable() error {
	if c.preNorm || c.embedding != c.Hidden || c.relative == relativeBuckets || c.relative == relativeDisentangled || c.queryNorm {
		return fmt.Errorf("there is no format for int8 weights of %s", c.Architecture)
	}
	return nil
}

// tensors lists the large ones first, so that they begin at multiples of 64.
func (m *Model) tensors() []safetensors.Tensor {
	var large, small []safetensors.Tensor
	addTable := func(name string, t table) {
		large = append(large, safetensors.Int8(name, t.int8, len(t.scale), t.width))
		small = append(small, safetensors.Float32(name+".scale", t.scale, len(t.scale)))
	}
	addNorm := func(name string, n norm) {
		small = append(small,
			safetensors.Float32(name+".weight", n.gamma, len(n.gamma)),
			safetensors.Float32(name+".bias", n.beta, len(n.beta)))
	}
	addLinear := func(name string, l linear) {
		w := l.int8
		large = append(large, safetensors.Int8(name+".panels", w.Panels, w.N/simd.Columns, w.K/4, simd.Columns, 4))
		small = append(small,
			safetensors.Float32(name+".scale", w.Scale, w.N),
			safetensors.Float32(name+".bias", w.Bias, w.N),
			safetensors.Int32(name+".colsum", w.ColSum, w.N),
			safetensors.Float32(name+".smooth", l.smooth, w.K))
	}
	addTable(wordEmbeddings, m.words)
	if m.config.places {
		addTable("embeddings.position_embeddings.weight", m.positions)
	}
	if m.config.TokenTypes > 0 {
		small = append(small, safetensors.Float32("embeddings.token_type_embeddings.weight", m.types, m.config.TokenTypes, m.config.Hidden))
	}
	addNorm("embeddings.LayerNorm", m.embedded)
	for i, l := range m.layers {
		prefix := fmt.Sprintf("encoder.layer.%d.", i)
		addLinear(prefix+"attention.self.qkv", l.qkv)
		addLinear(prefix+"attention.output.dense", l.output)
		addNorm(prefix+"attention.output.LayerNorm", l.attended)
		addLinear(prefix+"intermediate.dense", l.inner)
		addLinear(prefix+"output.dense", l.outer)
		addNorm(prefix+"output.LayerNorm", l.finished)
	}
	if c := m.classifier; c != nil {
		for _, d := range []struct {
			name string
			dense
		}{{storedDense, c.pooler}, {storedLabels, c.labels}} {
			small = append(small,
				safetensors.Float32(d.name+".weight", d.weight, d.n, d.k),
				safetensors.Float32(d.name+".bias", d.bias, d.n))
		}
	}
	return append(large, small...)
}

// CheckWeights looks through int8 weights for what [Load] takes on trust: the
// sums of each output's weights, and that no two neighbours saturate. Float32
// weights pass.
func (m *Model) CheckWeights() error {
	defer runtime.KeepAlive(m)
	for i := range m.layers {
		l := &m.layers[i]
		for name, part := range map[string]*linear{"attention.self.qkv": &l.qkv, "attention.output": &l.output, "intermediate": &l.inner, "output": &l.outer} {
			if part.int8 == nil {
				continue
			}
			if !simd.IsSaturationFree(part.int8.Panels) {
				return fmt.Errorf("transformer: layer %d, %s: neighbouring weights saturate", i, name)
			}
			if !slices.Equal(part.int8.ColSum, simd.ColSums(part.int8.Panels, part.int8.N, part.int8.K)) {
				return fmt.Errorf("transformer: layer %d, %s: the sums are not those of the weights", i, name)
			}
		}
	}
	return nil
}

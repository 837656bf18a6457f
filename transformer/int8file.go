package transformer

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"

	"github.com/flashrerank/rerank/internal/mapped"
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
// and a table of rows is NAME I8 [rows, width] and NAME.scale F32 [rows]. See
// docs/formats/model.md for the others.
const (
	schemeKey = "rerank.quantization"
	scheme1   = "int8-v1" // saturation-free per-output weights, smoothed inputs
)

// areInt8 tells whether the weights are such.
func (t *tensors) areInt8() bool { return t.metadata[schemeKey] != "" }

func (t *tensors) linearInt8(name string, n, k int) (linear, error) {
	panels, err := t.get(name+".panels", n/simd.Columns, k/4, simd.Columns, 4)
	if err != nil {
		return linear{}, err
	}
	l := linear{int8: &simd.Int8Matrix{N: n, K: k, SaturationFree: true}}
	weights, err := panels.Int8s()
	if err != nil {
		return l, err
	}
	l.int8.Panels = simd.Aligned(weights)
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
func (m *Model) WriteInt8(w io.Writer) (err error) {
	defer m.file.Recover(&err, mapped.Watch())
	if m.precision != INT8 {
		return errors.New("transformer: a model of float32 weights cannot be written as int8: load it as int8 first")
	}
	for i := range m.layers {
		for name, part := range m.layers[i].linears() {
			if part.int8 == nil {
				return fmt.Errorf("transformer: %s%s is float32, for which there is no format", layerPrefix(i), name)
			}
		}
	}
	defer runtime.KeepAlive(m)
	metadata := m.metadata()
	if len(m.wide) > 0 {
		metadata[wideKey] = strings.Join(m.wide, " ")
	}
	if err := safetensors.Write(w, m.tensors(), metadata); err != nil {
		return fmt.Errorf("transformer: %w", err)
	}
	return nil
}

// metadata tell what tensors do not.
func (m *Model) metadata() map[string]string {
	list := map[string]string{schemeKey: scheme1}
	if c := m.classifier; c != nil && c.answers != nil {
		list[answersKey] = c.answers.text()
	}
	return list
}

// tensors lists the large ones first, so that they begin at multiples of 64.
func (m *Model) tensors() []safetensors.Tensor {
	c, out := &m.config, written{bias: m.config.normBias}
	out.table(wordEmbeddings, m.words)
	if c.places {
		out.table("embeddings.position_embeddings.weight", m.positions)
	}
	if c.TokenTypes > 0 {
		out.floats("embeddings.token_type_embeddings.weight", m.types, c.TokenTypes, c.embedding)
	}
	out.norm("embeddings.LayerNorm", m.embedded)
	if p := m.projection; p != nil {
		f := p.float
		out.dense("embeddings_project", dense{weight: simd.UnpackFloat32(f.Panels, f.N, f.K), bias: f.Bias, n: f.N, k: f.K})
	}
	if m.buckets != nil {
		out.floats(relativeBias, m.buckets, mpnetBuckets, c.Heads)
	}
	out.norm(layerPrefix(0)+"input.LayerNorm", m.first)
	for i := range m.layers {
		out.layer(layerPrefix(i), &m.layers[i])
		out.norm(c.finishedName(i), m.layers[i].finished)
	}
	out.head(m.classifier)
	return append(out.large, out.small...)
}

// written are tensors on their way to a file.
type written struct {
	large, small []safetensors.Tensor
	bias         bool // of normalisations
}

func (w *written) floats(name string, x []float32, shape ...int) {
	w.small = append(w.small, safetensors.Float32(name, x, shape...))
}

func (w *written) table(name string, t table) {
	w.large = append(w.large, safetensors.Int8(name, t.int8, len(t.scale), t.width))
	w.floats(name+".scale", t.scale, len(t.scale))
}

// norm writes a normalisation, if there is one.
func (w *written) norm(name string, n norm) {
	if n.gamma == nil {
		return
	}
	w.floats(name+".weight", n.gamma, len(n.gamma))
	if w.bias {
		w.floats(name+".bias", n.beta, len(n.beta))
	}
}

func (w *written) dense(name string, d dense) {
	w.floats(name+".weight", d.weight, d.n, d.k)
	w.floats(name+".bias", d.bias, d.n)
}

func (w *written) linear(name string, l *linear) {
	x := l.int8
	w.large = append(w.large, safetensors.Int8(name+".panels", x.Panels, x.N/simd.Columns, x.K/4, simd.Columns, 4))
	w.floats(name+".scale", x.Scale, x.N)
	w.floats(name+".bias", x.Bias, x.N)
	w.small = append(w.small, safetensors.Int32(name+".colsum", x.ColSum, x.N))
	w.floats(name+".smooth", l.smooth, x.K)
}

func (w *written) layer(prefix string, l *layer) {
	w.linear(prefix+"attention.self.qkv", &l.qkv)
	if l.queryNorm != nil {
		w.floats(prefix+"query_norm.weight", l.queryNorm, len(l.queryNorm))
		w.floats(prefix+"key_norm.weight", l.keyNorm, len(l.keyNorm))
	}
	w.positions(prefix+"attention.self."+storedPlaceKeys, l.positions.keys)
	w.positions(prefix+"attention.self."+storedPlaceQueries, l.positions.queries)
	w.linear(prefix+"attention.output.dense", &l.output)
	w.norm(prefix+"attention.output.LayerNorm", l.attended)
	w.linear(prefix+"intermediate.dense", &l.inner)
	w.linear(prefix+"output.dense", &l.outer)
}

// positions writes what a layer makes of relative positions, if anything.
func (w *written) positions(name string, heads []*simd.Float32Matrix) {
	if heads == nil {
		return
	}
	var all []float32
	for _, h := range heads {
		all = append(all, h.Panels...)
	}
	w.large = append(w.large, safetensors.Float32(name, all, len(heads), heads[0].N/simd.Columns, heads[0].K, simd.Columns))
}

// head writes a classifier, if there is one.
func (w *written) head(c *Classifier) {
	if c == nil {
		return
	}
	if c.pooler.n > 0 {
		w.dense(storedDense, c.pooler)
	}
	w.norm(c.design.norm, c.norm)
	w.dense(storedLabels, c.labels)
}

// CheckWeights looks through int8 weights for what [Load] takes on trust: the
// sums of each output's weights, and that no two neighbours saturate. Float32
// weights pass.
func (m *Model) CheckWeights() (err error) {
	defer runtime.KeepAlive(m)
	defer m.file.Recover(&err, mapped.Watch())
	for i := range m.layers {
		for name, part := range m.layers[i].linears() {
			if part.int8 == nil {
				continue
			}
			if !simd.IsSaturationFree(part.int8.Panels) {
				return fmt.Errorf("transformer: %s%s: neighbouring weights saturate", layerPrefix(i), name)
			}
			if !slices.Equal(part.int8.ColSum, simd.ColSums(part.int8.Panels, part.int8.N, part.int8.K)) {
				return fmt.Errorf("transformer: %s%s: the sums are not those of the weights", layerPrefix(i), name)
			}
		}
	}
	return nil
}

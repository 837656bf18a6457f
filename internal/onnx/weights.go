package onnx

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/flashrerank/rerank/internal/safetensors"
)

// Kinds of values, from onnx.proto.
const (
	float32s = 1
	uint8s   = 2
	int8s    = 3
	float16s = 10
)

// Weights returns the weights of a model as a safetensors file: matrices of linear layers
// as PyTorch has them, a row for each output.
func Weights(data []byte) ([]byte, error) {
	g, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("onnx: %w", err)
	}
	w := newWeights(g)
	w.room = 2 * len(data)
	if err := w.matrices(g); err != nil {
		return nil, fmt.Errorf("onnx: %w", err)
	}
	if err := w.rest(); err != nil {
		return nil, fmt.Errorf("onnx: %w", err)
	}
	if len(w.found) == 0 {
		return nil, errors.New("onnx: no weights have names")
	}
	var b bytes.Buffer
	if err := safetensors.Write(&b, w.list(), nil); err != nil {
		return nil, fmt.Errorf("onnx: %w", err)
	}
	return b.Bytes(), nil
}

// weights are those that were found, by their names before the export.
type weights struct {
	tensors map[string]*tensor
	used    map[string]bool   // tensors that have become one of found
	readers map[string][]node // operations by what they read
	found   map[string]safetensors.Tensor
	room    int // numbers that may still be kept
}

func newWeights(g graph) *weights {
	w := &weights{tensors: map[string]*tensor{}, used: map[string]bool{}, readers: map[string][]node{}, found: map[string]safetensors.Tensor{}}
	for i := range g.tensors {
		w.tensors[g.tensors[i].name] = &g.tensors[i]
	}
	for _, n := range g.nodes {
		if n.op == "Constant" && n.value != nil && len(n.outputs) == 1 {
			n.value.name = n.outputs[0]
			w.tensors[n.value.name] = n.value
		}
		for _, name := range n.inputs {
			w.readers[name] = append(w.readers[name], n)
		}
	}
	return w
}

// matrices finds what linear layers multiply by.
func (w *weights) matrices(g graph) error {
	for _, n := range g.nodes {
		if n.op != "MatMul" && n.op != "MatMulInteger" || len(n.inputs) < 2 || len(n.outputs) == 0 {
			continue
		}
		t := w.tensors[n.inputs[1]]
		if t == nil || len(t.shape) != 2 {
			continue // a product of two computed things
		}
		bias := w.bias(n.outputs[0], 0)
		if bias == "" {
			return fmt.Errorf("the matrix %q cannot be named: no bias is added to its product", t.name)
		}
		values, err := w.float(t)
		if err != nil {
			return err
		}
		rows, columns := t.shape[0], t.shape[1]
		turned := make([]float32, len(values))
		for i := range rows {
			for j := range columns {
				turned[j*rows+i] = values[i*columns+j]
			}
		}
		if err := w.keep(strings.TrimSuffix(bias, ".bias")+".weight", t.name, turned, columns, rows); err != nil {
			return err
		}
	}
	return nil
}

// bias follows a product to the tensor called …bias that is added to it, past what
// quantised products are cast and multiplied by. Neither way is long or wide in what
// exporters write.
func (w *weights) bias(of string, steps int) string {
	const longest, widest = 4, 4
	readers := w.readers[of]
	if steps > longest || len(readers) > widest {
		return ""
	}
	for _, n := range readers {
		switch n.op {
		case "Add":
			for _, name := range n.inputs {
				if w.tensors[name] != nil && strings.HasSuffix(name, ".bias") {
					return name
				}
			}
		case "Cast", "Mul":
			if len(n.outputs) > 0 {
				if name := w.bias(n.outputs[0], steps+1); name != "" {
					return name
				}
			}
		}
	}
	return ""
}

// quantised is how a tensor ends that has a scale and a zero point beside it.
const quantised = "_quantized"

// rest takes all that kept their names: embeddings, norms, biases, and matrices that were
// not folded.
func (w *weights) rest() error {
	for name, t := range w.tensors {
		plain := strings.TrimSuffix(name, quantised)
		if w.used[name] || !strings.HasSuffix(plain, ".weight") && !strings.HasSuffix(plain, ".bias") {
			continue
		}
		if t.kind != float32s && t.kind != float16s && plain == name {
			continue
		}
		values, err := w.float(t)
		if err != nil {
			return err
		}
		if err := w.keep(plain, name, values, t.shape...); err != nil {
			return err
		}
	}
	return nil
}

// keep keeps the values of a tensor. One that stands in for many may not make more of a
// file than twice what its bytes hold.
func (w *weights) keep(name, from string, values []float32, shape ...int) error {
	if w.room -= len(values); w.room < 0 {
		return fmt.Errorf("%q makes more numbers of the file than it has bytes, twice", from)
	}
	w.used[from] = true
	w.found[name] = safetensors.Float32(name, values, shape...)
	return nil
}

// list returns what was found in the order of the names, less what stands before all of
// them.
func (w *weights) list() []safetensors.Tensor {
	names := make([]string, 0, len(w.found))
	for name := range w.found {
		names = append(names, name)
	}
	slices.Sort(names)
	common := 0
	for {
		end := strings.IndexByte(names[0][common:], '.') + 1
		head := names[0][:common+end]
		if end == 0 || slices.ContainsFunc(names, func(n string) bool { return !strings.HasPrefix(n, head) }) {
			break
		}
		common += end
	}
	out := make([]safetensors.Tensor, len(names))
	for i, name := range names {
		out[i] = w.found[name]
		out[i].Name = name[common:]
	}
	return out
}

// float returns the values of a tensor as float32.
func (w *weights) float(t *tensor) ([]float32, error) {
	n, err := t.elements()
	if err != nil {
		return nil, err
	}
	if t.external {
		return nil, fmt.Errorf("the values of %q are in another file", t.name)
	}
	var values []float32
	switch t.kind {
	case float32s:
		values = floats(t.bytes())
	case float16s:
		half := safetensors.Tensor{Name: t.name, DType: safetensors.F16, Shape: t.shape, Data: t.bytes()}
		if len(half.Data) != 2*n {
			return nil, fmt.Errorf("%q has %d bytes for %d values", t.name, len(half.Data), n)
		}
		return half.Float32s()
	case uint8s, int8s:
		return w.dequantised(t, n)
	default:
		return nil, fmt.Errorf("%q has values of kind %d, which is not known here", t.name, t.kind)
	}
	if len(values) != n {
		return nil, fmt.Errorf("%q has %d values for the shape %v", t.name, len(values), t.shape)
	}
	return values, nil
}

// dequantised multiplies by the scale what is above the zero point.
func (w *weights) dequantised(t *tensor, n int) ([]float32, error) {
	base, ok := strings.CutSuffix(t.name, quantised)
	scale, zero := w.tensors[base+"_scale"], w.tensors[base+"_zero_point"]
	if !ok || scale == nil || zero == nil || scale.kind != float32s {
		return nil, fmt.Errorf("%q has eight bits and no scale", t.name)
	}
	scales, points, whole := floats(scale.bytes()), zero.small(), t.small()
	columns := 1
	if len(t.shape) > 0 {
		columns = t.shape[len(t.shape)-1]
	}
	if len(whole) != n || len(scales) != len(points) || len(scales) != 1 && len(scales) != columns {
		return nil, fmt.Errorf("%q: %d values, %d scales and %d zero points for the shape %v", t.name, len(whole), len(scales), len(points), t.shape)
	}
	values := make([]float32, n)
	for i, q := range whole {
		at := 0
		if len(scales) > 1 {
			at = i % columns
		}
		values[i] = scales[at] * float32(q-points[at])
	}
	return values, nil
}

// bytes are the values in little-endian order, from whichever field holds them.
func (t *tensor) bytes() []byte {
	if t.raw == nil {
		return t.floats
	}
	return t.raw
}

// small returns values of eight bits.
func (t *tensor) small() []int32 {
	if t.raw == nil {
		return t.ints
	}
	out := make([]int32, len(t.raw))
	for i, b := range t.raw {
		out[i] = int32(b)
		if t.kind == int8s {
			out[i] = int32(int8(b))
		}
	}
	return out
}

func floats(data []byte) []float32 {
	out := make([]float32, len(data)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	return out
}

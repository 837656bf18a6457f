package transformer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/flashrerank/rerank/internal/safetensors"
	"github.com/flashrerank/rerank/internal/simd"
)

// Names of the files of a model's folder.
const (
	configName  = "config.json"
	weightsName = "model.safetensors"
	indexName   = "model.safetensors.index.json" // of weights in several files
)

const (
	maxWeights = 8 << 30
	maxIndex   = 64 << 20
	maxShards  = 256
)

// tensors are those of all files of a model.
type tensors struct {
	files    []*safetensors.File
	from     []string // name of each file
	metadata map[string]string
	prefix   string // what stands before every name: "", or "bert."
}

// openTensors reads model.safetensors, or the files that an index names.
func openTensors(fsys fs.FS) (*tensors, error) {
	names := []string{weightsName}
	if _, err := fs.Stat(fsys, weightsName); errors.Is(err, fs.ErrNotExist) {
		shards, indexErr := readIndex(fsys)
		switch {
		case errors.Is(indexErr, fs.ErrNotExist):
			return nil, err // which names the usual file
		case indexErr != nil:
			return nil, indexErr
		}
		names = shards
	}
	t := &tensors{from: names}
	for _, name := range names {
		data, err := readLimited(fsys, name, maxWeights)
		if err != nil {
			return nil, err
		}
		f, err := safetensors.Parse(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		t.files = append(t.files, f)
		t.metadata = f.Metadata
	}
	return t, t.findPrefix()
}

// readIndex returns the names of the files that hold the weights.
func readIndex(fsys fs.FS) ([]string, error) {
	data, err := readLimited(fsys, indexName, maxIndex)
	if err != nil {
		return nil, err
	}
	var index struct {
		Files map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(data, &index); err != nil {
		return nil, fmt.Errorf("%s: %w", indexName, err)
	}
	var names []string
	for _, name := range index.Files {
		if path.Base(name) != name || !strings.HasSuffix(name, ".safetensors") {
			return nil, fmt.Errorf("%s: names %q, which is no safetensors file beside it", indexName, name)
		}
		names = append(names, name)
	}
	slices.Sort(names)
	if names = slices.Compact(names); len(names) == 0 || len(names) > maxShards {
		return nil, fmt.Errorf("%s: names %d files", indexName, len(names))
	}
	return names, nil
}

const wordEmbeddings = "embeddings.word_embeddings.weight"

// findPrefix sees what the names of the encoder's tensors begin with.
func (t *tensors) findPrefix() error {
	for _, prefix := range []string{"", "bert.", "model.", "0.auto_model."} {
		if _, ok := t.lookup(prefix + wordEmbeddings); ok {
			t.prefix = prefix
			return nil
		}
	}
	return fmt.Errorf("%s: holds no tensor %q: it is not a BERT encoder", t.from[0], wordEmbeddings)
}

func (t *tensors) lookup(name string) (safetensors.Tensor, bool) {
	for _, f := range t.files {
		if x, ok := f.Tensor(name); ok {
			return x, true
		}
	}
	return safetensors.Tensor{}, false
}

// get returns the encoder's tensor of a name and shape.
func (t *tensors) get(name string, shape ...int) (safetensors.Tensor, error) {
	return t.shaped(t.prefix+name, shape)
}

func (t *tensors) shaped(name string, shape []int) (safetensors.Tensor, error) {
	x, ok := t.lookup(name)
	if !ok {
		return x, fmt.Errorf("tensor %q is missing", name)
	}
	if !slices.Equal(x.Shape, shape) {
		return x, fmt.Errorf("tensor %q has the shape %v; by config.json it is %v", name, x.Shape, shape)
	}
	return x, nil
}

// floats returns the encoder's tensor of a name and shape as float32.
func (t *tensors) floats(name string, shape ...int) ([]float32, error) {
	x, err := t.get(name, shape...)
	if err != nil {
		return nil, err
	}
	return x.Float32s()
}

// norm is a layer normalisation.
type norm struct {
	gamma, beta []float32
}

// norm reads a layer normalisation, under its new or its old names.
func (t *tensors) norm(name string, size int) (n norm, err error) {
	gamma, beta := ".weight", ".bias"
	if _, ok := t.lookup(t.prefix + name + gamma); !ok {
		gamma, beta = ".gamma", ".beta"
	}
	if n.gamma, err = t.floats(name+gamma, size); err != nil {
		return n, err
	}
	n.beta, err = t.floats(name+beta, size)
	return n, err
}

// dense is a linear layer as it comes from a file: row-major weights [n][k],
// one output per row.
type dense struct {
	weight []float32
	bias   []float32
	n, k   int
}

func (t *tensors) dense(name string, n, k int) (d dense, err error) {
	d.n, d.k = n, k
	if d.weight, err = t.floats(name+".weight", n, k); err != nil {
		return d, err
	}
	d.bias, err = t.floats(name+".bias", n)
	return d, err
}

// stack puts linear layers of one input on top of one another.
func stack(parts ...dense) dense {
	out := dense{k: parts[0].k}
	for _, p := range parts {
		out.n += p.n
		out.weight = append(out.weight, p.weight...)
		out.bias = append(out.bias, p.bias...)
	}
	return out
}

func (d dense) float32Matrix() *simd.Float32Matrix {
	return &simd.Float32Matrix{N: d.n, K: d.k, Panels: simd.PackFloat32(d.weight, d.n, d.k), Bias: d.bias}
}

// linear is a linear layer ready to multiply, in one of two precisions.
type linear struct {
	float  *simd.Float32Matrix
	int8   *simd.Int8Matrix
	smooth []float32 // what inputs are multiplied by before they are quantised
}

// outputs returns some of a layer's outputs as a layer; both are multiples of
// the width of a panel.
func (l linear) outputs(from, to int) linear {
	if m := l.float; m != nil {
		return linear{float: &simd.Float32Matrix{N: to - from, K: m.K, Panels: m.Panels[from*m.K : to*m.K], Bias: m.Bias[from:to]}}
	}
	m := l.int8
	return linear{smooth: l.smooth, int8: &simd.Int8Matrix{
		N: to - from, K: m.K, Panels: m.Panels[from*m.K : to*m.K], Scale: m.Scale[from:to], Bias: m.Bias[from:to],
		ColSum: m.ColSum[from:to], SaturationFree: m.SaturationFree,
	}}
}

// quantise quantises rows that the layer takes, if it computes in int8.
func (l *linear) quantise(dst quantised, rows []float32) {
	if l.int8 == nil {
		return
	}
	k := l.int8.K
	for i := range dst.scale {
		dst.scale[i], dst.zero[i] = simd.Quantize(dst.bytes[i*k:(i+1)*k], rows[i*k:(i+1)*k], l.smooth)
	}
}

// multiply writes the outputs for some rows, ldc apart, which are given in float32 and, if
// the layer computes in int8, quantised.
func (l *linear) multiply(dst []float32, ldc int, x []float32, q quantised, rows int) {
	if l.int8 == nil {
		simd.MulFloat32(dst, ldc, x, l.float.K, rows, l.float)
		return
	}
	simd.MulInt8(dst, ldc, q.bytes[:rows*l.int8.K], q.scale[:rows], q.zero[:rows], l.int8)
}

// table is a matrix whose rows are looked up, in one of two precisions.
type table struct {
	width int
	float []float32 // [rows][width]
	int8  []int8    // [rows][width]
	scale []float32 // of each row
}

// row writes a row to dst.
func (t *table) row(dst []float32, i int32) {
	from, to := int(i)*t.width, (int(i)+1)*t.width
	if t.int8 == nil {
		copy(dst, t.float[from:to])
		return
	}
	simd.Dequantize(dst, t.int8[from:to], t.scale[i])
}

// maxPlaces bounds the numbers that are kept for all positions and types.
const maxPlaces = 1 << 20

// addPlaces adds up the embeddings of each type and position, unless these are
// many.
func (m *Model) addPlaces() {
	h := m.config.Hidden
	rows := m.config.Positions * m.config.TokenTypes
	if rows > maxPlaces/h {
		return
	}
	m.places = make([]float32, rows*h)
	for i := range rows {
		m.addPlace(m.places[i*h:(i+1)*h], int32(i%m.config.Positions), int32(i/m.config.Positions))
	}
}

func (m *Model) addPlace(dst []float32, position, kind int32) {
	m.positions.row(dst, position)
	for i, x := range m.types[int(kind)*len(dst):][:len(dst)] {
		dst[i] += x
	}
}

// place writes the sum of the embeddings of a position and a type.
func (m *Model) place(dst []float32, position, kind int32) {
	if m.places == nil {
		m.addPlace(dst, position, kind)
		return
	}
	at := int(kind)*m.config.Positions + int(position)
	copy(dst, m.places[at*len(dst):(at+1)*len(dst)])
}

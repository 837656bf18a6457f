package transformer

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/flashrerank/rerank/internal/exactjson"
	"github.com/flashrerank/rerank/internal/onnx"
	"github.com/flashrerank/rerank/internal/regular"
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
	wide     []string // what wideKey says in any of the files
	prefix   string   // what stands before every name: "", or "bert."
	names    naming

	mu   sync.Mutex // of what follows
	seen map[string]bool
}

// WeightFiles returns the names of the files in a model's folder that hold its
// weights: model.safetensors, or those that its index lists, or where there is none of
// these the only ONNX file.
func WeightFiles(fsys fs.FS) ([]string, error) {
	_, err := fs.Stat(fsys, weightsName)
	if !errors.Is(err, fs.ErrNotExist) {
		return []string{weightsName}, err
	}
	shards, indexErr := readIndex(fsys)
	if !errors.Is(indexErr, fs.ErrNotExist) {
		return shards, indexErr
	}
	exported, globErr := fs.Glob(fsys, "*.onnx")
	if globErr != nil || len(exported) != 1 {
		return nil, err // which names the usual file
	}
	return exported, nil
}

// openTensors reads model.safetensors, or the files that an index names.
func openTensors(fsys fs.FS) (*tensors, error) {
	names, err := WeightFiles(fsys)
	if err != nil {
		return nil, err
	}
	t := &tensors{from: names, seen: map[string]bool{}}
	for _, name := range names {
		data, err := regular.ReadFS(fsys, name, maxWeights)
		if err != nil {
			return nil, err
		}
		if strings.HasSuffix(name, ".onnx") {
			if data, err = onnx.Weights(data); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
		f, err := safetensors.Parse(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		t.files = append(t.files, f)
		t.metadata = f.Metadata
		t.wide = append(t.wide, strings.Fields(f.Metadata[wideKey])...)
	}
	return t, nil
}

// readIndex returns the names of the files that hold the weights.
func readIndex(fsys fs.FS) ([]string, error) {
	data, err := regular.ReadFS(fsys, indexName, maxIndex)
	if err != nil {
		return nil, err
	}
	var index struct {
		Files map[string]string `json:"weight_map"`
	}
	if err := exactjson.UnmarshalLast(data, &index); err != nil {
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

// naming tells what an architecture calls the tensors that this package knows by
// the names of BERT.
type naming struct {
	prefixes []string // what may stand before every name
	words    string   // the tensor by which the prefix is found

	layer   string            // what stands before a layer's number; empty: as BERT
	parts   map[string]string // names within a layer or the model, without the last part
	upFirst bool              // packed layers of a gated block have the gate last

	other *naming // of the same model, where it has a tensor
	probe string  // of this name in its first layer
}

const bertLayer = "encoder.layer."

// of translates a name.
func (n *naming) of(name string) string {
	layer, rest := "", name
	if inner, ok := strings.CutPrefix(name, bertLayer); ok {
		number, within, _ := strings.Cut(inner, ".")
		layer, rest = cmp.Or(n.layer, bertLayer)+number+".", within
	}
	at := max(0, strings.LastIndexByte(rest, '.'))
	if part, ok := n.parts[rest[:at]]; ok {
		rest = part + rest[at:]
	}
	return layer + rest
}

// has tells whether the architecture has a name of its own for a part.
func (n *naming) has(part string) bool {
	_, ok := n.parts[part]
	return ok
}

// recognise sees what the names of the encoder's tensors are and begin with.
func (t *tensors) recognise(n naming) error {
	for _, prefix := range n.prefixes {
		if _, ok := t.lookup(prefix + n.words); !ok {
			continue
		}
		t.prefix, t.names = prefix, n
		if o := n.other; o != nil {
			if _, ok := t.lookup(prefix + o.layer + "0." + o.probe + ".weight"); ok {
				t.names = *o
			}
		}
		return nil
	}
	return fmt.Errorf("%s: holds no tensor %q", t.from[0], n.prefixes[len(n.prefixes)-1]+n.words)
}

func (t *tensors) lookup(name string) (safetensors.Tensor, bool) {
	t.mu.Lock()
	t.seen[name] = true
	t.mu.Unlock()
	for _, f := range t.files {
		if x, ok := f.Tensor(name); ok {
			return x, true
		}
	}
	return safetensors.Tensor{}, false
}

// get returns the encoder's tensor of a name and shape.
func (t *tensors) get(name string, shape ...int) (safetensors.Tensor, error) {
	return t.shaped(t.prefix+t.names.of(name), shape)
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

// norm is a layer normalisation; without gamma it changes nothing.
type norm struct {
	gamma, beta []float32 // beta of zeros where there is none
}

// norm reads a layer normalisation, under its new or its old names.
func (t *tensors) norm(name string, size int, bias bool) (n norm, err error) {
	gamma, beta := ".weight", ".bias"
	if _, ok := t.lookup(t.prefix + t.names.of(name+gamma)); !ok {
		gamma, beta = ".gamma", ".beta"
	}
	if n.gamma, err = t.floats(name+gamma, size); err != nil {
		return n, err
	}
	if !bias {
		n.beta = make([]float32, size)
		return n, nil
	}
	n.beta, err = t.floats(name+beta, size)
	return n, err
}

// dense is a linear layer as it comes from a file: row-major weights [n][k],
// one output per row.
type dense struct {
	weight []float32
	bias   []float32 // zeros where there is none
	n, k   int
}

func (t *tensors) dense(name string, n, k int, bias bool) (d dense, err error) {
	d.n, d.k = n, k
	if d.weight, err = t.floats(name+".weight", n, k); err != nil {
		return d, err
	}
	if !bias {
		d.bias = make([]float32, n)
		return d, nil
	}
	d.bias, err = t.floats(name+".bias", n)
	return d, err
}

// rows are some of a layer's outputs.
func (d dense) rows(from, to int) dense {
	return dense{weight: d.weight[from*d.k : to*d.k], bias: d.bias[from:to], n: to - from, k: d.k}
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

	// Of a layer with wide inputs, see remainder: the int8 weights without biases,
	// and a one for each input.
	rest *simd.Int8Matrix
	ones []float32
}

// outputs returns some of a layer's outputs as a layer; both are multiples of
// the width of a panel.
func (l linear) outputs(from, to int) linear {
	if m := l.float; m != nil {
		return linear{float: &simd.Float32Matrix{N: to - from, K: m.K, Panels: m.Panels[from*m.K : to*m.K], Bias: m.Bias[from:to]}}
	}
	some := linear{smooth: l.smooth, int8: int8Outputs(l.int8, from, to), ones: l.ones}
	if l.rest != nil {
		some.rest = int8Outputs(l.rest, from, to)
	}
	return some
}

func int8Outputs(m *simd.Int8Matrix, from, to int) *simd.Int8Matrix {
	return &simd.Int8Matrix{
		N: to - from, K: m.K, Panels: m.Panels[from*m.K : to*m.K], Scale: m.Scale[from:to], Bias: m.Bias[from:to],
		ColSum: m.ColSum[from:to], SaturationFree: m.SaturationFree,
	}
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
	l.quantiseRest(dst, rows, l.smooth)
}

// multiply writes the outputs for some rows, ldc apart, which are given in float32 and, if
// the layer computes in int8, quantised.
func (l *linear) multiply(dst []float32, ldc int, x []float32, q quantised, rows int) {
	if l.int8 == nil {
		simd.MulFloat32(dst, ldc, x, l.float.K, rows, l.float)
		return
	}
	if l.rest != nil {
		l.multiplyWide(dst, ldc, q, rows)
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
	h := m.config.embedding
	rows := m.config.Positions * max(1, m.config.TokenTypes)
	if rows > maxPlaces/h || !m.config.places {
		return
	}
	m.places = make([]float32, rows*h)
	for i := range rows {
		m.addPlace(m.places[i*h:(i+1)*h], int32(i%m.config.Positions), int32(i/m.config.Positions))
	}
}

func (m *Model) addPlace(dst []float32, position, kind int32) {
	if m.config.places {
		m.positions.row(dst, position+int32(m.config.firstPlace))
	} else {
		clear(dst)
	}
	if m.config.TokenTypes == 0 {
		return
	}
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

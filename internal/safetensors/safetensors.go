// Package safetensors reads and writes tensors in the safetensors format: a
// little-endian header length of 8 bytes, a JSON header that names each
// tensor's type, shape and range of bytes, and the raw little-endian data.
//
// Reading copies nothing: tensors are views of the file's bytes, which must not
// change. Everything the header claims is checked before it is used.
package safetensors

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
)

// DType is the type of a tensor's elements, as the format spells it.
type DType string

// The types that this package converts. A file may hold others.
const (
	F32  DType = "F32"
	F16  DType = "F16"
	BF16 DType = "BF16"
	I8   DType = "I8"
	I32  DType = "I32"
)

// sizes are the bytes of an element of every type of the format.
var sizes = map[DType]int{
	"BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E4M3": 1, "I16": 2, "U16": 2, "F16": 2, "BF16": 2,
	"I32": 4, "U32": 4, "F32": 4, "F64": 8, "I64": 8, "U64": 8,
}

const (
	maxHeader     = 32 << 20 // a model of 100,000 tensors has a third of it
	maxTensors    = 1 << 17
	maxDimensions = 16
	metadataKey   = "__metadata__"
)

// Tensor is one tensor of a file.
type Tensor struct {
	Name  string
	DType DType
	Shape []int
	Data  []byte // little-endian, row-major; a view of the file
}

// Len returns the number of elements.
func (t Tensor) Len() int {
	n := 1
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

// File is a parsed file. It is immutable and safe for concurrent use.
type File struct {
	Metadata map[string]string

	tensors map[string]Tensor
	names   []string // in the order of their data
}

// Names returns the tensors' names in the order of their data.
func (f *File) Names() []string { return slices.Clone(f.names) }

// Tensor returns a tensor by name.
func (f *File) Tensor(name string) (Tensor, bool) {
	t, ok := f.tensors[name]
	return t, ok
}

// entry is a tensor as the header describes it.
type entry struct {
	DType   DType   `json:"dtype"`
	Shape   []int   `json:"shape"`
	Offsets []int64 `json:"data_offsets"`
}

// Parse reads a file. Errors name the byte or the tensor that is wrong.
func Parse(data []byte) (*File, error) {
	f, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	return f, nil
}

func parse(data []byte) (*File, error) {
	if len(data) < 8 {
		return nil, fmt.Errorf("the file has %d bytes, too few for a header", len(data))
	}
	n := binary.LittleEndian.Uint64(data)
	if n > maxHeader || n > uint64(len(data)-8) {
		return nil, fmt.Errorf("byte 0: a header of %d bytes in a file of %d", n, len(data))
	}
	header, body := data[8:8+n], data[8+n:]
	f := &File{tensors: map[string]Tensor{}}
	entries, err := f.readHeader(header)
	if err != nil {
		return nil, err
	}
	var end int64
	for _, name := range f.names {
		e := entries[name]
		t, err := e.tensor(name, body)
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", name, err)
		}
		if e.Offsets[0] < end {
			return nil, fmt.Errorf("tensor %q: overlaps another one at byte %d of the data", name, e.Offsets[0])
		}
		end = max(end, e.Offsets[1])
		f.tensors[name] = t
	}
	if end != int64(len(body)) {
		return nil, fmt.Errorf("byte %d: the tensors end at byte %d of %d bytes of data", 8+int64(n)+end, end, len(body))
	}
	return f, nil
}

// readHeader decodes the header and lists the tensors by place.
func (f *File) readHeader(header []byte) (map[string]entry, error) {
	dec := json.NewDecoder(bytes.NewReader(header))
	if token, err := dec.Token(); err != nil || token != json.Delim('{') {
		return nil, errors.New("byte 8: the header is no JSON object")
	}
	entries := map[string]entry{}
	for dec.More() {
		token, err := dec.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			return nil, headerError(dec, err)
		}
		if name == metadataKey {
			if err := dec.Decode(&f.Metadata); err != nil {
				return nil, headerError(dec, err)
			}
			continue
		}
		var e entry
		if err := dec.Decode(&e); err != nil {
			return nil, headerError(dec, err)
		}
		if _, twice := entries[name]; twice {
			return nil, fmt.Errorf("tensor %q: appears twice", name)
		}
		if len(e.Offsets) != 2 {
			return nil, fmt.Errorf("tensor %q: data_offsets has %d numbers", name, len(e.Offsets))
		}
		if len(entries) == maxTensors {
			return nil, fmt.Errorf("more than %d tensors", maxTensors)
		}
		entries[name] = e
		f.names = append(f.names, name)
	}
	if _, err := dec.Token(); err != nil {
		return nil, headerError(dec, err)
	}
	if rest := bytes.TrimSpace(header[dec.InputOffset():]); len(rest) > 0 {
		return nil, fmt.Errorf("byte %d: the header goes on after its end", 8+dec.InputOffset())
	}
	slices.SortFunc(f.names, func(a, b string) int {
		x, y := entries[a].Offsets, entries[b].Offsets
		return cmp.Or(cmp.Compare(x[0], y[0]), cmp.Compare(x[1], y[1]), cmp.Compare(a, b))
	})
	return entries, nil
}

func headerError(dec *json.Decoder, err error) error {
	if err == nil {
		err = errors.New("a name was expected")
	}
	return fmt.Errorf("byte %d: header: %w", 8+dec.InputOffset(), err)
}

// tensor checks an entry against the data.
func (e entry) tensor(name string, body []byte) (Tensor, error) {
	size, ok := sizes[e.DType]
	if !ok {
		return Tensor{}, fmt.Errorf("unknown type %q", e.DType)
	}
	if len(e.Shape) > maxDimensions {
		return Tensor{}, fmt.Errorf("%d dimensions", len(e.Shape))
	}
	n := int64(size)
	for _, d := range e.Shape {
		if d < 0 || d > math.MaxInt32 || (d > 0 && n > math.MaxInt64/int64(d)) {
			return Tensor{}, fmt.Errorf("shape %v", e.Shape)
		}
		n *= int64(d)
	}
	from, to := e.Offsets[0], e.Offsets[1]
	if from < 0 || to < from || to > int64(len(body)) {
		return Tensor{}, fmt.Errorf("bytes %d to %d of %d", from, to, len(body))
	}
	if to-from != n {
		return Tensor{}, fmt.Errorf("%d bytes for shape %v of %s, which takes %d", to-from, e.Shape, e.DType, n)
	}
	return Tensor{Name: name, DType: e.DType, Shape: e.Shape, Data: body[from:to:to]}, nil
}

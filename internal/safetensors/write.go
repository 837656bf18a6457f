package safetensors

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"unsafe"
)

// alignment is where the header ends and thereby, if their sizes are multiples
// of it, where tensors begin.
const alignment = 64

// Float32 makes a tensor of type F32 from values, which it copies.
func Float32(name string, x []float32, shape ...int) Tensor {
	data := make([]byte, 0, 4*len(x))
	for _, v := range x {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	return Tensor{Name: name, DType: F32, Shape: shape, Data: data}
}

// Int32 makes a tensor of type I32 from values, which it copies.
func Int32(name string, x []int32, shape ...int) Tensor {
	data := make([]byte, 0, 4*len(x))
	for _, v := range x {
		data = binary.LittleEndian.AppendUint32(data, uint32(v))
	}
	return Tensor{Name: name, DType: I32, Shape: shape, Data: data}
}

// Int8 makes a tensor of type I8 that shares the values' memory.
func Int8(name string, x []int8, shape ...int) Tensor {
	return Tensor{Name: name, DType: I8, Shape: shape, Data: unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), len(x))}
}

// Write writes a file with the tensors in the order given. Equal input makes
// equal bytes.
func Write(w io.Writer, tensors []Tensor, metadata map[string]string) error {
	header, err := encodeHeader(tensors, metadata)
	if err != nil {
		return fmt.Errorf("safetensors: %w", err)
	}
	if _, err := w.Write(header); err != nil {
		return fmt.Errorf("safetensors: writing the header: %w", err)
	}
	for _, t := range tensors {
		if _, err := w.Write(t.Data); err != nil {
			return fmt.Errorf("safetensors: writing tensor %q: %w", t.Name, err)
		}
	}
	return nil
}

// encodeHeader writes the JSON by hand where a map would lose the order.
func encodeHeader(tensors []Tensor, metadata map[string]string) ([]byte, error) {
	out := append(make([]byte, 8), '{')
	field := func(name string, value any) error {
		key, err := json.Marshal(name)
		if err != nil {
			return err
		}
		encoded, err := json.Marshal(value)
		if err != nil {
			return err
		}
		if len(out) > 9 {
			out = append(out, ',')
		}
		out = append(append(append(out, key...), ':'), encoded...)
		return nil
	}
	if metadata != nil {
		if err := field(metadataKey, metadata); err != nil {
			return nil, err
		}
	}
	var at int64
	for _, t := range tensors {
		if len(t.Data) != t.Len()*sizes[t.DType] {
			return nil, fmt.Errorf("tensor %q of shape %v and type %s has %d bytes", t.Name, t.Shape, t.DType, len(t.Data))
		}
		shape := append([]int{}, t.Shape...)
		if err := field(t.Name, entry{t.DType, shape, []int64{at, at + int64(len(t.Data))}}); err != nil {
			return nil, err
		}
		at += int64(len(t.Data))
	}
	out = append(out, '}')
	for len(out)%alignment != 0 {
		out = append(out, ' ')
	}
	binary.LittleEndian.PutUint64(out, uint64(len(out)-8))
	return out, nil
}

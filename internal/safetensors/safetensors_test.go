package safetensors

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/flashrerank/rerank/internal/testenv"
)

func file(header string, body ...byte) []byte {
	return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...), body...)
}

func sample(t testing.TB) []byte {
	var b bytes.Buffer
	err := Write(&b, []Tensor{
		Float32("a", []float32{1, -2, 0.5, 3}, 2, 2),
		Int8("b", []int8{-128, 127, 0}, 3),
		Int32("c", []int32{-1, math.MaxInt32}, 2),
	}, map[string]string{"made": "by a test"})
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestRoundTrip(t *testing.T) {
	f, err := Parse(sample(t))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(f.Names(), []string{"a", "b", "c"}) || f.Metadata["made"] != "by a test" {
		t.Errorf("names %v, metadata %v", f.Names(), f.Metadata)
	}
	a, _ := f.Tensor("a")
	if x, err := a.Float32s(); err != nil || !slices.Equal(x, []float32{1, -2, 0.5, 3}) || !slices.Equal(a.Shape, []int{2, 2}) {
		t.Errorf("a is %v %v, %v", a.Shape, x, err)
	}
	b, _ := f.Tensor("b")
	if x, err := b.Int8s(); err != nil || !slices.Equal(x, []int8{-128, 127, 0}) {
		t.Errorf("b is %v, %v", x, err)
	}
	c, _ := f.Tensor("c")
	if x, err := c.Int32s(); err != nil || !slices.Equal(x, []int32{-1, math.MaxInt32}) {
		t.Errorf("c is %v, %v", x, err)
	}
	if _, ok := f.Tensor("d"); ok {
		t.Error("there is no d")
	}
	for _, wrong := range []func() error{
		func() error { _, err := b.Float32s(); return err },
		func() error { _, err := a.Int8s(); return err },
		func() error { _, err := a.Int32s(); return err },
	} {
		if wrong() == nil {
			t.Error("a tensor passed as one of another type")
		}
	}
}

func TestHalfPrecision(t *testing.T) {
	for _, c := range []struct {
		dtype DType
		bits  uint16
		want  float32
	}{
		{F16, 0x3c00, 1}, {F16, 0xc000, -2}, {F16, 0x0001, 5.960464477539063e-08}, {F16, 0x03ff, 6.097555160522461e-05},
		{F16, 0x7bff, 65504}, {F16, 0x8000, 0}, {F16, 0x3555, 0.333251953125},
		{BF16, 0x3f80, 1}, {BF16, 0xc049, -3.140625},
	} {
		x, err := Tensor{Name: "x", DType: c.dtype, Shape: []int{1}, Data: binary.LittleEndian.AppendUint16(nil, c.bits)}.Float32s()
		if err != nil || x[0] != c.want {
			t.Errorf("%s %#x is %v, %v; want %v", c.dtype, c.bits, x, err, c.want)
		}
	}
	if _, err := (Tensor{Name: "x", DType: F16, Shape: []int{1}, Data: []byte{0, 0x7c}}).Float32s(); err == nil || !strings.Contains(err.Error(), `"x": element 0`) {
		t.Errorf("infinity gives %v", err)
	}
}

func TestBadFiles(t *testing.T) {
	for want, data := range map[string][]byte{
		"3 bytes":              {1, 2, 3},
		"a header of":          binary.LittleEndian.AppendUint64(nil, 1<<40),
		"no JSON object":       file(`[]`),
		"byte 9: header":       file(`{1:2}`),
		"unknown type":         file(`{"a":{"dtype":"X","shape":[],"data_offsets":[0,1]}}`, 0),
		"bytes 0 to 9 of 1":    file(`{"a":{"dtype":"U8","shape":[9],"data_offsets":[0,9]}}`, 0),
		"shape [-1]":           file(`{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}`, 0),
		"shape [2147483647 ":   file(`{"a":{"dtype":"F64","shape":[2147483647,2147483647,9],"data_offsets":[0,1]}}`, 0),
		"1 bytes for shape":    file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,1]}}`, 0),
		"appears twice":        file(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 0),
		"data_offsets has 1":   file(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}}`, 0),
		"overlaps":             file(`{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}`, 0, 0),
		"1 of 2 bytes":         file(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 0, 0),
		"goes on":              file(`{} {}`),
		"17 dimensions":        file(`{"a":{"dtype":"U8","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"data_offsets":[0,1]}}`, 0),
		"header: json: cannot": file(`{"a":{"dtype":"U8","shape":"x","data_offsets":[0,1]}}`, 0),
	} {
		if _, err := Parse(data); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not say %q", err, want)
		}
	}
}

func TestWriteRefusesWrongSizes(t *testing.T) {
	if err := Write(&bytes.Buffer{}, []Tensor{{Name: "a", DType: F32, Shape: []int{2}, Data: make([]byte, 4)}}, nil); err == nil {
		t.Error("a tensor shorter than its shape was written")
	}
}

func FuzzParse(f *testing.F) {
	f.Add(sample(f))
	f.Add(file(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 0))
	f.Fuzz(func(t *testing.T, data []byte) {
		defer testenv.Bound(t, len(data))()
		parsed, err := Parse(data)
		if err != nil {
			return
		}
		total := 0
		for _, name := range parsed.Names() {
			x, ok := parsed.Tensor(name)
			if !ok || len(x.Data) != x.Len()*sizes[x.DType] {
				t.Fatalf("tensor %q of shape %v has %d bytes", name, x.Shape, len(x.Data))
			}
			total += len(x.Data)
		}
		if total > len(data) {
			t.Fatalf("%d bytes of tensors in a file of %d", total, len(data))
		}
	})
}

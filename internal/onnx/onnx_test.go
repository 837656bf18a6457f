package onnx

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/flashrerank/rerank/internal/safetensors"
	"github.com/flashrerank/rerank/internal/testenv"
)

func read(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func parsed(t *testing.T, data []byte) *safetensors.File {
	t.Helper()
	f, err := safetensors.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestWeights: what was exported has the names, shapes and values that it was exported
// from; quantised values are within half a step.
func TestWeights(t *testing.T) {
	want := parsed(t, read(t, "../../crossencoder/testdata/tiny1/model.safetensors"))
	for name, most := range map[string]float64{"tiny.onnx": 0, "tiny_int8.onnx": 0.02} {
		data, err := Weights(read(t, "testdata/"+name))
		if err != nil {
			t.Fatal(err)
		}
		got := parsed(t, data)
		for _, tensor := range want.Names() {
			a, _ := want.Tensor(tensor)
			b, found := got.Tensor(tensor)
			if !found || !slices.Equal(a.Shape, b.Shape) {
				t.Errorf("%s: %s is there: %v, with shape %v, not %v", name, tensor, found, b.Shape, a.Shape)
				continue
			}
			x, err := a.Float32s()
			if err != nil {
				t.Fatal(err)
			}
			y, err := b.Float32s()
			if err != nil {
				t.Fatal(err)
			}
			worst := 0.0
			for i := range x {
				worst = max(worst, math.Abs(float64(x[i]-y[i])))
			}
			if worst > most {
				t.Errorf("%s: %s differs by %v", name, tensor, worst)
			}
		}
	}
}

func TestErrors(t *testing.T) {
	whole := read(t, "testdata/tiny.onnx")
	for name, data := range map[string][]byte{
		"nothing": nil, "half": whole[:len(whole)/2], "no ONNX": []byte("PK\x03\x04 something else"),
		"no names": []byte("\x3a\x06\x0a\x04\x22\x02Id"),
	} {
		if _, err := Weights(data); err == nil || !strings.HasPrefix(err.Error(), "onnx: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// message is a field of a protobuf that holds others.
func message(number protowire.Number, parts ...[]byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), slices.Concat(parts...))
}

func text(number protowire.Number, s string) []byte { return message(number, []byte(s)) }

// TestHostile: a file that claims much costs little.
func TestHostile(t *testing.T) {
	// One matrix of 1000 by 100 that a thousand products read.
	shape := message(tensorShape, protowire.AppendVarint(nil, 1000), protowire.AppendVarint(nil, 100))
	kind := protowire.AppendVarint(protowire.AppendTag(nil, tensorKind, protowire.VarintType), float32s)
	parts := [][]byte{message(graphInitializer, shape, kind, text(tensorName, "m"), message(tensorRaw, make([]byte, 400_000)))}
	for i := range 1000 {
		out, bias := fmt.Sprintf("o%d", i), fmt.Sprintf("x.%d.bias", i)
		parts = append(parts,
			message(graphInitializer, kind, text(tensorName, bias), message(tensorRaw, make([]byte, 4))),
			message(graphNode, text(nodeInput, "x"), text(nodeInput, "m"), text(nodeOutput, out), text(nodeOp, "MatMul")),
			message(graphNode, text(nodeInput, out), text(nodeInput, bias), text(nodeOutput, out+"+"), text(nodeOp, "Add")))
	}
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"one for many":   {message(modelGraph, parts...), "than it has bytes"},
		"empty tensors":  {message(modelGraph, bytes.Repeat(message(graphInitializer), maxTensors+1)), "more than 131072 tensors"},
		"many inputs":    {message(modelGraph, message(graphNode, bytes.Repeat(text(nodeInput, ""), 1<<21))), "more than 1048576 things"},
		"shape too long": {message(modelGraph, message(graphInitializer, message(tensorShape, make([]byte, 1<<20)))), "cut short"},
	} {
		var err error
		n := testenv.Allocated(func() { _, err = Weights(c.data) })
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if n > 96<<20 {
			t.Errorf("%s: %d bytes were allocated for %d", name, n, len(c.data))
		}
	}
}

// FuzzWeights: any file is read or refused.
func FuzzWeights(f *testing.F) {
	for _, name := range []string{"tiny.onnx", "tiny_int8.onnx"} {
		data := read(f, "testdata/"+name)
		f.Add(data)
		f.Add(data[:2000])
	}
	f.Add([]byte("\x3a\x06\x0a\x04\x22\x02Id"))
	f.Fuzz(func(t *testing.T, data []byte) {
		defer testenv.Bound(t, len(data))()
		got, err := Weights(data)
		if err != nil {
			return
		}
		if _, err := safetensors.Parse(got); err != nil {
			t.Errorf("what was written cannot be read: %v", err)
		}
	})
}

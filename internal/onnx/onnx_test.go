package onnx

import (
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/flashrerank/rerank/internal/safetensors"
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

// FuzzWeights: any file is read or refused.
func FuzzWeights(f *testing.F) {
	for _, name := range []string{"tiny.onnx", "tiny_int8.onnx"} {
		data := read(f, "testdata/"+name)
		f.Add(data)
		f.Add(data[:2000])
	}
	f.Add([]byte("\x3a\x06\x0a\x04\x22\x02Id"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := Weights(data)
		if err != nil {
			return
		}
		if _, err := safetensors.Parse(got); err != nil {
			t.Errorf("what was written cannot be read: %v", err)
		}
	})
}

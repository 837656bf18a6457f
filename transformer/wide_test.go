package transformer_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/flashrerank/rerank/transformer"
)

// TestWideInputs: the more inputs have sixteen bits, the closer to float32. What is
// left with all of them is of the weights.
func TestWideInputs(t *testing.T) {
	const weights = "encoder.layer.*.*"
	exact := run(t, load(t, os.DirFS(tinyEncoder), transformer.Options{}), batch(33, 64))
	distance := func(o transformer.Options) float64 {
		return squaredDistance(run(t, load(t, os.DirFS(tinyEncoder), o), batch(33, 64)), exact)
	}
	narrow := distance(transformer.Options{Precision: transformer.INT8})
	some := distance(transformer.Options{Precision: transformer.INT8, Wide: []string{"encoder.layer.*.attention.self.qkv"}})
	all := distance(transformer.Options{Precision: transformer.INT8, Wide: []string{weights}})
	t.Logf("squared distances to float32: %g, queries, keys and values wide %g, all wide %g", narrow, some, all)
	if !(some < narrow && all < some) {
		t.Errorf("squared distances to float32: %g, queries, keys and values wide %g, all wide %g", narrow, some, all)
	}
}

// squaredDistance is that of all states.
func squaredDistance(a, b [][]float32) (sum float64) {
	for i := range a {
		for j, x := range a[i] {
			sum += float64(x-b[i][j]) * float64(x-b[i][j])
		}
	}
	return sum
}

func TestWideInputsAreKept(t *testing.T) {
	patterns := []string{"encoder.layer.0.*", "encoder.layer.*.output.dense"}
	m := load(t, os.DirFS(tinyEncoder), transformer.Options{Precision: transformer.INT8, Wide: patterns})
	want := run(t, m, batch(5, 64, 17))
	read := load(t, asInt8(t, m), transformer.Options{})
	if !slices.EqualFunc(want, run(t, read, batch(5, 64, 17)), slices.Equal) {
		t.Error("a file that names wide layers computes something else")
	}
	narrow := load(t, os.DirFS(tinyEncoder), transformer.Options{Precision: transformer.INT8})
	if slices.EqualFunc(want, run(t, narrow, batch(5, 64, 17)), slices.Equal) {
		t.Error("wide inputs change nothing")
	}
	widened := load(t, asInt8(t, narrow), transformer.Options{Wide: patterns})
	if !slices.EqualFunc(want, run(t, widened, batch(5, 64, 17)), slices.Equal) {
		t.Error("int8 weights that are made wide when they are loaded compute something else")
	}
	cache := transformer.Cache{Folder: t.TempDir(), Key: "k"}
	for range 2 { // made, and then read
		o := transformer.Options{Precision: transformer.INT8, Wide: patterns, Cache: cache}
		if !slices.EqualFunc(want, run(t, load(t, os.DirFS(tinyEncoder), o), batch(5, 64, 17)), slices.Equal) {
			t.Error("weights that were kept compute something else")
		}
	}
	again := load(t, os.DirFS(tinyEncoder), transformer.Options{Precision: transformer.INT8, Cache: cache})
	if !slices.EqualFunc(run(t, narrow, batch(5, 64, 17)), run(t, again, batch(5, 64, 17)), slices.Equal) {
		t.Error("weights that were kept are wide for whoever does not ask for it")
	}
}

// TestINT8x2: the precision is int8 with all inputs wide, and layers that stay in
// float32 stay so.
func TestINT8x2(t *testing.T) {
	wide := transformer.Options{Precision: transformer.INT8, Wide: []string{"*"}}
	m := load(t, os.DirFS(tinyEncoder), transformer.Options{Precision: transformer.INT8x2})
	if m.Precision() != transformer.INT8x2 {
		t.Errorf("precision %s", m.Precision())
	}
	want := run(t, load(t, os.DirFS(tinyEncoder), wide), batch(33, 64))
	for name, read := range map[string]*transformer.Model{
		"float32 weights": m, "int8 weights": load(t, asInt8(t, m), transformer.Options{Precision: transformer.INT8x2}),
	} {
		if !slices.EqualFunc(want, run(t, read, batch(33, 64)), slices.Equal) {
			t.Errorf("from %s it is not what wide inputs give", name)
		}
	}
	some := load(t, os.DirFS(tinyEncoder), transformer.Options{Precision: transformer.INT8x2, Float32: []string{"*.output.dense"}})
	exact := run(t, load(t, os.DirFS(tinyEncoder), transformer.Options{}), batch(33, 64))
	if a, b := squaredDistance(run(t, some, batch(33, 64)), exact), squaredDistance(want, exact); a >= b {
		t.Errorf("with layers in float32 the squared distance is %g, without %g", a, b)
	}
}

func TestWrongWideInputs(t *testing.T) {
	for name, o := range map[string]transformer.Options{
		"matches no linear layer": {Precision: transformer.INT8, Wide: []string{"encoder.layer.9.*"}},
		"layers in int8":          {Wide: []string{"*"}},
		"is in float32":           {Precision: transformer.INT8, Wide: []string{"*"}, Float32: []string{"*.attention.self.qkv"}},
	} {
		if _, err := transformer.Load(os.DirFS(tinyEncoder), o); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

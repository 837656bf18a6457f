package transformer_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/flashrerank/rerank/internal/safetensors"
	"github.com/flashrerank/rerank/transformer"
)

// The small models in testdata and what the reference library computes with them
// are made by testdata/golden.py.

// golden is what the reference computes for some sequences.
type golden struct {
	batch  transformer.Batch
	logits [][]float32   // of each sequence
	states [][][]float32 // of the first sequences, by layer
}

// answers are the tokens of the language model among the small models.
var answers = map[string]*transformer.Answers{"qwen3-causal": {Yes: 41, No: 57}}

func goldenModels(t testing.TB) (names []string) {
	t.Helper()
	paths, err := filepath.Glob("testdata/*/golden.safetensors")
	if err != nil || len(paths) < 14 {
		t.Fatalf("models in testdata: %q, %v", paths, err)
	}
	for _, p := range paths {
		names = append(names, filepath.Base(filepath.Dir(p)))
	}
	return names
}

func readGolden(t testing.TB, name string) (g golden) {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name + "/golden.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	f, err := safetensors.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	integers := func(name string) []int32 {
		x, _ := f.Tensor(name)
		list, err := x.Int32s()
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	floats := func(name string) ([]float32, bool) {
		x, ok := f.Tensor(name)
		if !ok {
			return nil, false
		}
		list, err := x.Float32s()
		if err != nil {
			t.Fatal(err)
		}
		return list, true
	}
	g.batch = transformer.Batch{IDs: integers("ids"), Types: integers("types"), Offsets: []int32{0}}
	for _, n := range integers("lengths") {
		g.batch.Offsets = append(g.batch.Offsets, g.batch.Offsets[g.batch.Len()]+n)
	}
	all, _ := floats("logits")
	g.logits = slices.Collect(slices.Chunk(all, len(all)/g.batch.Len()))
	for i := 0; ; i++ {
		var layers [][]float32
		for {
			states, ok := floats(fmt.Sprintf("states.%d.%d", i, len(layers)))
			if !ok {
				break
			}
			layers = append(layers, states)
		}
		if layers == nil {
			return g
		}
		g.states = append(g.states, layers)
	}
}

// logits computes those of a batch.
func logits(t testing.TB, m *transformer.Model, b transformer.Batch) [][]float32 {
	t.Helper()
	head := m.Classifier()
	list := make([][]float32, b.Len())
	err := m.RunStates(t.Context(), b, head.Pooling().States(), func(i int, states []float32) {
		list[i] = make([]float32, head.Labels())
		if err := head.Logits(list[i], states); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// difference is the largest and the mean difference of numbers.
func difference(a, b [][]float32) (largest, mean float64) {
	n := 0
	for i := range a {
		if len(a[i]) != len(b[i]) {
			return math.Inf(1), math.Inf(1)
		}
		for j := range a[i] {
			d := math.Abs(float64(a[i][j]) - float64(b[i][j]))
			largest, mean, n = max(largest, d), mean+d, n+1
		}
	}
	return largest, mean / float64(n)
}

// kendall is the rank correlation τ-a of two lists.
func kendall(a, b [][]float32) float64 {
	sum, n := 0, 0
	for i := range a {
		for j := range i {
			x, y := a[i][0]-a[j][0], b[i][0]-b[j][0]
			switch n++; {
			case x*y > 0:
				sum++
			case x*y < 0:
				sum--
			}
		}
	}
	return float64(sum) / float64(n)
}

// deviation is the standard deviation of the first logit.
func deviation(list [][]float32) float64 {
	sum, squares := 0.0, 0.0
	for _, x := range list {
		sum, squares = sum+float64(x[0]), squares+float64(x[0])*float64(x[0])
	}
	n := float64(len(list))
	return math.Sqrt(squares/n - sum/n*sum/n)
}

// modelFiles are config.json and the weights of a small model, as they may be
// changed.
func modelFiles(t testing.TB, name string) (config map[string]any, weights []safetensors.Tensor) {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name + "/config.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &config); err != nil {
		t.Fatal(err)
	}
	if data, err = os.ReadFile("testdata/" + name + "/model.safetensors"); err != nil {
		t.Fatal(err)
	}
	f, err := safetensors.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range f.Names() {
		x, _ := f.Tensor(n)
		weights = append(weights, x)
	}
	return config, weights
}

func folder(t testing.TB, config map[string]any, weights []safetensors.Tensor) fs.FS {
	t.Helper()
	text, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	var data bytes.Buffer
	if err := safetensors.Write(&data, weights, nil); err != nil {
		t.Fatal(err)
	}
	return fstest.MapFS{"config.json": {Data: text}, "model.safetensors": {Data: data.Bytes()}}
}

// leastTau is for int8 and random weights, among which rounding errors, of about
// a hundredth in every product, are seen most: nothing in them repeats. Trained
// ones come out better, see docs/parity.md.
const (
	leastTau     = 0.92
	leastTauWide = 0.95
)

// TestParity compares every layer's states and the logits with the reference. In
// float32 they differ by 1e-4 at most; in int8 the order of a hundred sequences
// is nearly the same. Its log is the table in docs/parity.md.
func TestParity(t *testing.T) {
	t.Log("| model | reference | weights | precision | logits' σ | states, max | logits, max | logits, mean | Kendall τ |")
	t.Log("|---|---|---|---|---:|---:|---:|---:|---:|")
	for _, name := range goldenModels(t) {
		g := readGolden(t, name)
		if len(g.states) != 3 || g.batch.Len() != 100 || deviation(g.logits) < 2 {
			t.Errorf("%s: states of %d sequences, logits of %d of standard deviation %v", name, len(g.states), g.batch.Len(), deviation(g.logits))
		}
		reference := "transformers"
		if strings.HasPrefix(name, "jina") {
			reference = "NumPy"
		}
		_, weights := modelFiles(t, name)
		for _, p := range transformer.Precisions() {
			m := load(t, os.DirFS("testdata/"+name), transformer.Options{Precision: p, Answers: answers[name]})
			var states float64
			for i, want := range g.states {
				from, to := g.batch.Offsets[i], g.batch.Offsets[i+1]
				got := m.Layers(g.batch.IDs[from:to], g.batch.Types[from:to])
				if len(got) != len(want) {
					t.Fatalf("%s: %d layers of %d", name, len(got), len(want))
				}
				d, _ := difference(got, want)
				states = max(states, d)
			}
			got := logits(t, m, g.batch)
			largest, mean := difference(got, g.logits)
			tau := kendall(got, g.logits)
			t.Logf("| %s | %s | %s | %s | %.1f | %.1e | %.1e | %.1e | %.4f |", name, reference, weights[0].DType, p, deviation(g.logits), states, largest, mean, tau)
			if p == transformer.FP32 && (largest > 1e-4 || states > 1e-4) {
				t.Errorf("%s: states differ by %g, logits by %g", name, states, largest)
			}
			if p == transformer.INT8 && tau < leastTau || p == transformer.INT8x2 && tau < leastTauWide {
				t.Errorf("%s in %s: Kendall τ %v", name, p, tau)
			}
		}
	}
}

package transformer_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/flashrerank/rerank/internal/safetensors"
	"github.com/flashrerank/rerank/internal/testenv"
	"github.com/flashrerank/rerank/transformer"
)

// Hidden states themselves are compared with the peers' in packages biencoder
// and crossencoder, whose tiny random models serve here too.
const (
	tinyEncoder    = "../biencoder/testdata/tiny"
	tinyClassifier = "../crossencoder/testdata/tiny3"
)

func Example() {
	m, err := transformer.Load(os.DirFS(tinyEncoder), transformer.Options{})
	if err != nil {
		log.Fatal(err)
	}
	two := transformer.Batch{IDs: []int32{2, 7, 3, 2, 9, 9, 3}, Offsets: []int32{0, 3, 7}}
	rows := make([]int, two.Len())
	err = m.Run(context.Background(), two, func(i int, hidden []float32) {
		rows[i] = len(hidden) / m.Config().Hidden
	})
	fmt.Println(rows, err)
	// Output: [3 4] <nil>
}

func load(t testing.TB, fsys fs.FS, o transformer.Options) *transformer.Model {
	t.Helper()
	m, err := transformer.Load(fsys, o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// batch makes sequences of the lengths given.
func batch(lengths ...int) transformer.Batch {
	b := transformer.Batch{Offsets: []int32{0}}
	for i, n := range lengths {
		for j := range n {
			b.IDs = append(b.IDs, int32((i*31+j*7)%100))
			b.Types = append(b.Types, int32(j%2))
		}
		b.Offsets = append(b.Offsets, int32(len(b.IDs)))
	}
	return b
}

func run(t testing.TB, m *transformer.Model, b transformer.Batch) [][]float32 {
	t.Helper()
	out := make([][]float32, b.Len())
	if err := m.Run(t.Context(), b, func(i int, hidden []float32) { out[i] = slices.Clone(hidden) }); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestSequencesAreIndependent computes sequences together and one by one, with
// one worker and with four: not a bit may differ.
func TestSequencesAreIndependent(t *testing.T) {
	var lengths []int
	for i := range 60 {
		lengths = append(lengths, 1+i*13%64)
	}
	together := batch(lengths...)
	for p, o := range precisions {
		alone, four := o, o
		alone.Workers, four.Workers = 1, 4
		want := run(t, load(t, os.DirFS(tinyEncoder), alone), together)
		m := load(t, os.DirFS(tinyEncoder), four)
		for i, hidden := range run(t, m, together) {
			if !slices.Equal(hidden, want[i]) {
				t.Errorf("%s: sequence %d differs with four workers", p, i)
			}
			from, to := together.Offsets[i], together.Offsets[i+1]
			alone := transformer.Batch{IDs: together.IDs[from:to], Types: together.Types[from:to], Offsets: []int32{0, to - from}}
			if !slices.Equal(run(t, m, alone)[0], want[i]) {
				t.Errorf("%s: sequence %d differs alone", p, i)
			}
		}
	}
}

// TestFirstStates: the first state of a sequence is the same, not a bit differs,
// whether the others are computed too or not.
func TestFirstStates(t *testing.T) {
	lengths := []int{1, 2, 5, 64, 17, 33, 1, 16}
	for p, o := range precisions {
		for _, workers := range []int{1, 3} {
			o.Workers = workers
			m := load(t, os.DirFS(tinyEncoder), o)
			size, all := m.Config().Hidden, run(t, m, batch(lengths...))
			seen := make([]bool, len(lengths))
			err := m.RunStates(t.Context(), batch(lengths...), transformer.FirstState, func(i int, state []float32) {
				seen[i] = slices.Equal(state, all[i][:size])
			})
			if err != nil || slices.Contains(seen, false) {
				t.Errorf("%s, %d workers: %v, same: %v", p, workers, err, seen)
			}
		}
	}
}

func TestInt8IsNearFloat32(t *testing.T) {
	b := batch(5, 64, 17)
	want := run(t, load(t, os.DirFS(tinyEncoder), transformer.Options{}), b)
	got := run(t, load(t, os.DirFS(tinyEncoder), transformer.Options{Precision: transformer.INT8}), b)
	for i := range want {
		var dot, aa, bb float64
		for j, x := range want[i] {
			y := float64(got[i][j])
			dot, aa, bb = dot+float64(x)*y, aa+float64(x)*float64(x), bb+y*y
		}
		if c := dot / math.Sqrt(aa*bb); c < 0.995 || c > 0.9999999 {
			t.Errorf("sequence %d: cosine %v", i, c)
		}
	}
}

func TestInt8FileHoldsTheSameModel(t *testing.T) {
	m := load(t, os.DirFS(tinyEncoder), transformer.Options{Precision: transformer.INT8})
	fsys := asInt8(t, m)
	read := load(t, fsys, transformer.Options{})
	if read.Precision() != transformer.INT8 {
		t.Errorf("precision %s", read.Precision())
	}
	b := batch(5, 64, 17)
	if !slices.EqualFunc(run(t, m, b), run(t, read, b), slices.Equal) {
		t.Error("what was written and read computes something else")
	}
	if err := read.CheckWeights(); err != nil {
		t.Error(err)
	}
	if _, err := transformer.Load(fsys, transformer.Options{Precision: transformer.FP32}); err == nil || !strings.Contains(err.Error(), "int8") {
		t.Errorf("fp32 of int8: %v", err)
	}
	if err := load(t, os.DirFS(tinyEncoder), transformer.Options{}).WriteInt8(&bytes.Buffer{}); err == nil {
		t.Error("float32 weights were written as int8")
	}
}

func asInt8(t testing.TB, m *transformer.Model) fstest.MapFS {
	t.Helper()
	return written(t, tinyEncoder, m)
}

// TestCheckWeights damages what loading takes on trust.
func TestCheckWeights(t *testing.T) {
	m := load(t, os.DirFS(tinyEncoder), transformer.Options{Precision: transformer.INT8})
	for _, name := range []string{"encoder.layer.0.output.dense.colsum", "encoder.layer.1.attention.self.qkv.panels"} {
		fsys := asInt8(t, m)
		f, err := safetensors.Parse(fsys["model.safetensors"].Data)
		if err != nil {
			t.Fatal(err)
		}
		x, _ := f.Tensor(name)
		x.Data[0], x.Data[1] = 127, 127
		if err := load(t, fsys, transformer.Options{}).CheckWeights(); err == nil {
			t.Errorf("damage to %s was not seen", name)
		}
	}
}

func TestShards(t *testing.T) {
	data, err := os.ReadFile(tinyEncoder + "/model.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	f, err := safetensors.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	config, err := os.ReadFile(tinyEncoder + "/config.json")
	if err != nil {
		t.Fatal(err)
	}
	index := map[string]string{}
	parts := [2][]safetensors.Tensor{}
	for i, name := range f.Names() {
		x, _ := f.Tensor(name)
		x.Name = "bert." + name // as classifiers have it
		parts[i%2] = append(parts[i%2], x)
		index[x.Name] = fmt.Sprintf("model-%d.safetensors", i%2)
	}
	fsys := fstest.MapFS{"config.json": {Data: config}}
	for i, p := range parts {
		var b bytes.Buffer
		if err := safetensors.Write(&b, p, nil); err != nil {
			t.Fatal(err)
		}
		fsys[fmt.Sprintf("model-%d.safetensors", i)] = &fstest.MapFile{Data: b.Bytes()}
	}
	list, err := json.Marshal(map[string]any{"weight_map": index})
	if err != nil {
		t.Fatal(err)
	}
	fsys["model.safetensors.index.json"] = &fstest.MapFile{Data: list}
	b := batch(9)
	want := run(t, load(t, os.DirFS(tinyEncoder), transformer.Options{}), b)
	if got := run(t, load(t, fsys, transformer.Options{}), b); !slices.Equal(got[0], want[0]) {
		t.Error("weights in two files compute something else")
	}
	fsys["model.safetensors.index.json"].Data = []byte(`{"weight_map":{"a":"../x.safetensors"}}`)
	if _, err := transformer.Load(fsys, transformer.Options{}); err == nil || !strings.Contains(err.Error(), "../x.safetensors") {
		t.Errorf("a file outside of the folder: %v", err)
	}
}

func TestClassifier(t *testing.T) {
	m := load(t, os.DirFS(tinyClassifier), transformer.Options{})
	if head := m.Classifier(); head == nil || head.Labels() != 3 || len(m.Config().LabelNames) != 3 {
		t.Fatalf("labels: %+v", m.Config())
	}
	if err := m.Classifier().Logits(make([]float32, 2), make([]float32, 32)); err == nil {
		t.Error("two logits of three labels")
	}
	if load(t, os.DirFS(tinyEncoder), transformer.Options{}).Classifier() != nil {
		t.Error("an encoder has a head")
	}
}

func TestBadBatches(t *testing.T) {
	m := load(t, os.DirFS(tinyEncoder), transformer.Options{})
	for want, b := range map[string]transformer.Batch{
		"sequence 0 has 0 tokens":                {Offsets: []int32{0, 0}},
		"sequence 1 ends at 1, before it begins": {IDs: []int32{1}, Offsets: []int32{0, 2, 1}},
		"sequence 0 has 65 tokens":               batch(65),
		"token 1 of sequence 0 has the id -1":    {IDs: []int32{1, -1}, Offsets: []int32{0, 2}},
		"token 0 of sequence 0 has the id 99999": {IDs: []int32{99999}, Offsets: []int32{0, 1}},
		"token 0 of sequence 0 has the type 2":   {IDs: []int32{1}, Types: []int32{2}, Offsets: []int32{0, 1}},
		"over 2 ids and 1 types":                 {IDs: []int32{1, 2}, Types: []int32{0}, Offsets: []int32{0, 2}},
		"offsets 1 to 2 over 2 ids":              {IDs: []int32{1, 2}, Offsets: []int32{1, 2}},
	} {
		err := m.Run(t.Context(), b, func(int, []float32) { t.Error("visited") })
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if err := m.Run(t.Context(), transformer.Batch{}, nil); err != nil {
		t.Errorf("nothing to do: %v", err)
	}
}

func TestCancelling(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, workers := range []int{1, 3} {
		m := load(t, os.DirFS(tinyEncoder), transformer.Options{Workers: workers})
		if err := m.Run(ctx, batch(60, 60, 60, 60), func(int, []float32) {}); !errors.Is(err, context.Canceled) {
			t.Errorf("%d workers: %v", workers, err)
		}
	}
}

func TestBadFiles(t *testing.T) {
	config, err := os.ReadFile(tinyEncoder + "/config.json")
	if err != nil {
		t.Fatal(err)
	}
	weights, err := os.ReadFile(tinyEncoder + "/model.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ from, to, want string }{
		{`"hidden_size": 32`, `"hidden_size": 64`, `has the shape`},
		{`"hidden_size": 32`, `"hidden_size": 33`, `hidden_size is 33`},
		{`"hidden_size": 32`, `"hidden_size": 1000000`, `hidden_size is 1000000`},
		{`"num_attention_heads": 2`, `"num_attention_heads": 4`, `4 heads`},
		{`"num_attention_heads": 2`, `"num_attention_heads": 0`, `num_attention_heads is 0`},
		{`"num_hidden_layers": 2`, `"num_hidden_layers": 3`, `"encoder.layer.2.`},
		{`"vocab_size": `, `"vocab_size": 1`, `word_embeddings`},
		{`"gelu"`, `"mish"`, `hidden_act "mish"`},
		{`"model_type": "bert"`, `"model_type": "t5"`, `model_type "t5"`},
		{`"model_type": "bert"`, `"is_decoder": true, "model_type": "bert"`, `decoders`},
		{`"model_type": "bert"`, `"position_embedding_type": "relative_key", "model_type": "bert"`, `relative_key`},
		{`{`, ``, `config.json`},
	} {
		text := strings.Replace(string(config), c.from, c.to, 1)
		if text == string(config) {
			t.Fatalf("config.json holds no %s", c.from)
		}
		fsys := fstest.MapFS{"config.json": {Data: []byte(text)}, "model.safetensors": {Data: weights}}
		if _, err := transformer.Load(fsys, transformer.Options{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v", c.to, err)
		}
	}
	notFinite := bytes.Clone(weights)
	f, err := safetensors.Parse(notFinite)
	if err != nil {
		t.Fatal(err)
	}
	x, _ := f.Tensor("embeddings.LayerNorm.bias")
	copy(x.Data, []byte{0, 0, 0xc0, 0x7f})
	fsys := fstest.MapFS{"config.json": {Data: config}, "model.safetensors": {Data: notFinite}}
	if _, err := transformer.Load(fsys, transformer.Options{}); err == nil || !strings.Contains(err.Error(), "NaN") {
		t.Errorf("NaN among the weights: %v", err)
	}
	if _, err := transformer.Load(os.DirFS(tinyEncoder), transformer.Options{Precision: "int4"}); err == nil {
		t.Error("int4 was accepted")
	}
}

// FuzzLoad feeds any config.json and any file of weights: an error or a model
// that computes finite numbers.
func FuzzLoad(f *testing.F) {
	config, err := os.ReadFile(tinyEncoder + "/config.json")
	if err != nil {
		f.Fatal(err)
	}
	m := load(f, os.DirFS(tinyEncoder), transformer.Options{Precision: transformer.INT8})
	weights, err := os.ReadFile(tinyEncoder + "/model.safetensors")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(config, weights)
	f.Add(config, asInt8(f, m)["model.safetensors"].Data)
	for _, name := range goldenModels(f) {
		config, err := os.ReadFile("testdata/" + name + "/config.json")
		if err != nil {
			f.Fatal(err)
		}
		weights, err := os.ReadFile("testdata/" + name + "/model.safetensors")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(config, weights)
	}
	f.Fuzz(func(t *testing.T, config, weights []byte) {
		defer testenv.Bound(t, len(config)+len(weights))()
		fsys := fstest.MapFS{"config.json": {Data: config}, "model.safetensors": {Data: weights}}
		m, err := transformer.Load(fsys, transformer.Options{Workers: 1})
		if err != nil {
			return
		}
		b := transformer.Batch{IDs: []int32{0, 0}, Offsets: []int32{0, 1, 2}}
		if err := m.Run(t.Context(), b, func(_ int, hidden []float32) {
			if len(hidden) != m.Config().Hidden {
				t.Errorf("%d numbers of %d", len(hidden), m.Config().Hidden)
			}
		}); err != nil {
			t.Error(err)
		}
	})
}

func BenchmarkRun(b *testing.B) {
	for _, p := range []transformer.Precision{transformer.FP32, transformer.INT8} {
		b.Run(string(p), func(b *testing.B) {
			m := load(b, os.DirFS(tinyEncoder), transformer.Options{Precision: p})
			tokens := batch(slices.Repeat([]int{64}, 64)...)
			for b.Loop() {
				if err := m.Run(b.Context(), tokens, func(int, []float32) {}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*len(tokens.IDs))/b.Elapsed().Seconds(), "tokens/s")
		})
	}
}

// TestTensorsThatAreNotKnown: versions of code that is beside the weights differ in tensors that the names of its classes
// do not tell, such as norms of queries.
func TestTensorsThatAreNotKnown(t *testing.T) {
	const extra = "encoder.layer.0.attention.self.layer_norm_q.weight"
	for name, refused := range map[string]bool{"jina-bert": true, "bert": false} {
		config, weights := modelFiles(t, name)
		prefix := ""
		for _, w := range weights {
			if at := strings.Index(w.Name, "encoder.layer.0."); at >= 0 {
				prefix = w.Name[:at]
			}
		}
		weights = append(weights, safetensors.Float32(prefix+extra, make([]float32, 4), 4), safetensors.Float32(prefix+"encoder.layer.99.x.weight", make([]float32, 4), 4))
		_, err := transformer.Load(folder(t, config, weights), transformer.Options{})
		if refused != (err != nil && strings.Contains(err.Error(), "layer_norm_q")) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

package transformer_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/flashrerank/rerank/transformer"
)

// cached loads the tiny classifier in int8 with a cache.
func cached(t testing.TB, folder, key string) *transformer.Model {
	t.Helper()
	return load(t, os.DirFS(tinyClassifier), transformer.Options{Precision: transformer.INT8, Cache: transformer.Cache{Folder: folder, Key: key}})
}

func onlyFile(t testing.TB, folder string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil || len(found) != 1 {
		t.Fatalf("the cache holds %q, %v", found, err)
	}
	return found[0]
}

// sameStates compares two models to the last bit, logits included.
func sameStates(t testing.TB, a, b *transformer.Model) {
	t.Helper()
	lengths := []int{1, 7, 33, 64}
	x, y := run(t, a, batch(lengths...)), run(t, b, batch(lengths...))
	for i := range x {
		p, q := make([]float32, a.Classifier().Labels()), make([]float32, b.Classifier().Labels())
		if err := a.Classifier().Logits(p, x[i]); err != nil {
			t.Fatal(err)
		}
		if err := b.Classifier().Logits(q, y[i]); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(x[i], y[i]) || !slices.Equal(p, q) {
			t.Fatalf("sequence %d differs", i)
		}
	}
}

func TestCache(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "made", "by", "it")
	made := cached(t, folder, "some key")
	onlyFile(t, folder)
	again := cached(t, folder, "some key")
	sameStates(t, made, again)
	if err := again.CheckWeights(); err != nil {
		t.Error(err)
	}
	cached(t, folder, "another/key")
	if found, _ := filepath.Glob(filepath.Join(folder, "*")); len(found) != 2 {
		t.Errorf("two keys have %q", found)
	}
	load(t, os.DirFS(tinyClassifier), transformer.Options{Cache: transformer.Cache{Folder: filepath.Join(folder, "fp32"), Key: "k"}})
	if _, err := os.Stat(filepath.Join(folder, "fp32")); err == nil {
		t.Error("float32 weights were kept")
	}
}

// TestCacheIsUsed: a model whose weights are gone comes from the cache, for
// nothing else is left.
func TestCacheIsUsed(t *testing.T) {
	folder := t.TempDir()
	want := cached(t, folder, "k")
	config, err := os.ReadFile(tinyClassifier + "/config.json")
	if err != nil {
		t.Fatal(err)
	}
	bare := t.TempDir()
	if err := os.WriteFile(filepath.Join(bare, "config.json"), config, 0o600); err != nil {
		t.Fatal(err)
	}
	got := load(t, os.DirFS(bare), transformer.Options{Precision: transformer.INT8, Cache: transformer.Cache{Folder: folder, Key: "k"}})
	sameStates(t, want, got)
	// Its memory must stay while anybody computes with it.
	for range 3 {
		runtime.GC()
		sameStates(t, want, got)
	}
}

// TestDamagedCache: whatever happened to the file, the model is right, and the
// file is made again.
func TestDamagedCache(t *testing.T) {
	folder := t.TempDir()
	want := cached(t, folder, "k")
	name := onlyFile(t, folder)
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	damages := map[string][]byte{"empty": {}, "short": whole[:3], "cut": whole[:len(whole)-5], "longer": append(slices.Clone(whole), 0), "zeros": make([]byte, len(whole))}
	for at := 0; at < len(whole); at += 1 + len(whole)/60 {
		damaged := slices.Clone(whole)
		damaged[at] ^= 0x10
		damages[fmt.Sprint("byte ", at)] = damaged
	}
	for what, content := range damages {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
		sameStates(t, want, cached(t, folder, "k"))
		if now, err := os.ReadFile(name); err != nil || !slices.Equal(now, whole) {
			t.Errorf("%s: the file was not made again: %d bytes, %v", what, len(now), err)
		}
	}
}

// TestCacheCutShort: weights that are gone while they are in use are an error
// that names the file, of every worker and again and again.
func TestCacheCutShort(t *testing.T) {
	folder := t.TempDir()
	cached(t, folder, "k")
	m := cached(t, folder, "k") // a view of the file
	file := onlyFile(t, folder)
	if err := os.Truncate(file, 0); err != nil {
		t.Skip("this system keeps mapped files from being cut short: ", err)
	}
	for range 3 {
		err := m.Run(t.Context(), batch(64, 64, 64, 64, 64, 64, 7), func(int, []float32) {})
		if err == nil || !strings.Contains(err.Error(), filepath.Base(file)) {
			t.Errorf("a pass: %v", err)
		}
	}
	if err := m.CheckWeights(); err == nil || !strings.Contains(err.Error(), filepath.Base(file)) {
		t.Errorf("CheckWeights: %v", err)
	}
	if err := m.WriteInt8(new(bytes.Buffer)); err == nil || !strings.Contains(err.Error(), filepath.Base(file)) {
		t.Errorf("WriteInt8: %v", err)
	}
	sameStates(t, cached(t, folder, "k"), cached(t, folder, "k")) // the file is made again
}

func TestCacheThatCannotBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	sameStates(t, cached(t, t.TempDir(), "k"), cached(t, filepath.Join(file, "folder"), "k"))
}

func TestCacheRace(t *testing.T) {
	folder := t.TempDir()
	want := load(t, os.DirFS(tinyClassifier), transformer.Options{Precision: transformer.INT8})
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() { sameStates(t, want, cached(t, folder, "k")) })
	}
	group.Wait()
	onlyFile(t, folder)
}

// TestFloat32Layers keeps some layers of an int8 model in float32.
func TestFloat32Layers(t *testing.T) {
	distance := func(patterns ...string) float64 {
		exact := run(t, load(t, os.DirFS(tinyEncoder), transformer.Options{}), batch(33, 64))
		m := load(t, os.DirFS(tinyEncoder), transformer.Options{Precision: transformer.INT8, Float32: patterns})
		states := run(t, m, batch(33, 64))
		if !slices.EqualFunc(states, run(t, m, batch(33, 64)), slices.Equal) {
			t.Errorf("%q: not the same twice", patterns)
		}
		return squaredDistance(states, exact)
	}
	none, some, all := distance(), distance("encoder.layer.*.output.dense", "*.attention.self.qkv"), distance("*")
	if !(some < none/2 && all < some/2) { // what is left is of the embeddings
		t.Errorf("squared distances to float32: %g with all layers in int8, %g with some in float32, %g with all", none, some, all)
	}
	for pattern, want := range map[string]string{"encoder.layer.9.*": "matches no linear layer", "[": "syntax error"} {
		_, err := transformer.Load(os.DirFS(tinyEncoder), transformer.Options{Precision: transformer.INT8, Float32: []string{pattern}})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), pattern) {
			t.Errorf("pattern %q: %v", pattern, err)
		}
	}
	if _, err := transformer.Load(os.DirFS(tinyEncoder), transformer.Options{Float32: []string{"*"}}); err == nil {
		t.Error("layers in float32 of a float32 model are no error")
	}
}

func BenchmarkLoad(b *testing.B) {
	for _, folder := range []string{"", b.TempDir()} {
		name := map[bool]string{true: "made", false: "cached"}[folder == ""]
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				cached(b, folder, "k")
			}
		})
	}
}

package pipeline_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/pipeline"
)

// TestPrecision: what stands before a name says how the model computes, and integer
// weights that were made are found again.
func TestPrecision(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	const folder = "../crossencoder/testdata/tiny1"
	for name, want := range map[string]string{folder: "fp32", "fp32:" + folder: "fp32", "int8:" + folder: "int8", "int8x2:" + folder: "int8x2"} {
		s, err := pipeline.OpenScorer(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := s.Model().Precision; got != want {
			t.Errorf("%s computes in %s", name, got)
		}
		if !pipeline.IsCrossEncoder(name) {
			t.Errorf("%s is not a cross-encoder", name)
		}
	}
	weights := 0
	err := filepath.WalkDir(cache, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			weights++
		}
		return err
	})
	if err != nil || weights != 1 {
		t.Errorf("%d files of weights are kept, %v", weights, err)
	}

	r, err := pipeline.NewReranker("cosine:int8:minilm")
	if err != nil {
		t.Fatal(err)
	}
	plain, err := pipeline.NewReranker(pipeline.MiniLMCosine)
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{"The lease ends in May.", "Bread takes forty minutes."}
	a, err := rerank.Texts(t.Context(), r, "when does the lease end", texts)
	if err != nil {
		t.Fatal(err)
	}
	b, err := rerank.Texts(t.Context(), plain, "when does the lease end", texts)
	if err != nil {
		t.Fatal(err)
	}
	if a[0] != b[0] || a[1] != b[1] {
		t.Errorf("%v and %v", a, b)
	}
	if _, err := pipeline.NewReranker("int8:" + os.DevNull); err == nil {
		t.Error("a device is a model")
	}
}

func TestRebase(t *testing.T) {
	dir := filepath.FromSlash("/a")
	for name, want := range map[string]string{
		"m": filepath.Join(dir, "m"), "int8:m": "int8:" + filepath.Join(dir, "m"), "cosine:fp32:m": "cosine:fp32:" + filepath.Join(dir, "m"),
		"minilm": "minilm", "int8:minilm": "int8:minilm", "hub:o/m": "hub:o/m", "int8:hub:o/m": "int8:hub:o/m", "cohere:rerank-v3.5": "cohere:rerank-v3.5",
		"cosine:" + filepath.Join(dir, "b"): "cosine:" + filepath.Join(dir, "b"),
	} {
		if got := pipeline.Rebase(dir, name); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestNamesOfModels: a model whose config.json has no name is called by its folder.
func TestNamesOfModels(t *testing.T) {
	for folder, open := range map[string]func(string) (interface{ Model() rerank.ModelInfo }, error){
		"../crossencoder/testdata/tiny1": func(dir string) (interface{ Model() rerank.ModelInfo }, error) { return pipeline.OpenScorer(dir) },
		"../biencoder/testdata/tiny":     func(dir string) (interface{ Model() rerank.ModelInfo }, error) { return pipeline.OpenEmbedder(dir) },
	} {
		dir := filepath.Join(t.TempDir(), "my-model")
		if err := os.CopyFS(dir, os.DirFS(folder)); err != nil {
			t.Fatal(err)
		}
		config := filepath.Join(dir, "config.json")
		data, err := os.ReadFile(config)
		if err != nil {
			t.Fatal(err)
		}
		var members map[string]any
		if err := json.Unmarshal(data, &members); err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{"": "my-model", "maker/famous": "famous"} {
			if delete(members, "_name_or_path"); name != "" {
				members["_name_or_path"] = name
			}
			if data, err = json.Marshal(members); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(config, data, 0o600); err != nil {
				t.Fatal(err)
			}
			if m, err := open(dir); err != nil || m.Model().Name != want {
				t.Errorf("%s named %q: %v, want the name %q", folder, name, err, want)
			}
		}
	}
}

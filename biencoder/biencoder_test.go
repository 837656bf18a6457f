package biencoder_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/biencoder"
	"github.com/flashrerank/rerank/internal/testenv"
	"github.com/flashrerank/rerank/reranktest"
	"github.com/flashrerank/rerank/transformer"
)

// golden are texts and the vectors that sentence-transformers gives them;
// testdata/tiny.py made them.
type golden struct {
	Texts []string
	Cases []struct {
		Mode            string
		IncludePrompt   bool `json:"include_prompt"`
		Normalize       bool
		Query, Document [][]float32
	}
}

func readGolden(t testing.TB) golden {
	data, err := os.ReadFile("testdata/tiny.json")
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

// folder returns the tiny model's files with some of them replaced.
func folder(t testing.TB, replaced map[string]string) fstest.MapFS {
	out := fstest.MapFS{}
	dir := os.DirFS("testdata/tiny")
	err := fs.WalkDir(dir, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(dir, path)
		out[path] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range replaced {
		out[name] = &fstest.MapFile{Data: []byte(content)}
		if content == "" {
			delete(out, name)
		}
	}
	return out
}

func load(t testing.TB, fsys fs.FS, o biencoder.Options) *biencoder.Model {
	t.Helper()
	m, err := biencoder.Load(fsys, o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func tiny(t testing.TB) *biencoder.Model {
	return load(t, os.DirFS("testdata/tiny"), biencoder.Options{})
}

const (
	withNormalize = `[{"path":"","type":"a.Transformer"},{"path":"1_Pooling","type":"b.Pooling"},{"path":"2_Normalize","type":"c.Normalize"}]`
	noNormalize   = `[{"path":"","type":"a.Transformer"},{"path":"1_Pooling","type":"b.Pooling"}]`
)

// TestVectorsEqualSentenceTransformers goes through all ways of pooling, with
// the prompt's tokens counted and not.
func TestVectorsEqualSentenceTransformers(t *testing.T) {
	g := readGolden(t)
	for _, c := range g.Cases {
		modes, err := json.Marshal(strings.Split(c.Mode, "+"))
		if err != nil {
			t.Fatal(err)
		}
		pooling, err := json.Marshal(map[string]any{"pooling_mode": json.RawMessage(modes), "include_prompt": c.IncludePrompt})
		if err != nil {
			t.Fatal(err)
		}
		modules := noNormalize
		if c.Normalize {
			modules = withNormalize
		}
		m := load(t, folder(t, map[string]string{
			"modules.json": modules, "1_Pooling/config.json": string(pooling),
			"sentence_bert_config.json": `{"max_seq_length": 48, "do_lower_case": false}`,
		}), biencoder.Options{})
		for role, want := range map[rerank.Role][][]float32{rerank.RoleQuery: c.Query, rerank.RoleDocument: c.Document} {
			v, err := m.Embed(t.Context(), g.Texts, role)
			if err != nil {
				t.Fatal(err)
			}
			for i := range g.Texts {
				if d := distance(v.At(i), want[i]); d > 2e-5 {
					t.Errorf("%s, prompt counted %v: %s %q is off by %v", c.Mode, c.IncludePrompt, role, g.Texts[i], d)
				}
			}
		}
	}
}

// distance is the largest difference of two elements, relative to the size of
// the vector's largest.
func distance(a, b []float32) float64 {
	worst, size := 0.0, 1.0
	if len(a) != len(b) {
		return math.Inf(1)
	}
	for i := range a {
		worst = max(worst, math.Abs(float64(a[i]-b[i])))
		size = max(size, math.Abs(float64(b[i])))
	}
	return worst / size
}

func TestOldPoolingFiles(t *testing.T) {
	old := folder(t, map[string]string{"1_Pooling/config.json": `{"word_embedding_dimension": 32,
		"pooling_mode_cls_token": false, "pooling_mode_mean_tokens": true, "pooling_mode_max_tokens": false}`})
	a, err := load(t, old, biencoder.Options{}).Embed(t.Context(), []string{"the river"}, rerank.RoleQuery)
	if err != nil {
		t.Fatal(err)
	}
	b, err := tiny(t).Embed(t.Context(), []string{"the river"}, rerank.RoleQuery)
	if err != nil {
		t.Fatal(err)
	}
	if distance(a.At(0), b.At(0)) != 0 {
		t.Error("one pooling in two spellings gives two vectors")
	}
}

func TestModelInfo(t *testing.T) {
	m := tiny(t)
	info := m.Model()
	if info.Dimensions != 32 || info.MaxTokens != 48 && info.MaxTokens != 64 || info.Precision != "fp32" || info.Similarity != rerank.SimilarityCosine || len(info.Fingerprint) != 64 {
		t.Errorf("%+v", info)
	}
	int8 := load(t, os.DirFS("testdata/tiny"), biencoder.Options{Precision: transformer.INT8, Name: "tiny"}).Model()
	if int8.Fingerprint == info.Fingerprint || int8.Precision != "int8" || int8.Name != "tiny" {
		t.Errorf("as int8: %+v", int8)
	}
	prompts := load(t, folder(t, map[string]string{"config_sentence_transformers.json": `{"prompts":{"query":"q: "}}`}), biencoder.Options{}).Model()
	if prompts.Fingerprint == info.Fingerprint {
		t.Error("other prompts have the same fingerprint")
	}
	if again := load(t, folder(t, nil), biencoder.Options{}).Model(); again.Fingerprint != info.Fingerprint {
		t.Error("a copy of the files has another fingerprint")
	}
}

func TestTruncation(t *testing.T) {
	m := tiny(t)
	v, err := m.Embed(t.Context(), []string{strings.Repeat("the river ", 50), "short", ""}, rerank.RoleDocument)
	if err != nil {
		t.Fatal(err)
	}
	if !v.Truncated[0] || v.Truncated[1] || v.Truncated[2] {
		t.Errorf("truncated: %v", v.Truncated)
	}
	if none, err := m.Embed(t.Context(), nil, rerank.RoleQuery); err != nil || none.Len() != 0 {
		t.Errorf("no texts: %v, %v", none, err)
	}
}

func TestConformance(t *testing.T) {
	reranktest.Embedder(t, func(t testing.TB) rerank.Embedder { return tiny(t) })
	reranktest.Reranker(t, func(t testing.TB) rerank.Reranker { return tiny(t).Reranker() })
}

func TestRerankIsCosine(t *testing.T) {
	m := tiny(t)
	texts := []string{"the river is wide", "read a file", "read a file", "contract"}
	docs := make([]rerank.Document, len(texts))
	for i, text := range texts {
		docs[i] = rerank.Document{ID: text, Text: text}
	}
	result, err := m.Reranker().Rerank(t.Context(), rerank.Request{Query: rerank.Query{Text: "reading files"}, Hits: rerank.Hits(docs)})
	if err != nil {
		t.Fatal(err)
	}
	query, err := m.Embed(t.Context(), []string{"reading files"}, rerank.RoleQuery)
	if err != nil {
		t.Fatal(err)
	}
	v, err := m.Embed(t.Context(), texts, rerank.RoleDocument)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range result.Hits {
		want := 0.0
		for j, x := range v.At(h.Index) {
			want += float64(x) * float64(query.At(0)[j])
		}
		if math.Abs(h.Score-want) > 1e-6 || h.Relevance != max(0, h.Score) {
			t.Errorf("%q: %v, relevance %v, want %v", h.Document.Text, h.Score, h.Relevance, want)
		}
	}
	if report := result.Stages[0]; report.Scored != 4 || report.Model == "" || report.Tokens == 0 {
		t.Errorf("%+v", report)
	}
}

func TestManyGoroutinesAgree(t *testing.T) {
	texts := readGolden(t).Texts
	for range 5 {
		texts = append(texts, texts...)
	}
	want, err := load(t, os.DirFS("testdata/tiny"), biencoder.Options{Workers: 1, Precision: transformer.INT8}).Embed(t.Context(), texts, rerank.RoleQuery)
	if err != nil {
		t.Fatal(err)
	}
	m := load(t, os.DirFS("testdata/tiny"), biencoder.Options{Workers: 4, Precision: transformer.INT8})
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			got, err := m.Embed(t.Context(), texts, rerank.RoleQuery)
			if err != nil || distance(got.Data, want.Data) != 0 {
				t.Errorf("another goroutine has other vectors, %v", err)
			}
		})
	}
	group.Wait()
}

func TestErrorsNameTheFile(t *testing.T) {
	for _, c := range []struct{ name, content, want string }{
		{"modules.json", "", "modules.json"},
		{"config.json", "", "config.json"},
		{"model.safetensors", "", "model.safetensors"},
		{"tokenizer.json", "", "tokenizer.json"},
		{"1_Pooling/config.json", "", "1_Pooling/config.json"},
		{"modules.json", `[`, "modules.json: not JSON: it ends early"},
		{"modules.json", `[{"type":"Transformer"},{"type":"Pooling","path":"1_Pooling"},{"type":"x.Dense","path":"2_Dense"}]`, "Dense"},
		{"modules.json", `[{"type":"Transformer"},{"type":"Pooling","path":"../x"}]`, `"../x"`},
		{"modules.json", `[{"type":"Transformer","path":"sub"},{"type":"Pooling","path":"1_Pooling"}]`, `"sub"`},
		{"1_Pooling/config.json", `{"pooling_mode":"median"}`, "median"},
		{"1_Pooling/config.json", `{}`, "no pooling"},
		{"config_sentence_transformers.json", `{"similarity_fn_name":"manhattan"}`, "manhattan"},
		{"config_sentence_transformers.json", `{"default_prompt_name":"x"}`, `"x"`},
		{"sentence_bert_config.json", `{"max_seq_length": 1}`, "no room"},
		{"model.safetensors", "short", "model.safetensors: safetensors: the file has 5 bytes"},
		{"config.json", `{"model_type":"t5"}`, `config.json: model_type "t5"`},
		{"tokenizer.json", `{`, "tokenizer.json"},
	} {
		_, err := biencoder.Load(folder(t, map[string]string{c.name: c.content}), biencoder.Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s of %q: error %v", c.name, c.content, err)
		}
		if c.content == "" && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is missing: %v", c.name, err)
		}
	}
}

// FuzzLoad feeds any small files: an error, or a model that embeds.
func FuzzLoad(f *testing.F) {
	files := folder(f, nil)
	f.Add(string(files["modules.json"].Data), string(files["1_Pooling/config.json"].Data),
		string(files["config_sentence_transformers.json"].Data), string(files["sentence_bert_config.json"].Data))
	f.Add(noNormalize, `{"pooling_mode":["cls","lasttoken"],"include_prompt":false}`, `{"prompts":{"query":"q"},"similarity_fn_name":"dot"}`, `{"max_seq_length":9}`)
	f.Fuzz(func(t *testing.T, modules, pooling, prompts, limits string) {
		defer testenv.Bound(t, len(modules)+len(pooling)+len(prompts)+len(limits))()
		m, err := biencoder.Load(folder(t, map[string]string{
			"modules.json": modules, "1_Pooling/config.json": pooling,
			"config_sentence_transformers.json": prompts, "sentence_bert_config.json": limits,
		}), biencoder.Options{Workers: 1})
		if err != nil {
			return
		}
		v, err := m.Embed(t.Context(), []string{"the river"}, rerank.RoleQuery)
		if err != nil || v.Len() != 1 || v.Dimensions != m.Model().Dimensions {
			t.Errorf("%d vectors of %d dimensions, %v", v.Len(), v.Dimensions, err)
		}
	})
}

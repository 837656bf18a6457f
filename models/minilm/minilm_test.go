package minilm_test

import (
	"encoding/json"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"testing"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/biencoder"
	"github.com/flashrerank/rerank/dataset"
	"github.com/flashrerank/rerank/internal/testenv"
	"github.com/flashrerank/rerank/models/minilm"
	"github.com/flashrerank/rerank/reranktest"
	"github.com/flashrerank/rerank/transformer"
)

func load(t testing.TB) *biencoder.Model {
	t.Helper()
	m, err := minilm.Load(biencoder.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestSize holds the promise about the size of programs with the model.
func TestSize(t *testing.T) {
	total := int64(0)
	err := fs.WalkDir(minilm.Files(), ".", func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		total += info.Size()
		return err
	})
	if err != nil || total > 24_000_000 || total < 20_000_000 {
		t.Errorf("the files have %d bytes, %v", total, err)
	}
}

func TestModel(t *testing.T) {
	info := load(t).Model()
	if info.Name != minilm.Name || info.Dimensions != 384 || info.MaxTokens != 256 || info.Precision != "int8" {
		t.Errorf("%+v", info)
	}
}

func TestMeaning(t *testing.T) {
	testenv.Native(t)
	texts := []string{"How do I reset my password?", "I forgot my login and need a new one.", "The train leaves at noon."}
	v, err := load(t).Embed(t.Context(), texts, rerank.RoleDocument)
	if err != nil {
		t.Fatal(err)
	}
	if near, far := cosine(v.At(0), v.At(1)), cosine(v.At(0), v.At(2)); near < far+0.2 {
		t.Errorf("cosine %v for what means the same, %v for what does not", near, far)
	}
}

func TestConformance(t *testing.T) {
	testenv.Native(t)
	m := load(t)
	reranktest.Embedder(t, func(testing.TB) rerank.Embedder { return m })
	reranktest.Reranker(t, func(testing.TB) rerank.Reranker { return m.Reranker() })
}

func cosine(a, b []float32) float64 {
	var dot, aa, bb float64
	for i := range a {
		dot += float64(a[i]) * float64(b[i])
		aa += float64(a[i]) * float64(a[i])
		bb += float64(b[i]) * float64(b[i])
	}
	return dot / math.Sqrt(aa*bb)
}

// passages returns n texts of two of the test collections.
func passages(t *testing.T, n int) []string {
	var texts []string
	for _, name := range []string{"cranfield", "medline"} {
		count := 0
		for doc, err := range dataset.Open(testenv.Data(t, name, "corpus.jsonl"), dataset.Options{}) {
			if err != nil {
				t.Fatal(err)
			}
			if text := doc.Content(); len(text) > 200 {
				texts = append(texts, text)
				count++
			}
			if count == n/2 {
				break
			}
		}
	}
	return texts
}

// TestFloat32EqualsSentenceTransformers compares all three: what
// sentence-transformers computes, our float32, and the embedded int8.
func TestFloat32EqualsSentenceTransformers(t *testing.T) {
	testenv.Native(t)
	published := testenv.PeerModel(t)
	texts := passages(t, 24)
	input, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	var want [][]float32
	if err := json.Unmarshal(testenv.Python(t, input, "testdata/embed.py", published), &want); err != nil {
		t.Fatal(err)
	}
	exact, err := biencoder.Load(os.DirFS(published), biencoder.Options{})
	if err != nil {
		t.Fatal(err)
	}
	v, err := exact.Embed(t.Context(), texts, rerank.RoleDocument)
	if err != nil {
		t.Fatal(err)
	}
	small, err := load(t).Embed(t.Context(), texts, rerank.RoleDocument)
	if err != nil {
		t.Fatal(err)
	}
	worst := 0.0
	for i := range texts {
		for j, x := range v.At(i) {
			worst = max(worst, math.Abs(float64(x-want[i][j])))
		}
	}
	t.Logf("%d passages: fp32 is off by at most %.2g", len(texts), worst)
	if worst > 2e-5 {
		t.Errorf("fp32 differs by %g from sentence-transformers", worst)
	}
	compareInt8(t, small, v)
}

// compareInt8 holds int8 vectors against float32 ones: on average 0.9985, and
// 0.997 at least, is twice as near as ONNX Runtime's int8 with a scale for each
// channel comes.
func compareInt8(t *testing.T, small, exact rerank.Vectors) {
	t.Helper()
	mean, least, n := 0.0, 1.0, len(exact.Truncated)
	for i := range n {
		c := cosine(small.At(i), exact.At(i))
		mean, least = mean+c/float64(n), min(least, c)
	}
	t.Logf("%d passages: the cosine of int8 to fp32 is %.5f on average and %.5f at least", n, mean, least)
	if mean < 0.9985 || least < 0.997 {
		t.Errorf("int8 has a cosine to fp32 of %g on average and %g at least", mean, least)
	}
}

// TestInt8Accuracy compares over 1,000 passages; that our float32 is the
// reference's is shown above.
func TestInt8Accuracy(t *testing.T) {
	testenv.Native(t)
	if os.Getenv("RERANK_SLOW") == "" {
		t.Skip("float32 takes half a minute: set RERANK_SLOW")
	}
	exact, err := biencoder.Load(os.DirFS(testenv.PeerModel(t)), biencoder.Options{})
	if err != nil {
		t.Fatal(err)
	}
	texts := passages(t, 1000)
	want, err := exact.Embed(t.Context(), texts, rerank.RoleDocument)
	if err != nil {
		t.Fatal(err)
	}
	got, err := load(t).Embed(t.Context(), texts, rerank.RoleDocument)
	if err != nil {
		t.Fatal(err)
	}
	compareInt8(t, got, want)
}

// TestRecipe makes the files again and compares them byte for byte.
func TestRecipe(t *testing.T) {
	published := testenv.PeerModel(t)
	dir := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "go", "run", "./recipe", published, dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	made := os.DirFS(dir)
	err := fs.WalkDir(minilm.Files(), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		want, err := fs.ReadFile(minilm.Files(), path)
		if err != nil {
			return err
		}
		got, err := fs.ReadFile(made, path)
		if err != nil || string(got) != string(want) {
			t.Errorf("%s comes out otherwise, %v", path, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestSaturationFree checks the weights' promise, on which the equality of all
// CPUs rests.
func TestSaturationFree(t *testing.T) {
	m, err := transformer.Load(minilm.Files(), transformer.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.CheckWeights(); err != nil {
		t.Error(err)
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		load(b)
	}
}

func BenchmarkRerank100(b *testing.B) { benchmark(b, biencoder.RerankOptions{}) }

// BenchmarkMaxSim100 differs from the other in that tokens are compared.
func BenchmarkMaxSim100(b *testing.B) { benchmark(b, biencoder.RerankOptions{MaxSim: 1}) }

func benchmark(b *testing.B, o biencoder.RerankOptions) {
	r := load(b).NewReranker(o)
	docs := make([]rerank.Document, 100)
	for i := range docs {
		docs[i].Text = "A reader of lines takes a file in large blocks and hands it out line by line, so that memory stays small however long it is. " +
			"A loop asks for the next line until there is none left, and then whether that was the end or an error. " + string(rune('A'+i))
	}
	request := rerank.Request{Query: rerank.Query{Text: "read a file line by line"}, Hits: rerank.Hits(docs)}
	tokens := 0
	for b.Loop() {
		result, err := r.Rerank(b.Context(), request)
		if err != nil {
			b.Fatal(err)
		}
		tokens += result.Stages[0].Tokens
	}
	b.ReportMetric(float64(tokens)/b.Elapsed().Seconds(), "tokens/s")
}

package cross_test

import (
	"io/fs"
	"testing"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/crossencoder"
	"github.com/flashrerank/rerank/internal/testenv"
	"github.com/flashrerank/rerank/models/cross"
	"github.com/flashrerank/rerank/reranktest"
	"github.com/flashrerank/rerank/transformer"
)

func load(t testing.TB, o crossencoder.Options) *crossencoder.Model {
	t.Helper()
	m, err := cross.Load(o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestSize holds the promise about what the model adds to a program.
func TestSize(t *testing.T) {
	info, err := fs.Stat(cross.Files(), "cross.safetensors")
	if err != nil || info.Size() > 12_000_000 || info.Size() < 10_000_000 {
		t.Errorf("the weights have %d bytes, %v", info.Size(), err)
	}
}

func TestModel(t *testing.T) {
	info := load(t, crossencoder.Options{}).Model()
	if info.Name != cross.Name || info.MaxTokens != 256 || info.Precision != "int8" {
		t.Errorf("%+v", info)
	}
	if got := load(t, crossencoder.Options{Name: "judge", MaxTokens: 128}).Model(); got.Name != "judge" || got.MaxTokens != 128 || got.Fingerprint == info.Fingerprint {
		t.Errorf("%+v", got)
	}
	if _, err := cross.Load(crossencoder.Options{Precision: transformer.FP32}); err == nil {
		t.Error("float32 was made of int8 weights")
	}
}

// TestOwnWeights sees that where both files have a tensor, it is this model's that
// counts, and that the shared tables are there.
func TestOwnWeights(t *testing.T) {
	m, err := transformer.Load(cross.Files(), transformer.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if c := m.Config(); c.Layers != 6 || c.Vocabulary != 30522 || m.Classifier() == nil {
		t.Errorf("%+v", c)
	}
	if err := m.CheckWeights(); err != nil {
		t.Error(err)
	}
}

// TestMeaning holds that what is about a question's matter is far above what is not.
func TestMeaning(t *testing.T) {
	testenv.Native(t)
	m := load(t, crossencoder.Options{})
	for question, text := range map[string]string{
		"who wrote the novel Moby Dick":    "Moby-Dick is an 1851 novel by the American writer Herman Melville.",
		"how long does hepatitis A last":   "Symptoms usually go away within two months, though some people are ill for up to six months.",
		"when was the Eiffel Tower built":  "Construction of the tower in Paris began in 1887 and was completed in March 1889.",
		"how do I list files by their age": "Sort by time, newest first: ls -lt path/to/directory",
	} {
		pairs := []rerank.Pair{{Query: question, Text: text}, {Query: question, Text: "Bake the bread for forty minutes."}}
		scores := make([]rerank.PairScore, len(pairs))
		if err := m.ScorePairs(t.Context(), pairs, scores); err != nil {
			t.Fatal(err)
		}
		if scores[0].Logit < scores[1].Logit+2 {
			t.Errorf("%s: %.2f, and of something else %.2f", question, scores[0].Logit, scores[1].Logit)
		}
	}
}

func TestConformance(t *testing.T) {
	testenv.Native(t)
	m := load(t, crossencoder.Options{})
	reranktest.Reranker(t, func(testing.TB) rerank.Reranker { return m.Reranker() })
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		load(b, crossencoder.Options{})
	}
}

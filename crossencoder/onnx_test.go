package crossencoder_test

import (
	"os"
	"testing"
	"testing/fstest"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/crossencoder"
)

// TestONNX: a folder whose weights are in an ONNX file, as FlashRank has them, scores like
// the model that was exported: to the last bit where they are float32.
func TestONNX(t *testing.T) {
	const tiny = "testdata/tiny1"
	want, err := crossencoder.Load(os.DirFS(tiny), crossencoder.Options{})
	if err != nil {
		t.Fatal(err)
	}
	pairs := []rerank.Pair{{Query: "when does it end", Text: "it ends in may"}, {Query: "bread", Text: "the bread of the house"}, {Query: "a", Text: ""}}
	scores := make([]rerank.PairScore, len(pairs))
	if err := want.ScorePairs(t.Context(), pairs, scores); err != nil {
		t.Fatal(err)
	}
	for file, most := range map[string]float32{"tiny.onnx": 0, "tiny_int8.onnx": 0.3} {
		folder := fstest.MapFS{}
		for name, from := range map[string]string{"config.json": tiny, "tokenizer.json": tiny, "tokenizer_config.json": tiny, file: "../internal/onnx/testdata"} {
			data, err := os.ReadFile(from + "/" + name)
			if err != nil {
				t.Fatal(err)
			}
			folder[name] = &fstest.MapFile{Data: data}
		}
		m, err := crossencoder.Load(folder, crossencoder.Options{})
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		got := make([]rerank.PairScore, len(pairs))
		if err := m.ScorePairs(t.Context(), pairs, got); err != nil {
			t.Fatal(err)
		}
		for i := range got {
			if d := got[i].Logit - scores[i].Logit; d > most || d < -most {
				t.Errorf("%s: %+v scores %v, the model before the export %v", file, pairs[i], got[i].Logit, scores[i].Logit)
			}
		}
	}
}

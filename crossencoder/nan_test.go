package crossencoder_test

import (
	"encoding/binary"
	"errors"
	"math"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/cache"
	"github.com/flashrerank/rerank/crossencoder"
	"github.com/flashrerank/rerank/transformer"
)

// tooLarge returns the small model with weights whose sums overflow.
func tooLarge(t *testing.T) fstest.MapFS {
	fsys := folderWith(t, "testdata/tiny1", nil)
	weights := fsys["model.safetensors"].Data
	for at := 8 + int(binary.LittleEndian.Uint64(weights)); at < len(weights); at += 4 {
		binary.LittleEndian.PutUint32(weights[at:], math.Float32bits(3e38))
	}
	return fsys
}

// TestScoresThatAreNoNumbers: at every precision, alone and kept, they are an
// error that names the model and the text by place and ID, never by its words.
func TestScoresThatAreNoNumbers(t *testing.T) {
	for _, precision := range transformer.Precisions() {
		known := cache.New(1 << 20)
		m, err := crossencoder.Load(tooLarge(t), crossencoder.Options{Name: "broken", Precision: precision, Known: known})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second time nothing that was kept helps
			var bad *rerank.ScoreError
			err := m.ScorePairs(t.Context(), []rerank.Pair{{Query: "a", Text: "secret"}}, make([]rerank.PairScore, 1))
			if !errors.As(err, &bad) || bad.Text != 0 || bad.Model != "broken" {
				t.Errorf("%s: %v", precision, err)
			}
			hits := rerank.Hits([]rerank.Document{{ID: "d7", Text: "secret"}})
			_, err = m.Reranker().RerankBatch(t.Context(), []rerank.Request{{}, {Query: rerank.Query{Text: "a"}, Hits: hits}})
			if !errors.As(err, &bad) || bad.ID != "d7" || strings.Contains(err.Error(), "secret") {
				t.Errorf("%s: %v", precision, err)
			}
		}
	}
}

// TestKeptScores: what somebody put into the cache that is no number is not used.
func TestKeptScores(t *testing.T) {
	fsys, known := os.DirFS("testdata/tiny1"), cache.New(1<<20)
	m, err := crossencoder.Load(fsys, crossencoder.Options{Known: known})
	if err != nil {
		t.Fatal(err)
	}
	pairs, scores := []rerank.Pair{{Query: "a", Text: "b"}}, make([]rerank.PairScore, 1)
	if err := m.ScorePairs(t.Context(), pairs, scores); err != nil {
		t.Fatal(err)
	}
	want := scores[0].Logit
	known.Put(cache.KeyOf(m.Model().Fingerprint, "0", "a", "b"), cache.Value{Numbers: []float32{float32(math.NaN())}})
	if err := m.ScorePairs(t.Context(), pairs, scores); err != nil || scores[0].Logit != want {
		t.Errorf("%v, %v; want %v", scores[0], err, want)
	}
}

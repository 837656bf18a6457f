package biencoder_test

import (
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/biencoder"
	"github.com/flashrerank/rerank/transformer"
)

// TestVectorsThatAreNoNumbers: a model whose sums overflow gives errors that name
// it and the text by place and ID, at every precision.
func TestVectorsThatAreNoNumbers(t *testing.T) {
	fsys := folder(t, nil)
	weights := fsys["model.safetensors"].Data
	for at := 8 + int(binary.LittleEndian.Uint64(weights)); at < len(weights); at += 4 {
		binary.LittleEndian.PutUint32(weights[at:], math.Float32bits(3e38))
	}
	for _, precision := range transformer.Precisions() {
		m, err := biencoder.Load(fsys, biencoder.Options{Name: "broken", Precision: precision})
		if err != nil {
			t.Fatal(err)
		}
		var bad *rerank.ScoreError
		if _, err := m.Embed(t.Context(), []string{"secret"}, rerank.RoleDocument); !errors.As(err, &bad) || bad.Text != 0 || bad.Model != "broken" {
			t.Errorf("%s: %v", precision, err)
		}
		request := rerank.Request{Query: rerank.Query{Text: "secret"}, Hits: rerank.Hits([]rerank.Document{{ID: "d7", Text: "another"}})}
		for _, o := range []biencoder.RerankOptions{{}, {MaxSim: 1, Windows: 2}} {
			_, err := m.NewReranker(o).Rerank(t.Context(), request)
			if !errors.As(err, &bad) || bad.Text != -1 && bad.ID != "d7" || strings.Contains(err.Error(), "secret") {
				t.Errorf("%s, %+v: %v", precision, o, err)
			}
		}
	}
}

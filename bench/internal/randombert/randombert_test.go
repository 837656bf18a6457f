package randombert

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/crossencoder"
	"github.com/flashrerank/rerank/transformer"
)

func TestTinyBERT(t *testing.T) {
	files, err := TinyBERT.Files()
	if err != nil {
		t.Fatal(err)
	}
	m, err := crossencoder.Load(files, crossencoder.Options{Precision: transformer.INT8, Long: crossencoder.LongTruncate})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 1))
	pairs := []rerank.Pair{{Query: TinyBERT.Text(3, r), Text: TinyBERT.Text(40, r)}, {Query: "ab", Text: ""}, {Query: "ab", Text: strings.Repeat("c ", 1000)}}
	scores := make([]rerank.PairScore, len(pairs))
	if err := m.ScorePairs(t.Context(), pairs, scores); err != nil {
		t.Fatal(err)
	}
	if scores[0].Tokens != 46 || scores[1].Tokens != 5 || scores[2].Tokens != 512 || !scores[2].Truncated {
		t.Errorf("%+v", scores)
	}
	if scores[0].Logit == scores[1].Logit {
		t.Error("different pairs have one score")
	}
}

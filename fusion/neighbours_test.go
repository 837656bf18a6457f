package fusion

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/flashrerank/rerank"
)

// slowly is the formula of Neighbours as it stands there.
func slowly(n Neighbours, scores []float64, vectors [][]float32) []float64 {
	cosine := func(a, b []float32) float64 {
		var dot, aa, bb float64
		for i := range a {
			dot, aa, bb = dot+float64(a[i])*float64(b[i]), aa+float64(a[i])*float64(a[i]), bb+float64(b[i])*float64(b[i])
		}
		if aa == 0 || bb == 0 {
			return 0
		}
		return dot / math.Sqrt(aa*bb)
	}
	out := slices.Clone(scores)
	for i := range scores {
		if vectors[i] == nil {
			continue
		}
		type other struct{ w, s float64 }
		var others []other
		for j := range scores {
			if j != i && vectors[j] != nil {
				if w := cosine(vectors[i], vectors[j]); w > 0 {
					others = append(others, other{w, scores[j]})
				}
			}
		}
		slices.SortStableFunc(others, func(a, b other) int {
			switch {
			case a.w > b.w:
				return -1
			case a.w < b.w:
				return 1
			}
			return 0
		})
		sum, weight := 0.0, 0.0
		for _, o := range others[:min(len(others), n.Number)] {
			sum, weight = sum+o.w*o.s, weight+o.w
		}
		if weight > 0 {
			out[i] = (1-n.Weight)*scores[i] + n.Weight*sum/weight
		}
	}
	return out
}

func TestNeighbours(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		n := Neighbours{Weight: r.Float64(), Number: 1 + r.IntN(12)}
		scores := make([]float64, r.IntN(40))
		vectors := make([][]float32, len(scores))
		for i := range scores {
			scores[i] = 2 * r.Float64()
			if r.IntN(8) == 0 {
				continue
			}
			vectors[i] = make([]float32, 32)
			for k := range vectors[i] {
				vectors[i][k] = r.Float32() - 0.4
			}
		}
		want := slowly(n, scores, vectors)
		n.smooth(scores, vectors)
		for i := range scores {
			if math.Abs(scores[i]-want[i]) > 1e-5 {
				t.Fatalf("%+v: score %d of %d is %v, want %v", n, i, len(scores), scores[i], want[i])
			}
		}
	}
}

// pointed scores hits by their ID and has vectors of them.
type pointed struct{ vectors map[string][]float32 }

func (p pointed) Rerank(_ context.Context, r rerank.Request) (rerank.Result, error) {
	scores := make([]float64, len(r.Hits))
	for i, h := range r.Hits {
		scores[i] = float64(len(h.Document.ID))
	}
	return rerank.Result{Hits: rerank.Reorder(r, rerank.Scoring{Stage: "pointed", Scale: rerank.ScaleCosine, Scores: scores})}, nil
}

func (p pointed) RerankVectors(ctx context.Context, r rerank.Request) (rerank.Result, [][]float32, error) {
	result, err := p.Rerank(ctx, r)
	vectors := make([][]float32, len(r.Hits))
	for i, h := range r.Hits {
		vectors[i] = p.vectors[h.Document.ID]
	}
	return result, vectors, err
}

// TestBlendWithNeighbours: the text that is near the best one overtakes the one
// that stands alone, though that alone has the better score.
func TestBlendWithNeighbours(t *testing.T) {
	p := pointed{map[string][]float32{"aaaaa": {1, 0, 0, 0}, "bbb": {0, 1, 0, 0}, "cc": {1, 0.1, 0, 0}, "d": {0, 0, 1, 0}}}
	request := rerank.Request{Hits: rerank.Hits([]rerank.Document{{ID: "cc"}, {ID: "bbb"}, {ID: "d"}, {ID: "aaaaa"}})}
	order := func(n Neighbours) string {
		blend := &Reranker{Parts: []Part{{Reranker: p}}, Neighbours: n}
		result, err := blend.Rerank(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, h := range result.Hits {
			ids = append(ids, h.Document.ID)
		}
		if n.active() != strings.Contains(strings.Join(result.Stages[len(result.Stages)-1].Notes, " "), "nearest hits") {
			t.Errorf("notes %q", result.Stages[len(result.Stages)-1].Notes)
		}
		return strings.Join(ids, " ")
	}
	if got := order(Neighbours{}); got != "aaaaa bbb cc d" {
		t.Errorf("without neighbours: %s", got)
	}
	if got := order(Neighbours{Weight: 0.5, Number: 1}); got != "aaaaa cc bbb d" && got != "cc aaaaa bbb d" {
		t.Errorf("with neighbours: %s", got)
	}
	bad := &Reranker{Parts: []Part{{Reranker: p}}, Neighbours: Neighbours{Weight: 2}}
	if _, err := bad.Rerank(t.Context(), request); err == nil {
		t.Error("a weight of 2 was taken")
	}
}

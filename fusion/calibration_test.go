package fusion_test

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/fusion"
)

// TestCalibration: relevance is the part's probability where that falls along the order,
// and the nearest list that falls where it does not.
func TestCalibration(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 2))
	for range 100 {
		n := 1 + random.IntN(12)
		var ids []string
		var part, other []entry
		for i := range n {
			ids = append(ids, string(rune('a'+i)))
			part, other = append(part, entry{ids[i], random.NormFloat64()}), append(other, entry{ids[i], random.NormFloat64()})
		}
		c := fusion.Calibration{Terms: []fusion.Term{{Part: 1, Slope: 1.5}}, Intercept: -0.25}
		r := &fusion.Reranker{Relevance: []fusion.Calibration{c}, Parts: []fusion.Part{{Reranker: table("other", other...)}, {Reranker: table("part", part...)}}}
		got, err := r.Rerank(t.Context(), rerank.Request{Hits: given(ids...)})
		if err != nil {
			t.Fatal(err)
		}
		before, want := 0.0, make([]float64, n)
		for i, h := range got.Hits {
			want[i] = 1 / (1 + math.Exp(0.25-1.5*part[h.Index].score))
			before += want[i]
		}
		after := 0.0
		for i, h := range got.Hits {
			after += h.Relevance
			if i > 0 && h.Relevance > got.Hits[i-1].Relevance+1e-15 {
				t.Fatalf("relevance rises at place %d: %v", i, got.Hits)
			}
			if best := isotonic(want)[i]; math.Abs(h.Relevance-best) > 1e-9 {
				t.Fatalf("place %d: relevance %v, want %v", i, h.Relevance, best)
			}
		}
		if math.Abs(before-after) > 1e-9 {
			t.Fatalf("the mean moved: %v, %v", before, after)
		}
		few, err := r.Rerank(t.Context(), rerank.Request{Hits: given(ids...), TopN: 2})
		if err != nil || few.Hits[0].Relevance != got.Hits[0].Relevance || len(few.Hits) != min(n, 2) {
			t.Fatalf("the best two: %+v, %v", few.Hits, err)
		}
	}
}

// TestCalibrations: of several the first counts whose parts all have a score.
func TestCalibrations(t *testing.T) {
	r := &fusion.Reranker{
		Parts: []fusion.Part{
			{Reranker: table("all", entry{"a", 4}, entry{"b", 3}, entry{"c", 0.5})},
			{Reranker: table("best", entry{"a", 2}, entry{"b", 1}, entry{"c", 9}), Best: 2},
		},
		Relevance: []fusion.Calibration{
			{Terms: []fusion.Term{{Part: 0, Slope: 0.5}, {Part: 1, Slope: 2}}, Intercept: -1},
			{Terms: []fusion.Term{{Part: 0, Slope: 1}}, Intercept: -2},
		},
	}
	got, err := r.Rerank(t.Context(), rerank.Request{Hits: given("a", "b", "c", "d")})
	if err != nil {
		t.Fatal(err)
	}
	for i, odds := range []float64{0.5*4 + 2*2 - 1, 0.5*3 + 2*1 - 1, 0.5 - 2} {
		if want := 1 / (1 + math.Exp(-odds)); math.Abs(got.Hits[i].Relevance-want) > 1e-12 {
			t.Errorf("%s has the relevance %v, want %v", got.Hits[i].Document.ID, got.Hits[i].Relevance, want)
		}
	}
	if last := got.Hits[3]; !math.IsNaN(last.Relevance) {
		t.Errorf("%s, without a score, has the relevance %v", last.Document.ID, last.Relevance)
	}
}

// isotonic is the falling list that is nearest to x by squares, by its formula: the
// least over beginnings of the most over ends of the means between.
func isotonic(x []float64) []float64 {
	out := make([]float64, len(x))
	mean := func(list []float64) float64 {
		sum := 0.0
		for _, v := range list {
			sum += v
		}
		return sum / float64(len(list))
	}
	for i := range x {
		var least []float64
		for from := range i + 1 {
			var most []float64
			for to := i; to < len(x); to++ {
				most = append(most, mean(x[from:to+1]))
			}
			least = append(least, slices.MaxFunc(most, cmp.Compare))
		}
		out[i] = slices.MinFunc(least, cmp.Compare)
	}
	return out
}

func TestCalibrationRefused(t *testing.T) {
	terms := func(part int, slope float64) []fusion.Term {
		return []fusion.Term{{Part: 0, Slope: 1}, {Part: part, Slope: slope}}
	}
	for _, c := range []fusion.Calibration{
		{Terms: terms(1, 1)}, {Terms: terms(-1, 1)}, {}, {Terms: terms(0, 0)}, {Terms: terms(0, math.Inf(1))}, {Terms: terms(0, 1), Intercept: math.NaN()},
	} {
		r := &fusion.Reranker{Relevance: []fusion.Calibration{c}, Parts: []fusion.Part{{Reranker: table("x", entry{"a", 1})}}}
		if _, err := r.Rerank(t.Context(), rerank.Request{Hits: given("a")}); err == nil || !strings.Contains(err.Error(), "a calibration") {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

package fusion_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/anytime"
	"github.com/flashrerank/rerank/fusion"
)

// points judges hits by a point for each ID, and by the vector of that point.
type points struct {
	of   map[string]float64
	each time.Duration
	cut  int // texts that count as truncated
	read *[]string
}

func (p points) Rerank(ctx context.Context, r rerank.Request) (rerank.Result, error) {
	result, _, err := p.RerankVectors(ctx, r)
	return result, err
}

func (p points) RerankVectors(ctx context.Context, r rerank.Request) (rerank.Result, [][]float32, error) {
	time.Sleep(p.each * time.Duration(len(r.Hits)))
	scores, vectors := make([]float64, len(r.Hits)), make([][]float32, len(r.Hits))
	for i, h := range r.Hits {
		scores[i] = p.of[h.Document.ID]
		vectors[i] = []float32{float32(math.Cos(scores[i])), float32(math.Sin(scores[i]))}
		if p.read != nil {
			*p.read = append(*p.read, h.Document.ID)
		}
	}
	return rerank.Result{
		Hits:   rerank.Reorder(r, rerank.Scoring{Stage: "points", Scale: "points", Scores: scores}),
		Stages: []rerank.StageReport{{Stage: "points", Scored: len(scores), Truncated: p.cut}},
	}, vectors, ctx.Err()
}

// TestGradualEqualsWhole: judged to the end, step by step, hits come out as if judged at
// once.
func TestGradualEqualsWhole(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 7))
	for range 50 {
		n := 1 + random.IntN(30)
		judge := points{of: map[string]float64{}}
		var ids []string
		var other []entry
		for i := range n {
			id := fmt.Sprint("d", i)
			ids = append(ids, id)
			judge.of[id] = random.Float64()
			other = append(other, entry{id, float64(random.IntN(10))})
		}
		blend := func(r rerank.Reranker) *fusion.Reranker {
			return &fusion.Reranker{Neighbours: fusion.Neighbours{Weight: 0.3, Number: 3}, Parts: []fusion.Part{{Reranker: r}, {Reranker: table("other", other...)}}}
		}
		request := rerank.Request{Hits: given(ids...), TopN: random.IntN(n + 1)}
		whole, err1 := blend(judge).Rerank(t.Context(), request)
		step, err2 := blend(&anytime.Reranker{Full: judge, Time: time.Hour}).Rerank(t.Context(), request)
		if err1 != nil || err2 != nil || show(whole.Hits) != show(step.Hits) {
			t.Fatalf("%s, %v\n%s, %v", show(whole.Hits), err1, show(step.Hits), err2)
		}
		for i, h := range step.Hits {
			slices.SortFunc(h.Trace, func(a, b rerank.StageScore) int { return strings.Compare(a.Stage, b.Stage) })
			slices.SortFunc(whole.Hits[i].Trace, func(a, b rerank.StageScore) int { return strings.Compare(a.Stage, b.Stage) })
			if !slices.Equal(h.Trace, whole.Hits[i].Trace) {
				t.Fatalf("%s was seen as %v, and step by step as %v", h.Document.ID, whole.Hits[i].Trace, h.Trace)
			}
		}
	}
}

// TestGradualLead: the hits that lead by the sum are judged in full, not those that
// lead by the part.
func TestGradualLead(t *testing.T) {
	var read []string
	quick := points{of: map[string]float64{"a": 1, "b": 0.9, "c": 0.5, "d": 0}, cut: 4}
	full := points{of: map[string]float64{"a": 0, "b": 0.2, "c": 1, "d": 1}, read: &read}
	r := &fusion.Reranker{Parts: []fusion.Part{
		{Name: "early", Reranker: &anytime.Reranker{Quick: quick, Full: full, Best: 2}},
		{Name: "words", Reranker: table("words", entry{"a", 0}, entry{"b", 5}, entry{"c", 10}, entry{"d", 0})},
	}}
	got, err := r.Rerank(t.Context(), rerank.Request{Hits: given("a", "b", "c", "d")})
	// By the quick judge the sums are 1, 1.4, 1.5 and 0.
	if err != nil || strings.Join(read, "") != "cb" || show(got.Hits) != "c=2 a=1 b=0.7 d=0" {
		t.Errorf("read %v: %s, %v", read, show(got.Hits), err)
	}
}

func TestGradualOutOfTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ids []string
		var words []entry
		judge := points{of: map[string]float64{}, each: time.Millisecond}
		for i := range 40 {
			ids = append(ids, fmt.Sprint("d", i))
			words = append(words, entry{ids[i], float64(i)}) // the last ones lead
			judge.of[ids[i]] = float64(i % 7)
		}
		r := &fusion.Reranker{Neighbours: fusion.Neighbours{Weight: 0.3, Number: 3}, Parts: []fusion.Part{
			{Reranker: &anytime.Reranker{Full: judge, Time: 20 * time.Millisecond}}, {Reranker: table("words", words...)},
		}}
		got, err := r.Rerank(t.Context(), rerank.Request{Hits: given(ids...)})
		if err != nil {
			t.Fatal(err)
		}
		report := got.Stages[len(got.Stages)-1]
		if !report.Partial || report.Scored < 10 || report.Scored > 20 || len(got.Hits) != 40 {
			t.Fatalf("%+v", report)
		}
		for i, h := range got.Hits {
			if math.IsNaN(h.Score) != (i >= report.Scored) {
				t.Errorf("place %d: %s scores %v", i, h.Document.ID, h.Score)
			}
			if late := i >= report.Scored; late && h.Index != 39-i || !late && h.Index < 40-report.Scored {
				t.Errorf("place %d: %s", i, h.Document.ID)
			}
		}
	})
}

func TestGradualFailure(t *testing.T) {
	broken := errors.New("broken")
	r := &fusion.Reranker{Parts: []fusion.Part{
		{Name: "early", Reranker: &anytime.Reranker{Full: failingReranker(broken)}}, {Reranker: table("words", entry{"a", 1}, entry{"b", 2})},
	}}
	request := rerank.Request{Hits: given("a", "b")}
	if _, err := r.Rerank(t.Context(), request); !errors.Is(err, broken) || !strings.Contains(err.Error(), "early") {
		t.Errorf("%v", err)
	}
	r.Lenient = true
	got, err := r.Rerank(t.Context(), request)
	if err != nil || show(got.Hits) != "b=1 a=0" || !strings.Contains(got.Stages[len(got.Stages)-1].Degraded, "without early") {
		t.Errorf("%s %+v, %v", show(got.Hits), got.Stages, err)
	}
}

package fusion_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/fusion"
)

func TestRerankerTable(t *testing.T) {
	cosine := table("cos", entry{"a", 0.2}, entry{"b", 0.6}, entry{"c", 0.4})
	lexical := table("bm25", entry{"a", 8}, entry{"b", 4}, entry{"c", 0})
	for _, test := range []struct {
		name  string
		blend fusion.Reranker
		want  string
	}{
		{"min-max", fusion.Reranker{Parts: []fusion.Part{{Reranker: cosine}, {Reranker: lexical}}}, "b=1.5 a=1 c=0.5"},
		{"weights", fusion.Reranker{Parts: []fusion.Part{{Reranker: cosine, Weight: new(0.5)}, {Reranker: lexical, Weight: new(2.0)}}}, "a=2 b=1.5 c=0.25"},
		{"rrf", fusion.Reranker{Method: fusion.RRF{K: new(1.0)}, Parts: []fusion.Part{{Reranker: cosine}, {Reranker: lexical}}}, "b=0.8333 a=0.75 c=0.5833"},
		{"a part that cannot tell", fusion.Reranker{Parts: []fusion.Part{{Reranker: table("few", entry{"c", 3}, entry{"a", 2})}, {Reranker: lexical}}}, "a=1 c=1 b=0.5"},
		{"ties keep the order given", fusion.Reranker{Parts: []fusion.Part{{Reranker: table("all", entry{"c", 3}, entry{"a", 3}, entry{"b", 3})}}}, "a=1 b=1 c=1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := test.blend.Rerank(t.Context(), rerank.Request{Hits: given("a", "b", "c")})
			if err != nil || show(got.Hits) != test.want {
				t.Errorf("got %q, %v, want %q", show(got.Hits), err, test.want)
			}
		})
	}
}

// Hits that share their Index with others are told apart by place.
func TestRepeatedIndexes(t *testing.T) {
	hits := given("a", "b", "c")
	for i := range hits {
		hits[i].Index = 5
	}
	blend := fusion.Reranker{Parts: []fusion.Part{{Reranker: table("t", entry{"a", 1}, entry{"b", 3}, entry{"c", 2})}}}
	got, err := blend.Rerank(t.Context(), rerank.Request{Hits: hits})
	if err != nil || show(got.Hits) != "b=1 c=0.5 a=0" || got.Hits[0].Index != 5 {
		t.Errorf("got %q, %v", show(got.Hits), err)
	}
}

func TestCarriedScores(t *testing.T) {
	first := list(string(rerank.ScaleBM25), entry{"a", 9}, entry{"b", 5}, entry{"c", 1})
	found, err := first.Retrieve(t.Context(), rerank.Search{K: 3})
	if err != nil {
		t.Fatal(err)
	}
	again := failingReranker(errors.New("BM25 was computed twice"))
	blend := fusion.Reranker{Parts: []fusion.Part{
		{Name: "cosine", Reranker: table("cos", entry{"a", 0.1}, entry{"b", 0.3}, entry{"c", 0.2})},
		{Name: "bm25", Carried: rerank.ScaleBM25, Reranker: again},
	}}
	got, err := blend.Rerank(t.Context(), rerank.Request{Hits: found.Hits})
	if err != nil || show(got.Hits) != "b=1.5 a=1 c=0.5" {
		t.Fatalf("got %q, %v", show(got.Hits), err)
	}
	if note := strings.Join(got.Stages[1].Notes, ""); !strings.Contains(note, "carry") {
		t.Errorf("reports %+v do not say that scores were carried", got.Stages)
	}
	var trace []string
	for _, s := range got.Hits[0].Trace {
		trace = append(trace, fmt.Sprintf("%s=%v", s.Stage, s.Score))
	}
	if s := strings.Join(trace, " "); s != "bm25=5 cos=0.3 blend=1.5" {
		t.Errorf("the trace is %q", s)
	}

	// After another stage, the trace still has them.
	later, err := table("other", entry{"a", 1}, entry{"b", 2}, entry{"c", 3}).Rerank(t.Context(), rerank.Request{Hits: found.Hits})
	if err != nil {
		t.Fatal(err)
	}
	if got, err = blend.Rerank(t.Context(), rerank.Request{Hits: later.Hits}); err != nil || show(got.Hits) != "b=1.5 a=1 c=0.5" {
		t.Errorf("with scores in the trace: %q, %v", show(got.Hits), err)
	}

	// One hit without them, and the part's reranker judges all.
	mixed := append(later.Hits, given("d")...)
	blend.Parts[1].Reranker = table("bm25 of these", entry{"a", 0}, entry{"b", 0}, entry{"c", 0}, entry{"d", 7})
	if got, err = blend.Rerank(t.Context(), rerank.Request{Hits: mixed}); err != nil || show(got.Hits) != "d=1 b=1 c=0.5 a=0" {
		t.Errorf("with a hit that carries none: %q, %v", show(got.Hits), err)
	}
	blend.Parts[1].Reranker = nil
	if _, err := blend.Rerank(t.Context(), rerank.Request{Hits: mixed}); err == nil || !strings.Contains(err.Error(), `"bm25"`) {
		t.Errorf("with no reranker to ask: %v", err)
	}
}

func TestPartsThatFail(t *testing.T) {
	down := errors.New("connection refused")
	blend := fusion.Reranker{Parts: []fusion.Part{
		{Name: "near", Reranker: table("t", entry{"a", 1}, entry{"b", 2})},
		{Name: "far", Reranker: failingReranker(down)},
	}}
	r := rerank.Request{Hits: given("a", "b")}
	if _, err := blend.Rerank(t.Context(), r); !errors.Is(err, down) || !strings.Contains(err.Error(), "far") {
		t.Errorf("got %v", err)
	}
	blend.Lenient = true
	got, err := blend.Rerank(t.Context(), r)
	if err != nil || show(got.Hits) != "b=1 a=0" || got.Stages[len(got.Stages)-1].Degraded != "without far: connection refused" {
		t.Errorf("lenient gives %q, %+v, %v", show(got.Hits), got.Stages, err)
	}
	blend.Parts = blend.Parts[1:]
	if _, err := blend.Rerank(t.Context(), r); !errors.Is(err, down) {
		t.Errorf("with all parts down: %v", err)
	}
	for name, index := range map[string]int{"invented": 2, "negative": -1} {
		blend.Lenient = false
		blend.Parts = []fusion.Part{{Reranker: rerank.RerankerFunc(func(context.Context, rerank.Request) (rerank.Result, error) {
			return rerank.Result{Hits: []rerank.Hit{{Index: index}}}, nil
		})}}
		if _, err := blend.Rerank(t.Context(), r); err == nil {
			t.Errorf("a part with an %s hit is no error", name)
		}
	}
}

func TestBadBlends(t *testing.T) {
	for want, blend := range map[string]fusion.Reranker{
		"no parts":                    {},
		"the best -1":                 {Parts: []fusion.Part{{Carried: "s"}, {Carried: "s", Best: -1}}},
		"no part scores all":          {Parts: []fusion.Part{{Carried: "s", Best: 3}}},
		"part 1 has neither":          {Parts: []fusion.Part{{}}},
		"every part has the weight 0": {Parts: []fusion.Part{{Carried: "s", Weight: new(0.0)}}},
		"x has the weight":            {Parts: []fusion.Part{{Name: "x", Carried: "s", Weight: new(math.Inf(1))}}},
		"it must be at least 0":       {Parts: []fusion.Part{{Carried: "s"}}, Method: fusion.RRF{K: new(math.NaN())}},
		"not every hit":               {Parts: []fusion.Part{{Carried: "s"}}},
		"context canceled":            {Parts: []fusion.Part{{Carried: rerank.ScaleBM25, Reranker: table("t")}}, Lenient: true},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		if want == "context canceled" {
			cancel()
		}
		if _, err := blend.Rerank(ctx, rerank.Request{Hits: given("a")}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
		cancel()
	}
}

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

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/fusion"
	"github.com/flashrerank/rerank/reranktest"
)

func TestRetrieverTable(t *testing.T) {
	inf := math.Inf(1)
	for _, test := range []struct {
		name  string
		fused fusion.Retriever
		want  string
	}{
		{"min-max", fusion.Retriever{Lists: lists(
			list("l", entry{"a", 10}, entry{"b", 6}, entry{"c", 2}),
			list("m", entry{"b", 0.9}, entry{"d", 0.8}, entry{"c", 0.5}),
		)}, "b=1.5 a=1 d=0.75 c=0"},
		{"weights", fusion.Retriever{Lists: []fusion.List{
			{Retriever: list("l", entry{"a", 2}, entry{"b", 1}, entry{"c", 0}), Weight: new(3.0)},
			{Retriever: list("m", entry{"c", 1}, entry{"b", 0})},
		}}, "a=3 b=1.5 c=1"},
		{"one hit is the best of its list", fusion.Retriever{Lists: lists(
			list("l", entry{"a", 0.001}),
			list("m", entry{"b", 3}, entry{"a", 2}, entry{"c", 1}),
		)}, "a=1.5 b=1 c=0"},
		{"equal scores", fusion.Retriever{Lists: lists(list("l", entry{"b", 5}, entry{"a", 5}), list("m"))}, "a=1 b=1"},
		{"infinities and NaN", fusion.Retriever{Lists: lists(
			list("l", entry{"a", inf}, entry{"b", 4}, entry{"c", 3}, entry{"d", 2}, entry{"e", -inf}, entry{"f", math.NaN()}),
		)}, "a=1 b=1 c=0.5 d=0 e=0 f=0"},
		{"huge scores", fusion.Retriever{Lists: lists(
			list("l", entry{"a", math.MaxFloat64}, entry{"b", 0}, entry{"c", -math.MaxFloat64}),
		)}, "a=1 b=0.5 c=0"},
		{"depth", fusion.Retriever{Depth: 2, Lists: lists(
			list("l", entry{"a", 10}, entry{"b", 6}, entry{"c", 2}),
			list("m", entry{"c", 3}, entry{"a", 1}, entry{"b", 0}),
		)}, "a=1 c=1 b=0"},
		{"true scores for what a list missed", fusion.Retriever{Depth: 2, Lists: []fusion.List{
			{Retriever: list("l", entry{"a", 10}, entry{"b", 6}, entry{"c", 5}), Scores: table("l", entry{"c", 5})},
			{Retriever: list("m", entry{"c", 3}, entry{"a", 1}, entry{"b", 0}), Scores: table("m", entry{"b", 0})},
		}}, "a=1.333 c=1 b=0.2"},
		{"a score that is not known", fusion.Retriever{Depth: 2, Lists: []fusion.List{
			{Retriever: list("l", entry{"a", 10}, entry{"b", 6}), Scores: table("l")},
			{Retriever: list("m", entry{"c", 3}, entry{"a", 1})},
		}}, "a=1 c=1 b=0"},
		{"rrf", fusion.Retriever{Method: fusion.RRF{K: new(1.0)}, Lists: lists(
			list("l", entry{"a", 3}, entry{"b", 2}, entry{"c", 1}),
			list("m", entry{"c", 30}, entry{"a", 20}),
		)}, "a=0.8333 c=0.75 b=0.3333"}, // 1/2+1/3, 1/4+1/2, 1/3
		{"rrf by the paper's k", fusion.Retriever{Method: fusion.RRF{}, Lists: lists(list("l", entry{"a", 3}, entry{"b", 2}))}, "a=0.01639 b=0.01613"},
		{"rrf shares tied ranks", fusion.Retriever{Method: fusion.RRF{K: new(1.0)}, Lists: lists(
			list("l", entry{"a", 3}, entry{"b", 2}, entry{"c", 2}, entry{"d", 1}),
		)}, "a=0.5 b=0.2857 c=0.2857 d=0.2"}, // b and c: 1/(1+2.5)
		{"rrf and NaN", fusion.Retriever{Method: fusion.RRF{K: new(1.0)}, Lists: lists(list("l", entry{"a", 3}, entry{"b", math.NaN()}))}, "a=0.5 b=0"},
		{"rrf of lists without scores", fusion.Retriever{Method: fusion.RRF{K: new(1.0)}, Lists: lists(list("", entry{"a", 0}, entry{"b", 0}))}, "a=0.5 b=0.3333"},
		{"a document twice in a list", fusion.Retriever{Lists: lists(list("l", entry{"a", 3}, entry{"b", 2}, entry{"b", 1}))}, "a=1 b=0"},
		{"rrf with k 0", fusion.Retriever{Method: fusion.RRF{K: new(0.0)}, Lists: lists(list("l", entry{"a", 3}, entry{"b", 2}))}, "a=1 b=0.5"},
		{"a list that weighs 0", fusion.Retriever{Lists: []fusion.List{
			{Retriever: list("l", entry{"a", 3}, entry{"x", 2}), Weight: new(0.0)}, {Retriever: list("m", entry{"b", 4}, entry{"c", 2}, entry{"a", 1})},
		}}, "b=1 c=0.3333 a=0"},
		{"nothing found", fusion.Retriever{Lists: lists(list("l"), list("m"))}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := test.fused.Retrieve(t.Context(), rerank.Search{K: 10})
			if err != nil {
				t.Fatal(err)
			}
			if show(got.Hits) != test.want {
				t.Errorf("got %q, want %q", show(got.Hits), test.want)
			}
		})
	}
}

// random makes lists over few documents and scores, so that ties and missing
// documents are common.
func random(rng *rand.Rand) []fusion.List {
	out := make([]fusion.List, 2+rng.IntN(3))
	for i := range out {
		var entries []entry
		for _, d := range rng.Perm(12)[:rng.IntN(13)] {
			entries = append(entries, entry{string(rune('a' + d)), float64(rng.IntN(6)) / 3})
		}
		out[i] = fusion.List{Retriever: list(fmt.Sprint("l", i), entries...), Weight: new(0.1 + rng.Float64())}
	}
	return out
}

func TestFusionProperties(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, method := range []fusion.Method{fusion.MinMax{}, fusion.RRF{}} {
		for range 200 {
			lists := random(rng)
			fused := &fusion.Retriever{Lists: lists, Method: method, Depth: 1 + rng.IntN(12)}
			whole, err := fused.Retrieve(t.Context(), rerank.Search{K: 100})
			if err != nil {
				t.Fatal(err)
			}
			union := map[string]bool{}
			for _, l := range lists {
				found, _ := l.Retriever.Retrieve(t.Context(), rerank.Search{K: fused.Depth})
				for _, h := range found.Hits {
					union[h.Document.ID] = true
				}
			}
			for i, h := range whole.Hits {
				if !union[h.Document.ID] || h.Rank != i || h.Index != i {
					t.Fatalf("place %d is %+v", i, h)
				}
				delete(union, h.Document.ID)
			}
			if len(union) > 0 {
				t.Fatalf("%v are missing", union)
			}

			rng.Shuffle(len(lists), func(i, j int) { lists[i], lists[j] = lists[j], lists[i] })
			other, err := fused.Retrieve(t.Context(), rerank.Search{K: 100})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.EqualFunc(whole.Hits, other.Hits, func(a, b rerank.Hit) bool { return a.Document.ID == b.Document.ID && a.Score == b.Score }) {
				t.Fatalf("in another order of the lists, %q became %q", show(whole.Hits), show(other.Hits))
			}
		}
	}
}

func TestTraceAndReports(t *testing.T) {
	fused := fusion.Retriever{Name: "hybrid", Depth: 2, Lists: []fusion.List{
		{Name: "lexical", Retriever: list("bm25", entry{"a", 10}, entry{"b", 6}), Weight: new(2.0)},
		{Name: "dense", Retriever: list("cos", entry{"c", 0.9}, entry{"a", 0.5}), Scores: table("cos", entry{"b", 0.1})},
	}}
	got, err := fused.Retrieve(t.Context(), rerank.Search{K: 10})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"a": "bm25:0:10 cos:1:0.5 hybrid:0:2.5",
		"b": "bm25:1:6 cos:-1:0.1 hybrid:2:0",
		"c": "cos:0:0.9 hybrid:1:1",
	}
	for _, h := range got.Hits {
		var trace []string
		for _, s := range h.Trace {
			trace = append(trace, fmt.Sprintf("%s:%d:%v", s.Stage, s.Rank, s.Score))
		}
		if s := strings.Join(trace, " "); s != want[h.Document.ID] {
			t.Errorf("%s has the trace %q, want %q", h.Document.ID, s, want[h.Document.ID])
		}
		if h.Scale != rerank.ScaleFused || !math.IsNaN(h.Relevance) {
			t.Errorf("hit %+v: a fused score has no relevance of its own", h)
		}
	}
	var stages []string
	for _, s := range got.Stages {
		stages = append(stages, s.Stage)
	}
	if s := strings.Join(stages, " "); s != "bm25 cos cos hybrid" {
		t.Errorf("reports of %q", s)
	}
	last := got.Stages[len(got.Stages)-1]
	const wantNotes = "min-max sum over the best 2 of each list: 2 × lexical + 1 × dense; lexical: lowest 6, highest 10; dense: lowest 0.1, highest 0.9"
	if note := strings.Join(last.Notes, "; "); note != wantNotes || last.Candidates != 3 {
		t.Errorf("the fusion reports %+v", last)
	}
}

func TestListsThatFail(t *testing.T) {
	down := errors.New("connection refused")
	fused := fusion.Retriever{Lists: []fusion.List{
		{Name: "near", Retriever: list("l", entry{"a", 2}, entry{"b", 1})},
		{Name: "far", Retriever: failing(down)},
	}}
	if _, err := fused.Retrieve(t.Context(), rerank.Search{K: 5}); !errors.Is(err, down) || !strings.Contains(err.Error(), "far") {
		t.Errorf("got %v", err)
	}
	fused.Lenient = true
	got, err := fused.Retrieve(t.Context(), rerank.Search{K: 5})
	if err != nil || show(got.Hits) != "a=1 b=0" {
		t.Fatalf("lenient gives %q, %v", show(got.Hits), err)
	}
	if d := got.Stages[len(got.Stages)-1].Degraded; d != "without far: connection refused" {
		t.Errorf("degraded says %q", d)
	}
	fused.Lists[0].Retriever = failing(errors.New("disk full"))
	if _, err := fused.Retrieve(t.Context(), rerank.Search{K: 5}); !errors.Is(err, down) || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("with all lists down: %v", err)
	}
}

func TestScoresThatFail(t *testing.T) {
	down := errors.New("connection refused")
	fused := fusion.Retriever{Lists: []fusion.List{
		{Name: "near", Retriever: list("l", entry{"a", 2}, entry{"b", 1}), Scores: failingReranker(down)},
		{Name: "far", Retriever: list("m", entry{"c", 1})},
	}}
	if _, err := fused.Retrieve(t.Context(), rerank.Search{K: 5}); !errors.Is(err, down) {
		t.Errorf("got %v", err)
	}
	fused.Lenient = true
	got, err := fused.Retrieve(t.Context(), rerank.Search{K: 5})
	if err != nil || show(got.Hits) != "a=1 c=1 b=0" || !strings.Contains(got.Stages[len(got.Stages)-1].Degraded, "near") {
		t.Errorf("lenient gives %q, %+v, %v", show(got.Hits), got.Stages, err)
	}
	fused.Lenient = false
	fused.Lists[0].Scores = table("another scale", entry{"c", 1})
	if _, err := fused.Retrieve(t.Context(), rerank.Search{K: 5}); err == nil || !strings.Contains(err.Error(), `"another scale"`) {
		t.Errorf("scores on another scale: %v", err)
	}
	fused.Lists[0].Scores = rerank.RerankerFunc(func(_ context.Context, r rerank.Request) (rerank.Result, error) {
		return rerank.Result{Hits: []rerank.Hit{{Index: 0, Scale: "l"}}}, nil // a is in the list
	})
	if _, err := fused.Retrieve(t.Context(), rerank.Search{K: 5}); err == nil {
		t.Error("a score that was not asked for is no error")
	}
}

func TestBadFusions(t *testing.T) {
	good := list("l", entry{"a", 1})
	for want, fused := range map[string]fusion.Retriever{
		"no lists":                    {},
		"list 2 has no retriever":     {Lists: lists(good, nil)},
		"weight -1":                   {Lists: []fusion.List{{Retriever: good, Weight: new(-1.0)}}},
		"weight NaN":                  {Lists: []fusion.List{{Retriever: good, Weight: new(math.NaN())}}},
		"every list has the weight 0": {Lists: []fusion.List{{Retriever: good, Weight: new(0.0)}}},
		"depth -1":                    {Lists: lists(good), Depth: -1},
		"RRF with k -1":               {Lists: lists(good), Method: fusion.RRF{K: new(-1.0)}},
		"list 1: the document at ":    {Lists: lists(list("l", entry{"", 1}))},
	} {
		if _, err := fused.Retrieve(t.Context(), rerank.Search{K: 1}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// The caller's cancellation ends the wait even for lists that ignore it.
func TestCancellation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		deaf := rerank.RetrieverFunc(func(context.Context, rerank.Search) (rerank.Result, error) {
			<-release
			return rerank.Result{}, nil
		})
		ctx, cancel := context.WithCancel(t.Context())
		fused := fusion.Retriever{Lists: lists(list("l", entry{"a", 1}), deaf), Lenient: true}
		failed := make(chan error)
		go func() {
			_, err := fused.Retrieve(ctx, rerank.Search{K: 1})
			failed <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-failed; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		close(release)
	})
}

func TestConformance(t *testing.T) {
	reranktest.Retriever(t, func(_ testing.TB, corpus []rerank.Document) rerank.Retriever {
		return &fusion.Retriever{Lists: []fusion.List{
			{Retriever: scan("words", corpus, words), Scores: judge("words", words)},
			{Retriever: scan("length", corpus, length), Weight: new(0.5)},
		}}
	})
	reranktest.Retriever(t, func(_ testing.TB, corpus []rerank.Document) rerank.Retriever {
		return &fusion.Retriever{Method: fusion.RRF{}, Lists: lists(scan("words", corpus, words), scan("length", corpus, length))}
	})
	parts := []fusion.Part{{Reranker: judge("words", words)}, {Reranker: judge("length", length)}}
	reranktest.Reranker(t, func(testing.TB) rerank.Reranker { return &fusion.Reranker{Parts: parts} }, reranktest.ListDependent)
	reranktest.Reranker(t, func(testing.TB) rerank.Reranker { return &fusion.Reranker{Parts: parts, Method: fusion.RRF{}} }, reranktest.ListDependent)
	carried := append(slices.Clone(parts), fusion.Part{Carried: "first", Reranker: judge("first", words)})
	reranktest.Reranker(t, func(testing.TB) rerank.Reranker { return &fusion.Reranker{Parts: carried} }, reranktest.ListDependent, reranktest.OrderDependent)
}

package crossencoder_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/crossencoder"
	"github.com/flashrerank/rerank/reranktest"
	"github.com/flashrerank/rerank/transformer"
)

// golden are pairs and the logits that transformers gives them;
// biencoder/testdata/tiny.py made them.
type golden struct {
	Pairs [][2]string
	Cases []struct {
		Labels int
		Logits [][]float32
	}
}

func readGolden(t *testing.T) (golden, []rerank.Pair) {
	data, err := os.ReadFile("testdata/tiny.json")
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	pairs := make([]rerank.Pair, len(g.Pairs))
	for i, p := range g.Pairs {
		pairs[i] = rerank.Pair{Query: p[0], Text: p[1]}
	}
	return g, pairs
}

func load(t testing.TB, o crossencoder.Options) *crossencoder.Model {
	m, err := crossencoder.Load(os.DirFS("testdata/tiny1"), o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestLogitsEqualTransformers(t *testing.T) {
	g, pairs := readGolden(t)
	for precision, tolerance := range map[transformer.Precision]float64{
		transformer.FP32: 2e-5, // sums in another order
		transformer.INT8: 0.25, // a tiny random model is worse off than a real one; logits span 8
	} {
		m := load(t, crossencoder.Options{Precision: precision, Long: crossencoder.LongTruncate})
		scores := make([]rerank.PairScore, len(pairs))
		if err := m.ScorePairs(t.Context(), pairs, scores); err != nil {
			t.Fatal(err)
		}
		for i, s := range scores {
			if want := g.Cases[0].Logits[i][0]; math.Abs(float64(s.Logit-want)) > tolerance {
				t.Errorf("%s: pair %d has the logit %v, want %v", precision, i, s.Logit, want)
			}
		}
	}
}

func TestTruncationIsReported(t *testing.T) {
	m := load(t, crossencoder.Options{Long: crossencoder.LongTruncate})
	scores := make([]rerank.PairScore, 2)
	err := m.ScorePairs(t.Context(), []rerank.Pair{{Query: "a", Text: strings.Repeat("the river ", 60)}, {Query: "a", Text: "b"}}, scores)
	if err != nil || !scores[0].Truncated || scores[0].Tokens != 64 || scores[1].Truncated || scores[1].Tokens != 5 {
		t.Errorf("%+v, %v", scores, err)
	}
}

// TestLongTexts compares the score of a long text with those of its parts.
func TestLongTexts(t *testing.T) {
	words := strings.Fields(strings.Repeat("the river is a lease ", 30)) // tokens of their own, as "a" is
	text := strings.Join(words, " ")
	score := func(o crossencoder.Options, query, text string) rerank.PairScore {
		scores := make([]rerank.PairScore, 1)
		if err := load(t, o).ScorePairs(t.Context(), []rerank.Pair{{Query: query, Text: text}}, scores); err != nil {
			t.Fatal(err)
		}
		return scores[0]
	}
	// A window of 64 has room for 60 tokens of text beside the query; each part begins
	// 7 before the end of the one before.
	want := rerank.PairScore{Logit: float32(math.Inf(-1))}
	for at := 0; ; at += 60 - 7 {
		end := min(at+60, len(words))
		part := score(crossencoder.Options{}, "a", strings.Join(words[at:end], " "))
		want.Logit, want.Tokens = max(want.Logit, part.Logit), want.Tokens+part.Tokens
		if end == len(words) {
			break
		}
	}
	if got := score(crossencoder.Options{}, "a", text); got != want {
		t.Errorf("in parts: %+v, want %+v", got, want)
	}
	first := score(crossencoder.Options{}, "a", strings.Join(words[:60], " "))
	cut := score(crossencoder.Options{Long: crossencoder.LongTruncate}, "a", text)
	if cut.Logit != first.Logit || !cut.Truncated || cut.Tokens != 64 {
		t.Errorf("cut: %+v, want %+v", cut, first)
	}
	passage := score(crossencoder.Options{}, "a", strings.Join(words[:20], " "))
	if got := score(crossencoder.Options{Long: crossencoder.LongFirst, ChunkTokens: 20}, "a", text); got.Logit != passage.Logit || !got.Truncated || got.Tokens != 24 {
		t.Errorf("first passage: %+v, want %+v", got, passage)
	}
	if got := score(crossencoder.Options{MaxChunks: 2}, "a", text); !got.Truncated || got.Tokens != 128 {
		t.Errorf("two chunks: %+v", got)
	}
	// The room of 61 tokens times so many chunks is more than an int holds.
	if got := score(crossencoder.Options{MaxChunks: math.MaxUint/61 + 1}, "a", text); got != want {
		t.Errorf("chunks without end: %+v, want %+v", got, want)
	}
	// A long query keeps half of the room, the text what is left.
	half := score(crossencoder.Options{Long: crossencoder.LongTruncate}, text, text)
	if alone := score(crossencoder.Options{}, strings.Join(words[:30], " "), strings.Join(words[:31], " ")); half.Logit != alone.Logit || half.Tokens != 64 {
		t.Errorf("both long: %+v, want %+v", half, alone)
	}
	if got := score(crossencoder.Options{}, text, "a"); !got.Truncated {
		t.Errorf("a cut query: %+v", got)
	}
}

func TestConformance(t *testing.T) {
	reranktest.PairScorer(t, func(t testing.TB) rerank.PairScorer { return load(t, crossencoder.Options{}) })
	reranktest.Reranker(t, func(t testing.TB) rerank.Reranker { return load(t, crossencoder.Options{}).Reranker() })
}

func TestManyGoroutinesAgree(t *testing.T) {
	_, pairs := readGolden(t)
	want := make([]rerank.PairScore, len(pairs))
	if err := load(t, crossencoder.Options{Workers: 1}).ScorePairs(t.Context(), pairs, want); err != nil {
		t.Fatal(err)
	}
	m := load(t, crossencoder.Options{Workers: 3})
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			got := make([]rerank.PairScore, len(pairs))
			if err := m.ScorePairs(t.Context(), pairs, got); err != nil {
				t.Error(err)
			}
			for i := range got {
				if got[i] != want[i] {
					t.Errorf("pair %d: %v, alone %v", i, got[i], want[i])
					return
				}
			}
		})
	}
	group.Wait()
}

func TestErrors(t *testing.T) {
	if _, err := crossencoder.Load(os.DirFS("testdata/tiny3"), crossencoder.Options{}); err == nil || !strings.Contains(err.Error(), "3 labels") {
		t.Errorf("three labels: %v", err)
	}
	if _, err := crossencoder.Load(os.DirFS("testdata/tiny3"), crossencoder.Options{Label: "perhaps"}); err == nil || !strings.Contains(err.Error(), `no label "perhaps"`) {
		t.Errorf("an unknown label: %v", err)
	}
	if _, err := crossencoder.Load(fstest.MapFS{}, crossencoder.Options{}); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "config.json") {
		t.Errorf("no files: %v", err)
	}
	m := load(t, crossencoder.Options{})
	if err := m.ScorePairs(t.Context(), make([]rerank.Pair, 2), nil); err == nil {
		t.Error("no room for scores")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := m.ScorePairs(ctx, make([]rerank.Pair, 2), make([]rerank.PairScore, 2)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func BenchmarkScorePairs(b *testing.B) {
	m := load(b, crossencoder.Options{})
	pairs := make([]rerank.Pair, 100)
	for i := range pairs {
		pairs[i] = rerank.Pair{Query: "read a file", Text: strings.Repeat("the river ", 20)}
	}
	scores := make([]rerank.PairScore, len(pairs))
	for b.Loop() {
		if err := m.ScorePairs(b.Context(), pairs, scores); err != nil {
			b.Fatal(err)
		}
	}
}

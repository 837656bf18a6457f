package biencoder_test

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/biencoder"
	"github.com/flashrerank/rerank/cache"
	"github.com/flashrerank/rerank/reranktest"
	"github.com/flashrerank/rerank/transformer"
)

// asked makes a request of one text for all.
func asked(query string, texts []string) rerank.Request {
	docs := make([]rerank.Document, len(texts))
	for i, text := range texts {
		docs[i].Text = text
	}
	return rerank.Request{Query: rerank.Query{Text: query}, Hits: rerank.Hits(docs)}
}

// byIndex returns the scores of hits in the order of the request.
func byIndex(hits []rerank.Hit) []float64 {
	out := make([]float64, len(hits))
	for _, h := range hits {
		out[h.Index] = h.Score
	}
	return out
}

// met is how tokens meet by transformers; testdata/late.py made it.
type met struct {
	Late, Whole [][]float64
	Long        []string
	Tokens      []int
}

func readMet(t testing.TB) (m met) {
	data, err := os.ReadFile("testdata/late.json")
	if err == nil {
		err = json.Unmarshal(data, &m)
	}
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestMaxSimEqualsTransformers: cosines and how tokens meet, mixed.
func TestMaxSimEqualsTransformers(t *testing.T) {
	m, texts, want := tiny(t), readGolden(t).Texts, readMet(t)
	const weight = 1.5
	for i, query := range texts {
		for _, c := range []struct {
			texts   []string
			windows int
			late    [][]float64
		}{{texts, 0, want.Late}, {texts, 1, want.Late}, {want.Long, 40, want.Whole}} {
			plain, err1 := m.Reranker().Rerank(t.Context(), asked(query, c.texts))
			mixed, err2 := m.NewReranker(biencoder.RerankOptions{MaxSim: weight, Windows: c.windows}).Rerank(t.Context(), asked(query, c.texts))
			if err1 != nil || err2 != nil {
				t.Fatal(err1, err2)
			}
			cosines, got := byIndex(plain.Hits), byIndex(mixed.Hits)
			for j := range c.texts {
				if want := (cosines[j] + weight*c.late[i][j]) / (1 + weight); math.Abs(got[j]-want) > 2e-6 {
					t.Errorf("%.20q and %.20q, %d windows: %v, want %v", query, c.texts[j], c.windows, got[j], want)
				}
			}
			if a, b := plain.Stages[0], mixed.Stages[0]; c.windows < 2 && (a.Tokens != b.Tokens || a.Truncated != b.Truncated) || mixed.Hits[0].Scale != biencoder.ScaleMaxSim {
				t.Errorf("%d windows: %+v and %+v", c.windows, a, b)
			}
		}
	}
}

// TestMaxSimWindows: what is read of long texts is what was asked for, and what is not is told.
func TestMaxSimWindows(t *testing.T) {
	m, want := tiny(t), readMet(t)
	const room = 46
	for windows := 1; windows < 12; windows++ {
		for j, text := range want.Long {
			count := func(o biencoder.RerankOptions) (tokens, truncated int) {
				got, err := m.NewReranker(o).Rerank(t.Context(), asked("river", []string{text}))
				if err != nil {
					t.Fatal(err)
				}
				return got.Stages[0].Tokens, got.Stages[0].Truncated
			}
			first, _ := count(biencoder.RerankOptions{})
			tokens, truncated := count(biencoder.RerankOptions{MaxSim: 1, Windows: windows})
			read := min(want.Tokens[j], windows*room)
			further := (read+room-1)/room - 1
			if cut := read < want.Tokens[j]; tokens != first+read-room+2*further || (truncated == 1) != cut {
				t.Errorf("%d windows of %d tokens: %d were read, the first being %d; truncated %d", windows, want.Tokens[j], tokens, first, truncated)
			}
			if tokens, truncated := count(biencoder.RerankOptions{MaxSim: 1, Windows: windows, MaxTokens: 20}); tokens != first-48+20 || truncated != 1 {
				t.Errorf("of 20 tokens %d were read, truncated %d", tokens, truncated)
			}
		}
	}
}

func TestMaxSimConformance(t *testing.T) {
	reranktest.Reranker(t, func(t testing.TB) rerank.Reranker {
		return tiny(t).NewReranker(biencoder.RerankOptions{MaxSim: 1, Windows: 4})
	})
}

// TestMaxSimWithoutTokens: an empty query, or text, meets nothing, and nothing fails.
func TestMaxSimWithoutTokens(t *testing.T) {
	m := load(t, folder(t, map[string]string{"config_sentence_transformers.json": "", "modules.json": withNormalize}), biencoder.Options{})
	r := m.NewReranker(biencoder.RerankOptions{MaxSim: 1})
	for _, query := range []string{"", "river"} {
		got, err := r.Rerank(t.Context(), asked(query, []string{"", "the river"}))
		if err != nil {
			t.Fatal(err)
		}
		cosines, err := m.Reranker().Rerank(t.Context(), asked(query, []string{"", "the river"}))
		if err != nil {
			t.Fatal(err)
		}
		scores, plain := byIndex(got.Hits), byIndex(cosines.Hits)
		if scores[0] != plain[0]/2 || query == "" && scores[1] != plain[1]/2 || query != "" && scores[1] <= plain[1]/2 {
			t.Errorf("%q: %v, and without tokens %v", query, scores, plain)
		}
	}
}

// TestMaxSimOfDotProducts: it has no effect.
func TestMaxSimOfDotProducts(t *testing.T) {
	m := load(t, folder(t, map[string]string{"modules.json": noNormalize, "config_sentence_transformers.json": `{"similarity_fn_name":"dot"}`}), biencoder.Options{})
	texts := readGolden(t).Texts
	want, err1 := m.Reranker().Rerank(t.Context(), asked(texts[0], texts))
	got, err2 := m.NewReranker(biencoder.RerankOptions{MaxSim: 1}).Rerank(t.Context(), asked(texts[0], texts))
	if err1 != nil || err2 != nil || !slices.Equal(byIndex(got.Hits), byIndex(want.Hits)) || got.Hits[0].Scale != rerank.ScaleDot {
		t.Errorf("%v %v: %+v, want %+v", err1, err2, got.Hits, want.Hits)
	}
}

// TestMaxSimIsKnown: what comes out of the cache is what would be computed, for the query
// and the window that it was computed for.
func TestMaxSimIsKnown(t *testing.T) {
	known := cache.New(1 << 20)
	plain, m := tiny(t), load(t, os.DirFS("testdata/tiny"), biencoder.Options{Known: known})
	texts := append(readGolden(t).Texts, readMet(t).Long...)
	for round := range 2 {
		for _, query := range texts[:3] {
			for _, window := range []int{0, 6} {
				o := biencoder.RerankOptions{MaxTokens: window, MaxSim: 1, Windows: 2}
				want, vectors1, err1 := plain.NewReranker(o).RerankVectors(t.Context(), asked(query, texts))
				got, vectors2, err2 := m.NewReranker(o).RerankVectors(t.Context(), asked(query, texts))
				if err1 != nil || err2 != nil || !slices.Equal(byIndex(got.Hits), byIndex(want.Hits)) || !slices.EqualFunc(vectors1, vectors2, slices.Equal) {
					t.Fatalf("round %d, %q, window %d: %v %v", round, query, window, err1, err2)
				}
				if a, b := want.Stages[0], got.Stages[0]; round > 0 && b.Tokens != 0 || round == 0 && b.Tokens != a.Tokens || a.Truncated != b.Truncated {
					t.Errorf("round %d, %q, window %d: %+v, want %+v", round, query, window, b, a)
				}
			}
		}
	}
}

// TestMaxSimIsTheSame on any number of workers, alone and in company.
func TestMaxSimIsTheSame(t *testing.T) {
	texts := append(readGolden(t).Texts, readMet(t).Long...)
	one := load(t, os.DirFS("testdata/tiny"), biencoder.Options{Workers: 1, Precision: transformer.INT8}).NewReranker(biencoder.RerankOptions{MaxSim: 2, Windows: 9})
	many := load(t, os.DirFS("testdata/tiny"), biencoder.Options{Workers: 4, Precision: transformer.INT8}).NewReranker(biencoder.RerankOptions{MaxSim: 2, Windows: 9})
	query := strings.Repeat("read the contract ", 3)
	company, err := many.Rerank(t.Context(), asked(query, texts))
	if err != nil {
		t.Fatal(err)
	}
	scores := byIndex(company.Hits)
	for i, text := range texts {
		alone, err := one.Rerank(t.Context(), asked(query, []string{text}))
		if err != nil || alone.Hits[0].Score != scores[i] {
			t.Errorf("%q: %v in company, alone %v, %v", text, scores[i], alone.Hits[0].Score, err)
		}
	}
}

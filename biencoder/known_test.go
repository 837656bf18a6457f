package biencoder_test

import (
	"slices"
	"testing"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/biencoder"
	"github.com/flashrerank/rerank/cache"
)

// TestKnown: what comes out of the cache is what would be computed, whatever window
// and role a text was known from.
func TestKnown(t *testing.T) {
	plain, err := biencoder.Load(folder(t, nil), biencoder.Options{})
	if err != nil {
		t.Fatal(err)
	}
	known := cache.New(1 << 20)
	m, err := biencoder.Load(folder(t, nil), biencoder.Options{Known: known})
	if err != nil {
		t.Fatal(err)
	}
	texts := readGolden(t).Texts
	docs := make([]rerank.Document, len(texts))
	for i := range texts {
		docs[i].Text = texts[len(texts)-1-i]
	}
	request := rerank.Request{Query: rerank.Query{Text: texts[0]}, Hits: rerank.Hits(docs)}
	for round := range 3 {
		for _, window := range []int{0, 6, 8} {
			o := biencoder.RerankOptions{MaxTokens: window}
			want, vectors1, err1 := plain.NewReranker(o).RerankVectors(t.Context(), request)
			got, vectors2, err2 := m.NewReranker(o).RerankVectors(t.Context(), request)
			if err1 != nil || err2 != nil {
				t.Fatal(err1, err2)
			}
			for i, h := range got.Hits {
				if h.Index != want.Hits[i].Index || h.Score != want.Hits[i].Score || !slices.Equal(vectors1[i], vectors2[i]) {
					t.Errorf("round %d, window %d: hit %d has %v, want %v", round, window, h.Index, h.Score, want.Hits[i].Score)
				}
			}
			a, b := want.Stages[0], got.Stages[0]
			if a.Truncated != b.Truncated || (round == 0 && window == 0) != (b.Tokens == a.Tokens) || round > 0 && b.Tokens > 0 {
				t.Errorf("round %d, window %d: %+v, want %+v", round, window, b, a)
			}
		}
		for _, role := range []rerank.Role{rerank.RoleQuery, rerank.RoleDocument} {
			want, err1 := plain.Embed(t.Context(), texts, role)
			got, err2 := m.Embed(t.Context(), texts, role)
			if err1 != nil || err2 != nil || !slices.Equal(want.Data, got.Data) || !slices.Equal(want.Truncated, got.Truncated) {
				t.Errorf("round %d: %v %v: %v %v", round, role, err1, err2, got)
			}
		}
	}
	if s := known.Stats(); s.Hits == 0 || s.Misses == 0 || s.Evictions > 0 {
		t.Errorf("%+v", s)
	}
}

// TestKnownOfOthers: what a model that cannot tell languages keeps does not speak for one
// that can.
func TestKnownOfOthers(t *testing.T) {
	known := cache.New(1 << 20)
	for _, language := range []string{"", "en", ""} {
		m, err := biencoder.Load(folder(t, nil), biencoder.Options{Known: known, Language: language})
		if err != nil {
			t.Fatal(err)
		}
		v, err := m.Embed(t.Context(), []string{"図書館 図書館"}, rerank.RoleDocument)
		if err != nil || (v.Foreign != nil && v.Foreign[0]) != (language == "en") {
			t.Errorf("%q: %v, %v", language, v.Foreign, err)
		}
	}
}

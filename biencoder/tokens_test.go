package biencoder_test

import (
	"slices"
	"testing"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/biencoder"
	"github.com/flashrerank/rerank/cache"
	"github.com/flashrerank/rerank/models/minilm"
)

// TestEmbedTokens: there is a state for each token, the vectors are those of Embed, and what
// is known already is told too.
func TestEmbedTokens(t *testing.T) {
	m, err := minilm.Load(biencoder.Options{Known: cache.New(1 << 20)})
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{"the lease ends", "", "two words"}
	for range 2 {
		want, err := m.Embed(t.Context(), texts, rerank.RoleDocument)
		if err != nil {
			t.Fatal(err)
		}
		states, got, err := m.EmbedTokens(t.Context(), texts, rerank.RoleDocument)
		if err != nil || !slices.Equal(got.Data, want.Data) {
			t.Fatalf("other vectors, %v", err)
		}
		for i, n := range []int{5, 2, 4} {
			if len(states[i]) != n || len(states[i][0]) != got.Dimensions {
				t.Errorf("text %d: %d states", i, len(states[i]))
			}
		}
		if got.Tokens != 11 {
			t.Errorf("%d tokens", got.Tokens)
		}
	}
	if states, _, err := m.EmbedTokens(t.Context(), nil, rerank.RoleDocument); err != nil || len(states) != 0 {
		t.Errorf("of nothing: %v, %v", states, err)
	}
}

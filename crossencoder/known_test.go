package crossencoder_test

import (
	"testing"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/cache"
	"github.com/flashrerank/rerank/crossencoder"
)

// TestKnown: what comes out of the cache is what would be computed, and models and
// windows have scores of their own.
func TestKnown(t *testing.T) {
	_, pairs := readGolden(t)
	known := cache.New(1 << 20)
	for round := range 2 {
		for _, o := range []crossencoder.Options{{}, {Long: crossencoder.LongTruncate}, {MaxTokens: 12}, {MaxTokens: 12, Long: crossencoder.LongFirst}} {
			plain := load(t, o)
			o.Known = known
			m := load(t, o)
			for _, tokens := range []int{0, 3} {
				var want, got [64]rerank.PairScore
				score := func(m *crossencoder.Model, dst []rerank.PairScore) {
					docs := make([]rerank.Document, len(pairs))
					for i, p := range pairs {
						docs[i].Text = p.Text
					}
					result, err := m.NewReranker(crossencoder.RerankOptions{TextTokens: tokens}).Rerank(t.Context(), rerank.Request{Query: rerank.Query{Text: pairs[0].Query}, Hits: rerank.Hits(docs)})
					if err != nil {
						t.Fatal(err)
					}
					for _, h := range result.Hits {
						dst[h.Index].Logit = float32(h.Score)
					}
					dst[len(pairs)].Tokens, dst[len(pairs)+1].Tokens = result.Stages[0].Tokens, result.Stages[0].Truncated
				}
				score(plain, want[:])
				score(m, got[:])
				computed := got[len(pairs)].Tokens
				if round == 1 && computed > 0 || round == 0 && computed == 0 {
					t.Errorf("round %d, %+v, %d tokens: %d tokens computed", round, o, tokens, computed)
				}
				got[len(pairs)].Tokens = want[len(pairs)].Tokens
				if got != want {
					t.Errorf("round %d, %+v, %d tokens:\n%v\n%v", round, o, tokens, got, want)
				}
			}
		}
	}
	// A text that is known is not computed beside one that is not.
	m := load(t, crossencoder.Options{Known: known})
	some := []rerank.Pair{pairs[0], {Query: pairs[0].Query, Text: "not seen so far"}, pairs[0]}
	var mixed, alone [3]rerank.PairScore
	if err := m.ScorePairs(t.Context(), some, mixed[:]); err != nil {
		t.Fatal(err)
	}
	if err := load(t, crossencoder.Options{}).ScorePairs(t.Context(), some, alone[:]); err != nil {
		t.Fatal(err)
	}
	for i := range some {
		if mixed[i].Logit != alone[i].Logit || (mixed[i].Tokens == 0) != (i != 1) {
			t.Errorf("pair %d: %+v, alone %+v", i, mixed[i], alone[i])
		}
	}
}

// TestKnownOfOthers: what a model that cannot tell languages keeps does not speak for one
// that can.
func TestKnownOfOthers(t *testing.T) {
	known := cache.New(1 << 20)
	request := rerank.Request{Query: rerank.Query{Text: "a b"}, Hits: rerank.Hits([]rerank.Document{{Text: "図書館 図書館"}})}
	for _, language := range []string{"", "en", ""} {
		result, err := load(t, crossencoder.Options{Known: known, Language: language}).Reranker().Rerank(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		if got := result.Stages[0].Foreign; got > 0 != (language == "en") {
			t.Errorf("%q: %d texts are foreign", language, got)
		}
	}
}

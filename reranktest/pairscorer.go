package reranktest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/flashrerank/rerank"
)

// PairScorer checks an implementation of [rerank.PairScorer].
func PairScorer(t *testing.T, fresh func(t testing.TB) rerank.PairScorer, traits ...Trait) {
	t.Helper()
	runAll(t, pairScorerChecks, fresh, traits)
}

// CheckPairScorer runs the checks of [PairScorer] on one value and returns all
// that failed, joined.
func CheckPairScorer(ctx context.Context, s rerank.PairScorer, traits ...Trait) error {
	return checkAll(ctx, pairScorerChecks, s, traits)
}

var pairScorerChecks = []check[rerank.PairScorer]{
	{name: "model", run: func(_ context.Context, s rerank.PairScorer) error {
		m := s.Model()
		switch {
		case m.Name == "" || m.Fingerprint == "":
			return fmt.Errorf("model %+v has no name or no fingerprint", m)
		case m != s.Model():
			return fmt.Errorf("model %+v, then %+v", m, s.Model())
		}
		return nil
	}},
	{name: "no pairs", run: func(ctx context.Context, s rerank.PairScorer) error {
		_, err := scorePairs(ctx, s, nil)
		return err
	}},
	{name: "length of dst", run: func(ctx context.Context, s rerank.PairScorer) error {
		for _, n := range []int{0, 2, 4} {
			if err := s.ScorePairs(ctx, pairs()[:3], make([]rerank.PairScore, n)); err == nil {
				return fmt.Errorf("3 pairs into %d places is no error", n)
			}
		}
		return nil
	}},
	{name: "company of a pair", run: checkPairsAlike},
	{name: "invalid UTF-8", run: func(ctx context.Context, s rerank.PairScorer) error {
		_, err := scorePairs(ctx, s, []rerank.Pair{{Query: invalid, Text: texts[0]}, {Query: question, Text: invalid}, {Query: "\xff", Text: "\xff"}})
		return err
	}},
	{name: "huge text", run: func(ctx context.Context, s rerank.PairScorer) error {
		long := huge()
		got, err := scorePairs(ctx, s, []rerank.Pair{{Query: question, Text: texts[0]}, {Query: question, Text: long}, {Query: long, Text: texts[0]}})
		if err != nil {
			return err
		}
		if s.Model().MaxTokens > 0 && (got[0].Truncated || !got[1].Truncated || !got[2].Truncated) {
			return fmt.Errorf("a short text, a text and a query of 200,000 words, for a model of at most %d tokens, are reported as truncated: %v, %v, %v",
				s.Model().MaxTokens, got[0].Truncated, got[1].Truncated, got[2].Truncated)
		}
		return nil
	}},
	{name: "cancelled context", run: func(ctx context.Context, s rerank.PairScorer) error {
		ctx, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := scorePairs(ctx, s, pairs()); err != nil && !isContextError(err) {
			return fmt.Errorf("cancelled, it says neither that nor a whole result: %w", err)
		}
		return nil
	}},
	{name: "many goroutines", run: func(ctx context.Context, s rerank.PairScorer) error {
		want, err := scorePairs(ctx, s, pairs())
		if err != nil {
			return err
		}
		return together(16, func(i int) error {
			from := i % len(want)
			got, err := scorePairs(ctx, s, pairs()[from:])
			if err != nil {
				return err
			}
			return samePairs(want[from:], got)
		})
	}},
}

// pairs are of two queries, so that a batch mixes them, with empty sides.
func pairs() []rerank.Pair {
	var out []rerank.Pair
	for i, s := range texts {
		out = append(out, rerank.Pair{Query: question, Text: s}, rerank.Pair{Query: texts[(i+5)%len(texts)], Text: s})
	}
	return out
}

// scorePairs calls the scorer with a dirty dst and checks all that any answer
// must fulfil.
func scorePairs(ctx context.Context, s rerank.PairScorer, pairs []rerank.Pair) ([]rerank.PairScore, error) {
	const dirt = -987654
	before := pairs
	pairs = slices.Clone(pairs)
	dst := make([]rerank.PairScore, len(pairs))
	for i := range dst {
		dst[i] = rerank.PairScore{Logit: dirt, Tokens: dirt, Truncated: i%2 == 0}
	}
	if err := s.ScorePairs(ctx, pairs, dst); err != nil {
		return nil, err
	}
	if !slices.Equal(before, pairs) {
		return nil, errors.New("the pairs were modified")
	}
	for i, p := range dst {
		if x := float64(p.Logit); math.IsNaN(x) || math.IsInf(x, 0) || p.Tokens < 0 {
			return nil, fmt.Errorf("pair %d of %d was not scored: %+v", i, len(pairs), p)
		}
	}
	return dst, nil
}

func checkPairsAlike(ctx context.Context, s rerank.PairScorer) error {
	all := pairs()
	want, err := scorePairs(ctx, s, all)
	if err != nil {
		return err
	}
	for i, p := range all {
		alone, err := scorePairs(ctx, s, []rerank.Pair{p})
		if err != nil {
			return err
		}
		if err := samePairs(want[i:i+1], alone); err != nil {
			return fmt.Errorf("pair %d among %d others and alone: %w", i, len(all)-1, err)
		}
	}
	slices.Reverse(all)
	back, err := scorePairs(ctx, s, all)
	if err != nil {
		return err
	}
	slices.Reverse(back)
	if err := samePairs(want, back); err != nil {
		return fmt.Errorf("in another order: %w", err)
	}
	return nil
}

// samePairs compares scores bit for bit.
func samePairs(a, b []rerank.PairScore) error {
	for i := range a {
		if math.Float32bits(a[i].Logit) != math.Float32bits(b[i].Logit) || a[i].Tokens != b[i].Tokens || a[i].Truncated != b[i].Truncated {
			return fmt.Errorf("pair %d scored %+v, then %+v", i, a[i], b[i])
		}
	}
	return nil
}

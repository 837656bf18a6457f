package reranktest_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/internal/testenv"
	"github.com/flashrerank/rerank/reranktest"
)

func TestGoodOnesPass(t *testing.T) {
	reranktest.Reranker(t, func(testing.TB) rerank.Reranker { return good{} })
	reranktest.Retriever(t, func(_ testing.TB, corpus []rerank.Document) rerank.Retriever { return goodRetriever{corpus} })
	reranktest.Embedder(t, func(testing.TB) rerank.Embedder { return goodEmbedder{} })
	reranktest.PairScorer(t, func(testing.TB) rerank.PairScorer { return goodScorer{} })
}

// caught fails the test unless the error names the check that had to find it.
func caught(t *testing.T, err error, check string) {
	t.Helper()
	if err == nil {
		t.Fatal("the suite passed it")
	}
	for line := range strings.Lines(err.Error()) {
		if strings.HasPrefix(line, check+": ") {
			return
		}
	}
	t.Errorf("the check %q let it through; others said:\n%v", check, err)
}

// after lets the good reranker answer and then spoils the result.
func after(spoil func(r rerank.Request, got *rerank.Result)) rerank.RerankerFunc {
	return func(ctx context.Context, r rerank.Request) (rerank.Result, error) {
		got, err := good{}.Rerank(ctx, r)
		if err == nil && len(got.Hits) > 0 {
			spoil(r, &got)
		}
		return got, err
	}
}

// scored is a reranker with scores of its own making.
func scored(score func(r rerank.Request, i int) float64) rerank.RerankerFunc {
	return func(_ context.Context, r rerank.Request) (rerank.Result, error) {
		scores := make([]float64, len(r.Hits))
		for i := range scores {
			scores[i] = score(r, i)
		}
		return rerank.Result{
			Hits:   rerank.Reorder(r, rerank.Scoring{Stage: "s", Scores: scores}),
			Stages: []rerank.StageReport{{Stage: "s", Candidates: len(scores), Scored: len(scores)}},
		}, nil
	}
}

func TestBrokenRerankersAreCaught(t *testing.T) {
	var calls atomic.Int64
	for name, broken := range map[string]struct {
		r     rerank.Reranker
		check string
	}{
		"error on empty": {rerank.RerankerFunc(func(ctx context.Context, r rerank.Request) (rerank.Result, error) {
			if len(r.Hits) == 0 {
				return rerank.Result{}, errors.New("no documents")
			}
			return good{}.Rerank(ctx, r)
		}), "empty list"},
		"no report on empty": {rerank.RerankerFunc(func(ctx context.Context, r rerank.Request) (rerank.Result, error) {
			if len(r.Hits) == 0 {
				return rerank.Result{}, nil
			}
			return good{}.Rerank(ctx, r)
		}), "empty list"},
		"panic on one": {after(func(r rerank.Request, _ *rerank.Result) { _ = r.Hits[1] }), "one hit"},
		"rank from one": {after(func(_ rerank.Request, got *rerank.Result) {
			for i := range got.Hits {
				got.Hits[i].Rank++
			}
		}), "many hits"},
		"unsorted": {after(func(_ rerank.Request, got *rerank.Result) {
			n := len(got.Hits) - 1
			got.Hits[0], got.Hits[n] = got.Hits[n], got.Hits[0]
			got.Hits[0].Rank, got.Hits[n].Rank = 0, n
		}), "many hits"},
		"ties reversed": {after(func(_ rerank.Request, got *rerank.Result) {
			for i := 1; i < len(got.Hits); i++ {
				if a, b := &got.Hits[i-1], &got.Hits[i]; a.Score == b.Score {
					*a, *b = *b, *a
					a.Rank, b.Rank = i-1, i
					a.Trace[len(a.Trace)-1].Rank, b.Trace[len(b.Trace)-1].Rank = i-1, i
					return
				}
			}
		}), "many hits"},
		"index rewritten": {after(func(_ rerank.Request, got *rerank.Result) {
			for i := range got.Hits {
				got.Hits[i].Index = i
			}
		}), "many hits"},
		"a hit twice":       {after(func(_ rerank.Request, got *rerank.Result) { got.Hits[len(got.Hits)-1].Index = got.Hits[0].Index }), "many hits"},
		"documents swapped": {after(func(_ rerank.Request, got *rerank.Result) { got.Hits[0].Document.Text += "." }), "many hits"},
		"metadata lost":     {after(func(_ rerank.Request, got *rerank.Result) { got.Hits[0].Document.Meta = nil }), "many hits"},
		"fields lost":       {after(func(_ rerank.Request, got *rerank.Result) { got.Hits[0].Document.Fields = nil }), "many hits"},
		"trace lost":        {after(func(_ rerank.Request, got *rerank.Result) { got.Hits[0].Trace = got.Hits[0].Trace[1:] }), "many hits"},
		"relevance of two":  {after(func(_ rerank.Request, got *rerank.Result) { got.Hits[0].Relevance = 2 }), "many hits"},
		"no report":         {after(func(_ rerank.Request, got *rerank.Result) { got.Stages = nil }), "many hits"},
		"scores in place":   {after(func(r rerank.Request, _ *rerank.Result) { r.Hits[0].Score = 5 }), "many hits"},
		"meta in place":     {after(func(r rerank.Request, got *rerank.Result) { r.Hits[0].Document.Meta[0] = 5 }), "one hit"},
		"trace in place": {rerank.RerankerFunc(func(ctx context.Context, r rerank.Request) (rerank.Result, error) {
			for _, h := range r.Hits {
				_ = append(h.Trace, rerank.StageScore{Stage: "s"})
			}
			return good{}.Rerank(ctx, r)
		}), "many hits"},
		"TopN ignored": {rerank.RerankerFunc(func(ctx context.Context, r rerank.Request) (rerank.Result, error) {
			r.TopN = 0
			return good{}.Rerank(ctx, r)
		}), "TopN cuts and does nothing else"},
		"TopN cuts the candidates": {rerank.RerankerFunc(func(ctx context.Context, r rerank.Request) (rerank.Result, error) {
			if r.TopN > 0 && r.TopN < len(r.Hits) {
				r.Hits = r.Hits[:r.TopN]
			}
			return good{}.Rerank(ctx, r)
		}), "TopN cuts and does nothing else"},
		"documents told apart by ID": {rerank.RerankerFunc(func(ctx context.Context, r rerank.Request) (rerank.Result, error) {
			seen := map[string]bool{}
			var once []rerank.Hit
			for _, h := range r.Hits {
				if !seen[h.Document.ID] {
					once = append(once, h)
				}
				seen[h.Document.ID] = true
			}
			r.Hits = once
			return good{}.Rerank(ctx, r)
		}), "duplicate IDs"},
		"score by place": {scored(func(_ rerank.Request, i int) float64 { return float64(i) }), "order of the request"},
		"place and text": {scored(func(_ rerank.Request, i int) float64 { return float64(i) }), "duplicate texts score alike"},
		"score by length of the list": {scored(func(r rerank.Request, i int) float64 {
			return float64(len(r.Hits[i].Document.Text) / len(r.Hits))
		}), "company of a document"},
		"random":    {scored(func(rerank.Request, int) float64 { return rand.Float64() }), "same answer again"},
		"a counter": {scored(func(rerank.Request, int) float64 { return float64(calls.Add(1)) }), "many goroutines"},
		"dislikes UTF-8": {rerank.RerankerFunc(func(ctx context.Context, r rerank.Request) (rerank.Result, error) {
			for i, h := range r.Hits {
				if s := strings.ToValidUTF8(h.Document.Text, "?"); s != h.Document.Text {
					r.Hits[i].Document.Text = s
				}
			}
			return good{}.Rerank(ctx, r)
		}), "invalid UTF-8"},
		"refuses length": {rerank.RerankerFunc(func(ctx context.Context, r rerank.Request) (rerank.Result, error) {
			for _, h := range r.Hits {
				if len(h.Document.Text) > 8192 {
					return rerank.Result{}, errors.New("must have less than 512 tokens")
				}
			}
			return good{}.Rerank(ctx, r)
		}), "huge document"},
		"half when cancelled": {rerank.RerankerFunc(func(ctx context.Context, r rerank.Request) (rerank.Result, error) {
			got, err := good{}.Rerank(context.WithoutCancel(ctx), r)
			if ctx.Err() != nil {
				got.Stages[0].Partial = true
			}
			return got, err
		}), "cancelled context"},
		"odd error when cancelled": {rerank.RerankerFunc(func(ctx context.Context, r rerank.Request) (rerank.Result, error) {
			if ctx.Err() != nil {
				return rerank.Result{}, errors.New("broken pipe")
			}
			return good{}.Rerank(ctx, r)
		}), "cancelled context"},
		"batch forgets": {forgetful{}, "batches"},
	} {
		t.Run(name, func(t *testing.T) {
			if testenv.Race && strings.HasSuffix(name, " in place") {
				t.Skip("it writes to the request, which the race detector reports first")
			}
			caught(t, reranktest.CheckReranker(t.Context(), broken.r), broken.check)
		})
	}
}

type forgetful struct{ good }

func (f forgetful) RerankBatch(ctx context.Context, requests []rerank.Request) ([]rerank.Result, error) {
	results, err := f.good.RerankBatch(ctx, requests)
	results[0], results[len(results)-1] = results[len(results)-1], results[0]
	return results, err
}

func TestTraitsLeaveOut(t *testing.T) {
	byPlace := scored(func(_ rerank.Request, i int) float64 { return -float64(i) })
	if err := reranktest.CheckReranker(t.Context(), byPlace, reranktest.ListDependent, reranktest.OrderDependent); err != nil {
		t.Error(err)
	}
	caught(t, reranktest.CheckReranker(t.Context(), byPlace, reranktest.ListDependent), "order of the request")
}

func TestBrokenRetrieversAreCaught(t *testing.T) {
	whole := goodRetriever{reranktest.Corpus()}
	after := func(spoil func(s rerank.Search, got *rerank.Result)) rerank.RetrieverFunc {
		return func(ctx context.Context, s rerank.Search) (rerank.Result, error) {
			got, err := whole.Retrieve(ctx, s)
			if err == nil {
				spoil(s, &got)
			}
			return got, err
		}
	}
	for name, broken := range map[string]struct {
		r     rerank.Retriever
		check string
	}{
		"finds nothing": {goodRetriever{}, "a few"},
		"no report":     {after(func(_ rerank.Search, got *rerank.Result) { got.Stages = nil }), "nothing to find"},
		"K zero is none": {after(func(s rerank.Search, got *rerank.Result) {
			if s.K == 0 {
				got.Hits = nil
			}
		}), "K zero or less is the default"},
		"K too large": {rerank.RetrieverFunc(func(ctx context.Context, s rerank.Search) (rerank.Result, error) {
			if s.K > len(whole.corpus) {
				return rerank.Result{}, errors.New("k is larger than the corpus")
			}
			return whole.Retrieve(ctx, s)
		}), "K beyond the corpus"},
		"scores by K": {after(func(s rerank.Search, got *rerank.Result) {
			for i := range got.Hits {
				h := &got.Hits[i]
				h.Score /= float64(s.Limit())
				h.Trace[len(h.Trace)-1].Score = h.Score
			}
		}), "K cuts and does nothing else"},
		"index of the corpus": {after(func(_ rerank.Search, got *rerank.Result) {
			for i := range got.Hits {
				got.Hits[i].Index += 3
			}
		}), "a few"},
		"ties as stored": {rerank.RetrieverFunc(func(ctx context.Context, s rerank.Search) (rerank.Result, error) {
			got, err := whole.Retrieve(ctx, s)
			for i := 1; i < len(got.Hits); i++ {
				if a, b := &got.Hits[i-1], &got.Hits[i]; a.Score == b.Score {
					a.Document, b.Document = b.Document, a.Document
				}
			}
			return got, err
		}), "ties in order of ID"},
		"filter ignored": {rerank.RetrieverFunc(func(ctx context.Context, s rerank.Search) (rerank.Result, error) {
			s.Filter = nil
			return whole.Retrieve(ctx, s)
		}), "filter"},
		"filter after the cut": {rerank.RetrieverFunc(func(ctx context.Context, s rerank.Search) (rerank.Result, error) {
			f := s.Filter
			s.Filter, s.K = nil, min(s.K, 12)
			got, err := whole.Retrieve(ctx, s)
			if f == nil {
				return got, err
			}
			return rerank.Result{Stages: got.Stages}, err
		}), "filter"},
		"document cut": {after(func(_ rerank.Search, got *rerank.Result) {
			for i := range got.Hits {
				got.Hits[i].Document.Text = ""
			}
		}), "a few"},
		"dislikes nothing": {rerank.RetrieverFunc(func(ctx context.Context, s rerank.Search) (rerank.Result, error) {
			if strings.TrimSpace(s.Query.Text) == "" {
				return rerank.Result{}, errors.New("empty query")
			}
			return whole.Retrieve(ctx, s)
		}), "nothing to find"},
		"query syntax": {rerank.RetrieverFunc(func(ctx context.Context, s rerank.Search) (rerank.Result, error) {
			if strings.Contains(s.Query.Text, "^") {
				return rerank.Result{}, errors.New("syntax error")
			}
			return whole.Retrieve(ctx, s)
		}), "odd queries"},
		"half when cancelled": {rerank.RetrieverFunc(func(ctx context.Context, s rerank.Search) (rerank.Result, error) {
			if ctx.Err() != nil {
				s.K /= 2
			}
			return whole.Retrieve(context.WithoutCancel(ctx), s)
		}), "cancelled context"},
		"random": {after(func(_ rerank.Search, got *rerank.Result) {
			if len(got.Hits) > 0 && rand.IntN(2) == 0 {
				got.Hits = got.Hits[:len(got.Hits)-1]
			}
		}), "many goroutines"},
	} {
		t.Run(name, func(t *testing.T) {
			caught(t, reranktest.CheckRetriever(t.Context(), broken.r), broken.check)
		})
	}
}

// badEmbedder spoils the vectors of a good one.
type badEmbedder struct {
	goodEmbedder
	spoil func(texts []string, v *rerank.Vectors) error
}

func (b badEmbedder) Embed(ctx context.Context, texts []string, role rerank.Role) (rerank.Vectors, error) {
	v, err := b.goodEmbedder.Embed(ctx, texts, role)
	if err == nil {
		err = b.spoil(texts, &v)
	}
	return v, err
}

func TestBrokenEmbeddersAreCaught(t *testing.T) {
	var calls atomic.Int64
	for name, broken := range map[string]struct {
		spoil func(texts []string, v *rerank.Vectors) error
		check string
	}{
		"error on none": {func(texts []string, _ *rerank.Vectors) error {
			if len(texts) == 0 {
				return errors.New("no texts")
			}
			return nil
		}, "no texts"},
		"one short":   {func(_ []string, v *rerank.Vectors) error { v.Data = v.Data[:max(0, len(v.Data)-8)]; return nil }, "texts"},
		"other shape": {func(_ []string, v *rerank.Vectors) error { v.Dimensions = 4; return nil }, "texts"},
		"zero over zero": {func(texts []string, v *rerank.Vectors) error {
			for i, s := range texts {
				if strings.TrimSpace(s) == "" {
					v.At(i)[0] = float32(math.NaN())
				}
			}
			return nil
		}, "texts"},
		"batch shows": {func(texts []string, v *rerank.Vectors) error {
			for i := range v.Data {
				v.Data[i] += float32(len(texts)) * 1e-7
			}
			return nil
		}, "roles"},
		"cut in silence": {func(_ []string, v *rerank.Vectors) error { v.Truncated = nil; return nil }, "huge text"},
		"writes to texts": {func(texts []string, _ *rerank.Vectors) error {
			if len(texts) > 2 {
				texts[2] = strings.ToUpper(texts[2])
			}
			return nil
		}, "huge text"},
		"racy": {func(_ []string, v *rerank.Vectors) error {
			if len(v.Data) > 0 {
				v.Data[0] += float32(calls.Add(1))
			}
			return nil
		}, "many goroutines"},
	} {
		t.Run(name, func(t *testing.T) {
			caught(t, reranktest.CheckEmbedder(t.Context(), badEmbedder{spoil: broken.spoil}), broken.check)
		})
	}
}

// badScorer spoils the scores of a good one.
type badScorer struct {
	goodScorer
	spoil func(pairs []rerank.Pair, dst []rerank.PairScore)
	any   bool // takes any length of dst
}

func (b badScorer) ScorePairs(ctx context.Context, pairs []rerank.Pair, dst []rerank.PairScore) error {
	if b.any {
		n := min(len(pairs), len(dst))
		pairs, dst = pairs[:n], dst[:n]
	}
	err := b.goodScorer.ScorePairs(ctx, pairs, dst)
	if err == nil && b.spoil != nil {
		b.spoil(pairs, dst)
	}
	return err
}

func TestBrokenPairScorersAreCaught(t *testing.T) {
	for name, broken := range map[string]struct {
		scorer rerank.PairScorer
		check  string
	}{
		"any length": {badScorer{any: true}, "length of dst"},
		"batch shows": {badScorer{spoil: func(pairs []rerank.Pair, dst []rerank.PairScore) {
			for i := range dst {
				dst[i].Logit += float32(len(pairs))
			}
		}}, "company of a pair"},
		"cut in silence": {badScorer{spoil: func(_ []rerank.Pair, dst []rerank.PairScore) {
			for i := range dst {
				dst[i].Truncated = false
			}
		}}, "huge text"},
		"NaN": {badScorer{spoil: func(pairs []rerank.Pair, dst []rerank.PairScore) {
			for i, p := range pairs {
				if strings.Contains(p.Text, "\xff") {
					dst[i].Logit = float32(math.NaN())
				}
			}
		}}, "invalid UTF-8"},
		"leaves some out": {badScorer{spoil: func(_ []rerank.Pair, dst []rerank.PairScore) {
			if len(dst) > 1 {
				dst[1].Tokens = -1
			}
		}}, "many goroutines"},
	} {
		t.Run(name, func(t *testing.T) {
			caught(t, reranktest.CheckPairScorer(t.Context(), broken.scorer), broken.check)
		})
	}
}

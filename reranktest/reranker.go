package reranktest

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/flashrerank/rerank"
)

// Reranker checks an implementation of [rerank.Reranker]. fresh is called once
// for each subtest; it may return the same immutable value every time.
func Reranker(t *testing.T, fresh func(t testing.TB) rerank.Reranker, traits ...Trait) {
	t.Helper()
	runAll(t, rerankerChecks, fresh, traits)
}

// CheckReranker runs the checks of [Reranker] on one value and returns all
// that failed, joined.
func CheckReranker(ctx context.Context, r rerank.Reranker, traits ...Trait) error {
	return checkAll(ctx, rerankerChecks, r, traits)
}

var rerankerChecks = []check[rerank.Reranker]{
	{name: "empty list", run: func(ctx context.Context, r rerank.Reranker) error {
		got, err := r.Rerank(ctx, rerank.Request{Query: rerank.Query{Text: question}})
		if err != nil {
			return err
		}
		if len(got.Hits) != 0 {
			return fmt.Errorf("%d hits out of none", len(got.Hits))
		}
		return reported(got)
	}},
	{name: "one hit", run: func(ctx context.Context, r rerank.Reranker) error {
		_, err := rank(ctx, r, request(texts[:1], 0))
		return err
	}},
	{name: "many hits", run: func(ctx context.Context, r rerank.Reranker) error {
		_, err := rank(ctx, r, request(texts, 0))
		return err
	}},
	{name: "unscored hits", run: func(ctx context.Context, r rerank.Reranker) error {
		docs := make([]rerank.Document, len(texts))
		for i, s := range texts {
			docs[i].Text = s // no ID: told apart by Index
		}
		_, err := rank(ctx, r, rerank.Request{Query: rerank.Query{Text: question}, Hits: rerank.Hits(docs)})
		return err
	}},
	{name: "TopN cuts and does nothing else", run: checkTopN},
	{name: "duplicate IDs", run: func(ctx context.Context, r rerank.Reranker) error {
		q := request(texts, 0)
		for i := range q.Hits {
			q.Hits[i].Document.ID = "same"
		}
		got, err := rank(ctx, r, q)
		if err == nil && len(got.Hits) < 2 {
			err = fmt.Errorf("%d of %d hits with one ID came back", len(got.Hits), len(q.Hits))
		}
		return err
	}},
	{name: "duplicate texts score alike", not: OrderDependent, run: checkDuplicateTexts},
	{name: "empty query", run: func(ctx context.Context, r rerank.Reranker) error {
		q := request(texts, 0)
		q.Query.Text = ""
		_, err := rank(ctx, r, q)
		return err
	}},
	{name: "invalid UTF-8", run: func(ctx context.Context, r rerank.Reranker) error {
		q := request([]string{invalid, texts[0], "\xff", invalid + texts[1]}, 0)
		q.Query.Text = invalid
		_, err := rank(ctx, r, q)
		return err
	}},
	{name: "huge document", run: func(ctx context.Context, r rerank.Reranker) error {
		_, err := rank(ctx, r, request([]string{texts[0], huge(), texts[1]}, 0))
		return err
	}},
	{name: "huge query", run: func(ctx context.Context, r rerank.Reranker) error {
		q := request(texts[:3], 0)
		q.Query.Text = huge()
		_, err := rank(ctx, r, q)
		return err
	}},
	{name: "cancelled context", run: checkRerankCancelled},
	{name: "same answer again", run: checkRerankAgain},
	{name: "order of the request", not: OrderDependent, run: checkShuffled},
	{name: "company of a document", not: ListDependent, run: checkAlone},
	{name: "many goroutines", run: checkRerankTogether},
	{name: "batches", run: checkBatch},
}

// request makes hits as a first stage would hand them on: with places in an
// earlier list, scores, one of them missing, and traces with room behind them.
func request(texts []string, topN int) rerank.Request {
	hits := make([]rerank.Hit, len(texts))
	for i, s := range texts {
		trace := make([]rerank.StageScore, 1, 4)
		h := rerank.Hit{
			Document: rerank.Document{
				ID: "doc-" + strconv.Itoa(i), Text: s,
				Fields: rerank.Fields{{Name: "n", Value: rerank.NumberValue(float64(i))}, {Name: "n", Value: rerank.TextValue("again")}},
				Meta:   []byte{0, 0xff, byte(i)},
			},
			Index: 3*i + 7, Rank: i, Score: 100 - float64(i), Scale: "first", Relevance: math.NaN(),
		}
		if i%2 == 1 {
			h.Document.Title = "Title of " + strconv.Itoa(i)
		}
		if i == len(texts)-1 && i > 0 {
			h.Score = math.NaN()
		}
		trace[0] = rerank.StageScore{Stage: "first", Rank: i, Score: h.Score, Scale: h.Scale}
		h.Trace = trace
		hits[i] = h
	}
	return rerank.Request{Query: rerank.Query{ID: "q", Text: question}, Hits: hits, TopN: topN}
}

// rank calls the reranker and checks all that any answer must fulfil.
func rank(ctx context.Context, r rerank.Reranker, q rerank.Request) (rerank.Result, error) {
	before := deepClone(q.Hits)
	got, err := r.Rerank(ctx, q)
	if err != nil {
		return got, err
	}
	if err := unchanged(before, q.Hits); err != nil {
		return got, err
	}
	return got, answers(q, got)
}

func checkTopN(ctx context.Context, r rerank.Reranker) error {
	whole, err := rank(ctx, r, request(texts, 0))
	if err != nil {
		return err
	}
	for _, n := range []int{1, 3, len(texts), len(texts) + 5} {
		cut, err := rank(ctx, r, request(texts, n))
		if err != nil {
			return fmt.Errorf("with TopN %d: %w", n, err)
		}
		want := whole.Hits[:min(n, len(whole.Hits))]
		if err := sameHits(want, cut.Hits); err != nil {
			return fmt.Errorf("with TopN %d it is not the beginning of the whole list: %w", n, err)
		}
	}
	return nil
}

func checkDuplicateTexts(ctx context.Context, r rerank.Reranker) error {
	docs := make([]rerank.Document, 8)
	for i := range docs {
		docs[i] = rerank.Document{ID: strconv.Itoa(i), Text: texts[i%2]}
	}
	got, err := rank(ctx, r, rerank.Request{Query: rerank.Query{Text: question}, Hits: rerank.Hits(docs)})
	if err != nil {
		return err
	}
	scores := map[string]float64{}
	for _, h := range got.Hits {
		if s, ok := scores[h.Document.Text]; ok && !same(s, h.Score) {
			return fmt.Errorf("the text %q scores %v and %v in one list", h.Document.Text, s, h.Score)
		}
		scores[h.Document.Text] = h.Score
	}
	return nil
}

func checkRerankCancelled(ctx context.Context, r rerank.Reranker) error {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	got, err := rank(ctx, r, request(texts, 0))
	if err != nil && !isContextError(err) {
		return fmt.Errorf("cancelled, it says neither that nor a whole result: %w", err)
	}
	if err == nil {
		for _, s := range got.Stages {
			if s.Partial {
				return fmt.Errorf("cancelled, it gives part of a result and no error: %+v", s)
			}
		}
	}
	return nil
}

func checkRerankAgain(ctx context.Context, r rerank.Reranker) error {
	first, err := rank(ctx, r, request(texts, 0))
	if err != nil {
		return err
	}
	for range 3 {
		if _, err := rank(ctx, r, request(texts[2:9], 4)); err != nil { // something else in between
			return err
		}
		again, err := rank(ctx, r, request(texts, 0))
		if err != nil {
			return err
		}
		if err := sameHits(first.Hits, again.Hits); err != nil {
			return err
		}
	}
	return nil
}

// scoresByIndex maps each hit's Index to its score.
func scoresByIndex(hits []rerank.Hit) map[int]float64 {
	scores := make(map[int]float64, len(hits))
	for _, h := range hits {
		scores[h.Index] = h.Score
	}
	return scores
}

func checkShuffled(ctx context.Context, r rerank.Reranker) error {
	whole, err := rank(ctx, r, request(texts, 0))
	if err != nil {
		return err
	}
	want := scoresByIndex(whole.Hits)
	rng := rand.New(rand.NewPCG(1, 2))
	for range 4 {
		q := request(texts, 0)
		rng.Shuffle(len(q.Hits), func(i, j int) { q.Hits[i], q.Hits[j] = q.Hits[j], q.Hits[i] })
		for i := range q.Hits {
			q.Hits[i].Rank = i
		}
		got, err := rank(ctx, r, q)
		if err != nil {
			return err
		}
		for _, h := range got.Hits {
			if !same(h.Score, want[h.Index]) {
				return fmt.Errorf("in another order, %s scored %v before", brief(h), want[h.Index])
			}
		}
	}
	return nil
}

func checkAlone(ctx context.Context, r rerank.Reranker) error {
	whole, err := rank(ctx, r, request(texts, 0))
	if err != nil {
		return err
	}
	want := scoresByIndex(whole.Hits)
	q := request(texts, 0)
	for _, part := range [][]rerank.Hit{q.Hits[:1], q.Hits[3:4], q.Hits[2:7], q.Hits[5:]} {
		part = slices.Clone(part)
		got, err := rank(ctx, r, rerank.Request{Query: q.Query, Hits: part})
		if err != nil {
			return err
		}
		for _, h := range got.Hits {
			if !same(h.Score, want[h.Index]) {
				return fmt.Errorf("among %d instead of %d, %s scored %v before", len(part), len(q.Hits), brief(h), want[h.Index])
			}
		}
	}
	return nil
}

func checkRerankTogether(ctx context.Context, r rerank.Reranker) error {
	requests := []rerank.Request{request(texts, 0), request(texts[3:], 2), request(texts[:1], 0), request(nil, 0)}
	want := make([]rerank.Result, len(requests))
	for i, q := range requests {
		var err error
		if want[i], err = r.Rerank(ctx, q); err != nil {
			return err
		}
	}
	return together(16, func(i int) error {
		for k := range requests {
			at := (i + k) % len(requests)
			got, err := r.Rerank(ctx, requests[at]) // the hits are shared: whoever writes to them races
			if err != nil {
				return err
			}
			if err := sameHits(want[at].Hits, got.Hits); err != nil {
				return err
			}
		}
		return nil
	})
}

func checkBatch(ctx context.Context, r rerank.Reranker) error {
	b, ok := r.(rerank.BatchReranker)
	if !ok {
		return nil
	}
	requests := []rerank.Request{request(texts, 0), request(nil, 0), request(texts[3:], 2)}
	requests[2].Query.Text = texts[4]
	got, err := b.RerankBatch(ctx, requests)
	if err != nil {
		return err
	}
	if len(got) != len(requests) {
		return fmt.Errorf("%d results for %d requests", len(got), len(requests))
	}
	for i, q := range requests {
		want, err := rank(ctx, r, q)
		if err != nil {
			return err
		}
		if err := sameHits(want.Hits, got[i].Hits); err != nil {
			return fmt.Errorf("request %d of a batch: alone and in the batch differ: %w", i, err)
		}
	}
	return nil
}

package reranktest_test

import (
	"context"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"github.com/flashrerank/rerank"
)

// shared counts the different words of the query that occur in the text.
func shared(words map[string]bool, text string) float64 {
	n := 0
	for w := range words {
		if strings.Contains(text, w) {
			n++
		}
	}
	return float64(n)
}

func wordsOf(query string) map[string]bool {
	words := map[string]bool{}
	for _, w := range strings.Fields(strings.ToLower(query)) {
		words[w] = true
	}
	return words
}

// good is a reranker that keeps the contract.
type good struct{}

func (good) Rerank(ctx context.Context, r rerank.Request) (rerank.Result, error) {
	if err := ctx.Err(); err != nil {
		return rerank.Result{}, fmt.Errorf("good: %w", err)
	}
	words, scores := wordsOf(r.Query.Text), make([]float64, len(r.Hits))
	for i, h := range r.Hits {
		scores[i] = shared(words, h.Document.Content())
	}
	return rerank.Result{
		Hits: rerank.Reorder(r, rerank.Scoring{
			Stage: "good", Scale: "words", Scores: scores,
			Relevance: func(s float64) float64 { return s / (s + 1) },
		}),
		Stages: []rerank.StageReport{{Stage: "good", Candidates: len(r.Hits), Scored: len(r.Hits), Elapsed: time.Nanosecond}},
	}, nil
}

func (g good) RerankBatch(ctx context.Context, requests []rerank.Request) ([]rerank.Result, error) {
	results := make([]rerank.Result, len(requests))
	for i, r := range requests {
		var err error
		if results[i], err = g.Rerank(ctx, r); err != nil {
			return nil, err
		}
	}
	return results, nil
}

// goodRetriever scans a corpus for documents that share a word.
type goodRetriever struct{ corpus []rerank.Document }

func (g goodRetriever) Retrieve(ctx context.Context, s rerank.Search) (rerank.Result, error) {
	if err := ctx.Err(); err != nil {
		return rerank.Result{}, err
	}
	var hits []rerank.Hit
	words := wordsOf(s.Query.Text)
	for _, d := range g.corpus {
		if score := shared(words, d.Content()); score > 0 && (s.Filter == nil || s.Filter.Match(d)) {
			hits = append(hits, rerank.Hit{Document: d, Score: score, Scale: "words"})
		}
	}
	hits = rerank.Rank(hits, "scan", 0)
	hits = hits[:min(len(hits), s.Limit())]
	for i := range hits {
		hits[i].Index = i
	}
	return rerank.Result{Hits: hits, Stages: []rerank.StageReport{{Stage: "scan", Candidates: len(g.corpus), Scored: len(g.corpus)}}}, nil
}

// goodEmbedder hashes words into a few dimensions.
type goodEmbedder struct{}

const maxTokens = 1000

func (goodEmbedder) Model() rerank.ModelInfo {
	return rerank.ModelInfo{Name: "hash", Fingerprint: "1", Dimensions: 8, MaxTokens: maxTokens}
}

func (e goodEmbedder) Embed(ctx context.Context, texts []string, role rerank.Role) (rerank.Vectors, error) {
	v := rerank.Vectors{Dimensions: 8, Data: make([]float32, 8*len(texts)), Truncated: make([]bool, len(texts))}
	for i, s := range texts {
		words := strings.Fields(s)
		if len(words) > maxTokens {
			words, v.Truncated[i] = words[:maxTokens], true
		}
		v.Tokens += len(words)
		for _, w := range words {
			h := fnv.New32()
			fmt.Fprint(h, w, role)
			v.At(i)[h.Sum32()%8]++
		}
	}
	return v, ctx.Err()
}

// goodScorer judges a pair by its shared words.
type goodScorer struct{}

func (goodScorer) Model() rerank.ModelInfo {
	return rerank.ModelInfo{Name: "words", Fingerprint: "1", MaxTokens: maxTokens}
}

func (goodScorer) ScorePairs(ctx context.Context, pairs []rerank.Pair, dst []rerank.PairScore) error {
	if len(dst) != len(pairs) {
		return fmt.Errorf("%d pairs for %d places", len(pairs), len(dst))
	}
	for i, p := range pairs {
		n := len(strings.Fields(p.Query)) + len(strings.Fields(p.Text))
		dst[i] = rerank.PairScore{Logit: float32(shared(wordsOf(cut(p.Query)), cut(p.Text))), Tokens: min(n, maxTokens), Truncated: n > maxTokens}
	}
	return ctx.Err()
}

// cut keeps what is far less than a whole text, so that tests are quick.
func cut(s string) string { return s[:min(len(s), 5000)] }

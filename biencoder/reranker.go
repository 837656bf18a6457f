package biencoder

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/flashrerank/rerank"
)

// RerankOptions say how hits are judged. The zero value is the default.
type RerankOptions struct {
	// MaxTokens is how much of a text is read, special tokens included; 0, and what
	// is more than the model's window, means all that the model can. Queries are
	// not shortened by it.
	MaxTokens int
}

// Reranker orders given texts by the similarity of their vectors to the
// query's: cosine, or the dot product if the model says so. It is safe for
// concurrent use.
type Reranker struct {
	model   *Model
	options RerankOptions
}

// Reranker returns the reranker of a model by default options.
func (m *Model) Reranker() *Reranker { return m.NewReranker(RerankOptions{}) }

// NewReranker returns a reranker of a model.
func (m *Model) NewReranker(o RerankOptions) *Reranker { return &Reranker{model: m, options: o} }

// Model returns what identifies the model.
func (r *Reranker) Model() rerank.ModelInfo { return r.model.info }

// stage is the reranker's name in traces and reports.
func (r *Reranker) stage() string { return string(r.model.info.Similarity) }

// Rerank embeds the query and every hit's content and orders the hits by
// similarity. Equal texts are embedded once.
func (r *Reranker) Rerank(ctx context.Context, q rerank.Request) (rerank.Result, error) {
	result, _, err := r.RerankVectors(ctx, q)
	return result, err
}

// RerankVectors is [Reranker.Rerank] and returns the vectors of the hits too, in
// the order of the request.
func (r *Reranker) RerankVectors(ctx context.Context, q rerank.Request) (rerank.Result, [][]float32, error) {
	start := time.Now()
	report := rerank.StageReport{Stage: r.stage(), Model: r.model.info.Name, Candidates: len(q.Hits)}
	if len(q.Hits) == 0 {
		return rerank.Result{Stages: []rerank.StageReport{report}}, nil, ctx.Err()
	}
	texts, of := distinct(q)
	roles := make([]rerank.Role, len(texts)) // documents
	roles[0] = rerank.RoleQuery
	v := rerank.Vectors{
		Dimensions: r.model.info.Dimensions,
		Data:       make([]float32, len(texts)*r.model.info.Dimensions),
		Truncated:  make([]bool, len(texts)),
	}
	tokens, err := r.model.embed(ctx, texts, roles, r.options.MaxTokens, v)
	if err != nil {
		return rerank.Result{}, nil, fmt.Errorf("biencoder: ranking %d texts: %w", len(q.Hits), err)
	}
	scoring := r.scoring(len(q.Hits))
	vectors := make([][]float32, len(of))
	for i, text := range of {
		vectors[i] = v.At(text)
		scoring.Scores[i] = r.similarity(v.At(0), v.At(text))
		if v.Truncated[text] {
			report.Truncated++
		}
	}
	if v.Truncated[0] {
		report.Notes = append(report.Notes, "the query was cut to fit the model")
	}
	report.Scored, report.Tokens = len(q.Hits), tokens
	hits := rerank.Reorder(q, scoring)
	report.Elapsed = time.Since(start)
	return rerank.Result{Hits: hits, Stages: []rerank.StageReport{report}}, vectors, nil
}

// distinct lists the query and the different texts of the hits, and tells which
// text each hit has.
func distinct(q rerank.Request) (texts []string, of []int) {
	texts = append(texts, q.Query.Text)
	at := map[string]int{}
	for _, h := range q.Hits {
		text := h.Document.Content()
		i, ok := at[text]
		if !ok {
			i = len(texts)
			at[text] = i
			texts = append(texts, text)
		}
		of = append(of, i)
	}
	return texts, of
}

// scoring is that of n hits without their scores. Negative cosines are as
// irrelevant as 0; a dot product maps to no relevance.
func (r *Reranker) scoring(n int) rerank.Scoring {
	s := rerank.Scoring{Stage: r.stage(), Scale: rerank.ScaleDot, Scores: make([]float64, n)}
	if r.model.info.Similarity == rerank.SimilarityCosine {
		s.Scale = rerank.ScaleCosine
		s.Relevance = func(c float64) float64 { return min(max(c, 0), 1) }
	}
	return s
}

func (r *Reranker) similarity(a, b []float32) float64 {
	var dot, aa, bb float64
	for i, x := range a {
		dot += float64(x) * float64(b[i])
		aa += float64(x) * float64(x)
		bb += float64(b[i]) * float64(b[i])
	}
	if r.model.info.Similarity == rerank.SimilarityDot {
		return dot
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return dot / math.Sqrt(aa*bb)
}

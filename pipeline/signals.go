package pipeline

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/index"
	"github.com/flashrerank/rerank/internal/language"
	"github.com/flashrerank/rerank/vector"
)

// storedSimilarity scores hits by the vectors that the index keeps of them, which
// saves embedding their texts, and asks texts for those it has none of.
type storedSimilarity struct {
	snapshot *index.Snapshot
	vectors  *vector.Retriever
	measure  func(query, v []float32) float64
	queries  rerank.Embedder
	texts    rerank.Vectored // the model's own; the same measure, from the text

	// knows tells which queries and texts are scored; nil: all.
	knows func(text string, role rerank.Role) bool
}

// Rerank orders hits by the similarity of vectors.
func (s *storedSimilarity) Rerank(ctx context.Context, r rerank.Request) (rerank.Result, error) {
	result, _, err := s.RerankVectors(ctx, r)
	return result, err
}

// RerankVectors returns the vectors too.
func (s *storedSimilarity) RerankVectors(ctx context.Context, r rerank.Request) (rerank.Result, [][]float32, error) {
	start := time.Now()
	scoring := s.scoring(len(r.Hits))
	report := rerank.StageReport{Stage: scoring.Stage, Model: s.queries.Model().Name, Candidates: len(r.Hits)}
	if s.knows != nil && !s.knows(r.Query.Text, rerank.RoleQuery) {
		scoring.Scores = nil
		report.Warnings = []string{language.OfQuery(report.Model)}
		return rerank.Result{Hits: rerank.Reorder(r, scoring), Stages: []rerank.StageReport{report}}, make([][]float32, len(r.Hits)), ctx.Err()
	}
	stored, missing, foreign, err := s.split(r.Hits)
	if err != nil {
		return rerank.Result{}, nil, fmt.Errorf("pipeline: %w", err)
	}
	query, err := s.queries.Embed(ctx, []string{r.Query.Text}, rerank.RoleQuery)
	if err != nil {
		return rerank.Result{}, nil, fmt.Errorf("pipeline: embedding the query: %w", err)
	}
	for i, v := range stored {
		if v != nil {
			scoring.Scores[i] = s.measure(query.At(0), v)
		}
	}
	if err := rerank.CheckScores(report.Model, r.Hits, scoring.Scores); err != nil {
		return rerank.Result{}, nil, fmt.Errorf("pipeline: %w", err)
	}
	for i, v := range stored {
		if v == nil {
			scoring.Scores[i] = math.NaN()
		}
	}
	report.Scored, report.Tokens = len(r.Hits)-foreign, query.Tokens
	report.Notes = []string{fmt.Sprintf("%d of %d vectors came from the index", len(r.Hits)-len(missing)-foreign, len(r.Hits))}
	report.Foreign = foreign
	if len(missing) > 0 {
		rest, vectors, err := s.texts.RerankVectors(ctx, rerank.Request{Query: r.Query, Hits: missing})
		if err != nil {
			return rerank.Result{}, nil, err
		}
		for _, h := range rest.Hits {
			scoring.Scores[h.Index] = h.Score
		}
		for i, h := range missing {
			stored[h.Index] = vectors[i]
		}
		for _, other := range rest.Stages {
			report.Truncated += other.Truncated
			report.Tokens += other.Tokens
			report.Foreign += other.Foreign
			report.Warnings = append(report.Warnings, other.Warnings...)
		}
	}
	report.Elapsed = time.Since(start)
	return rerank.Result{Hits: rerank.Reorder(r, scoring), Stages: []rerank.StageReport{report}}, stored, nil
}

// scoring is that of n hits, by a cosine or a dot product.
func (s *storedSimilarity) scoring(n int) rerank.Scoring {
	scale := s.vectors.Scale()
	scoring := rerank.Scoring{Stage: string(scale), Scale: scale, Scores: make([]float64, n)}
	if scale == rerank.ScaleCosine {
		scoring.Relevance = func(c float64) float64 { return min(max(c, 0), 1) }
	}
	return scoring
}

// split returns the stored vector of each hit, the hits that have none, with their place
// as Index, and how many of those without are foreign to the model, and not among them.
func (s *storedSimilarity) split(hits []rerank.Hit) (stored [][]float32, missing []rerank.Hit, foreign int, err error) {
	stored = make([][]float32, len(hits))
	for i, h := range hits {
		if stored[i], err = s.vectors.Vector(h.Document.ID); err != nil {
			return nil, nil, 0, fmt.Errorf("vector of %q: %w", h.Document.ID, err)
		}
		if stored[i] != nil {
			continue
		}
		if h.Document.Content() == "" { // it was not loaded, or is empty
			if err := load(s.snapshot, &h.Document); err != nil {
				return nil, nil, 0, err
			}
		}
		if s.knows != nil && !s.knows(h.Document.Content(), rerank.RoleDocument) {
			foreign++
			continue
		}
		h.Index, h.Rank = i, len(missing)
		missing = append(missing, h)
	}
	return stored, missing, foreign, nil
}

// load fills in a document of which the ID is known. One that the index does not have
// stays as it is.
func load(s *index.Snapshot, d *rerank.Document) error {
	doc, found, err := s.Find(d.ID)
	if err != nil || !found {
		return err
	}
	*d, err = s.Document(doc)
	return err
}

// exact is the measure of blends: the cosine of two vectors, or their dot product, in
// double precision.
func exact(by rerank.Similarity) func(a, b []float32) float64 {
	if by == rerank.SimilarityDot {
		return dot
	}
	return cosine
}

// dot returns the dot product of two vectors of one length.
func dot(a, b []float32) float64 {
	sum := 0.0
	for i, x := range a {
		sum += float64(x) * float64(b[i])
	}
	return sum
}

// cosine returns the cosine of two vectors of one length, 0 where one of them
// is zero.
func cosine(a, b []float32) float64 {
	var dot, aa, bb float64
	for i, x := range a {
		y := float64(b[i])
		dot += float64(x) * y
		aa += float64(x) * float64(x)
		bb += y * y
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return dot / math.Sqrt(aa*bb)
}

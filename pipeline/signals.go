package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/index"
)

// storedCosine scores hits by the vectors that the index keeps of them, which
// saves embedding their texts, and asks texts for those it has none of.
type storedCosine struct {
	snapshot *index.Snapshot
	queries  rerank.Embedder
	texts    rerank.Vectored // the model's own; the same measure, from the text
}

// Rerank orders hits by cosine.
func (s *storedCosine) Rerank(ctx context.Context, r rerank.Request) (rerank.Result, error) {
	result, _, err := s.RerankVectors(ctx, r)
	return result, err
}

// RerankVectors returns the vectors too.
func (s *storedCosine) RerankVectors(ctx context.Context, r rerank.Request) (rerank.Result, [][]float32, error) {
	start := time.Now()
	stored, missing, err := s.split(r.Hits)
	if err != nil {
		return rerank.Result{}, nil, fmt.Errorf("pipeline: %w", err)
	}
	if len(missing) == len(r.Hits) {
		return s.texts.RerankVectors(ctx, r)
	}
	query, err := s.queries.Embed(ctx, []string{r.Query.Text}, rerank.RoleQuery)
	if err != nil {
		return rerank.Result{}, nil, fmt.Errorf("pipeline: embedding the query: %w", err)
	}
	report := rerank.StageReport{
		Stage: "cosine", Model: s.queries.Model().Name, Candidates: len(r.Hits), Scored: len(r.Hits), Tokens: query.Tokens,
		Notes: []string{fmt.Sprintf("%d of %d vectors came from the index", len(r.Hits)-len(missing), len(r.Hits))},
	}
	scores := make([]float64, len(r.Hits))
	for i, v := range stored {
		if v != nil {
			scores[i] = cosine(query.At(0), v)
		}
	}
	relevance := func(c float64) float64 { return min(max(c, 0), 1) }
	if len(missing) > 0 {
		rest, vectors, err := s.texts.RerankVectors(ctx, rerank.Request{Query: r.Query, Hits: missing})
		if err != nil {
			return rerank.Result{}, nil, err
		}
		for _, h := range rest.Hits {
			scores[h.Index] = h.Score
		}
		for i, h := range missing {
			stored[h.Index] = vectors[i]
		}
		for _, other := range rest.Stages {
			report.Truncated += other.Truncated
			report.Tokens += other.Tokens
		}
	}
	if err := rerank.CheckScores(s.queries.Model().Name, r.Hits, scores); err != nil {
		return rerank.Result{}, nil, fmt.Errorf("pipeline: %w", err)
	}
	report.Elapsed = time.Since(start)
	return rerank.Result{
		Hits:   rerank.Reorder(r, rerank.Scoring{Stage: "cosine", Scale: rerank.ScaleCosine, Scores: scores, Relevance: relevance}),
		Stages: []rerank.StageReport{report},
	}, stored, nil
}

// split returns the stored vector of each hit, and the hits that have none,
// with their place as Index.
func (s *storedCosine) split(hits []rerank.Hit) (stored [][]float32, missing []rerank.Hit, err error) {
	stored = make([][]float32, len(hits))
	for i, h := range hits {
		if stored[i], err = s.vector(h.Document.ID); err != nil {
			return nil, nil, fmt.Errorf("vector of %q: %w", h.Document.ID, err)
		}
		if stored[i] == nil {
			if h.Document.Content() == "" { // it was not loaded, or is empty
				if err := load(s.snapshot, &h.Document); err != nil {
					return nil, nil, err
				}
			}
			h.Index, h.Rank = i, len(missing)
			missing = append(missing, h)
		}
	}
	return stored, missing, nil
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

// vector returns a copy of what the index keeps of a document, nil if nothing:
// whoever gets it may use it after the snapshot, and need not guard.
func (s *storedCosine) vector(id string) (v []float32, err error) {
	defer s.snapshot.Guard(&err)()
	doc, found, err := s.snapshot.Find(id)
	if err != nil || !found {
		return nil, err
	}
	segments := s.snapshot.Segments()
	at, exact := slices.BinarySearchFunc(segments, doc, func(g *index.Segment, doc uint32) int {
		return cmp.Compare(g.Base(), doc)
	})
	if !exact {
		at--
	}
	v, err = segments[at].Vector(doc - segments[at].Base())
	return slices.Clone(v), err
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

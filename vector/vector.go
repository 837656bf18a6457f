// Package vector finds the documents whose embeddings are nearest to the
// query's, by an exact scan of the vectors that an index keeps.
package vector

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/index"
	"github.com/flashrerank/rerank/internal/count"
	"github.com/flashrerank/rerank/internal/simd"
)

// Retriever searches the documents of an index snapshot by embedding. Documents
// without a vector are not found. It is safe for concurrent use until the
// snapshot is closed.
type Retriever struct {
	snapshot *index.Snapshot
	embedder rerank.Embedder
	dot      bool // vectors are compared by it, not by their cosine
}

// NewRetriever makes a retriever. The embedder must be the model whose vectors
// the index keeps: another one's fingerprint is an error, as its vectors cannot
// be compared with these.
func NewRetriever(s *index.Snapshot, e rerank.Embedder) (*Retriever, error) {
	kept, given := s.Model(), e.Model()
	switch {
	case kept == rerank.ModelInfo{}:
		return nil, errors.New("vector: the index has no vectors")
	case kept.Fingerprint != given.Fingerprint:
		return nil, fmt.Errorf("vector: the index keeps vectors of %s (%.12s), which cannot be compared with those of %s (%.12s)",
			kept.Name, kept.Fingerprint, given.Name, given.Fingerprint)
	case kept.Dimensions != given.Dimensions:
		return nil, fmt.Errorf("vector: the index has vectors of %d dimensions, the model makes %d", kept.Dimensions, given.Dimensions)
	}
	return &Retriever{snapshot: s, embedder: e, dot: kept.Similarity == rerank.SimilarityDot}, nil
}

// Retrieve finds the s.Limit() documents most similar to the query: by cosine, or by
// dot product if the model says so. Equal scores are ordered by ID.
func (r *Retriever) Retrieve(ctx context.Context, s rerank.Search) (_ rerank.Result, err error) {
	start := time.Now()
	defer r.snapshot.Guard(&err)()
	if err != nil {
		return rerank.Result{}, fmt.Errorf("vector: %w", err)
	}
	query, err := r.embedder.Embed(ctx, []string{s.Query.Text}, rerank.RoleQuery)
	if err != nil && s.Enough(ctx) {
		return rerank.Result{Stages: []rerank.StageReport{{
			Stage: stage, Model: r.embedder.Model().Name, Partial: true, Elapsed: time.Since(start),
			Degraded: "no time to embed the query",
		}}}, nil
	}
	if err != nil {
		return rerank.Result{}, fmt.Errorf("vector: embedding the query: %w", err)
	}
	if query.Len() != 1 || query.Dimensions != r.snapshot.Model().Dimensions {
		return rerank.Result{}, fmt.Errorf("vector: the query has %d vectors of %d dimensions", query.Len(), query.Dimensions)
	}
	scan := scan{retriever: r, search: s, k: s.Limit(), query: query.At(0), cursor: r.snapshot.Cursor()}
	for _, g := range r.snapshot.Segments() {
		if err := scan.segment(ctx, g); err != nil {
			return rerank.Result{}, fmt.Errorf("vector: %w", err)
		}
	}
	hits, err := scan.hits()
	if err != nil {
		return rerank.Result{}, fmt.Errorf("vector: %w", err)
	}
	warnings, err := r.snapshot.FilterWarnings(s.Filter)
	if err != nil {
		return rerank.Result{}, fmt.Errorf("vector: %w", err)
	}
	report := rerank.StageReport{
		Stage: stage, Model: r.embedder.Model().Name, Candidates: scan.scored, Scored: scan.scored,
		Tokens: query.Tokens, Elapsed: time.Since(start), Warnings: warnings, Partial: scan.stopped,
	}
	if scan.without > 0 {
		report.Notes = []string{fmt.Sprintf("without %s that have no vector in the index", count.Of(scan.without, "document"))}
	}
	return rerank.Result{Hits: hits, Stages: []rerank.StageReport{report}}, nil
}

const stage = "dense"

// Scale is that of scores.
func (r *Retriever) Scale() rerank.Scale {
	if r.dot {
		return rerank.ScaleDot
	}
	return rerank.ScaleCosine
}

// Similarity is the score of a document with the vector v, as Retrieve has it: what
// completes a list must measure as the list did.
func (r *Retriever) Similarity(query, v []float32) float64 {
	dot := float64(simd.Dot(query, v))
	if r.dot {
		return dot
	}
	size := math.Sqrt(float64(simd.Dot(query, query)) * float64(simd.Dot(v, v)))
	if size == 0 {
		return 0
	}
	return dot / size
}

// Vector returns a copy of what the index keeps of a document, nil if nothing: whoever
// gets it may use it after the snapshot, and need not guard.
func (r *Retriever) Vector(id string) (v []float32, err error) {
	defer r.snapshot.Guard(&err)()
	if err != nil {
		return nil, err
	}
	doc, found, err := r.snapshot.Find(id)
	if err != nil || !found {
		return nil, err
	}
	segments := r.snapshot.Segments()
	at, exact := slices.BinarySearchFunc(segments, doc, func(g *index.Segment, doc uint32) int {
		return cmp.Compare(g.Base(), doc)
	})
	if !exact {
		at--
	}
	v, err = segments[at].Vector(doc - segments[at].Base())
	return slices.Clone(v), err
}

// scan is one search.
type scan struct {
	retriever *Retriever
	search    rerank.Search
	k         int
	query     []float32
	cursor    *index.Cursor // for the filter
	scored    int
	without   int  // documents that have no vector
	stopped   bool // for want of time

	best  []found // up to twice as many as wanted; cut to the best now and then
	floor float64 // what a document must at least have once there are enough
}

type found struct {
	doc   uint32
	score float64
	id    string
}

func compare(a, b found) int { return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.id, b.id)) }

// block is how many documents are scanned between looks at the context.
const block = 4096

func (s *scan) segment(ctx context.Context, g *index.Segment) error {
	for doc := range uint32(g.Len()) {
		if doc%block == 0 {
			if s.search.Enough(ctx) {
				s.stopped = true
				return nil
			}
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		if g.HasDeletions() && g.Deleted(doc) {
			continue
		}
		v, err := g.Vector(doc)
		if err != nil {
			return err
		}
		if v == nil {
			s.without++
			continue
		}
		s.scored++
		if err := s.offer(g.Base()+doc, s.retriever.Similarity(s.query, v)); err != nil {
			return err
		}
	}
	return nil
}

func (s *scan) offer(doc uint32, score float64) error {
	if len(s.best) >= s.k && score < s.floor {
		return nil
	}
	id, err := s.retriever.snapshot.ID(doc)
	if err != nil {
		return err
	}
	if math.IsNaN(score) || math.IsInf(score, 0) { // the vectors are finite, and too long
		return &rerank.ScoreError{Model: s.retriever.snapshot.Model().Name, What: "score", Text: int(doc), ID: id, Value: score}
	}
	if s.search.Filter != nil {
		d, err := s.cursor.Document(doc)
		if err != nil || !s.search.Filter.Match(d) {
			return err
		}
	}
	s.best = append(s.best, found{doc, score, id})
	if len(s.best) == s.k || len(s.best) >= 2*s.k {
		s.cut()
	}
	return nil
}

// cut leaves the best.
func (s *scan) cut() {
	slices.SortFunc(s.best, compare)
	s.best = s.best[:min(len(s.best), s.k)]
	if len(s.best) > 0 {
		s.floor = s.best[len(s.best)-1].score
	}
}

func (s *scan) hits() ([]rerank.Hit, error) {
	s.cut()
	docs := make([]rerank.Document, len(s.best))
	scoring := rerank.Scoring{Stage: stage, Scale: s.retriever.Scale(), Scores: make([]float64, len(s.best))}
	if !s.retriever.dot {
		scoring.Relevance = func(c float64) float64 { return min(max(c, 0), 1) }
	}
	for i, f := range s.best {
		docs[i].ID, scoring.Scores[i] = f.id, f.score
		if s.search.IDsOnly {
			continue
		}
		var err error
		if docs[i], err = s.retriever.snapshot.Document(f.doc); err != nil {
			return nil, err
		}
	}
	return rerank.Reorder(rerank.Request{Hits: rerank.Hits(docs)}, scoring), nil
}

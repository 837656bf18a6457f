package pipeline

import (
	"cmp"
	"context"
	"fmt"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/biencoder"
	"github.com/flashrerank/rerank/internal/language"
	"github.com/flashrerank/rerank/vector"
)

// denseList is the scan over the stored vectors, which warns of queries in a language that
// the model does not know.
type denseList struct {
	vectors *vector.Retriever
	model   *biencoder.Model

	// abstain finds nothing for them, so that a list fused with this one is all there is.
	abstain bool

	// alone says that there is no other list: what has no vector is not found.
	alone bool
}

// Retrieve finds the nearest vectors.
func (d *denseList) Retrieve(ctx context.Context, s rerank.Search) (rerank.Result, error) {
	knows, name := d.model.Knows(s.Query.Text, rerank.RoleQuery), d.model.Model().Name
	if !knows && d.abstain {
		report := rerank.StageReport{Stage: string(KindDense), Model: name, Warnings: []string{language.OfQuery(name)}}
		return rerank.Result{Stages: []rerank.StageReport{report}}, ctx.Err()
	}
	result, err := d.vectors.Retrieve(ctx, s)
	if err != nil {
		return result, err
	}
	report := &result.Stages[0]
	if d.alone {
		report.Warnings, report.Notes = append(report.Warnings, report.Notes...), nil
	}
	if !knows {
		report.Warnings = append(report.Warnings, language.OfQuery(name))
	}
	return result, nil
}

// dense returns the scan over the stored vectors.
func (b *builder) dense() (*denseList, error) {
	if b.snapshot.Model() == (rerank.ModelInfo{}) {
		return nil, fmt.Errorf("pipeline: first.kind %s: the index has no vectors", b.config.First.Kind)
	}
	m, err := b.loader.biencoder(cmp.Or(b.config.Model, MiniLM))
	if err != nil {
		return nil, err
	}
	r, err := vector.NewRetriever(b.snapshot, b.memo(m))
	if err != nil {
		return nil, fmt.Errorf("pipeline: first.kind %s: %w", b.config.First.Kind, err)
	}
	words := b.fusesWords()
	return &denseList{vectors: r, model: m, abstain: words && cmp.Or(b.config.Model, MiniLM) == MiniLM, alone: !words}, nil
}

// fusesWords reports whether the first stage fuses a list found by words, which can decide
// where the model does not know the language.
func (b *builder) fusesWords() bool {
	words := b.config.First.Fusion.Lexical
	return b.config.First.Kind == KindHybrid && (words == nil || *words > 0)
}

// completion gives documents that the list lacks the scores that the list would have.
func (b *builder) completion(d *denseList) rerank.Reranker {
	s := b.storedSimilarity(d.vectors, d.model, d.abstain)
	s.measure = d.vectors.Similarity
	return s
}

// stored measures hits by the index's vectors, if they are the model's. It is nil if not.
// It abstains from what the model does not know if that is wanted.
func (b *builder) stored(m *biencoder.Model, abstain bool) rerank.Reranker {
	if !b.stores(m) {
		return nil
	}
	r, err := vector.NewRetriever(b.snapshot, b.memo(m))
	if err != nil {
		return nil
	}
	return b.storedSimilarity(r, m, abstain)
}

func (b *builder) storedSimilarity(r *vector.Retriever, m *biencoder.Model, abstain bool) *storedSimilarity {
	s := &storedSimilarity{
		snapshot: b.snapshot, vectors: r, measure: exact(m.Model().Similarity), queries: b.memo(m),
		texts: m.NewReranker(biencoder.RerankOptions{Abstain: abstain}),
	}
	if abstain {
		s.knows = m.Knows
	}
	return s
}

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/index"
	"github.com/flashrerank/rerank/pipeline"
)

const rerankerHelp = "re-ranker: auto, none, best, minilm, minilm-cosine, cross, bm25, a model's folder, zip file or name, or a service such as cohere:rerank-v3.5 (rerank search --help describes them)"

// searcher is a pipeline over an opened index.
type searcher struct {
	*pipeline.Pipeline
	index    *index.Index
	snapshot *index.Snapshot
}

// openSearcher opens the index and the models that a declaration names.
func openSearcher(ctx context.Context, config pipeline.Config) (*searcher, error) {
	x, err := openIndex(config.Index)
	if err != nil {
		return nil, err
	}
	s := &searcher{index: x}
	if s.snapshot, err = x.Snapshot(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if s.Pipeline, err = pipeline.New(ctx, s.snapshot, config); err != nil {
		return nil, errors.Join(s.explainError(err, config), s.Close())
	}
	return s, nil
}

// openIndex opens an index and tells a newcomer how to get one.
func openIndex(dir string) (*index.Index, error) {
	x, err := index.Open(dir)
	return x, explainOpen(err, dir)
}

// explainOpen adds what to do about an index that cannot be opened.
func explainOpen(err error, dir string) error {
	if errors.Is(err, index.ErrNotExist) {
		return fmt.Errorf("%s: no index here; make one with: rerank index -o %s PATH…", dir, dir)
	}
	var version *index.VersionError
	var analyzer *index.AnalyzerError
	switch {
	case errors.As(err, &version):
		return fmt.Errorf("%w: rerank index --overwrite -o %s PATH…", err, dir)
	case errors.As(err, &analyzer):
		return fmt.Errorf("%w: rerank export %s > documents.jsonl && rerank index --overwrite -o %s documents.jsonl", err, dir, dir)
	}
	return err
}

// explainError adds what to do about a search for vectors that are not there.
func (s *searcher) explainError(err error, config pipeline.Config) error {
	dense := config.First.Kind == pipeline.KindDense || config.First.Kind == pipeline.KindHybrid
	if dense && s.snapshot.Model() == (rerank.ModelInfo{}) {
		return fmt.Errorf("%s has no vectors, which the first stage %s needs; make it with --vectors", config.Index, config.First.Kind)
	}
	return err
}

// Close closes what was opened.
func (s *searcher) Close() error {
	var errs []error
	if s.Pipeline != nil {
		errs = append(errs, s.Pipeline.Close())
	}
	if s.snapshot != nil {
		errs = append(errs, s.snapshot.Close())
	}
	return errors.Join(append(errs, s.index.Close())...)
}

// openReranker returns the reranker of a name, nil for "none".
func openReranker(name string, f earlyFlags) (rerank.Reranker, error) {
	early, err := f.asked(name)
	switch {
	case err != nil:
		return nil, err
	case name == pipeline.None:
		return nil, nil
	case early != nil:
		return pipeline.NewEarlyReranker(name, *early)
	}
	return pipeline.NewReranker(name)
}

func closeQuietly(v any) {
	if c, ok := v.(io.Closer); ok {
		_ = c.Close() // it was only read
	}
}

// firstOfTexts is the first stage over texts without an index.
func firstOfTexts() (rerank.Reranker, error) { return pipeline.NewReranker(pipeline.LexicalBM25) }

func sortByIndex(hits []rerank.Hit) {
	slices.SortFunc(hits, func(a, b rerank.Hit) int { return cmp.Compare(a.Index, b.Index) })
}

// explainHits explains each of the hits.
func (s *searcher) explainHits(ctx context.Context, query string, hits []rerank.Hit) ([]rerank.Explanation, error) {
	explanations := make([]rerank.Explanation, len(hits))
	for i, h := range hits {
		var err error
		if explanations[i], err = s.Explain(ctx, rerank.Query{Text: query}, h); err != nil {
			return nil, fmt.Errorf("explaining %q: %w", h.Document.ID, err)
		}
	}
	return explanations, nil
}

// written says of a failed write to standard output what failed.
func written(err error) error {
	if err != nil {
		return fmt.Errorf("standard output: %w", err)
	}
	return nil
}

// oneOf lists names for a message.
func oneOf(names []string) string { return strings.Join(names, ", ") }

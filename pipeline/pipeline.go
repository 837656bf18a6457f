package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/cascade"
	"github.com/flashrerank/rerank/index"
)

// Pipeline is an opened search. It is a [rerank.Retriever] and a
// [rerank.Explainer], and safe for concurrent use. It sees the index as it was
// when the pipeline was opened.
type Pipeline struct {
	config    Config
	cascade   *cascade.Cascade
	explainer rerank.Explainer // of the first stage's words; nil if it has none
	snapshot  *index.Snapshot
	models    map[string]string // fingerprints of models by the names of stages
	recipes   []string          // of the stages

	close func() error
}

// Open validates a configuration and opens what it names: the index, and the
// models that its stages need, each once. The context bounds the opening only.
// Close the pipeline when it is no longer needed.
func Open(ctx context.Context, c Config) (*Pipeline, error) {
	if err := c.validate(true); err != nil {
		return nil, err
	}
	x, err := index.Open(c.Index)
	if err != nil {
		return nil, fmt.Errorf("pipeline: %w", err)
	}
	s, err := x.Snapshot()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("pipeline: %w", err), x.Close())
	}
	shut := sync.OnceValue(func() error { return errors.Join(s.Close(), x.Close()) })
	p, err := new(Loader).assemble(ctx, s, c)
	if err != nil {
		return nil, errors.Join(err, shut())
	}
	p.close = shut
	return p, nil
}

// New is [Open] over a snapshot that the caller has opened, of an index in
// memory for example, and closes after the pipeline. Config.Index is not used.
func New(ctx context.Context, s *index.Snapshot, c Config) (*Pipeline, error) {
	return new(Loader).New(ctx, s, c)
}

// New is the function [New] with the loader's models.
func (l *Loader) New(ctx context.Context, s *index.Snapshot, c Config) (*Pipeline, error) {
	if err := c.validate(false); err != nil {
		return nil, err
	}
	return l.assemble(ctx, s, c)
}

// assemble puts the cascade together.
func (l *Loader) assemble(ctx context.Context, s *index.Snapshot, c Config) (*Pipeline, error) {
	b := &builder{config: c, snapshot: s, loader: l}
	var err error
	if b.config.First.Kind, err = b.kind(); err != nil {
		return nil, err
	}
	if b.config.Stages, err = b.stages(); err != nil {
		return nil, err
	}
	c = b.config
	first, err := b.first()
	if err != nil {
		return nil, err
	}
	p := &Pipeline{config: c, snapshot: s, explainer: b.explainer, models: map[string]string{}, close: func() error { return nil }}
	p.cascade = &cascade.Cascade{First: first, Depth: c.First.Depth, Timeout: c.Timeout, Wordless: b.wordless()}
	for i, stage := range c.stages() {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("pipeline: %w", err)
		}
		r, err := b.loader.reranker(stage.Rerank, b.signals(stage.Early))
		if err != nil {
			return nil, fmt.Errorf("stages[%d]: %w", i, err)
		}
		recipe := b.recipe(stage.Rerank)
		if err := stage.checkEarly(recipe); err != nil {
			return nil, fmt.Errorf("stages[%d].early: %w", i, err)
		}
		p.models[stage.Rerank] = l.modelFingerprint(stage.Rerank)
		p.recipes = append(p.recipes, recipe)
		p.cascade.Stages = append(p.cascade.Stages, cascade.Stage{
			Name: stage.name(), Reranker: r, Depth: stage.Depth, Timeout: stage.Timeout, OnError: stage.OnError,
		})
	}
	return p, nil
}

// Config returns the configuration that the pipeline was opened with, and what
// [KindAuto] and [Auto] came to.
func (p *Pipeline) Config() Config { return p.config }

// Recipes returns, for each stage after the first, what its bi-encoder compares a query with:
// "vectors", those that the index keeps, or "texts", which it reads; "" where a stage has
// none. The rerankers of bi-encoders, [MiniLM] and [Best] among them, are two recipes each,
// with weights and a relevance of their own.
func (p *Pipeline) Recipes() []string { return slices.Clone(p.recipes) }

// Cascade returns the stages that Search runs, as a copy: putting others in
// their place leaves the pipeline as it is. They work until the pipeline is
// closed.
func (p *Pipeline) Cascade() *cascade.Cascade {
	c := *p.cascade
	c.Stages = slices.Clone(c.Stages)
	return &c
}

// Search returns the best n hits for a query; n 0 or less means
// [rerank.DefaultK].
func (p *Pipeline) Search(ctx context.Context, query string, n int) (rerank.Result, error) {
	return p.Retrieve(ctx, rerank.Search{Query: rerank.Query{Text: query}, K: n})
}

// Retrieve runs the search through all stages; see [cascade.Cascade] for the
// order of hits beyond the stages' depth.
func (p *Pipeline) Retrieve(ctx context.Context, s rerank.Search) (rerank.Result, error) {
	s.Partial = s.Partial || p.config.Partial
	bare := s.IDsOnly
	s.IDsOnly = p.cascade.Wordless // what is not returned need not be loaded, unless it is read
	result, err := p.cascade.Retrieve(ctx, s)
	if err != nil || bare || !p.cascade.Wordless {
		return result, err
	}
	for i := range result.Hits {
		h := &result.Hits[i]
		if err := load(p.snapshot, &h.Document); err != nil {
			return rerank.Result{}, fmt.Errorf("pipeline: %w", err)
		}
	}
	return result, nil
}

// Close closes what Open opened. No search may run then or later. Closing
// again does nothing.
func (p *Pipeline) Close() error { return p.close() }

// stages returns the stages that do something.
func (c Config) stages() []Stage {
	if c.Stages == nil {
		return []Stage{{Rerank: Auto}}
	}
	var some []Stage
	for _, s := range c.Stages {
		if s.Rerank != None {
			some = append(some, s)
		}
	}
	return some
}

func (s Stage) name() string {
	if s.Name != "" {
		return s.Name
	}
	return s.Rerank
}

// depth returns how many hits the first stage is asked for at least.
func (c Config) depth() int {
	depth := c.First.Depth
	if depth == 0 {
		depth = cascade.DefaultDepth
	}
	for _, s := range c.stages() {
		depth = max(depth, s.Depth)
	}
	return depth
}

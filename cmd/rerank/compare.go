package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/index"
	"github.com/flashrerank/rerank/pipeline"
)

// compareFlags are the flags of the compare command.
type compareFlags struct {
	n      int
	depth  int
	rerank []string
	model  string
	corpus string
}

func (a *app) compareCommand() *cobra.Command {
	var f compareFlags
	cmd := &cobra.Command{
		Use:   `compare [DIR] "query"`,
		Short: "Show the results of every method for a query, side by side",
		Long: `Search with every method and show the top documents of each side by side: ranks and
scores, how far each rank is from the first method's, and the time taken.

DIR is the folder of an index. Without it, the documentation of the Go standard
library is searched, as in rerank demo. Methods that cannot be used, because the
index has no vectors or a model is missing, are listed with the reason.`,
		Example: `  rerank compare "read a file line by line"
  rerank compare notes "when does the lease end" -n 10
  rerank compare notes "lease" --rerank minilm,models/my-cross-encoder --json`,
		Args: queryArguments("compare", 1, 2, "a query in quotes, after the folder of an index or alone"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 2 {
				if err := given(cmd.Flags().Changed).unused("with an index: it is for searching without one", "corpus"); err != nil {
					return err
				}
			}
			return a.compare(cmd.Context(), f, args)
		},
	}
	cmd.Flags().IntVarP(&f.n, "n", "n", 5, "number of documents to show of each method")
	cmd.Flags().IntVar(&f.depth, "depth", 100, "number of candidates from each first stage")
	cmd.Flags().StringSliceVar(&f.rerank, "rerank", pipeline.Rerankers()[:2], "re-rankers to try over BM25 and hybrid: minilm, best, minilm-cosine, cross, or folders of models")
	cmd.Flags().StringVar(&f.model, "model", "minilm", "embedding model of dense and hybrid: minilm or a folder")
	cmd.Flags().StringVar(&f.corpus, "corpus", corpusAuto, "what to search without DIR: auto, go or builtin")
	return cmd
}

// compared is the outcome of compare, and its JSON form.
type compared struct {
	Query       string           `json:"query"`
	Documents   int              `json:"documents"` // searched
	Methods     []comparedMethod `json:"methods"`
	Unavailable []missingMethod  `json:"unavailable"`
}

// comparedMethod is what one method found.
type comparedMethod struct {
	Name    string               `json:"name"`
	Hits    []comparedHit        `json:"hits"`
	Stages  []rerank.StageReport `json:"stages"`
	Opened  time.Duration        `json:"opened_ns"` // loading its model
	Elapsed time.Duration        `json:"elapsed_ns"`

	ranks map[string]int // of all documents found, from 0
}

// comparedHit is one document that a method found.
type comparedHit struct {
	ID    string   `json:"id"`
	Title string   `json:"title,omitempty"`
	Rank  int      `json:"rank"` // from 1
	Score *float64 `json:"score"`
	First *int     `json:"first_rank"` // by the first method, from 1; null: not among its candidates
}

// missingMethod is a method that cannot be used.
type missingMethod struct {
	Name string `json:"name"`
	Why  string `json:"why"`
}

func (a *app) compare(ctx context.Context, f compareFlags, args []string) error {
	query := args[len(args)-1]
	if err := checkQuery(query); err != nil {
		return err
	}
	if f.n < 1 || f.depth < f.n {
		return usagef("-n must be above 0 and no more than --depth")
	}
	dir := args[0]
	if err := errors.Join(checkRerankers(shortNames(f.rerank)...), checkEmbedders(f.model)); err != nil {
		return err
	}
	if len(args) == 1 {
		if isFolder(query) {
			return usagef("%s is a folder, and there is no query: rerank compare %s \"query\"", query, query)
		}
		demo := demoFlags{n: 1, depth: 1, rerank: pipeline.None, corpus: f.corpus}
		if err := demo.check(nil); err != nil {
			return err
		}
		corpus, err := a.openDemoCorpus(ctx, demo)
		if err != nil {
			return err
		}
		defer corpus.discard()
		dir = corpus.Index
	}
	x, err := openIndex(dir)
	if err != nil {
		return err
	}
	s, err := x.Snapshot()
	if err != nil {
		return errors.Join(err, x.Close())
	}
	out, err := f.all(ctx, s, query)
	if err = errors.Join(err, s.Close(), x.Close()); err != nil {
		return err
	}
	var stages []rerank.StageReport
	for _, m := range out.Methods {
		stages = append(stages, m.Stages...)
	}
	a.warnings(stages)
	if a.json {
		return written(writeJSON(a.stdout, out))
	}
	_, err = io.WriteString(a.stdout, a.renderCompared(out))
	return written(err)
}

// method is a search that is compared with others.
type method struct {
	name   string
	config pipeline.Config
}

// methods lists all that a comparison tries, the one that ranks are set against
// first. Re-rankers are tried over the hybrid only where the index can have one.
func (f compareFlags) methods(vectors bool) []method {
	var list []method
	firsts := []pipeline.Kind{pipeline.KindBM25}
	if vectors {
		firsts = append(firsts, pipeline.KindHybrid)
	}
	first := func(kind pipeline.Kind) pipeline.First { return pipeline.First{Kind: kind, Depth: f.depth} }
	for _, kind := range []pipeline.Kind{pipeline.KindBM25, pipeline.KindTFIDF, pipeline.KindDense, pipeline.KindHybrid} {
		list = append(list, method{string(kind), pipeline.Config{
			Model: f.model, First: first(kind), Stages: []pipeline.Stage{{Rerank: pipeline.None}},
		}})
	}
	for _, kind := range firsts {
		for _, r := range f.rerank {
			list = append(list, method{string(kind) + " → " + r, pipeline.Config{
				Model: f.model, First: first(kind), Stages: []pipeline.Stage{{Rerank: r}},
			}})
		}
	}
	return list
}

// all searches with every method.
func (f compareFlags) all(ctx context.Context, s *index.Snapshot, query string) (compared, error) {
	out := compared{Query: query, Documents: s.Len(), Unavailable: []missingMethod{}}
	var loader pipeline.Loader
	for _, m := range f.methods(s.Model() != rerank.ModelInfo{}) {
		opening := time.Now()
		p, err := loader.New(ctx, s, m.config)
		if ctx.Err() != nil {
			return out, ctx.Err()
		}
		if err != nil {
			why := err.Error()
			if s.Model() == (rerank.ModelInfo{}) && (m.config.First.Kind == pipeline.KindDense || m.config.First.Kind == pipeline.KindHybrid) {
				why = "the index has no vectors: make it with rerank index --vectors"
			}
			out.Unavailable = append(out.Unavailable, missingMethod{m.name, why})
			continue
		}
		c := comparedMethod{Name: m.name, Opened: time.Since(opening)}
		start := time.Now()
		result, err := p.Search(ctx, query, f.depth)
		c.Elapsed = time.Since(start)
		if err != nil {
			return out, fmt.Errorf("%s: %w", m.name, err)
		}
		c.Stages = result.Stages
		c.take(result.Hits, f.n, out.Methods)
		out.Methods = append(out.Methods, c)
	}
	return out, nil
}

// take notes the best n hits, and the rank of all.
func (c *comparedMethod) take(hits []rerank.Hit, n int, before []comparedMethod) {
	c.Hits, c.ranks = []comparedHit{}, map[string]int{}
	for i, h := range hits {
		c.ranks[h.Document.ID] = i
	}
	first := c.ranks
	if len(before) > 0 {
		first = before[0].ranks
	}
	for i, h := range hits[:min(n, len(hits))] {
		hit := comparedHit{ID: h.Document.ID, Title: h.Document.Title, Rank: i + 1, Score: finite(h.Score)}
		if rank, found := first[h.Document.ID]; found {
			rank++
			hit.First = &rank
		}
		c.Hits = append(c.Hits, hit)
	}
}

package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/flashrerank/rerank/hosted"
	"github.com/flashrerank/rerank/pipeline"
)

// earlyFlags ask for an answer before every text has been judged in full.
type earlyFlags struct {
	early  bool
	within time.Duration
	given  func() bool // whether within was given; nil: no
}

func (f *earlyFlags) add(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.early, "early", false, "read the beginning of every candidate, then only the best in full: about twice as fast (docs/early.md)")
	f.given = func() bool { return cmd.Flags().Changed("within") }
	cmd.Flags().DurationVar(&f.within, "within", 0, "stop re-ranking after this `time` (300ms, 2s) and use the scores so far; the beginning of every text is read first")
}

// asked returns what was asked for, nil if nothing was. Re-rankers that read no texts
// have nothing to leave out, and a service reads what it likes.
func (f earlyFlags) asked(reranker string) (*pipeline.Early, error) {
	switch {
	case f.within < 0, f.within == 0 && f.given != nil && f.given():
		return nil, usagef("--within must be above 0")
	case !f.early && f.within == 0:
		return nil, nil
	case reranker == pipeline.None || reranker == pipeline.LexicalBM25:
		return nil, usagef("--early and --within have no effect on --rerank %s", reranker)
	case isService(reranker):
		return nil, usagef("--early and --within have no effect on --rerank %s: a service reads every text in full", reranker)
	case !f.early:
		return &pipeline.Early{Within: f.within, Best: everything}, nil
	}
	return &pipeline.Early{Within: f.within}, nil
}

// search opens what a search of these flags needs. It refuses --early and --within where
// the re-ranker compares the vectors in the index, and reads no text that could be left out.
func (f earlyFlags) search(ctx context.Context, config pipeline.Config) (*searcher, error) {
	s, err := openSearcher(ctx, config)
	best := rerankerOf(config) == pipeline.Best
	switch {
	case !f.early && f.within == 0:
		return s, err
	case errors.Is(err, pipeline.ErrNoText) && !best:
		return nil, usagef("--early and --within have no effect here: the re-ranker compares the vectors in the index and reads no text; leave them out")
	case errors.Is(err, pipeline.ErrNoText), err == nil && best && f.early && s.Recipes()[0] == "vectors":
		if err == nil {
			s.Close()
		}
		return nil, usagef("--early has no effect here: best compares the vectors in the index and reads only its top 20; use --within alone")
	}
	return s, err
}

func isService(reranker string) bool {
	name, _, ok := strings.Cut(reranker, ":")
	return ok && slices.Contains(hosted.Services(), name)
}

// everything is more than any list has, within the bounds of a pipeline.
const everything = 1_000_000

package main

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/flashrerank/rerank/pipeline"
)

// earlyFlags ask for an answer before every text has been judged in full.
type earlyFlags struct {
	early  bool
	within time.Duration
	given  func() bool // whether within was given; nil: no
}

func (f *earlyFlags) add(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.early, "early", false, "read the beginning of every candidate first, then the best in full: twice as fast (docs/early.md)")
	f.given = func() bool { return cmd.Flags().Changed("within") }
	cmd.Flags().DurationVar(&f.within, "within", 0, "stop re-ranking after this `time` (300ms, 2s) and use the scores there are by then; the beginning of every text is read first")
}

// asked returns what was asked for, nil if nothing was. Re-rankers that read no texts
// have nothing to leave out.
func (f earlyFlags) asked(reranker string) (*pipeline.Early, error) {
	switch {
	case f.within < 0, f.within == 0 && f.given != nil && f.given():
		return nil, usagef("--within must be above 0")
	case !f.early && f.within == 0:
		return nil, nil
	case reranker == pipeline.None || reranker == pipeline.LexicalBM25:
		return nil, usagef("--early and --within have no effect on --rerank %s", reranker)
	case !f.early:
		return &pipeline.Early{Within: f.within, Best: everything}, nil
	}
	return &pipeline.Early{Within: f.within}, nil
}

// everything is more than any list has, within the bounds of a pipeline.
const everything = 1_000_000

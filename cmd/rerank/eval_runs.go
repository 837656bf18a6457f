package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/pflag"

	"github.com/flashrerank/rerank/dataset"
	"github.com/flashrerank/rerank/eval"
	"github.com/flashrerank/rerank/experiment"
	"github.com/flashrerank/rerank/internal/count"
)

// runFlags are the flags about runs that other programs wrote. Their short
// forms are those of trec_eval.
type runFlags struct {
	qrels      string
	runs       []string
	perQuery   bool
	complete   bool
	level      int
	maxDocs    int
	judgedOnly bool
	noSelf     bool
}

func (f *runFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.qrels, "qrels", "", "`file` of judgments for --run")
	flags.StringArrayVar(&f.runs, "run", nil, "`file` with a run to evaluate (TREC, MS MARCO or JSON lines); may be given several times")
	flags.BoolVar(&f.perQuery, "per-query", false, "also print every query (json and --html always do)")
	flags.BoolVarP(&f.complete, "complete", "c", false, "count judged queries without results or without text as 0")
	flags.IntVarP(&f.level, "level", "l", 1, "lowest grade that counts as relevant")
	flags.IntVarP(&f.maxDocs, "max", "M", 0, "evaluate only the top `n` documents of each query; 0 means all")
	flags.BoolVarP(&f.judgedOnly, "judged-only", "J", false, "leave out documents without a judgment")
	flags.BoolVar(&f.noSelf, "no-self", false, "leave out hits whose ID is that of the query, as BEIR does")
}

// rules are what the flags say for systems that search.
func (f runFlags) rules() experiment.Rules {
	r := experiment.Rules{Max: f.maxDocs, JudgedOnly: f.judgedOnly, Complete: f.complete, NoSelf: f.noSelf}
	if f.level > 1 {
		r.Level = f.level
	}
	return r
}

// evalRuns evaluates runs that other programs wrote.
func (a *app) evalRuns(ctx context.Context, f evalFlags) error {
	qrels, err := readQrels(ctx, f.qrels)
	if err != nil {
		return err
	}
	if f.format == "trec_eval" {
		return a.trecEval(ctx, f, qrels)
	}
	var runs []experiment.NamedRun
	for _, name := range f.runs {
		run, _, err := readRun(ctx, name, qrels)
		if err != nil {
			return err
		}
		runs = append(runs, experiment.NamedRun{Name: f.shortName(name), Run: run})
	}
	out, err := experiment.Runs(qrels, runs, f.measures, f.options())
	if err != nil {
		return locate(ctx, err, f.runs...)
	}
	out.Data.Name = filepath.Base(f.qrels)
	return a.writeReport(out, f)
}

// shortName is the last part of a run's path, as reports have no room for more,
// unless another run has the same.
func (f runFlags) shortName(path string) string {
	short := filepath.Base(path)
	for _, other := range f.runs {
		if other != path && filepath.Base(other) == short {
			return path
		}
	}
	return short
}

func (f runFlags) options() eval.Options {
	return eval.Options{Level: f.level, Complete: f.complete, MaxDocs: f.maxDocs, JudgedOnly: f.judgedOnly, NoSelf: f.noSelf}
}

// trecEval prints what trec_eval prints.
func (a *app) trecEval(ctx context.Context, f evalFlags, qrels eval.Qrels) error {
	measures := eval.Official()
	if len(f.measures) > 0 {
		var err error
		if measures, err = eval.ParseMeasures(f.measures...); err != nil {
			return usageError{err}
		}
	}
	run, tag, err := readRun(ctx, f.runs[0], qrels)
	if err != nil {
		return err
	}
	e, err := eval.Evaluate(qrels, run, measures, f.options())
	if err != nil {
		return locate(ctx, fmt.Errorf("%s: %w", f.runs[0], err), f.runs[0])
	}
	if n := len(e.Unjudged); n > 0 {
		a.remark("%s: %d of %s without judgments (not counted)", f.runs[0], n, count.Of(len(run), "query"))
	}
	if n := len(e.Missing); n > 0 && !f.complete {
		a.remark("%s: %d of %s without results (not counted; with -c counted as 0)", f.runs[0], n, count.Of(len(qrels), "judged query"))
	}
	if err := eval.WriteTrecEval(a.stdout, e, tag, f.perQuery); err != nil {
		return written(err)
	}
	if f.noSelf {
		_, err = fmt.Fprintf(a.stdout, "%-22s\tall\t%s\n", "rule", "no-self")
	}
	return written(err)
}

// locate says in which lines a run has a document twice, if that is the error.
func locate(ctx context.Context, err error, names ...string) error {
	var twice eval.DuplicateError
	if !errors.As(err, &twice) {
		return err
	}
	for _, name := range names {
		var lines []int
		f, openErr := os.Open(name)
		if openErr != nil {
			return err
		}
		for r, readErr := range dataset.Run(interruptible(ctx, f), name) {
			if readErr == nil && r.Query == twice.Query && r.Document == twice.Document {
				lines = append(lines, r.Line)
			}
		}
		f.Close()
		if len(lines) > 1 {
			return fmt.Errorf("%s:%d: document %q appears twice for query %q, first on line %d", name, lines[1], twice.Document, twice.Query, lines[0])
		}
	}
	return err
}

// readQrels reads judgments.
func readQrels(ctx context.Context, name string) (eval.Qrels, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return dataset.ReadQrels(interruptible(ctx, f), name)
}

// readRun reads a run and its tag.
func readRun(ctx context.Context, name string, qrels eval.Qrels) (eval.Run, string, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, "", err
	}
	defer f.Close()
	run, tag, err := dataset.ReadRun(interruptible(ctx, f), name)
	if err == nil {
		err = meets(ctx, qrels, run, name)
	}
	return run, tag, err
}

// meets returns an error if no result of a run has a judgment: the measures
// would all be 0, and the IDs of the two files hardly mean the same documents.
func meets(ctx context.Context, qrels eval.Qrels, run eval.Run, name string) error {
	for query, judged := range qrels {
		for _, hit := range run[query] {
			if _, ok := judged[hit.Document]; ok {
				return nil
			}
		}
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	for r, err := range dataset.Run(interruptible(ctx, f), name) {
		if err != nil {
			return err
		}
		if judged, ok := qrels[r.Query]; ok {
			example := slices.Min(slices.Collect(maps.Keys(judged)))
			return fmt.Errorf("%s:%d: document %q has no judgment for query %q, and neither has any other result of the run; judged is %q for example",
				name, r.Line, r.Document, r.Query, example)
		}
	}
	return nil // none of its queries is judged, which is told elsewhere
}

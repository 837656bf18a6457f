package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/flashrerank/rerank/experiment"
	"github.com/flashrerank/rerank/experiment/report"
	"github.com/flashrerank/rerank/internal/durable"
	"github.com/flashrerank/rerank/pipeline"
)

// evalFlags are the flags of the eval command.
type evalFlags struct {
	runFlags // those about finished runs

	data     string
	split    string
	analyzer string
	model    string
	vectors  bool
	first    []string
	bm25     string
	rerank   []string
	depth    []int
	measures measureNames
	queries  int
	prices   map[string]string

	format string
	html   string
	plot   string
	runsTo string
	cache  string
}

// evalMode is one of the ways to ask for an evaluation.
type evalMode uint8

const (
	evalData evalMode = iota // systems that flags declare
	evalFile                 // systems that a YAML file declares
	evalRun                  // finished runs
)

func (a *app) evalCommand() *cobra.Command {
	f := evalFlags{}
	cmd := &cobra.Command{
		Use:   "eval [FILE.yaml]",
		Short: "Measure which re-ranking is worth its cost on judged data",
		Long: `Evaluate searches on a judged collection: a folder with corpus.jsonl,
queries.jsonl and qrels/test.tsv (the layout of BEIR; each may end in .gz). Every
--first stage is combined with every --rerank at every --depth; a YAML file can
declare more (docs/cli.md has one). The first system is what the others are
compared with.

What stages find is kept in the user's cache folder (--cache, or --cache none), so
that nothing is computed twice: after Ctrl-C the same command goes on where it
was stopped.

With --qrels and --run nothing is searched: runs that any program wrote are
evaluated, and --format trec_eval prints them as trec_eval does.`,
		Example: `  rerank eval --data cranfield
  rerank eval --data cranfield --first bm25,hybrid --rerank none,minilm --depth 20,100
  rerank eval --data cranfield --html report.html --plot pareto.svg
  rerank eval experiment.yaml --json > report.json
  rerank eval --qrels qrels.txt --run bm25.run --run minilm.run --measures nDCG@10,MAP
  rerank eval --qrels qrels.txt --run bm25.run --format trec_eval -c
  rerank eval --data arguana --no-self --save-runs runs`,
		Args: arguments(cobra.MaximumNArgs(1), "at most one YAML file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			mode, err := f.check(args, a.json, cmd.Flags().Changed)
			switch {
			case err != nil:
				return err
			case mode == evalRun:
				return a.evalRuns(cmd.Context(), f)
			}
			return a.evalSystems(cmd.Context(), f, args)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.data, "data", "", "`folder` of the collection")
	flags.StringVar(&f.split, "split", "", "which judgments: the name of a file in qrels (default test)")
	flags.StringVar(&f.analyzer, "analyzer", "", "text analysis of BM25 and TF-IDF (see rerank index --help)")
	flags.StringVar(&f.model, "model", "", "model of dense and hybrid: minilm or a folder")
	flags.BoolVar(&f.vectors, "vectors", false, "re-rank over the vectors of an index also what bm25 and tfidf find; without it their texts are read")
	flags.StringSliceVar(&f.first, "first", []string{"bm25"}, "first stages: bm25, tfidf, dense, hybrid")
	flags.StringVar(&f.bm25, "bm25", "lucene", "variant of BM25 and its parameters")
	flags.StringSliceVar(&f.rerank, "rerank", []string{"none", "minilm"}, "re-rankers: none, minilm, best, minilm-cosine, cross, bm25 or models' folders")
	flags.IntSliceVar(&f.depth, "depth", []int{100}, "how many candidates a re-ranker is given")
	flags.Var(&f.measures, "measures",
		"`names` of measures as trec_eval or ir_measures have them, the main one first (default "+strings.Join(experiment.DefaultMeasures(), ",")+")")
	flags.IntVar(&f.queries, "queries", 0, "evaluate the first `n` judged queries only; 0: all")
	flags.StringToStringVar(&f.prices, "price", nil, "`stage=price` for a million tokens, for the cost; a YAML file can say more")
	flags.StringVar(&f.format, "format", "text", "text, json, csv or markdown; for runs also trec_eval")
	flags.StringVar(&f.html, "html", "", "also write a report that opens offline to this `file`")
	flags.StringVar(&f.plot, "plot", "", "also draw quality against latency to this `file`: .svg or .png")
	flags.StringVar(&f.runsTo, "save-runs", "", "also write what each system found to this `folder`, a TREC run for each")
	flags.StringVar(&f.cache, "cache", "", "`folder` where results are kept; none: nowhere (default: the user's cache folder)")
	f.runFlags.add(flags)
	return cmd
}

// evalSystems runs an experiment.
func (a *app) evalSystems(ctx context.Context, f evalFlags, args []string) error {
	config, err := f.config(args)
	if err != nil {
		return err
	}
	if err := config.Validate(); err != nil {
		return usageError{err}
	}
	cache := f.cache
	if cache == "none" {
		cache = ""
	} else if cache == "" {
		cache = a.experimentCache()
	}
	steps := a.steps()
	out, err := experiment.Run(ctx, config, experiment.Options{Cache: cache, SaveRuns: f.runsTo, Progress: steps.show})
	steps.finish()
	if err != nil {
		if ctx.Err() != nil && cache != "" {
			a.remark("what was done is kept in %s: the same command goes on from there", cache)
		}
		return err
	}
	for _, u := range out.Unavailable {
		a.remark("%s is not available: %s", u.Name, u.Why)
	}
	if f.runsTo != "" {
		a.remark("the runs are in %s", f.runsTo)
	}
	return a.writeReport(out, f)
}

// checkNames refuses names that stand for nothing. A model's folder that is not
// there is for the report, which lists what is not available.
func (f evalFlags) checkNames() error {
	for _, err := range []error{checkFirst(f.first...), checkRerankers(shortNames(f.rerank)...), checkEmbedders(f.model)} {
		if err != nil {
			return err
		}
	}
	if f.analyzer == "" {
		return nil
	}
	return checkAnalyzer(f.analyzer)
}

// config makes the declaration of an experiment.
func (f evalFlags) config(args []string) (experiment.Config, error) {
	if len(args) == 1 {
		return experiment.Load(args[0])
	}
	if err := f.checkNames(); err != nil {
		return experiment.Config{}, err
	}
	bm25, err := parseBM25(f.bm25)
	if err != nil {
		return experiment.Config{}, err
	}
	config := experiment.Config{
		Data: f.data, Split: f.split, Analyzer: f.analyzer, Model: f.model, Vectors: f.vectors,
		BM25: bm25, Rerank: f.rerank, Depth: f.depth, Measures: f.measures, Queries: f.queries, Rules: f.rules(),
	}
	for _, kind := range f.first {
		config.First = append(config.First, pipeline.Kind(kind))
	}
	config.Prices, err = f.priceTable()
	return config, err
}

// priceTable reads the prices.
func (f evalFlags) priceTable() (map[string]experiment.Price, error) {
	table := map[string]experiment.Price{}
	for name, text := range f.prices {
		var p experiment.Price
		if n, err := fmt.Sscanf(text, "%g", &p.MTokens); n != 1 || err != nil {
			return nil, usagef("--price %s=%s: %q is no number", name, text, text)
		}
		table[name] = p
	}
	return table, nil
}

// experimentCache is where results are kept, "" if there is no such place.
func (a *app) experimentCache() string {
	base, err := os.UserCacheDir()
	if err != nil {
		a.remark("results cannot be kept: %v", err)
		return ""
	}
	return filepath.Join(base, "rerank", "experiments")
}

// writeReport writes the outcome in all forms asked for.
func (a *app) writeReport(out experiment.Report, f evalFlags) error {
	if f.html != "" {
		if err := durable.Replace(f.html, func(file io.Writer) error { return report.HTML(file, out) }); err != nil {
			return err
		}
		a.remark("the report is in %s", f.html)
	}
	if f.plot != "" {
		format := report.Format(strings.TrimPrefix(filepath.Ext(f.plot), "."))
		if err := durable.Replace(f.plot, func(file io.Writer) error { return report.Plot(file, out, report.Pareto, format) }); err != nil {
			return err
		}
	}
	if a.json || f.format == "json" || f.format == "csv" { // they have no place for them that people see
		for _, note := range out.Notes {
			a.remark("%s", note)
		}
	}
	o := report.Options{Columns: a.out.Columns(), Queries: f.perQuery}
	switch {
	case a.json || f.format == "json":
		return written(writeJSON(a.stdout, out))
	case f.format == "csv":
		return written(report.CSV(a.stdout, out, o))
	case f.format == "markdown":
		return written(report.Markdown(a.stdout, out, o))
	}
	return written(report.Text(a.stdout, out, o))
}

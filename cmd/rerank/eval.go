package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strconv"
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
		Long: `Run searches on a judged collection and report quality, latency and cost. A
collection is a folder in BEIR's layout: corpus.jsonl, queries.jsonl and
qrels/test.tsv, each with or without .gz. Every --first stage is combined with every
--rerank at every --depth; a YAML file can define other systems (see docs/cli.md).
The first system is the baseline that the others are compared with.

Indexes and results are kept in the user's cache folder (--cache), so that nothing is
computed twice. After Ctrl-C, run the same command again to continue.

--qrels and --run evaluate runs that other programs wrote, without searching;
--format trec_eval prints what trec_eval prints.`,
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
	flags.StringVar(&f.data, "data", "", "`folder` of the collection, in BEIR's layout")
	flags.StringVar(&f.split, "split", "", "`name` of the judgments, a file in the folder qrels (default test)")
	flags.StringVar(&f.analyzer, "analyzer", "", "analyzer of BM25 and TF-IDF (listed by rerank index --help; default english)")
	flags.StringVar(&f.model, "model", "", "embedding model of dense and hybrid: minilm or a folder (default minilm)")
	flags.BoolVar(&f.vectors, "vectors", false, "use an index with vectors for bm25 and tfidf too, so that re-rankers need not read the texts")
	flags.StringSliceVar(&f.first, "first", []string{"bm25"}, "`list` of first stages: bm25, tfidf, dense, hybrid, auto")
	flags.StringVar(&f.bm25, "bm25", "lucene", "BM25 variant and parameters, such as lucene:k1=1.2,b=0.75")
	flags.StringSliceVar(&f.rerank, "rerank", []string{"none", "minilm"}, "`list` of re-rankers: none, minilm, best, minilm-cosine, cross, bm25, and models")
	flags.IntSliceVar(&f.depth, "depth", []int{100}, "`list` of depths: how many candidates are re-ranked")
	flags.Var(&f.measures, "measures",
		"`names` of measures, as in trec_eval or ir_measures; the first is the main one (default "+strings.Join(experiment.DefaultMeasures(), ",")+")")
	flags.IntVar(&f.queries, "queries", 0, "evaluate only the first `n` judged queries; 0 means all")
	flags.StringToStringVar(&f.prices, "price", nil, "`stage=price`, the price of a million tokens; may be given several times")
	flags.StringVar(&f.format, "format", "text", "output format: text, json, csv, markdown, or trec_eval (with --run)")
	flags.StringVar(&f.html, "html", "", "also write an HTML report to this `file`")
	flags.StringVar(&f.plot, "plot", "", "also plot quality against latency to this `file` (.svg or .png)")
	flags.StringVar(&f.runsTo, "save-runs", "", "also write each system's results to this `folder`, as TREC runs")
	flags.StringVar(&f.cache, "cache", "", "`folder` for indexes and results, or none to keep nothing (default: the user's cache folder)")
	flags.Lookup("price").DefValue = "" // pflag would print []
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
		var err error
		if p.MTokens, err = strconv.ParseFloat(text, 64); err != nil {
			return nil, usagef("--price %s=%s: %q is not a number", name, text, text)
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

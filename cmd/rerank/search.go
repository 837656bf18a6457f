package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/cmd/rerank/internal/terminal"
	"github.com/flashrerank/rerank/filter"
	"github.com/flashrerank/rerank/internal/nearest"
	"github.com/flashrerank/rerank/pipeline"
)

// searchFlags are the flags of the search command.
type searchFlags struct {
	first    string
	rerank   string
	model    string
	depth    int
	n        int
	explain  bool
	bm25     string
	filter   string
	pipeline string
	early    earlyFlags
	timeout  time.Duration
	partial  bool
}

func (a *app) searchCommand() *cobra.Command {
	var f searchFlags
	cmd := &cobra.Command{
		Use:   `search DIR "query"`,
		Short: "Search an index",
		Long: `Search the index in DIR: the first stage finds --depth candidates, the re-ranker
puts them in order, and the top -n are shown.

First stages: bm25, tfidf, dense (nearest embeddings) and hybrid (bm25 and dense
together). dense and hybrid need an index built with --vectors. The default, auto,
is hybrid if the index has vectors, and otherwise bm25.

Re-rankers:

  auto           the default: minilm if the index has vectors, which takes
                 milliseconds, and otherwise best
  minilm         BM25 blended with the embedded bi-encoder
  best           minilm, with the embedded cross-encoder for its top 20: better
                 and slower
  minilm-cosine  the embedded bi-encoder alone
  cross          the embedded cross-encoder alone
  bm25           BM25 with the statistics of the candidates
  none           the order of the first stage
  MODEL          the folder or zip file of a sentence-transformers model or a
                 cross-encoder, or the name of one fetched by model pull
  SERVICE:MODEL  a service, such as cohere:rerank-v3.5 (with COHERE_API_KEY set),
                 jina:…, voyage:… or tei:URL, or one at another address, such as
                 cohere:any@http://localhost:8787

The embedded models are for English; in other languages they leave the order to
BM25, with a remark (docs/languages.md).

The variants of BM25 are lucene, robertson, atire, bm25l, bm25+ and okapi; their
parameters are set like this: lucene:k1=1.2,b=0.75.

A pipeline file describes all of this in YAML, with any number of stages and time
limits; docs/cli.md has an example. DIR can be left out if the file names the index.`,
		Example: `  rerank search notes "when does the lease end"
  rerank search notes "when does the lease end" --first bm25 --rerank none --explain
  rerank search notes "ending a contract" --first hybrid --depth 200 -n 20
  rerank search notes "lease" --bm25 robertson:k1=0.9,b=0.4 --json
  rerank search notes "lease" --timeout 100ms --partial
  rerank search notes "lease" --filter '{"lang": "en", "year": {"$gte": 2020}}'
  rerank search --pipeline notes.yaml "when does the lease end"`,
		Args: queryArguments("search", 1, 2, "the folder of an index and a query in quotes"),
		RunE: func(cmd *cobra.Command, args []string) error {
			config, err := f.config(args, cmd.Flags().Changed)
			if err != nil {
				return err
			}
			only, err := filter.Parse([]byte(f.filter))
			if err != nil {
				return usagef("--filter: %w", err)
			}
			s := rerank.Search{Query: rerank.Query{Text: args[len(args)-1]}, K: f.n, Filter: only.Narrow(), Partial: f.partial}
			return a.search(cmd.Context(), config, s, f)
		},
	}
	cmd.Flags().StringVar(&f.first, "first", string(pipeline.KindAuto), "first stage: auto, bm25, tfidf, dense or hybrid")
	cmd.Flags().StringVar(&f.rerank, "rerank", pipeline.Auto, rerankerHelp)
	cmd.Flags().StringVar(&f.model, "model", "", "model that embeds the query, for dense and hybrid: minilm (the default) or a folder")
	cmd.Flags().IntVar(&f.depth, "depth", 100, "number of candidates from the first stage")
	cmd.Flags().IntVarP(&f.n, "n", "n", 10, "number of hits to show")
	cmd.Flags().BoolVar(&f.explain, "explain", false, "show how each score came about")
	cmd.Flags().StringVar(&f.filter, "filter", "", "search only documents that match this `condition` on their fields, such as {\"year\": {\"$gte\": 2020}}")
	cmd.Flags().StringVar(&f.bm25, "bm25", "lucene", "variant of BM25 and parameters, such as lucene:k1=1.2,b=0.75")
	f.early.add(cmd)
	cmd.Flags().DurationVar(&f.timeout, "timeout", 0, "stop the search after this `time` (50ms, 2s), with an error; loading models does not count")
	cmd.Flags().BoolVar(&f.partial, "partial", false, "with --timeout: show what was found in time instead of an error")
	cmd.Flags().StringVar(&f.pipeline, "pipeline", "", "YAML `file` that describes the stages")
	return cmd
}

// config makes the declaration of the search.
func (f searchFlags) config(args []string, changed func(flag string) bool) (pipeline.Config, error) {
	if err := checkCounts(f.n, f.depth); err != nil {
		return pipeline.Config{}, err
	}
	if err := checkQuery(args[len(args)-1]); err != nil {
		return pipeline.Config{}, err
	}
	if f.pipeline != "" {
		return f.load(args, changed)
	}
	switch {
	case len(args) == 2:
	case isFolder(args[0]):
		return pipeline.Config{}, usagef("there is no query: rerank search %s \"query\"", args[0])
	default:
		return pipeline.Config{}, usagef("expected the folder of an index before the query: rerank search DIR %q", args[0])
	}
	if err := given(changed).firstAndRerank([]string{f.first}, []string{f.rerank}, false); err != nil {
		return pipeline.Config{}, err
	}
	bm25, err := parseBM25(f.bm25)
	if err != nil {
		return pipeline.Config{}, err
	}
	for _, err := range []error{checkFirst(f.first), checkRerankers(f.rerank), checkEmbedders(f.model)} {
		if err != nil {
			return pipeline.Config{}, err
		}
	}
	if err := f.checkTimeout(changed); err != nil {
		return pipeline.Config{}, err
	}
	early, err := f.early.asked(f.rerank)
	if err != nil {
		return pipeline.Config{}, err
	}
	return pipeline.Config{
		Index:   args[0],
		Model:   f.model,
		First:   pipeline.First{Kind: pipeline.Kind(f.first), Depth: f.depth, BM25: bm25},
		Stages:  []pipeline.Stage{{Rerank: f.rerank, Early: early}},
		Timeout: f.timeout,
	}, nil
}

// checkTimeout refuses a timeout that no search can keep, and --partial without one.
func (f searchFlags) checkTimeout(g given) error {
	if f.timeout < 0 || f.timeout == 0 && g("timeout") {
		return usagef("--timeout must be above 0")
	}
	if f.timeout == 0 {
		return g.unused("without --timeout", "partial")
	}
	return nil
}

// load reads the declaration from a file.
func (f searchFlags) load(args []string, changed func(flag string) bool) (pipeline.Config, error) {
	for _, flag := range []string{"first", "rerank", "model", "depth", "bm25", "early", "within", "timeout", "partial"} {
		if changed(flag) {
			return pipeline.Config{}, usagef("--%s cannot be combined with --pipeline: set it in the file", flag)
		}
	}
	config, err := pipeline.Load(f.pipeline)
	if err != nil {
		return config, err
	}
	if len(args) == 2 {
		config.Index = args[0]
	}
	if config.Index == "" {
		return config, usagef("%s names no index: give its folder before the query", f.pipeline)
	}
	return config, nil
}

// parseBM25 reads a variant and its parameters, as in "lucene:k1=1.2,b=0.75".
func parseBM25(s string) (pipeline.BM25, error) {
	variant, list, _ := strings.Cut(s, ":")
	out := pipeline.BM25{Variant: variant}
	if known := bm25Variants(); !slices.Contains(known, variant) {
		return out, usagef("unknown variant of BM25 %q%s", variant, nearest.Choice(variant, known))
	}
	if list == "" {
		return out, nil
	}
	for part := range strings.SplitSeq(list, ",") {
		name, number, _ := strings.Cut(strings.TrimSpace(part), "=")
		value, err := strconv.ParseFloat(number, 64)
		if err != nil {
			return out, usagef("--bm25 %s: %q is not of the form name=number", s, part)
		}
		switch name {
		case "k1":
			out.K1 = &value
		case "b":
			out.B = &value
		case "delta":
			out.Delta = &value
		case "epsilon":
			out.Epsilon = &value
		default:
			return out, usagef("--bm25 %s: unknown parameter %q%s", s, name, nearest.Choice(name, []string{"k1", "b", "delta", "epsilon"}))
		}
	}
	return out, nil
}

// checkCounts refuses numbers that mean nothing.
func checkCounts(n, depth int) error {
	if n < 1 || depth < 1 {
		return usagef("-n and --depth must be at least 1")
	}
	return nil
}

func checkQuery(query string) error {
	if strings.TrimSpace(query) == "" {
		return usagef("the query is empty")
	}
	return nil
}

func (a *app) search(ctx context.Context, config pipeline.Config, s rerank.Search, f searchFlags) error {
	p, err := f.early.search(ctx, config)
	if err != nil {
		return err
	}
	defer p.Close()
	result, err := p.Retrieve(ctx, s)
	if f.timeout > 0 && errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("the search took longer than --timeout %v; add --partial to see what it found in time", f.timeout)
	}
	if err != nil {
		return err
	}
	var explanations []rerank.Explanation
	query := s.Query.Text
	if f.explain {
		if explanations, err = p.explainHits(ctx, query, result.Hits); err != nil {
			return err
		}
	}
	if a.json {
		return a.writeSearchJSON(query, result, explanations)
	}
	return a.writeSearch(p, query, result, explanations)
}

func (a *app) writeSearchJSON(query string, result rerank.Result, explanations []rerank.Explanation) error {
	out := struct {
		Query        string               `json:"query"`
		Hits         []rerank.Hit         `json:"hits"`
		Stages       []rerank.StageReport `json:"stages"`
		Explanations []rerank.Explanation `json:"explanations,omitempty"`
	}{query, append([]rerank.Hit{}, result.Hits...), result.Stages, explanations}
	return written(writeJSON(a.stdout, out))
}

func (a *app) writeSearch(p *searcher, query string, result rerank.Result, explanations []rerank.Explanation) error {
	var b strings.Builder
	s := newSnippeter(p.snapshot.Analyzer(), query)
	first := string(p.Config().First.Kind)
	for i, h := range result.Hits {
		a.writeHit(&b, h, first, s.snippet(h.Document.Text))
		if explanations != nil {
			writeExplanation(&b, explanations[i], 2)
		}
	}
	if len(result.Hits) == 0 {
		a.remark("nothing found")
	} else {
		for _, line := range terminal.Wrap(stageLine(result.Stages), a.out.Columns()) {
			fmt.Fprintln(&b, a.out.Dim(line))
		}
	}
	_, err := io.WriteString(a.stdout, b.String())
	a.warn(result.Stages)
	return written(err)
}

// writeExplanation writes a tree of numbers, each level further in.
func writeExplanation(b *strings.Builder, e rerank.Explanation, level int) {
	fmt.Fprintf(b, "%s%s  %s\n", strings.Repeat("  ", level), score(e.Value), e.What)
	for _, d := range e.Details {
		writeExplanation(b, d, level+1)
	}
}

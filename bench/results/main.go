// Command results evaluates the project on every judged collection and writes
// what came out as Markdown with plots:
//
//	go run ./bench/results -data DIR -o docs
//
// DIR has a folder in BEIR layout for each collection; RERANK_DATA is its
// default. With RERANK_PYTHON (a Python that has bm25s and
// sentence-transformers) and RERANK_MINILM (the folder of the published
// all-MiniLM-L6-v2) it also runs the same arrangements by these peers, beside
// the project with the fp32 model and the analysis of bm25s, and writes the
// differences. What was computed is kept in the user's cache folder.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"sort"

	"github.com/flashrerank/rerank/cascade"
	"github.com/flashrerank/rerank/experiment"
	"github.com/flashrerank/rerank/pipeline"
)

// depths are how many candidates are re-ranked.
var depths = []int{10, 20, 50, 100}

// pipelineDepth is how many candidates the default pipeline re-ranks.
const pipelineDepth = cascade.DefaultDepth

// standard is the name of the default pipeline among the systems, and plain that of
// what it is held against.
const (
	standard = "hybrid → blend @100"
	plain    = "hybrid"
)

func main() {
	data := flag.String("data", os.Getenv("RERANK_DATA"), "`folder` of the collections")
	out := flag.String("o", "docs", "`folder` to write results.md and results/*.svg to")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *data, *out); err != nil {
		fmt.Fprintln(os.Stderr, "results:", err)
		os.Exit(1)
	}
}

// outcome is what is known of one collection.
type outcome struct {
	report experiment.Report
	texts  experiment.Report // over an index without vectors
	parity []pair
	fp32   experiment.Report // under the analysis of the peers; int8 likewise
	int8   experiment.Report
	read   experiment.Report // and over an index without vectors
	peers  map[string]string // versions; nil if they did not run
}

func run(ctx context.Context, data, out string) error {
	if data == "" {
		return fmt.Errorf("-data or RERANK_DATA must name the folder of the collections")
	}
	folders, err := filepath.Glob(filepath.Join(data, "*", "qrels", "test.tsv"))
	if err != nil || len(folders) == 0 {
		return fmt.Errorf("%s has no judged collections (%w)", data, err)
	}
	sort.Strings(folders)
	base, err := os.UserCacheDir()
	if err != nil {
		return err
	}
	options := experiment.Options{Cache: filepath.Join(base, "rerank", "results"), Progress: progress()}
	var all []outcome
	for _, qrels := range folders {
		dir := filepath.Dir(filepath.Dir(qrels))
		o, err := evaluate(ctx, dir, options)
		if err != nil {
			return fmt.Errorf("%s: %w", dir, err)
		}
		all = append(all, o)
	}
	return write(out, all)
}

// overTexts are the defaults of re-ranking where an index has no vectors, so that
// candidates' texts are read.
func overTexts(dir string) experiment.Config {
	c := experiment.Config{Data: dir, First: []pipeline.Kind{pipeline.KindBM25}, Rerank: []string{pipeline.None}}
	for _, r := range []struct{ name, rerank string }{{"blend", pipeline.MiniLM}, {"best", pipeline.Best}} {
		s := read(pipeline.KindBM25, r.rerank)
		s.Name = fmt.Sprintf("bm25 → %s @%d%s", r.name, pipelineDepth, withoutVectors)
		c.Systems = append(c.Systems, s)
	}
	return c
}

// withoutVectors ends the names of their systems.
const withoutVectors = ", texts read"

// read is an arrangement in which the embedded cross-encoder takes part, which reads
// candidates at the time of the query.
func read(first pipeline.Kind, rerank string) experiment.Declared {
	return experiment.Declared{
		Name: fmt.Sprintf("%s → %s @%d", first, rerank, pipelineDepth), First: pipeline.First{Kind: first},
		Stages: []pipeline.Stage{{Rerank: rerank, Depth: pipelineDepth}},
	}
}

// progress tells of every part that is done.
func progress() func(experiment.Progress) {
	return func(p experiment.Progress) {
		if p.Total > 0 && p.Done == p.Total {
			fmt.Fprintf(os.Stderr, "%s: %d\n", p.What, p.Done)
		}
	}
}

func evaluate(ctx context.Context, dir string, options experiment.Options) (o outcome, err error) {
	fmt.Fprintln(os.Stderr, dir)
	c := experiment.Config{
		Data:   dir,
		First:  []pipeline.Kind{pipeline.KindBM25, pipeline.KindTFIDF, pipeline.KindDense, pipeline.KindHybrid},
		Rerank: []string{pipeline.None}, Vectors: true,
		Systems: append(reranked(pipeline.MiniLMCosine, pipeline.MiniLM), read(pipeline.KindBM25, pipeline.Cross),
			read(pipeline.KindBM25, pipeline.Best), read(pipeline.KindHybrid, pipeline.Best)),
	}
	if o.report, err = experiment.Run(ctx, c, options); err != nil {
		return o, err
	}
	if o.texts, err = experiment.Run(ctx, overTexts(dir), options); err != nil {
		return o, err
	}
	python, model := os.Getenv("RERANK_PYTHON"), os.Getenv("RERANK_MINILM")
	if python == "" || model == "" {
		return o, nil
	}
	return o, compare(ctx, &o, dir, python, model, options)
}

// reranked are two re-rankers over BM25 at every depth, cosine and blend, and the
// blend over the hybrid.
func reranked(cosine, blend string) []experiment.Declared {
	var systems []experiment.Declared
	for _, r := range []struct{ name, rerank string }{{"cosine", cosine}, {"blend", blend}} {
		for _, d := range depths {
			systems = append(systems, experiment.Declared{
				Name:   fmt.Sprintf("bm25 → %s @%d", r.name, d),
				Stages: []pipeline.Stage{{Rerank: r.rerank, Depth: d}},
			})
		}
	}
	return append(systems, experiment.Declared{
		Name: standard, First: pipeline.First{Kind: pipeline.KindHybrid}, Stages: []pipeline.Stage{{Rerank: blend, Depth: pipelineDepth}},
	})
}

// Command early measures what answering early costs and saves: the default re-ranker over
// BM25's best 100 of judged collections, whose texts are embedded on the fly, judged
// in full, early, and within parts of the time that judging in full took:
//
//	go run ./bench/early -data DIR -o docs
//
// writes docs/early.md and docs/early.svg. DIR has a folder in BEIR layout for each
// collection; RERANK_DATA is its default. It takes about 20 minutes, alone.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/dataset"
	"github.com/flashrerank/rerank/eval"
	"github.com/flashrerank/rerank/index"
	"github.com/flashrerank/rerank/pipeline"
)

// analyzer is that of docs/results.md's comparisons with other engines.
const analyzer = "bm25s-english"

// parts of the time of judging in full that a deadline leaves.
var parts = []float64{0.1, 0.25, 0.5, 0.75}

func main() {
	data := flag.String("data", os.Getenv("RERANK_DATA"), "`folder` of the collections")
	out := flag.String("o", "docs", "`folder` to write early.md and early.svg to")
	queries := flag.Int("queries", 0, "measure so many queries of each collection; 0: all")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *data, *out, *queries); err != nil {
		fmt.Fprintln(os.Stderr, "early:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, data, out string, queries int) error {
	folders, err := filepath.Glob(filepath.Join(data, "*", "qrels", "test.tsv"))
	if err != nil || len(folders) == 0 {
		return fmt.Errorf("%s holds no judged collection: %w", data, err)
	}
	var all []*collection
	for _, qrels := range folders {
		dir := filepath.Dir(filepath.Dir(qrels))
		c, err := measure(ctx, dir, queries)
		if err != nil {
			return fmt.Errorf("%s: %w", dir, err)
		}
		all = append(all, c)
	}
	return write(out, all)
}

// method is one way to re-rank, query by query.
type method struct {
	name   string
	config pipeline.Stage
	part   float64 // of the time of judging in full; 0: no deadline

	values  []float64 // nDCG@10
	seconds []float64
	tokens  int
	late    int // hits that there was no time for
}

// collection is what was measured of one.
type collection struct {
	name    string
	methods []*method
}

// The methods that others are held against.
const (
	words   = "BM25"
	full    = "best"
	blend   = "blend"
	cosine  = "cosine"
	inShort = ", early" // after the name of one of them
)

func newCollection(name string) *collection {
	c := &collection{name: name, methods: []*method{{name: words, config: pipeline.Stage{Rerank: pipeline.None}}}}
	for _, m := range []struct{ name, rerank string }{{full, pipeline.Default}, {blend, pipeline.MiniLM}, {cosine, pipeline.MiniLMCosine}} {
		c.methods = append(c.methods,
			&method{name: m.name, config: pipeline.Stage{Rerank: m.rerank}},
			&method{name: m.name + inShort, config: pipeline.Stage{Rerank: m.rerank, Early: &pipeline.Early{}}})
	}
	for _, p := range parts {
		c.methods = append(c.methods, &method{name: fmt.Sprintf("%s, in %v of the time", full, p), part: p, config: pipeline.Stage{Rerank: pipeline.Default}})
	}
	return c
}

func (c *collection) method(name string) *method {
	for _, m := range c.methods {
		if m.name == name {
			return m
		}
	}
	return nil
}

// measure runs every query by every method, one after another, so that what disturbs
// the machine disturbs all.
func measure(ctx context.Context, dir string, most int) (*collection, error) {
	judged, err := dataset.OpenCollection(dir)
	if err != nil {
		return nil, err
	}
	qrels, err := judged.ReadQrels("test")
	if err != nil {
		return nil, err
	}
	s, closeIndex, err := indexed(ctx, judged)
	if err != nil {
		return nil, err
	}
	defer closeIndex()
	c := newCollection(filepath.Base(dir))
	var loader pipeline.Loader
	n := 0
	for q, err := range judged.ReadQueries(dataset.Options{}) {
		if err != nil {
			return nil, err
		}
		if qrels[q.ID] == nil || most > 0 && n == most {
			continue
		}
		if n == 0 { // once to warm up
			if _, err := newCollection("").ask(ctx, &loader, s, q, qrels); err != nil {
				return nil, err
			}
		}
		took, err := c.ask(ctx, &loader, s, q, qrels)
		if err != nil {
			return nil, fmt.Errorf("query %s: %w", q.ID, err)
		}
		n++
		fmt.Fprintf(os.Stderr, "%s: query %d in %v\n", c.name, n, took.Round(time.Millisecond))
	}
	return c, nil
}

// ask runs one query by every method.
func (c *collection) ask(ctx context.Context, loader *pipeline.Loader, s *index.Snapshot, q rerank.Query, qrels eval.Qrels) (time.Duration, error) {
	start := time.Now()
	for _, m := range c.methods {
		stage := m.config
		if m.part > 0 {
			all := c.method(full).seconds
			within := time.Duration(m.part * all[len(all)-1] * float64(time.Second))
			stage.Early = &pipeline.Early{Best: pipelineDepth, Within: max(1, within)}
		}
		p, err := loader.New(ctx, s, pipeline.Config{First: pipeline.First{Kind: pipeline.KindBM25}, Stages: []pipeline.Stage{stage}})
		if err != nil {
			return 0, err
		}
		got, err := p.Retrieve(ctx, rerank.Search{Query: q, K: pipelineDepth})
		if err != nil {
			return 0, err
		}
		value, err := ndcg(qrels, q.ID, got.Hits)
		if err != nil {
			return 0, err
		}
		last := got.Stages[len(got.Stages)-1]
		m.values, m.seconds = append(m.values, value), append(m.seconds, last.Elapsed.Seconds())
		m.late += last.Candidates - last.Scored
		for _, r := range got.Stages {
			m.tokens += r.Tokens
		}
	}
	return time.Since(start), nil
}

// pipelineDepth is how many hits of BM25 are re-ranked.
const pipelineDepth = 100

func ndcg(qrels eval.Qrels, query string, hits []rerank.Hit) (float64, error) {
	run := eval.Run{query: nil}
	for i, h := range hits {
		run[query] = append(run[query], eval.Scored{Document: h.Document.ID, Score: -float64(i)})
	}
	e, err := eval.Evaluate(eval.Qrels{query: qrels[query]}, run, []eval.Measure{eval.NDCG(10)}, eval.Options{Complete: true})
	if err != nil {
		return 0, err
	}
	return e.Summary[0], nil
}

// indexed makes an index in memory, without vectors.
func indexed(ctx context.Context, judged dataset.Collection) (*index.Snapshot, func(), error) {
	x, err := index.Memory(index.Options{Analyzer: analyzer})
	if err != nil {
		return nil, nil, err
	}
	w, err := x.Writer()
	if err != nil {
		return nil, nil, err
	}
	defer w.Close()
	var b index.Batch
	for d, err := range judged.ReadDocuments(dataset.Options{}) {
		if err != nil {
			return nil, nil, err
		}
		b.Put(index.Entry{Document: d})
	}
	if _, err := w.Commit(ctx, &b); err != nil {
		return nil, nil, err
	}
	s, err := x.Snapshot()
	return s, func() { s.Close(); x.Close() }, err
}

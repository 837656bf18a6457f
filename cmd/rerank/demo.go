package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/internal/count"
	"github.com/flashrerank/rerank/pipeline"
)

// demoFlags are the flags of the demonstration.
type demoFlags struct {
	n       int
	depth   int
	rerank  string
	corpus  string
	vectors bool
	noCache bool
	early   earlyFlags
}

// demoCorpora are the values of --corpus.
func demoCorpora() []string { return []string{corpusAuto, corpusGo, corpusBuiltin} }

// demoQueries ask for things in words of everyday, which the documentation
// mostly does not use.
var demoQueries = map[string][]string{
	corpusGo: {
		"read a file line by line",
		"make sure code runs only once",
		"find all files below a folder",
	},
	corpusBuiltin: {
		"why is my search slow",
		"two threads change the same variable",
		"find a word in many files",
	},
}

func (a *app) demoCommand() *cobra.Command {
	var f demoFlags
	cmd := &cobra.Command{
		Use:   `demo ["query"…]`,
		Short: "See it work on the Go documentation of this machine",
		Long: `Index the documentation of the Go standard library on this machine and show, for a
few queries or for yours, the order of the first stage beside the re-ranked one:
rank, score and how far each entry moved.

The first stage is BM25. With --vectors the index also holds embeddings: making
them takes about a minute of CPU time, once. The first stage is then the hybrid of
BM25 and the nearest embeddings, and the re-ranker does not have to read the texts.

The index is kept in the user's cache folder and built again when the version of
Go, or the format of the index, changes; --no-cache builds one and throws it away.
If Go is not installed, or with --corpus builtin, a small collection of short texts
that is part of this program is searched instead.`,
		Example: `  rerank demo
  rerank demo "read a file line by line"
  rerank demo "stop a request that takes too long" "turn a struct into JSON" -n 3
  rerank demo --rerank minilm-cosine --depth 50 --json "parse a date"`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return a.demo(cmd.Context(), f, args) },
	}
	cmd.Flags().IntVarP(&f.n, "n", "n", 5, "number of entries to show in each list")
	cmd.Flags().IntVar(&f.depth, "depth", 100, "number of candidates from the first stage")
	cmd.Flags().StringVar(&f.rerank, "rerank", pipeline.Auto, rerankerHelp)
	cmd.Flags().StringVar(&f.corpus, "corpus", corpusAuto, "what to search: auto, go or builtin")
	cmd.Flags().BoolVar(&f.vectors, "vectors", false, "use an index with embeddings, and the hybrid as the first stage")
	cmd.Flags().BoolVar(&f.noCache, "no-cache", false, "build the index again and do not keep it")
	f.early.add(cmd)
	return cmd
}

// demoRun is the outcome of the demonstration, and its JSON form.
type demoRun struct {
	Corpus   demoCorpus    `json:"corpus"`
	First    string        `json:"first"` // kind of first stage
	Reranker string        `json:"reranker"`
	Model    string        `json:"model,omitempty"` // name of the model that scored
	SIMD     string        `json:"simd"`
	Opened   time.Duration `json:"opened_ns"` // index and model
	Queries  []demoQuery   `json:"queries"`
	Elapsed  time.Duration `json:"elapsed_ns"`
}

// demoQuery is what became of one query.
type demoQuery struct {
	Query    string               `json:"query"`
	First    []demoHit            `json:"first"`
	Reranked []demoHit            `json:"reranked"`
	Stages   []rerank.StageReport `json:"stages"`
}

// demoHit is one entry of a list.
type demoHit struct {
	ID      string   `json:"id"`
	Title   string   `json:"title,omitempty"`
	Rank    int      `json:"rank"` // from 1
	Score   *float64 `json:"score"`
	First   int      `json:"first_rank"` // its rank in the first stage, from 1
	Snippet string   `json:"snippet,omitempty"`
}

// rerankerOf is the name of what re-orders last.
func rerankerOf(c pipeline.Config) string {
	if len(c.Stages) == 0 {
		return pipeline.None
	}
	return c.Stages[len(c.Stages)-1].Rerank
}

func (a *app) demo(ctx context.Context, f demoFlags, queries []string) error {
	start := time.Now()
	if err := f.check(queries); err != nil {
		return err
	}
	early, err := f.early.asked(f.rerank)
	if err != nil {
		return err
	}
	corpus, err := a.openDemoCorpus(ctx, f)
	if err != nil {
		return err
	}
	defer corpus.discard()
	if len(queries) == 0 {
		queries = demoQueries[corpus.Name]
	}
	opening := time.Now()
	s, err := f.early.search(ctx, pipeline.Config{
		Index:  corpus.Index,
		First:  pipeline.First{Depth: f.depth},
		Stages: []pipeline.Stage{{Rerank: f.rerank, Early: early}},
	})
	if err != nil {
		return err
	}
	defer s.Close()
	out := demoRun{Corpus: corpus, First: string(s.Config().First.Kind), Reranker: rerankerOf(s.Config()), SIMD: simdLevel(), Opened: time.Since(opening)}
	out.Corpus.Documents = s.snapshot.Len()
	for _, query := range queries {
		result, err := s.Search(ctx, query, f.depth)
		if err != nil {
			return err
		}
		a.warn(result.Stages)
		out.Queries = append(out.Queries, listsOf(query, result, out.First, f.n))
	}
	out.Elapsed = time.Since(start)
	out.Model = scoredBy(out.Queries)
	if a.json {
		return written(writeJSON(a.stdout, out))
	}
	_, err = io.WriteString(a.stdout, a.renderDemo(out))
	return written(err)
}

func (f demoFlags) check(queries []string) error {
	for _, q := range queries {
		if err := checkQuery(q); err != nil {
			return err
		}
	}
	if f.n < 1 || f.depth < 1 {
		return usagef("-n and --depth must be above 0")
	}
	if err := checkRerankers(f.rerank); err != nil {
		return err
	}
	return oneOfKnown("corpus", f.corpus, demoCorpora())
}

// listsOf makes both lists of one result: every hit's trace has its place in the
// first stage.
func listsOf(query string, result rerank.Result, stage string, n int) demoQuery {
	out := demoQuery{Query: query, First: []demoHit{}, Reranked: []demoHit{}, Stages: result.Stages}
	first := make([]*rerank.Hit, len(result.Hits))
	for i := range result.Hits {
		h := &result.Hits[i]
		found := seenBy(h, stage)
		if found.Rank < len(first) {
			first[found.Rank] = h
		}
		if i < n {
			out.Reranked = append(out.Reranked, newDemoHit(h, h.Rank, h.Score, found))
		}
	}
	for _, h := range first[:min(n, len(first))] {
		if h != nil {
			found := seenBy(h, stage)
			out.First = append(out.First, newDemoHit(h, found.Rank, found.Score, found))
		}
	}
	return out
}

// seenBy returns how a stage saw a hit. A blend may name a part of it like the
// first stage, which is why the earliest counts.
func seenBy(h *rerank.Hit, stage string) rerank.StageScore {
	for _, t := range h.Trace {
		if t.Stage == stage {
			return t
		}
	}
	return h.Trace[0]
}

func newDemoHit(h *rerank.Hit, rank int, score float64, found rerank.StageScore) demoHit {
	d := h.Document
	return demoHit{ID: d.ID, Title: d.Title, Rank: rank + 1, Score: finite(score), First: found.Rank + 1, Snippet: firstSentence(d.Text)}
}

// summary says in a line or two what was searched by what, and how long it
// took.
func (o demoRun) summary() string {
	made := "index from the cache"
	if !o.Corpus.Cached {
		made = "indexed in " + elapsed(o.Corpus.Built)
	}
	var first, second time.Duration
	for _, q := range o.Queries {
		first += q.firstStage(o.First).Elapsed
		if last := q.Stages[len(q.Stages)-1]; last.Stage != o.First {
			second += last.Elapsed
		}
	}
	n := time.Duration(max(1, len(o.Queries)))
	parts := []string{
		fmt.Sprintf("%s, %s", count.Of(o.Corpus.Documents, "entry"), o.Corpus.Title),
		made,
		"opened in " + elapsed(o.Opened),
		fmt.Sprintf("per query: first stage %s, re-ranking %s", elapsed(first/n), elapsed(second/n)),
		"all " + elapsed(o.Elapsed),
		strings.TrimSpace(o.Model + " on " + o.SIMD),
	}
	return strings.Join(parts, " · ")
}

// firstStage returns the report of the first stage, which comes after those of the
// lists it is made of.
func (q demoQuery) firstStage(name string) rerank.StageReport {
	for _, s := range q.Stages {
		if s.Stage == name {
			return s
		}
	}
	return q.Stages[0]
}

// scoredBy returns the name of the model that scored, "" if none did.
func scoredBy(queries []demoQuery) string {
	for _, q := range queries {
		for _, s := range q.Stages {
			if s.Model != "" {
				return s.Model
			}
		}
	}
	return ""
}

package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/cmd/rerank/internal/terminal"
	"github.com/flashrerank/rerank/internal/count"
	"github.com/flashrerank/rerank/pipeline"
)

// sortFlags are the flags of the filter.
type sortFlags struct {
	n      int
	depth  int
	rerank string
	scores bool
	jsonl  bool
	lines  bool
	fields []string
	early  earlyFlags

	fieldsGiven bool // --field stands on the command line
}

func (a *app) sortCommand() *cobra.Command {
	var f sortFlags
	cmd := &cobra.Command{
		Use:   `sort "query"`,
		Short: "Order the lines of standard input by relevance",
		Long: `Read lines on standard input and write them ordered by relevance to the query,
best first. The bytes of each line stay as they are.

The input is taken as JSON lines if its first non-blank line begins with a brace;
--jsonl and --lines set the format. Of a JSON line, the members named by --field are
scored, joined by a space.

The re-ranker scores the top --depth lines by BM25; the others follow in BM25's order.
Lines with equal scores keep their order. The input is held in memory: at most
1,000,000 lines and 1 GiB.`,
		Example: `  git log --oneline | rerank sort "memory leak in the parser" -n 5
  rerank sort "late delivery" --scores < reviews.txt
  rerank sort "late delivery" --field body --rerank none < reviews.jsonl | head`,
		Args: sortArguments,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.unused(cmd.Flags().Changed); err != nil {
				return err
			}
			return a.sort(cmd.Context(), args[0], f)
		},
	}
	cmd.Flags().IntVarP(&f.n, "n", "n", 0, "number of lines to write; 0 means all")
	cmd.Flags().IntVar(&f.depth, "depth", 1000, "number of lines to re-rank; 0 means all")
	cmd.Flags().StringVar(&f.rerank, "rerank", pipeline.Default, rerankerHelp)
	cmd.Flags().BoolVar(&f.scores, "scores", false, "write the score and a tab before each line")
	cmd.Flags().BoolVar(&f.jsonl, "jsonl", false, "the input is JSON lines")
	cmd.Flags().BoolVar(&f.lines, "lines", false, "the input is plain text")
	cmd.Flags().StringSliceVar(&f.fields, "field", []string{"title", "text"}, "members of a JSON line to score")
	f.early.add(cmd)
	cmd.MarkFlagsMutuallyExclusive("jsonl", "lines")
	return cmd
}

// sortArguments takes one query, and tells those who name files where these go.
func sortArguments(_ *cobra.Command, args []string) error {
	switch {
	case len(args) == 1:
		return nil
	case len(args) == 2 && isFile(args[1]):
		return usagef("lines are read from standard input: rerank sort %q < %s", args[0], args[1])
	case len(args) == 0:
		return usagef("there is no query: rerank sort \"query\" < FILE")
	}
	return usagef("expected one query, got %d arguments; put it in quotes: rerank sort %q", len(args), strings.Join(args, " "))
}

// noQuery is the error about a file that is named where the query belongs.
func noQuery(file string) error {
	return usagef("%s is a file, and there is no query: rerank sort \"query\" < %s", file, file)
}

// unused refuses flags that have no effect beside the others.
func (f *sortFlags) unused(g given) error {
	if f.rerank == pipeline.None {
		if err := g.unused("on --rerank none", "depth"); err != nil {
			return err
		}
	}
	if f.lines {
		if err := g.unused("on --lines", "field"); err != nil {
			return err
		}
	}
	f.fieldsGiven = g("field")
	return nil
}

func (f sortFlags) form() lineForm {
	switch {
	case f.jsonl:
		return formJSON
	case f.lines:
		return formText
	}
	return formUnknown
}

func (a *app) sort(ctx context.Context, query string, f sortFlags) error {
	if f.n < 0 || f.depth < 0 {
		return usagef("-n and --depth cannot be negative; 0 means all")
	}
	if err := checkQuery(query); err != nil {
		return err
	}
	if err := checkRerankers(f.rerank); err != nil {
		return err
	}
	reranker, err := openReranker(f.rerank, f.early)
	if err != nil {
		return err
	}
	defer closeQuietly(reranker)
	if terminal.Inspect(a.stdin).Terminal {
		if isFile(query) {
			return noQuery(query)
		}
		a.remark("reading lines from the terminal; Ctrl-D ends them")
	}
	records, err := readRecords(interruptible(ctx, a.stdin), f.form(), f.fields, f.fieldsGiven)
	switch {
	case err != nil:
		return err
	case len(records) == 0 && isFile(query):
		return noQuery(query)
	case len(records) == 0:
		a.remark("there are no lines on standard input")
	}
	result, err := a.order(ctx, query, records, reranker, f)
	if err != nil {
		return err
	}
	a.warnings(result.Stages)
	if a.json {
		return a.writeSortJSON(query, records, result)
	}
	return a.writeSorted(records, result.Hits, f.scores)
}

// order orders records: all of them by BM25, then the best by the reranker.
func (a *app) order(ctx context.Context, query string, records []record, reranker rerank.Reranker, f sortFlags) (rerank.Result, error) {
	docs := make([]rerank.Document, len(records))
	for i, r := range records {
		docs[i].Text = r.text
	}
	first, err := firstOfTexts()
	if err != nil {
		return rerank.Result{}, err
	}
	q := rerank.Query{Text: query}
	result, err := first.Rerank(ctx, rerank.Request{Query: q, Hits: rerank.Hits(docs)})
	if err != nil || reranker == nil {
		return cut(result, f.n), err
	}
	head := len(result.Hits)
	if f.depth > 0 && f.depth < head {
		head = f.depth
		a.remark("re-ranking the best %s of %s by BM25; --depth 0 re-ranks all", count.Of(head, "line"), count.Thousands(len(records)))
	}
	wait := a.progress(fmt.Sprintf("re-ranking %s", count.Of(head, "line")), -1)
	defer wait.finish()
	again, err := reranker.Rerank(ctx, rerank.Request{Query: q, Hits: inputOrder(result.Hits[:head])})
	if err != nil {
		return rerank.Result{}, err
	}
	tail := result.Hits[head:]
	for i := range tail {
		tail[i].Rank = len(again.Hits) + i
	}
	return cut(rerank.Result{Hits: append(again.Hits, tail...), Stages: append(result.Stages, again.Stages...)}, f.n), nil
}

// inputOrder returns the hits in the order of the input, so that equal scores
// keep it.
func inputOrder(hits []rerank.Hit) []rerank.Hit {
	sorted := make([]rerank.Hit, len(hits))
	copy(sorted, hits)
	sortByIndex(sorted)
	for i := range sorted {
		sorted[i].Rank = i
	}
	return sorted
}

// cut keeps the first n hits; 0 means all.
func cut(r rerank.Result, n int) rerank.Result {
	if n > 0 && n < len(r.Hits) {
		r.Hits = r.Hits[:n]
	}
	return r
}

// writeSorted writes the records of the hits. A last line without a line end
// gets one where another line follows it.
func (a *app) writeSorted(records []record, hits []rerank.Hit, scores bool) error {
	w := bufio.NewWriter(a.stdout)
	for i, h := range hits {
		if scores {
			fmt.Fprintf(w, "%.4f\t", h.Score)
		}
		raw := records[h.Index].raw
		_, _ = w.Write(raw) // a bufio.Writer keeps its error for Flush
		if i+1 < len(hits) && !bytes.HasSuffix(raw, []byte("\n")) {
			_ = w.WriteByte('\n')
		}
	}
	return written(w.Flush())
}

// sortedLine is a line in the JSON form of the filter's output.
type sortedLine struct {
	Line  int          `json:"line"` // of the input, from 1
	Score *float64     `json:"score"`
	Scale rerank.Scale `json:"scale,omitempty"`
	Text  string       `json:"text"` // what was judged
}

func (a *app) writeSortJSON(query string, records []record, result rerank.Result) error {
	out := struct {
		Query  string               `json:"query"`
		Lines  []sortedLine         `json:"lines"`
		Stages []rerank.StageReport `json:"stages"`
	}{query, []sortedLine{}, result.Stages}
	for _, h := range result.Hits {
		out.Lines = append(out.Lines, sortedLine{
			Line: h.Index + 1, Score: finite(h.Score), Scale: h.Scale, Text: records[h.Index].text,
		})
	}
	return written(writeJSON(a.stdout, out))
}

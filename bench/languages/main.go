// Command languages measures what the defaults make of other languages than English, which
// the embedded models do not know:
//
//	go run ./bench/languages -manuals DIR -data DIR
//
// DIR of -manuals has a folder of translated manual pages for each language, as Debian's
// manpages-* unpack them (.ci/run does that); RERANK_MANUALS is its default. Each page that
// has a purpose in its section NAME is a text without that section, and the purpose is a
// question whose answer is the page. DIR of -data has judged collections, as RERANK_DATA.
//
// The first table tells how many queries and texts are taken for foreign at several bounds,
// from which those of internal/language were chosen; the second, with -quality, nDCG@10 of
// BM25 and of the defaults, with how far these are from BM25 and the p of that by paired
// randomization.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"

	"github.com/flashrerank/rerank/experiment"
	"github.com/flashrerank/rerank/pipeline"
)

func main() {
	manuals := flag.String("manuals", os.Getenv("RERANK_MANUALS"), "`folder` of translated manual pages")
	data := flag.String("data", os.Getenv("RERANK_DATA"), "`folder` of judged collections")
	quality := flag.Bool("quality", false, "also search: minutes for each language")
	queries := flag.Int("queries", 0, "search for the first n questions of each language only; 0: all")
	texts := flag.Bool("texts", false, "search with the default over texts in place of those over vectors: many times as long")
	depth := flag.Int("depth", 0, "number of hits that the defaults re-order; 0: as many as by default")
	only := flag.String("languages", "", "`list` of languages or collections, as fr,ru,jaquad-dev; empty: all")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	b := bench{queries: *queries, texts: *texts, depth: *depth, out: os.Stdout}
	if err := b.run(ctx, *manuals, *data, *only, *quality); err != nil {
		fmt.Fprintln(os.Stderr, "languages:", err)
		os.Exit(1)
	}
}

// bench is one run.
type bench struct {
	queries int
	texts   bool
	depth   int
	out     io.Writer
}

func (b bench) run(ctx context.Context, manuals, data, only string, quality bool) error {
	if manuals == "" || data == "" {
		return fmt.Errorf("-manuals and -data, or RERANK_MANUALS and RERANK_DATA, must name folders")
	}
	work, err := os.MkdirTemp("", "rerank-languages-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	wanted := func(name string) bool { return only == "" || slices.Contains(strings.Split(only, ","), name) }
	folders, err := collections(manuals, data, work, wanted)
	if err != nil {
		return err
	}
	if err := b.shares(folders); err != nil || !quality {
		return err
	}
	fmt.Fprint(b.out, "\n| collection | texts | questions |")
	for _, s := range b.systems() {
		fmt.Fprintf(b.out, " %s |", s.Name)
	}
	fmt.Fprintln(b.out)
	for _, folder := range folders {
		if err := b.quality(ctx, folder); err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(folder), err)
		}
	}
	return nil
}

// collections returns the folders of the wanted judged collections and of those made of
// manual pages, which it writes below work.
func collections(manuals, data, work string, wanted func(name string) bool) ([]string, error) {
	qrels, err := filepath.Glob(filepath.Join(data, "*", "qrels", "test.tsv"))
	if err != nil {
		return nil, err
	}
	var folders []string
	for _, name := range qrels {
		if dir := filepath.Dir(filepath.Dir(name)); wanted(filepath.Base(dir)) {
			folders = append(folders, dir)
		}
	}
	languages, err := filepath.Glob(filepath.Join(manuals, "*", "man*"))
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, section := range languages {
		from := filepath.Dir(section)
		if seen[from] || !wanted(filepath.Base(from)) {
			continue
		}
		seen[from] = true
		pages, err := readPages(from, 0)
		if err != nil {
			return nil, err
		}
		if len(pages) < fewest {
			continue
		}
		to := filepath.Join(work, filepath.Base(from))
		if err := write(to, pages); err != nil {
			return nil, err
		}
		folders = append(folders, to)
	}
	return folders, nil
}

// fewest is how many pages a language has at least.
const fewest = 70

// write makes a collection in the layout of BEIR. Pages of one purpose all answer it.
func write(dir string, pages []page) error {
	var corpus, queries, qrels strings.Builder
	qrels.WriteString("query-id\tcorpus-id\tscore\n")
	number := map[string]int{}
	for _, p := range pages {
		line, err := json.Marshal(map[string]string{"_id": p.id, "text": p.text})
		if err != nil {
			return err
		}
		corpus.Write(append(line, '\n'))
		n, known := number[p.purpose]
		if !known {
			n = len(number) + 1
			number[p.purpose] = n
			if line, err = json.Marshal(map[string]string{"_id": fmt.Sprint("q", n), "text": p.purpose}); err != nil {
				return err
			}
			queries.Write(append(line, '\n'))
		}
		fmt.Fprintf(&qrels, "q%d\t%s\t1\n", n, p.id)
	}
	if err := os.MkdirAll(filepath.Join(dir, "qrels"), 0o755); err != nil {
		return err
	}
	for name, text := range map[string]string{"corpus.jsonl": corpus.String(), "queries.jsonl": queries.String(), "qrels/test.tsv": qrels.String()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// systems are BM25 and the defaults.
func (b bench) systems() []experiment.Declared {
	over := func(kind pipeline.Kind, rerank string) experiment.Declared {
		return experiment.Declared{Name: fmt.Sprintf("%s → %s", kind, rerank), First: pipeline.First{Kind: kind}, Stages: []pipeline.Stage{{Rerank: rerank, Depth: b.depth}}}
	}
	words := over(pipeline.KindBM25, pipeline.None)
	if b.texts {
		return []experiment.Declared{words, over(pipeline.KindBM25, pipeline.Best)}
	}
	return []experiment.Declared{words, over(pipeline.KindHybrid, pipeline.None), over(pipeline.KindHybrid, pipeline.MiniLM)}
}

// quality prints nDCG@10 of all systems over a collection.
func (b bench) quality(ctx context.Context, dir string) error {
	report, err := b.measure(ctx, dir)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(b.out)
	fmt.Fprintf(w, "| %s | %d | %d |", filepath.Base(dir), report.Data.Documents, len(report.Data.Queries))
	fmt.Fprintf(w, " %.3f |", report.Systems[0].Values[0].Mean)
	for i, c := range report.Comparisons {
		fmt.Fprintf(w, " %.3f (%+.3f, p %.2f) |", report.Systems[i+1].Values[0].Mean, c.Diff, c.P)
	}
	fmt.Fprintln(w)
	return w.Flush()
}

// measure is how good all systems are over a collection. The first is BM25.
func (b bench) measure(ctx context.Context, dir string) (experiment.Report, error) {
	return experiment.Run(ctx, experiment.Config{
		Data: dir, Queries: b.queries, Measures: []string{"nDCG@10"}, Systems: b.systems(),
	}, experiment.Options{})
}

// Command bm25worker lets the project's first stage be measured beside other
// engines by a harness that talks to all of them over lines of text.
//
//	bm25worker CORPUS QUERIES INDEX_DIR
//
// CORPUS is one document a line, QUERIES one query a line. On standard input
// it reads "index", which builds the index, and "search K N", which runs the
// first N queries one after another for K hits each. It answers each with a
// line of JSON: seconds, bytes on disk and memory; or latencies in seconds and
// the scores of the best hits, whose IDs alone are loaded, as the other engines
// do. GOMAXPROCS says how many threads there are.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/index"
	"github.com/flashrerank/rerank/lexical"
)

// analyzer is the nearest to lower-cased runs of letters and digits.
const analyzer = "unicode|lower"

// batchSize is how many documents are committed at once.
const batchSize = 25_000

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bm25worker:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	if len(args) != 3 {
		return errors.New("usage: bm25worker CORPUS QUERIES INDEX_DIR")
	}
	w := worker{corpus: args[0], dir: filepath.Join(args[2], "index")}
	defer w.close()
	var err error
	if w.queries, err = lines(args[1]); err != nil {
		return err
	}
	encoder := json.NewEncoder(out)
	for commands := bufio.NewScanner(in); commands.Scan(); {
		answer, err := w.do(ctx, strings.Fields(commands.Text()))
		if err != nil {
			return err
		}
		if err := encoder.Encode(answer); err != nil {
			return err
		}
	}
	return nil
}

// worker holds the index once it is built.
type worker struct {
	corpus, dir string
	queries     []string

	index     *index.Index
	snapshot  *index.Snapshot
	retriever *lexical.Retriever
}

func (w *worker) close() {
	if w.snapshot != nil {
		w.snapshot.Close()
	}
	if w.index != nil {
		w.index.Close()
	}
}

func (w *worker) do(ctx context.Context, command []string) (any, error) {
	switch {
	case len(command) == 1 && command[0] == "index":
		return w.build(ctx)
	case len(command) == 3 && command[0] == "search" && w.retriever != nil:
		k, err := strconv.Atoi(command[1])
		if err != nil {
			return nil, err
		}
		n, err := strconv.Atoi(command[2])
		if err != nil {
			return nil, err
		}
		return w.search(ctx, k, w.queries[:max(0, min(n, len(w.queries)))])
	}
	return nil, fmt.Errorf("command %q is not understood, or comes before there is an index", command)
}

// built tells what the index cost.
type built struct {
	Seconds  float64 `json:"s"`
	Bytes    int64   `json:"bytes"`
	Segments int     `json:"segments"`
	memory
}

func (w *worker) build(ctx context.Context) (built, error) {
	texts, err := lines(w.corpus)
	if err != nil {
		return built{}, err
	}
	if err := os.RemoveAll(w.dir); err != nil {
		return built{}, err
	}
	start := time.Now()
	if w.index, err = index.Create(w.dir, index.Options{Analyzer: analyzer}); err != nil {
		return built{}, err
	}
	if err := write(ctx, w.index, texts); err != nil {
		return built{}, err
	}
	if w.snapshot, err = w.index.Snapshot(); err != nil {
		return built{}, err
	}
	if w.retriever, err = lexical.NewRetriever(w.snapshot, lexical.DefaultBM25()); err != nil {
		return built{}, err
	}
	elapsed := time.Since(start).Seconds()
	size, err := diskUse(w.dir)
	return built{Seconds: elapsed, Bytes: size, Segments: len(w.snapshot.Segments()), memory: memoryUse()}, err
}

// write indexes the texts and merges them into one segment.
func write(ctx context.Context, x *index.Index, texts []string) error {
	writer, err := x.Writer()
	if err != nil {
		return err
	}
	defer writer.Close()
	var batch index.Batch
	for i, text := range texts {
		batch.Put(index.Entry{Document: rerank.Document{ID: strconv.Itoa(i), Text: text}})
		if batch.Len() < batchSize && i < len(texts)-1 {
			continue
		}
		if _, err := writer.Commit(ctx, &batch); err != nil {
			return err
		}
		batch.Reset()
	}
	return writer.Merge(ctx)
}

// searched tells what each query took and found.
type searched struct {
	Latencies []float64 `json:"lat"`
	TopScores []float64 `json:"top_score"`
	memory
}

func (w *worker) search(ctx context.Context, k int, queries []string) (searched, error) {
	var s searched
	for _, text := range queries {
		start := time.Now()
		result, err := w.retriever.Retrieve(ctx, rerank.Search{Query: rerank.Query{Text: text}, K: k, IDsOnly: true})
		if err != nil {
			return s, err
		}
		s.Latencies = append(s.Latencies, time.Since(start).Seconds())
		top := 0.0
		if len(result.Hits) > 0 {
			top = result.Hits[0].Score
		}
		s.TopScores = append(s.TopScores, top)
	}
	s.memory = memoryUse()
	return s, nil
}

// memory is what the process occupies in megabytes, 0 where the system does
// not tell.
type memory struct {
	Resident float64 `json:"rss_mb"`
	Peak     float64 `json:"peak_rss_mb"`
}

func memoryUse() memory {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return memory{}
	}
	var m memory
	for line := range strings.Lines(string(status)) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		kilobytes, _ := strconv.ParseFloat(fields[1], 64)
		switch fields[0] {
		case "VmRSS:":
			m.Resident = kilobytes / 1024
		case "VmHWM:":
			m.Peak = kilobytes / 1024
		}
	}
	return m
}

func lines(name string) ([]string, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n"), nil
}

func diskUse(dir string) (int64, error) {
	total := int64(0)
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			total += info.Size()
		}
		return err
	})
	return total, err
}

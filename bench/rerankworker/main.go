// Command rerankworker lets the project's cross-encoders be measured beside
// other engines by a harness that talks to all of them over lines of text.
//
//	rerankworker MODEL_DIR THREADS [fp32|int8]
//
// It says {"ready":true}, then reads lines {"query":…,"passages":[…]} and
// answers each with the seconds it took, tokenising included, the logits in the
// order of the passages, and the most memory the process had.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/bench/internal/rss"
	"github.com/flashrerank/rerank/crossencoder"
	"github.com/flashrerank/rerank/transformer"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "rerankworker:", err)
		os.Exit(1)
	}
}

type question struct {
	Query    string   `json:"query"`
	Passages []string `json:"passages"`
}

type answer struct {
	Seconds float64   `json:"s"`
	Scores  []float32 `json:"scores"`
	Sigmoid bool      `json:"sigmoid"`
	PeakRSS float64   `json:"peak_rss_mb"`
}

func run(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	if len(args) < 2 || len(args) > 3 {
		return errors.New("usage: rerankworker MODEL_DIR THREADS [fp32|int8]")
	}
	threads, err := strconv.Atoi(args[1])
	if err != nil {
		return fmt.Errorf("threads: %w", err)
	}
	precision := transformer.INT8
	if len(args) == 3 {
		precision = transformer.Precision(args[2])
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return fmt.Errorf("a folder for packed weights: %w", err)
	}
	m, err := crossencoder.Load(os.DirFS(args[0]), crossencoder.Options{
		Precision: precision, Workers: threads, Long: crossencoder.LongTruncate, Cache: filepath.Join(cache, "rerank", "weights"),
	})
	if err != nil {
		return err
	}
	fmt.Fprintln(out, `{"ready":true}`)
	encoder := json.NewEncoder(out)
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<30)
	for lines.Scan() {
		var q question
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			return err
		}
		a, err := score(ctx, m, q)
		if err != nil {
			return err
		}
		if err := encoder.Encode(a); err != nil {
			return err
		}
	}
	return lines.Err()
}

func score(ctx context.Context, m *crossencoder.Model, q question) (answer, error) {
	pairs := make([]rerank.Pair, len(q.Passages))
	for i, p := range q.Passages {
		pairs[i] = rerank.Pair{Query: q.Query, Text: p}
	}
	scores := make([]rerank.PairScore, len(pairs))
	start := time.Now()
	if err := m.ScorePairs(ctx, pairs, scores); err != nil {
		return answer{}, err
	}
	a := answer{Seconds: time.Since(start).Seconds(), PeakRSS: rss.Peak()}
	for _, s := range scores {
		a.Scores = append(a.Scores, s.Logit)
	}
	return a, nil
}

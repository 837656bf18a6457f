// Command curves measures what re-ranking costs by the number of passages, by
// their length and by the number of cores, and what memory it takes, with models
// of random weights in published shapes, and writes what came out:
//
//	go run ./bench/curves -o docs
//
// writes docs/curves.md and docs/curves/*.svg. It takes about three minutes;
// -full also measures what would take longer.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"runtime/debug"
	"slices"
	"strconv"
	"time"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/bench/internal/randombert"
	"github.com/flashrerank/rerank/bench/internal/rss"
	"github.com/flashrerank/rerank/crossencoder"
	"github.com/flashrerank/rerank/transformer"
)

var (
	shapes  = []randombert.Shape{randombert.MiniLM, randombert.TinyBERT}
	counts  = []int{1, 10, 100, 1000, 10_000}
	lengths = []int{16, 64, 256, 512} // tokens, the query's and the special ones included
	cores   = []int{1, 2}
	memory  = []int{100, 1000, 10_000, 100_000} // passages of which memory is measured
)

func main() {
	out := flag.String("o", "docs", "`folder` to write curves.md and curves/*.svg to")
	full := flag.Bool("full", false, "measure everything, however long it takes")
	passages := flag.Int("memory", 0, "measure the memory of so many passages, and print it as JSON: what the command starts itself for")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := func() error {
		if *passages > 0 {
			return printMemory(ctx, *passages)
		}
		r, err := measure(ctx, *full)
		if err != nil {
			return err
		}
		return write(*out, r)
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, "curves:", err)
		os.Exit(1)
	}
}

// cost is what some passages of a length took.
type cost struct {
	shape                   string
	passages, tokens, cores int
	seconds                 float64 // the median; 0 if it was left out
}

// footprint is what memory some passages took, in megabytes.
type footprint struct {
	Passages int     `json:"passages"`
	Texts    float64 `json:"texts_mb"`
	Before   float64 `json:"before_mb"` // of the process, with model and texts
	Peak     float64 `json:"peak_mb"`   // while it scored
}

type result struct {
	costs   []cost
	lines   map[string]line // by shape: what a passage costs by its tokens
	memory  []footprint
	skipped int
}

// most is how long one measurement may take, unless all are asked for.
const most = 6.0

func measure(ctx context.Context, full bool) (*result, error) {
	r := &result{lines: map[string]line{}}
	for _, s := range shapes {
		files, err := s.Files()
		if err != nil {
			return nil, err
		}
		for _, c := range cores {
			if err := r.shape(ctx, s, files, c, full); err != nil {
				return nil, err
			}
		}
		if r.lines[s.Name], err = byLength(ctx, s, files); err != nil {
			return nil, err
		}
	}
	for _, n := range memory {
		f, err := inProcess(ctx, n)
		if err != nil {
			return nil, err
		}
		fmt.Printf("%d passages: %.1f MB\n", n, f.Peak)
		r.memory = append(r.memory, f)
	}
	return r, nil
}

func load(files fs.FS, workers int) (*crossencoder.Model, error) {
	return crossencoder.Load(files, crossencoder.Options{Precision: transformer.INT8, Workers: workers, Long: crossencoder.LongTruncate})
}

// shape measures every number and length. What would take too long, going by
// what fewer passages took, is left out.
func (r *result) shape(ctx context.Context, s randombert.Shape, files fs.FS, workers int, full bool) error {
	m, err := load(files, workers)
	if err != nil {
		return err
	}
	for _, tokens := range lengths {
		each := 0.0
		for _, n := range counts {
			c := cost{shape: s.Name, passages: n, tokens: tokens, cores: workers}
			if full || each*float64(n) < most {
				if c.seconds, err = timed(ctx, m, passages(s, n, tokens)); err != nil {
					return err
				}
				each = c.seconds / float64(n)
				fmt.Printf("%s, %d cores: %d passages of %d tokens in %.2f ms\n", s.Name, workers, n, tokens, 1e3*c.seconds)
			} else {
				r.skipped++
			}
			r.costs = append(r.costs, c)
		}
	}
	return nil
}

// passages are n of a length in tokens. Words are tokens here, and the query has
// five of them, or fewer where there is no room.
func passages(s randombert.Shape, n, tokens int) []rerank.Pair {
	r := rand.New(rand.NewPCG(uint64(tokens), 1))
	const special = 3
	query := min(5, (tokens-special)/2)
	pairs := make([]rerank.Pair, n)
	text := s.Text(query, r)
	for i := range pairs {
		pairs[i] = rerank.Pair{Query: text, Text: s.Text(tokens-special-query, r)}
	}
	return pairs
}

// timed returns the median of at least three runs, or of one that takes long.
func timed(ctx context.Context, m *crossencoder.Model, pairs []rerank.Pair) (float64, error) {
	scores := make([]rerank.PairScore, len(pairs))
	var took []float64
	for start := time.Now(); len(took) < 3 || time.Since(start) < 200*time.Millisecond; {
		from := time.Now()
		if err := m.ScorePairs(ctx, pairs, scores); err != nil {
			return 0, err
		}
		took = append(took, time.Since(from).Seconds())
		if took[0] > 1 {
			break
		}
	}
	slices.Sort(took)
	return took[len(took)/2], nil
}

// line is a straight line through what a passage costs by its tokens.
type line struct {
	tokens, seconds []float64
	slope, offset   float64
	r2              float64
}

// byLength measures passages of many lengths, on one core.
func byLength(ctx context.Context, s randombert.Shape, files fs.FS) (line, error) {
	m, err := load(files, 1)
	if err != nil {
		return line{}, err
	}
	var l line
	for tokens := 16; tokens <= s.Positions; tokens += 16 {
		const n = 8
		seconds, err := timed(ctx, m, passages(s, n, tokens))
		if err != nil {
			return line{}, err
		}
		l.tokens, l.seconds = append(l.tokens, float64(tokens)), append(l.seconds, seconds/n)
	}
	l.fit()
	return l, nil
}

// inProcess measures memory in a process that has done nothing else.
func inProcess(ctx context.Context, n int) (f footprint, err error) {
	program, err := os.Executable()
	if err != nil {
		return f, err
	}
	out, err := exec.CommandContext(ctx, program, "-memory", strconv.Itoa(n)).Output()
	if err != nil {
		return f, fmt.Errorf("measuring the memory of %d passages: %w", n, err)
	}
	return f, json.Unmarshal(out, &f)
}

// printMemory scores passages of 64 tokens by the smaller model, whose weights
// hardly count, all in one call.
func printMemory(ctx context.Context, n int) error {
	s := randombert.TinyBERT
	files, err := s.Files()
	if err != nil {
		return err
	}
	m, err := load(files, 2)
	if err != nil {
		return err
	}
	files = nil // float32 weights, which nobody needs any more
	_ = files
	pairs := passages(s, n, 64)
	size := 0
	for _, p := range pairs {
		size += len(p.Text)
	}
	debug.FreeOSMemory()
	f := footprint{Passages: n, Texts: float64(size) / (1 << 20), Before: rss.Now()}
	watching, stop := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watching)
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
				f.Peak = max(f.Peak, rss.Now())
			}
		}
	}()
	err = m.ScorePairs(ctx, pairs, make([]rerank.PairScore, n))
	close(stop)
	<-watching
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(f)
}

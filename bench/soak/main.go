// Command soak sends passages of mixed lengths through a cross-encoder of
// TinyBERT's shape for a long time, from concurrent callers of which some give
// up, and looks whether scores stay the same, memory flat and goroutines few:
//
//	go run ./bench/soak -passages 1000000 -callers 8
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/bench/internal/randombert"
	"github.com/flashrerank/rerank/bench/internal/rss"
	"github.com/flashrerank/rerank/crossencoder"
	"github.com/flashrerank/rerank/transformer"
)

func main() {
	var o options
	flag.IntVar(&o.passages, "passages", 1_000_000, "how many in all")
	flag.IntVar(&o.callers, "callers", 8, "how many at the same time")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := soak(ctx, o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}

type options struct {
	passages, callers int
}

// Memory may be higher in the last quarter than in the second by this share and
// so many megabytes: the collector lets garbage grow to the size of what is
// alive. The first quarter is for warming up.
const (
	growth = 0.05
	slack  = 8
)

func soak(ctx context.Context, o options, out io.Writer) error {
	if o.passages < 1 || o.callers < 1 {
		return fmt.Errorf("%d passages by %d callers: both must be more than 0", o.passages, o.callers)
	}
	goroutines := runtime.NumGoroutine()
	s, err := start(ctx)
	if err != nil {
		return err
	}
	debug.FreeOSMemory() // what making the model has left
	began := time.Now()
	s.every, s.out = max(o.passages/100, 1), out
	samples, err := s.run(ctx, o)
	if err != nil {
		return err
	}
	took := time.Since(began)
	fmt.Fprintf(out, "%d passages (%d tokens) in %.1f s: %.0f a second; %d calls, of which %d gave up; %d looks at the same %d scores\n",
		s.passages.Load(), s.tokens.Load(), took.Seconds(), float64(s.passages.Load())/took.Seconds(), s.calls.Load(), s.gaveUp.Load(), s.looks.Load(), len(s.want))
	return errors.Join(flat(samples, out), settled(goroutines, out))
}

// session is a model, and what it has done.
type session struct {
	model *crossencoder.Model
	probe []rerank.Pair
	want  []rerank.PairScore // of the probe

	passages, tokens, calls, gaveUp, looks atomic.Int64

	every  int // passages from one look at the memory to the next
	out    io.Writer
	mu     sync.Mutex
	memory []float64
}

func start(ctx context.Context) (*session, error) {
	files, err := randombert.TinyBERT.Files()
	if err != nil {
		return nil, err
	}
	s := &session{}
	if s.model, err = crossencoder.Load(files, crossencoder.Options{Precision: transformer.INT8}); err != nil {
		return nil, err
	}
	r := rand.New(rand.NewPCG(7, 7))
	for range 20 {
		s.probe = append(s.probe, pair(r))
	}
	s.want = make([]rerank.PairScore, len(s.probe))
	return s, s.model.ScorePairs(ctx, s.probe, s.want)
}

// pair is a query and a passage: mostly of some dozens of words, now and then far
// beyond the model's window.
func pair(r *rand.Rand) rerank.Pair {
	words := 1 + r.IntN(120)
	if r.IntN(50) == 0 {
		words = 400 + r.IntN(2000)
	}
	return rerank.Pair{Query: randombert.TinyBERT.Text(1+r.IntN(12), r), Text: randombert.TinyBERT.Text(words, r)}
}

// run lets callers work until the passages are used up. It returns what memory
// the process had at about a hundred moments.
func (s *session) run(ctx context.Context, o options) ([]float64, error) {
	failed := make([]error, o.callers)
	var left atomic.Int64
	left.Store(int64(o.passages))
	var group sync.WaitGroup
	for i := range o.callers {
		group.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), 3))
			for failed[i] == nil && ctx.Err() == nil && left.Load() > 0 {
				failed[i] = s.call(ctx, r, &left)
			}
		})
	}
	group.Wait()
	return s.memory, errors.Join(append(failed, ctx.Err())...)
}

// call scores some passages; now and then it gives up midway, or looks whether
// the probe's scores are still the same.
func (s *session) call(ctx context.Context, r *rand.Rand, left *atomic.Int64) error {
	n := []int{1, 1, 3, 10, 10, 100, 1000}[r.IntN(7)]
	n = min(n, int(left.Add(-int64(n)))+n)
	if n <= 0 {
		return nil
	}
	pairs, scores := make([]rerank.Pair, n), make([]rerank.PairScore, n)
	for i := range pairs {
		pairs[i] = pair(r)
	}
	giveUp := r.IntN(10) == 0
	if giveUp {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(r.IntN(3000))*time.Microsecond)
		defer cancel()
	}
	err := s.model.ScorePairs(ctx, pairs, scores)
	s.calls.Add(1)
	s.watch(s.passages.Add(int64(n)))
	switch {
	case giveUp && errors.Is(err, context.DeadlineExceeded):
		s.gaveUp.Add(1)
	case err != nil:
		return err
	}
	for _, score := range scores {
		s.tokens.Add(int64(score.Tokens))
	}
	if r.IntN(4) == 0 && !giveUp {
		return s.look(ctx)
	}
	return nil
}

func (s *session) look(ctx context.Context) error {
	got := make([]rerank.PairScore, len(s.probe))
	if err := s.model.ScorePairs(ctx, s.probe, got); err != nil {
		return err
	}
	s.looks.Add(1)
	if !slices.Equal(got, s.want) {
		return fmt.Errorf("after %d passages the probe has other scores", s.passages.Load())
	}
	return nil
}

// watch notes the memory at every hundredth part of the way, and tells of every
// tenth. It is the callers that look, so that there are as many looks on a fast
// machine as on a slow one.
func (s *session) watch(passages int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for int64(len(s.memory)+1)*int64(s.every) <= passages {
		s.memory = append(s.memory, rss.Now())
		if step := len(s.memory); step%10 == 0 {
			fmt.Fprintf(s.out, "%3d %%  %9d passages  %.1f MB\n", step, passages, s.memory[step-1])
		}
	}
}

// flat compares the last quarter of the way with the second.
func flat(samples []float64, out io.Writer) error {
	if len(samples) < 8 {
		return fmt.Errorf("only %d looks at the memory: too few passages", len(samples))
	}
	q := len(samples) / 4
	early, late := median(samples[q:2*q]), median(samples[len(samples)-q:])
	fmt.Fprintf(out, "memory: median %.1f MB in the second quarter, %.1f MB in the last, %.1f MB at most\n", early, late, slices.Max(samples))
	if late > early*(1+growth)+slack {
		return fmt.Errorf("memory grew from %.1f to %.1f MB", early, late)
	}
	return nil
}

func median(x []float64) float64 {
	x = slices.Sorted(slices.Values(x))
	return x[len(x)/2]
}

// settled waits for helpers that came too late to find work.
func settled(before int, out io.Writer) error {
	for range 100 {
		if runtime.NumGoroutine() <= before {
			fmt.Fprintf(out, "goroutines: %d, as before\n", before)
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return fmt.Errorf("%d goroutines, before there were %d", runtime.NumGoroutine(), before)
}

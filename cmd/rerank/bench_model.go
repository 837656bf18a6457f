package main

import (
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/flashrerank/rerank/internal/simd"
	"github.com/flashrerank/rerank/pipeline"
	"github.com/flashrerank/rerank/transformer"
)

// benchModel is the encoder of a model, without its tokenizer: what a passage
// costs depends on its length, hardly on its words.
type benchModel struct {
	files  fs.FS
	states transformer.States // one only for a cross-encoder
	c      transformer.Config
}

func openBenchModel(name string) (*benchModel, error) {
	files, err := pipeline.ModelFiles(name)
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", name, err)
	}
	m := &benchModel{files: files}
	loaded, err := m.load(1)
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", name, err)
	}
	m.c = loaded.Config()
	if head := loaded.Classifier(); head != nil {
		m.states = head.Pooling().States()
	}
	return m, nil
}

func (m *benchModel) load(workers int) (*transformer.Model, error) {
	return transformer.Load(m.files, transformer.Options{Precision: transformer.INT8, Workers: workers})
}

// lengths in tokens that are measured: up to the model's window.
func (m *benchModel) lengths() []int {
	list := []int{16, 64, 128, 256, 512}
	return slices.DeleteFunc(list, func(n int) bool { return n > m.c.Positions })
}

// batch is some sequences of a length.
func (m *benchModel) batch(sequences, tokens int) transformer.Batch {
	r := rand.New(rand.NewPCG(1, 2))
	b := transformer.Batch{Offsets: []int32{0}}
	for range sequences {
		for range tokens {
			b.IDs = append(b.IDs, r.Int32N(int32(m.c.Vocabulary)))
		}
		b.Offsets = append(b.Offsets, int32(len(b.IDs)))
	}
	return b
}

func ignore(int, []float32) {}

func (m *benchModel) run(ctx context.Context, loaded *transformer.Model, b transformer.Batch) error {
	return loaded.RunStates(ctx, b, m.states, ignore)
}

const (
	// shortTokens is the length of the passages that levels are compared by.
	shortTokens = 64

	// batchTokens is about how many tokens are re-ranked at once, and
	// batchTokensGeneric with generic kernels, which would take minutes.
	batchTokens, batchTokensGeneric = 6400, 128
)

// passages measures passages a second, and the latency of one.
func (b *benchmark) passages(ctx context.Context, m *benchModel, lengths, workers []int) error {
	if err := b.title("%s, int8         tokens  cores  passages/s   tokens/s   one passage: p50 ms   p99 ms", b.flags.model); err != nil {
		return err
	}
	most := batchTokens
	if simd.Level() == "generic" {
		most = batchTokensGeneric
	}
	for _, w := range workers {
		loaded, err := m.load(w)
		if err != nil {
			return err
		}
		for _, tokens := range lengths {
			n := max(1, min(100, most/tokens))
			many, err := b.timed(ctx, m, loaded, m.batch(n, tokens))
			if err != nil {
				return err
			}
			one, err := b.timed(ctx, m, loaded, m.batch(1, tokens))
			if err != nil {
				return err
			}
			f := figure{
				Figure: "passages", Level: simd.Level(), Name: b.flags.model, Tokens: tokens, Workers: w, Unit: "1/s",
				Value: float64(n) / quantile(many, 0.5), P50: 1e3 * quantile(one, 0.5), P99: 1e3 * quantile(one, 0.99),
			}
			err = b.show(f, "  %20s %6d %6d %11.1f %10.0f %21.2f %8.2f", "", tokens, w, f.Value, f.Value*float64(tokens), f.P50, f.P99)
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// timed runs a batch as often as fits into the time, at least once after a first
// time that does not count, and returns the seconds of each run in order of size.
func (b *benchmark) timed(ctx context.Context, m *benchModel, loaded *transformer.Model, batch transformer.Batch) ([]float64, error) {
	var took []float64
	if simd.Level() != "generic" { // warm up
		if err := m.run(ctx, loaded, batch); err != nil {
			return nil, err
		}
	}
	for start := time.Now(); len(took) == 0 || time.Since(start) < b.flags.time; {
		from := time.Now()
		if err := m.run(ctx, loaded, batch); err != nil {
			return nil, err
		}
		took = append(took, time.Since(from).Seconds())
	}
	slices.Sort(took)
	return took, nil
}

// quantile of sorted values.
func quantile(sorted []float64, q float64) float64 {
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}

// profile measures the parts of a forward pass, on one core, and how far it is
// from its roofline: the time that its products would take at the peak of their
// arithmetic.
func (b *benchmark) profile(ctx context.Context, m *benchModel) error {
	loaded, err := m.load(1)
	if err != nil {
		return err
	}
	tokens := min(128, m.c.Positions)
	sequences := 16
	if simd.Level() == "generic" {
		sequences = 1
	}
	var fastest transformer.Profile
	for start := time.Now(); fastest == nil || time.Since(start) < 2*b.flags.time; {
		p, err := loaded.Profile(ctx, m.batch(sequences, tokens), m.states)
		if err != nil {
			return err
		}
		if fastest == nil || total(p) < total(fastest) {
			fastest = p
		}
	}
	return b.showProfile(fastest, tokens)
}

func total(p transformer.Profile) (sum time.Duration) {
	for _, cost := range p {
		sum += cost.Elapsed
	}
	return sum
}

func (b *benchmark) showProfile(p transformer.Profile, tokens int) error {
	if err := b.title("A forward pass over passages of %d tokens, one core   time    share of the peak", tokens); err != nil {
		return err
	}
	ideal, linearIdeal, linear := 0.0, 0.0, 0.0
	for _, part := range transformer.Parts() {
		cost := p[part]
		seconds := b.ideal(cost)
		ideal += seconds
		if part != transformer.PartAttention && seconds > 0 {
			linearIdeal, linear = linearIdeal+seconds, linear+cost.Elapsed.Seconds()
		}
		f := figure{
			Figure: "part", Level: simd.Level(), Name: string(part), Tokens: tokens, Unit: "of the time",
			Value: cost.Elapsed.Seconds() / total(p).Seconds(), Share: seconds / cost.Elapsed.Seconds(),
		}
		if err := b.show(f, "  %-46s %8.1f %%  %8s", part, 100*f.Value, orDash("%.0f %%", 100*f.Share)); err != nil {
			return err
		}
	}
	if ideal == 0 {
		return nil // no peak is known
	}
	f := figure{Figure: "pass", Level: simd.Level(), Name: "linear layers", Tokens: tokens, Share: linearIdeal / linear}
	if err := b.show(f, "  %-46s %8s    %8.0f %%", "linear layers", "", 100*f.Share); err != nil {
		return err
	}
	f = figure{Figure: "pass", Level: simd.Level(), Name: "whole", Tokens: tokens, Share: ideal / total(p).Seconds()}
	return b.show(f, "  %-46s %8s    %8.0f %%", "the whole pass against its roofline", "", 100*f.Share)
}

// ideal is the time that a part's products take at the peak of their arithmetic.
func (b *benchmark) ideal(cost *transformer.PartCost) (seconds float64) {
	for arithmetic, operations := range cost.Operations {
		if peak := b.peak(simd.Level(), arithmetic); peak > 0 {
			seconds += operations / peak
		}
	}
	return seconds
}

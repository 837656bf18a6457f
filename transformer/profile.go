package transformer

import (
	"context"
	"time"

	"github.com/flashrerank/rerank/internal/simd"
)

// Part is a step of the forward pass.
type Part string

// The parts. Quantising is part of what makes the numbers, or of the product
// where nothing else does.
const (
	PartEmbedding   Part = "embedding"
	PartQKV         Part = "queries, keys, values"
	PartAttention   Part = "attention"
	PartProjection  Part = "attention output"
	PartNorm        Part = "normalisation"
	PartExpansion   Part = "feed-forward in"
	PartActivation  Part = "activation"
	PartContraction Part = "feed-forward out"
)

// Parts lists them in the order of the pass.
func Parts() []Part {
	return []Part{PartEmbedding, PartQKV, PartAttention, PartProjection, PartNorm, PartExpansion, PartActivation, PartContraction}
}

// Arithmetic is a kind of numbers that products are made of: Int8, Int16 or
// Float32.
type Arithmetic = simd.Arithmetic

// PartCost is what a part took.
type PartCost struct {
	Elapsed time.Duration
	// Operations are the products and sums of matrices, by arithmetic: what
	// simd.Peak counts. Element-wise work has none.
	Operations map[Arithmetic]float64
}

// Profile is what the parts of forward passes took, on one core.
type Profile map[Part]*PartCost

// clock gives the time between two laps to the part that ends with the second.
type clock struct {
	last  time.Time
	parts Profile
}

func (c *clock) cost(p Part) *PartCost {
	if c.parts[p] == nil {
		c.parts[p] = &PartCost{Operations: map[Arithmetic]float64{}}
	}
	return c.parts[p]
}

// lap does nothing without a clock.
func (c *clock) lap(p Part) {
	if c == nil {
		return
	}
	now := time.Now()
	c.cost(p).Elapsed += now.Sub(c.last)
	c.last = now
}

// multiplied notes a product of rows by a layer that belongs to a part.
func (c *clock) multiplied(p Part, rows int, l *linear) {
	if c == nil {
		return
	}
	if l.int8 != nil {
		operations := 2 * float64(rows) * float64(l.int8.N*l.int8.K)
		if l.rest != nil {
			operations *= 2
		}
		c.cost(p).Operations[simd.Int8] += operations
		return
	}
	c.cost(p).Operations[simd.Float32] += 2 * float64(rows) * float64(l.float.N*l.float.K)
}

// attended notes the two products of attention.
func (c *clock) attended(x attended, integers bool) {
	if c == nil {
		return
	}
	operations := 2 * float64(x.rows) * float64(x.n*x.width)
	if !integers {
		c.cost(PartAttention).Operations[simd.Float32] += 2 * operations
		return
	}
	c.cost(PartAttention).Operations[simd.Int8] += operations
	c.cost(PartAttention).Operations[simd.Int16] += operations
}

// Profile computes a batch in chunks, as [Model.Run] does, on one core and with a
// clock. states are as in [Job].
func (m *Model) Profile(ctx context.Context, b Batch, states States) (Profile, error) {
	if err := b.check(); err != nil {
		return nil, err
	}
	if err := m.workers.acquire(ctx); err != nil {
		return nil, err
	}
	defer m.workers.release()
	s := m.workers.scratch()
	defer m.workers.keep(s)
	s.clock = &clock{parts: Profile{}}
	defer func() { s.clock = nil }()
	r := &running{ctx: ctx, model: m, job: b.job(states, func(int, []float32) {}), done: make(chan struct{})}
	r.left.Store(int64(b.Len()))
	for r.gather(s) {
		s.clock.last = time.Now()
		r.compute(s)
	}
	if err := r.err.Load(); err != nil {
		return nil, *err
	}
	return s.clock.parts, nil
}

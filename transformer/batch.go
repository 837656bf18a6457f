package transformer

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
)

// Batch is the tokens of many sequences, one after another, without padding.
// Sequence i is IDs[Offsets[i]:Offsets[i+1]] and the same of Types; Offsets
// begins with 0 and has one number more than there are sequences.
type Batch struct {
	IDs     []int32
	Types   []int32 // token types; nil means that all are 0
	Offsets []int32
}

// Len returns the number of sequences.
func (b Batch) Len() int { return max(0, len(b.Offsets)-1) }

// check refuses what would read outside of a table.
func (b Batch) check(c Config) error {
	if b.Len() == 0 {
		return nil
	}
	if b.Offsets[0] != 0 || int(b.Offsets[b.Len()]) != len(b.IDs) || b.Types != nil && len(b.Types) != len(b.IDs) {
		return fmt.Errorf("transformer: offsets %d to %d over %d ids and %d types", b.Offsets[0], b.Offsets[b.Len()], len(b.IDs), len(b.Types))
	}
	for i := range b.Len() {
		if n := b.Offsets[i+1] - b.Offsets[i]; n < 1 || int(n) > c.Positions {
			return fmt.Errorf("transformer: sequence %d has %d tokens; the model takes 1 to %d", i, n, c.Positions)
		}
	}
	for i, id := range b.IDs {
		if id < 0 || int(id) >= c.Vocabulary {
			return fmt.Errorf("transformer: token %d has the id %d; the model's vocabulary has %d", i, id, c.Vocabulary)
		}
	}
	for i, t := range b.Types {
		if t < 0 || int(t) >= c.TokenTypes {
			return fmt.Errorf("transformer: token %d has the type %d; the model has %d", i, t, c.TokenTypes)
		}
	}
	return nil
}

// chunkTokens is how many tokens go through the layers together, but for a
// sequence that is longer: enough for each matrix to be used often while it is
// in the cache, few enough for the activations to stay there.
const chunkTokens = 256

// Run computes the hidden states of every sequence and calls visit for each,
// once, with as many rows of Config.Hidden numbers as the sequence has tokens.
// Calls come from several goroutines and in any order, and hidden is valid only
// during the call. Hidden states do not depend on the sequences beside them nor
// on the number of workers. Run returns when all are done or ctx ends, which is
// looked at between layers.
func (m *Model) Run(ctx context.Context, b Batch, visit func(sequence int, hidden []float32)) error {
	if err := b.check(m.config); err != nil {
		return err
	}
	chunks := b.chunks(m.workers)
	workers := min(m.workers, len(chunks))
	if workers <= 1 {
		s := m.scratch()
		defer m.scratches.Put(s)
		for _, c := range chunks {
			if err := s.run(ctx, m, b, c, visit); err != nil {
				return err
			}
		}
		return ctx.Err()
	}
	return m.runParallel(ctx, b, chunks, workers, visit)
}

func (m *Model) runParallel(ctx context.Context, b Batch, chunks []chunk, workers int, visit func(int, []float32)) error {
	var next atomic.Int64
	var group sync.WaitGroup
	failed := make([]error, workers)
	for w := range workers {
		group.Go(func() {
			s := m.scratch()
			defer m.scratches.Put(s)
			for failed[w] == nil {
				i := int(next.Add(1)) - 1
				if i >= len(chunks) {
					return
				}
				failed[w] = s.run(ctx, m, b, chunks[i], visit)
			}
		})
	}
	group.Wait()
	for _, err := range failed {
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// chunk is a range of sequences.
type chunk struct{ from, to int }

// chunks divides a batch. Small batches are divided further, so that every
// worker has something to do.
func (b Batch) chunks(workers int) []chunk {
	const least = 32 // tokens below which dividing costs more than it gains
	target := max(least, min(chunkTokens, (len(b.IDs)+workers-1)/workers))
	var out []chunk
	for from := 0; from < b.Len(); {
		to := from + 1
		for to < b.Len() && int(b.Offsets[to+1]-b.Offsets[from]) <= target {
			to++
		}
		out = append(out, chunk{from, to})
		from = to
	}
	return out
}

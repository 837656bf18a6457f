package transformer

import (
	"context"
	"fmt"
)

// Batch is the tokens of many sequences, one after another, without padding.
// Sequence i is IDs[Offsets[i]:Offsets[i+1]] and the same of Types; Offsets
// begins with 0 and has one number more than there are sequences.
type Batch struct {
	IDs     []int32
	Types   []int32 // token types; none means that all are 0
	Offsets []int32
}

// Len returns the number of sequences.
func (b Batch) Len() int { return max(0, len(b.Offsets)-1) }

// check refuses offsets that are none.
func (b Batch) check() error {
	if b.Len() == 0 {
		return nil
	}
	if b.Offsets[0] != 0 || int(b.Offsets[b.Len()]) != len(b.IDs) || b.Types != nil && len(b.Types) != len(b.IDs) {
		return fmt.Errorf("transformer: offsets %d to %d over %d ids and %d types", b.Offsets[0], b.Offsets[b.Len()], len(b.IDs), len(b.Types))
	}
	for i := range b.Len() {
		if b.Offsets[i+1] < b.Offsets[i] {
			return fmt.Errorf("transformer: sequence %d ends at %d, before it begins", i, b.Offsets[i+1])
		}
	}
	return nil
}

// checkLast refuses a last sequence that would read outside of a table.
func (b *Batch) checkLast(i int, c Config) error {
	from := b.Offsets[len(b.Offsets)-2]
	if n := len(b.IDs) - int(from); n < 1 || n > c.Positions {
		return fmt.Errorf("transformer: sequence %d has %d tokens; the model takes 1 to %d", i, n, c.Positions)
	}
	if len(b.Types) > 0 && len(b.Types) != len(b.IDs) {
		return fmt.Errorf("transformer: sequence %d has %d tokens and %d types", i, len(b.IDs)-int(from), len(b.Types)-int(from))
	}
	for at, id := range b.IDs[from:] {
		if id < 0 || int(id) >= c.Vocabulary {
			return fmt.Errorf("transformer: token %d of sequence %d has the id %d; the model's vocabulary has %d", at, i, id, c.Vocabulary)
		}
	}
	if len(b.Types) == 0 || c.TokenTypes == 0 {
		return nil
	}
	for at, t := range b.Types[from:] {
		if t < 0 || int(t) >= c.TokenTypes {
			return fmt.Errorf("transformer: token %d of sequence %d has the type %d; the model has %d", at, i, t, c.TokenTypes)
		}
	}
	return nil
}

// States are the hidden states of a sequence that are wanted.
type States int

// The choices.
const (
	AllStates  States = iota
	FirstState        // the first token's, as most heads of classifiers take it
	LastState         // the last token's, as decoders have it
)

// Job is a number of sequences to compute.
type Job struct {
	Sequences int

	// Fill appends the ids of sequence i, and their types unless all are 0 in
	// every sequence, to b. It is called once for each sequence, from several
	// goroutines, in about their order, not long before it is computed: so making
	// the tokens is shared among the workers, and few lie in memory at a time.
	Fill func(i int, b *Batch)

	// States says which states are wanted. One is the same to the last bit
	// whichever are; the last layer computes no others.
	States States

	// Visit gets the states of a sequence, Config.Hidden numbers for each of its
	// tokens, or for one. It is called once for each sequence, from several
	// goroutines and in any order; states is valid during the call only. An error
	// ends the job.
	Visit func(i int, states []float32) error
}

// Run computes the hidden states of every sequence and calls visit for each; see
// [Model.Stream].
func (m *Model) Run(ctx context.Context, b Batch, visit func(sequence int, hidden []float32)) error {
	return m.RunStates(ctx, b, AllStates, visit)
}

// RunStates is [Model.Run] for the states that are wanted of each sequence.
func (m *Model) RunStates(ctx context.Context, b Batch, states States, visit func(sequence int, hidden []float32)) error {
	if err := b.check(); err != nil {
		return err
	}
	return m.Stream(ctx, b.job(states, visit))
}

// job hands out the sequences of a batch.
func (b Batch) job(states States, visit func(int, []float32)) Job {
	fill := func(i int, dst *Batch) {
		from, to := b.Offsets[i], b.Offsets[i+1]
		dst.IDs = append(dst.IDs, b.IDs[from:to]...)
		if len(b.Types) > 0 {
			dst.Types = append(dst.Types, b.Types[from:to]...)
		}
	}
	return Job{Sequences: b.Len(), Fill: fill, States: states, Visit: func(i int, states []float32) error {
		visit(i, states)
		return nil
	}}
}

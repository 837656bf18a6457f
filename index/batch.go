package index

import (
	"errors"
	"fmt"
	"math"

	rerank "github.com/flashrerank/rerank"
)

// Entry is a document and what the index keeps beside it.
type Entry struct {
	Document rerank.Document

	// Vector is the document's embedding by the index's model; nil for none.
	// Its values are kept as they are, not normalised.
	Vector []float32
}

// Batch is a sequence of changes that are committed together. The zero Batch
// is empty and ready. What is put must not be changed before the commit has
// returned. A Batch is not safe for concurrent use.
type Batch struct {
	operations []operation
}

type operation struct {
	entry    Entry // only the ID, for a delete
	deletion bool
}

// Put adds a document, or replaces the one that has its ID.
func (b *Batch) Put(e Entry) { b.operations = append(b.operations, operation{entry: e}) }

// Delete removes the document with an ID; that there is none is no error.
func (b *Batch) Delete(id string) {
	b.operations = append(b.operations, operation{entry: Entry{Document: rerank.Document{ID: id}}, deletion: true})
}

// Len returns the number of operations.
func (b *Batch) Len() int { return len(b.operations) }

// Reset empties the batch and keeps its memory.
func (b *Batch) Reset() {
	clear(b.operations)
	b.operations = b.operations[:0]
}

// changes are a checked batch: of the operations on one ID only the last.
type changes struct {
	puts       []Entry
	deletes    []string
	duplicates int
	overridden []string // IDs of the first few duplicates
}

// check refuses a batch that cannot be committed whole.
func (b *Batch) check(model rerank.ModelInfo) (changes, error) {
	last := make(map[string]int, len(b.operations))
	for i := range b.operations {
		o := &b.operations[i]
		if err := o.check(model); err != nil {
			return changes{}, fmt.Errorf("index: operation %d of the batch: %w", i, err)
		}
		last[o.entry.Document.ID] = i
	}
	c := changes{duplicates: len(b.operations) - len(last)}
	for i := range b.operations {
		o := &b.operations[i]
		switch {
		case last[o.entry.Document.ID] != i:
			if len(c.overridden) < maxOverridden {
				c.overridden = append(c.overridden, o.entry.Document.ID)
			}
		case o.deletion:
			c.deletes = append(c.deletes, o.entry.Document.ID)
		default:
			c.puts = append(c.puts, o.entry)
		}
	}
	if len(c.puts) > MaxSegmentDocuments {
		return changes{}, fmt.Errorf("index: %d documents in one batch; at most %d", len(c.puts), MaxSegmentDocuments)
	}
	return c, nil
}

func (o *operation) check(model rerank.ModelInfo) error {
	d := &o.entry.Document
	if d.ID == "" {
		return &DocumentError{Err: errors.New("the document has no ID")}
	}
	if len(d.ID) > MaxIDLength {
		return &DocumentError{ID: d.ID[:100] + "…", Err: fmt.Errorf("an ID of %d bytes; at most %d", len(d.ID), MaxIDLength)}
	}
	if size := uint64(len(d.Title)) + uint64(len(d.Text)) + uint64(len(d.Meta)); size > MaxDocumentSize {
		return &DocumentError{ID: d.ID, Err: fmt.Errorf("%d bytes; at most %d", size, MaxDocumentSize)}
	}
	if err := checkVector(o.entry.Vector, model); err != nil {
		return &DocumentError{ID: d.ID, Err: err}
	}
	return nil
}

func checkVector(v []float32, model rerank.ModelInfo) error {
	switch {
	case v == nil:
		return nil
	case model.Dimensions == 0:
		return errors.New("a vector, and the index has no model for vectors")
	case len(v) != model.Dimensions:
		return fmt.Errorf("a vector of %d dimensions; those of %s have %d", len(v), model.Name, model.Dimensions)
	}
	for i, x := range v {
		if f := float64(x); math.IsNaN(f) || math.IsInf(f, 0) {
			return fmt.Errorf("component %d of the vector is %v", i, x)
		}
	}
	return nil
}

func appendFloats(b []byte, v []float32) []byte {
	for _, x := range v {
		b = le.AppendUint32(b, math.Float32bits(x))
	}
	return b
}

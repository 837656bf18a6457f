package main

import (
	"fmt"
	"iter"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/chunk"
	"github.com/flashrerank/rerank/models/minilm"
)

// passages cuts texts by the tokens of the default model. Its tokenizer is
// loaded when the first text is cut, since JSON lines need none.
type passages struct {
	counter func(text string) int
	err     error
}

// options are how texts are cut: passages that fit the budget with their title.
func (p *passages) options(budget, overlap int) chunk.Options {
	return chunk.Options{Budget: budget, Overlap: overlap, WithTitle: true, Count: p.count}
}

func (p *passages) count(text string) int {
	if p.counter == nil {
		if p.counter, p.err = minilm.NewTokenCounter(); p.err != nil {
			p.counter = chunk.Words // what is cut so is not used
		}
	}
	return p.counter(text)
}

// checked ends the documents with an error if tokens could not be counted.
func (p *passages) checked(documents iter.Seq2[rerank.Document, error]) iter.Seq2[rerank.Document, error] {
	return func(yield func(rerank.Document, error) bool) {
		for d, err := range documents {
			if p.err != nil {
				yield(rerank.Document{}, fmt.Errorf("counting tokens: %w", p.err))
				return
			}
			if !yield(d, err) {
				return
			}
		}
	}
}

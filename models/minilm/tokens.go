package minilm

import (
	"fmt"
	"io/fs"
	"strings"

	"github.com/flashrerank/rerank/tokenizer"
)

// Room is how many tokens of a text the model reads: its window of 256 without
// the two special tokens.
const Room = 254

// Limits on the counts of words that are kept.
const (
	maxKeptWords = 1 << 16
	maxKeptWord  = 64 // bytes
)

// NewTokenCounter returns a function that counts the tokens of a text as the
// model does, without special tokens, for package chunk. It takes texts apart at
// white space and remembers how many tokens words have, so that counting costs
// about as much as finding the words. The function is not safe for concurrent
// use.
func NewTokenCounter() (func(text string) int, error) {
	data, err := fs.ReadFile(Files(), "tokenizer.json")
	if err != nil {
		return nil, fmt.Errorf("minilm: %w", err)
	}
	t, err := tokenizer.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("minilm: tokenizer: %w", err)
	}
	c := tokenCounter{tokenizer: t, words: map[string]int{}}
	return c.count, nil
}

type tokenCounter struct {
	tokenizer *tokenizer.Tokenizer
	words     map[string]int
}

func (c *tokenCounter) count(text string) int {
	total := 0
	for word := range strings.FieldsSeq(text) {
		n, known := c.words[word]
		if !known {
			n = c.tokenizer.Count(word)
			c.keep(word, n)
		}
		total += n
	}
	return total
}

func (c *tokenCounter) keep(word string, n int) {
	if len(word) > maxKeptWord {
		return
	}
	if len(c.words) == maxKeptWords {
		clear(c.words)
	}
	c.words[strings.Clone(word)] = n
}

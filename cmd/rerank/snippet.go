package main

import (
	"github.com/clipperhouse/uax29/v2/sentences"

	"github.com/flashrerank/rerank/analysis"
	"github.com/flashrerank/rerank/cmd/rerank/internal/terminal"
)

// snippetLimit is how many bytes of a text are looked through for a snippet.
const snippetLimit = 16 << 10

// snippeter picks the sentence of a hit that says most about a query.
type snippeter struct {
	analyzer *analysis.Analyzer
	wanted   map[string]bool
}

func newSnippeter(a *analysis.Analyzer, query string) snippeter {
	s := snippeter{analyzer: a, wanted: map[string]bool{}}
	terms, _ := a.Query(query)
	for _, term := range terms {
		s.wanted[term] = true
	}
	return s
}

// snippet returns the sentence with most of the query's terms, the first of
// them where several have as many, cleaned for a terminal.
func (s snippeter) snippet(text string) string {
	text = text[:min(len(text), snippetLimit)]
	best, most := "", -1
	for it := sentences.FromString(text); it.Next(); {
		sentence := terminal.Clean(it.Value())
		if sentence == "" {
			continue
		}
		if n := s.terms(sentence); n > most {
			best, most = sentence, n
		}
	}
	return best
}

// terms counts the terms of the query that a text has.
func (s snippeter) terms(text string) int {
	found := map[string]bool{}
	for token := range s.analyzer.All(text) {
		if s.wanted[string(token.Term)] {
			found[string(token.Term)] = true
		}
	}
	return len(found)
}

package analysis

import (
	"iter"
	"strings"
)

// asideMark begins the terms of words set aside. No other term has this byte.
const asideMark = "\xff"

// All iterates as [Analyzer.Tokens] does, and over the words that the filter
// aside:LANGUAGE dropped as well: these have [Token.Aside] set, and terms that
// no other word has. They are no part of a text's length: keep them apart, and
// use them for queries that have nothing else, as [Analyzer.Query] does.
func (a *Analyzer) All(text string) iter.Seq[Token] { return a.tokens(text, true) }

// Query returns the terms to look for, in the order of a query: those of
// [Analyzer.Terms], or, where nothing but words set aside is left of the query,
// as of "to be or not to be", the terms of these, and true.
func (a *Analyzer) Query(text string) (terms []string, aside bool) {
	if terms = a.Terms(text); len(terms) > 0 || len(a.aside) == 0 {
		return terms, false
	}
	for t := range a.All(text) {
		terms = append(terms, string(t.Term))
	}
	return terms, len(terms) > 0
}

// IsAside reports whether a term stands for a word set aside.
func IsAside(term string) bool { return strings.HasPrefix(term, asideMark) }

// Word returns a term as people read it.
func Word(term string) string { return strings.TrimPrefix(term, asideMark) }

// setAside makes a filter that drops the words given, for [Analyzer.All] to find.
func (a *Analyzer) setAside(words []string) filter {
	numbers := make(map[string]int, len(words))
	for _, w := range words {
		if numbers[w] == 0 {
			numbers[w] = a.asideNumber(asideMark + w)
		}
	}
	return func(s *state, term []byte) []byte {
		if n, ok := numbers[string(term)]; ok {
			s.aside = n
			return nil
		}
		return term
	}
}

// asideNumber numbers the terms of words set aside.
func (a *Analyzer) asideNumber(term string) int {
	for i, t := range a.aside {
		if string(t) == term {
			return i + 1
		}
	}
	a.aside = append(a.aside, []byte(term))
	return len(a.aside)
}

// dropped is told of a word that a filter dropped, and yields it if it was set
// aside and is wanted.
func (p *pass) dropped(w word, position int) bool {
	n := p.state.aside
	p.state.aside = 0
	if n == 0 || !p.all {
		return true
	}
	p.stopped = !p.yield(Token{Term: p.analyzer.aside[n-1], Start: w.start, End: w.end, Position: position, Aside: n})
	return !p.stopped
}

package main

import (
	"slices"
	"strings"

	"github.com/flashrerank/rerank/pipeline"
)

// given tells whether a flag stands on the command line.
type given func(flag string) bool

// unused refuses flags that stand on the command line and have no effect there;
// where says why, as in "on --rerank none".
func (g given) unused(where string, flags ...string) error {
	for _, flag := range flags {
		if g(flag) {
			return usagef("--%s has no effect %s", flag, where)
		}
	}
	return nil
}

// firstAndRerank refuses flags about parts that no search of the given first
// stages and re-rankers has.
func (g given) firstAndRerank(firsts, rerankers []string, vectors bool) error {
	only := func(list []string, names ...string) bool {
		return !slices.ContainsFunc(list, func(name string) bool { return !slices.Contains(names, name) })
	}
	bm25, tfidf, dense := string(pipeline.KindBM25), string(pipeline.KindTFIDF), string(pipeline.KindDense)
	first := "on --first " + strings.Join(firsts, ",")
	if only(firsts, bm25, tfidf) && !vectors {
		if err := g.unused(first, "model"); err != nil {
			return err
		}
	}
	if !only(rerankers, pipeline.None) {
		return nil
	}
	first += " with --rerank none"
	if only(firsts, dense, tfidf) {
		if err := g.unused(first, "bm25"); err != nil {
			return err
		}
	}
	if only(firsts, dense) {
		return g.unused(first, "analyzer")
	}
	return nil
}

// unused refuses flags about kinds of documents that no path holds.
func (f sourceFlags) unused(g given, paths []string) error {
	var input, tsv, text, folder, members bool
	for _, path := range paths {
		name := strings.TrimSuffix(strings.ToLower(path), ".gz")
		switch {
		case path == "-":
			if f.goCode {
				return usagef("--go has no effect on -: standard input is no folder")
			}
			input, tsv = true, tsv || f.format == "auto" || f.format == "tsv"
			text, members = text || f.format == "text", members || f.format == "auto" || f.format == "jsonl"
		case f.goCode || strings.HasPrefix(path, "go:"):
		case isFolder(path):
			text, folder = true, true
		case strings.HasSuffix(name, ".tsv"):
			tsv = true
		case strings.HasSuffix(name, ".jsonl"), strings.HasSuffix(name, ".ndjson"):
			members = true
		default:
			text = true
		}
	}
	for _, kind := range []struct {
		there bool
		where string
		flags []string
	}{
		{input, "without the path -: it is about standard input", []string{"format"}},
		{tsv, "without TSV", []string{"header"}},
		{text, "without Markdown or text: only these are cut", []string{"chunk", "overlap"}},
		{folder, "without a folder", []string{"no-ignore"}},
		{members || tsv && f.header, "without JSON lines, or TSV with --header", mapping[:]},
	} {
		if kind.there {
			continue
		}
		if err := g.unused(kind.where, kind.flags...); err != nil {
			return err
		}
	}
	return nil
}

// mapping are the flags that say what members and columns are.
var mapping = [...]string{"id", "title", "text", "attr"}

// unusedOn refuses flags that have no effect on what standard input turned out
// to be.
func (f sourceFlags) unusedOn(format string) error {
	m := f.members
	maps := m.ID != "" || m.Title != "" || m.Text != "" || len(m.Fields) > 0
	switch {
	case format == "jsonl" && f.header:
		return usagef("--header has no effect on standard input: it is JSON lines, not TSV")
	case format == "tsv" && !f.header && maps:
		return usagef("--%s have no effect on standard input: it is TSV, and --header is not given", strings.Join(mapping[:], ", --"))
	}
	return nil
}

package dataset

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/eval"
	"github.com/flashrerank/rerank/internal/nearest"
)

// Collection is a judged collection in the layout of BEIR: a folder with
// corpus.jsonl, queries.jsonl and, for each split, a file of judgments
// (qrels/test.tsv). Each may have a further ending .gz. [OpenCollection] finds
// the files; reading streams from them. The methods are safe for concurrent
// use.
type Collection struct {
	Dir     string
	Corpus  string            // path of the documents
	Queries string            // path of the queries
	Qrels   map[string]string // paths of the judgments by split
}

// OpenCollection finds the files of a collection. It is an error if the
// documents, the queries or all judgments are missing.
func OpenCollection(dir string) (Collection, error) {
	c := Collection{Dir: dir, Qrels: map[string]string{}}
	var err error
	if c.Corpus, err = plainOrGzip(filepath.Join(dir, "corpus.jsonl")); err != nil {
		return Collection{}, fmt.Errorf("collection %s: documents: %w", dir, err)
	}
	if c.Queries, err = plainOrGzip(filepath.Join(dir, "queries.jsonl")); err != nil {
		return Collection{}, fmt.Errorf("collection %s: queries: %w", dir, err)
	}
	entries, err := os.ReadDir(filepath.Join(dir, "qrels"))
	if err != nil {
		return Collection{}, fmt.Errorf("collection %s: judgments: %w", dir, err)
	}
	for _, e := range entries {
		if split, ok := strings.CutSuffix(strings.TrimSuffix(e.Name(), ".gz"), ".tsv"); ok && !e.IsDir() && c.Qrels[split] == "" {
			c.Qrels[split] = filepath.Join(dir, "qrels", e.Name())
		}
	}
	if len(c.Qrels) == 0 {
		return Collection{}, fmt.Errorf("collection %s: no judgments in %s", dir, filepath.Join(dir, "qrels"))
	}
	return c, nil
}

// plainOrGzip returns the path, or with .gz behind it if only that is there.
func plainOrGzip(path string) (string, error) {
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if _, zipped := os.Stat(path + ".gz"); zipped == nil {
			return path + ".gz", nil
		}
	}
	return path, err
}

// Splits returns the names of the splits that have judgments, sorted.
func (c Collection) Splits() []string {
	var names []string
	for name := range c.Qrels {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// ReadDocuments reads the documents as [JSONL] does.
func (c Collection) ReadDocuments(o Options) iter.Seq2[rerank.Document, error] {
	return opened(c.Corpus, func(f *os.File) iter.Seq2[rerank.Document, error] { return JSONL(f, c.Corpus, o) })
}

// ReadQueries reads the queries as [Queries] does.
func (c Collection) ReadQueries(o Options) iter.Seq2[rerank.Query, error] {
	return opened(c.Queries, func(f *os.File) iter.Seq2[rerank.Query, error] { return Queries(f, c.Queries, o) })
}

// ReadJudgments reads the judgments of a split as [Judgments] does.
func (c Collection) ReadJudgments(split string) iter.Seq2[Judgment, error] {
	name := c.Qrels[split]
	if name == "" {
		return func(yield func(Judgment, error) bool) {
			yield(Judgment{}, fmt.Errorf("collection %s: unknown split %q%s", c.Dir, split, nearest.Choice(split, c.Splits())))
		}
	}
	return opened(name, func(f *os.File) iter.Seq2[Judgment, error] { return Judgments(f, name) })
}

// ReadQrels reads the judgments of a split as the function [ReadQrels] does.
func (c Collection) ReadQrels(split string) (eval.Qrels, error) {
	return qrels(c.ReadJudgments(split), c.Qrels[split])
}

package main

import (
	"bufio"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/flashrerank/rerank/dataset"
	"github.com/flashrerank/rerank/internal/language"
	"github.com/flashrerank/rerank/models/minilm"
	"github.com/flashrerank/rerank/tokenizer"
)

// bounds are those among which the bounds of internal/language were chosen.
var bounds = []float64{0.05, 0.08, 0.10, 0.125, 0.15, 0.20, 0.25, 0.30, 0.40}

// window is how many tokens of a text the embedded models read.
const window = 256

// judge tells what is foreign.
type judge struct {
	tokens     *tokenizer.Tokenizer
	vocabulary *language.Vocabulary
}

func newJudge() (judge, error) {
	data, err := fs.ReadFile(minilm.Files(), "tokenizer.json")
	if err != nil {
		return judge{}, err
	}
	tokens, err := tokenizer.Parse(data)
	if err != nil {
		return judge{}, err
	}
	return judge{tokens, language.New(tokens.Size(), tokens.IDToToken)}, nil
}

// tally counts texts that are foreign at each bound.
type tally struct {
	texts   int
	foreign []int // at each of bounds
}

func (j judge) count(t *tally, text string) {
	if t.foreign == nil {
		t.foreign = make([]int, len(bounds))
	}
	ids, _, _ := j.tokens.Append(nil, nil, text, window)
	t.texts++
	n := j.vocabulary.Count(text, ids)
	for i, share := range bounds {
		if n.Foreign >= 2 && float64(n.Foreign) >= share*float64(n.Letters) {
			t.foreign[i]++
		}
	}
}

// counts are those of the queries and the texts of a collection.
func (j judge) counts(dir string) (queries, texts tally, err error) {
	c, err := dataset.OpenCollection(dir)
	if err != nil {
		return queries, texts, err
	}
	for q, err := range c.ReadQueries(dataset.Options{}) {
		if err != nil {
			return queries, texts, err
		}
		j.count(&queries, q.Text)
	}
	for d, err := range c.ReadDocuments(dataset.Options{}) {
		if err != nil {
			return queries, texts, err
		}
		j.count(&texts, d.Content())
	}
	return queries, texts, nil
}

// shares prints which part of queries and texts, in hundredths, is foreign at each bound.
func (b bench) shares(folders []string) error {
	j, err := newJudge()
	if err != nil {
		return err
	}
	w := bufio.NewWriter(b.out)
	fmt.Fprint(w, "| % foreign at the share | of |")
	for _, share := range bounds {
		fmt.Fprintf(w, " %v |", share)
	}
	fmt.Fprintln(w)
	for _, folder := range folders {
		queries, texts, err := j.counts(folder)
		if err != nil {
			return fmt.Errorf("%s: %w", folder, err)
		}
		for _, row := range []struct {
			what string
			tally
		}{{"queries", queries}, {"texts", texts}} {
			fmt.Fprintf(w, "| %s | %d %s |", filepath.Base(folder), row.texts, row.what)
			for _, n := range row.foreign {
				fmt.Fprintf(w, " %.2f |", 100*float64(n)/float64(row.texts))
			}
			fmt.Fprintln(w)
		}
	}
	return w.Flush()
}

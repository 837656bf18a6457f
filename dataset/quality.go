package dataset

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"

	"github.com/flashrerank/rerank"
)

// Queries reads queries, one a line: a JSON object in the layout of BEIR
// ({"_id": "q1", "text": "…"}) where the line starts with a brace, else
// id<TAB>text. The name stands for r in errors.
func Queries(r io.Reader, name string, o Options) iter.Seq2[rerank.Query, error] {
	return func(yield func(rerank.Query, error) bool) {
		for l, err := range lines(r, name, o.Stats, MaxLine) {
			if l.number == 1 && o.Header && err == nil {
				continue
			}
			var q rerank.Query
			if err == nil {
				if q, err = parseQuery(l.text); err != nil {
					err = position(name, l.number, err)
				}
			}
			if !yield(q, err) {
				return
			}
		}
	}
}

func parseQuery(text []byte) (rerank.Query, error) {
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
		r, id, err := parseRecord(text)
		return rerank.Query{ID: id, Text: r.Text}, err
	}
	id, rest, ok := strings.Cut(string(text), "\t")
	if !ok || id == "" {
		return rerank.Query{}, errors.New("neither JSON nor id<TAB>text")
	}
	return rerank.Query{ID: id, Text: rest}, nil
}

// Judgment says how relevant a document is to a query.
type Judgment struct {
	Query, Document string // IDs
	Grade           int    // 0: not relevant
}

// Judgments reads qrels: query, document and grade in three columns (BEIR,
// whose first line names them), or query, iteration, document and grade in four
// (TREC), separated by white space. The name stands for r in errors.
func Judgments(r io.Reader, name string) iter.Seq2[Judgment, error] {
	return func(yield func(Judgment, error) bool) {
		for l, err := range lines(r, name, nil, MaxLine) {
			var j Judgment
			if err == nil {
				if j, err = parseJudgment(string(l.text)); err != nil && l.number == 1 {
					continue
				} else if err != nil {
					err = position(name, l.number, err)
				}
			}
			if !yield(j, err) {
				return
			}
		}
	}
}

func parseJudgment(text string) (Judgment, error) {
	columns := strings.Fields(text)
	if n := len(columns); n != 3 && n != 4 {
		return Judgment{}, fmt.Errorf("%d columns, not 3 (query, document, grade) or 4 (query, iteration, document, grade)", n)
	}
	last := len(columns) - 1
	grade, err := strconv.Atoi(columns[last])
	if err != nil {
		return Judgment{}, fmt.Errorf("the grade is no whole number: %w", err)
	}
	return Judgment{Query: columns[0], Document: columns[last-1], Grade: grade}, nil
}

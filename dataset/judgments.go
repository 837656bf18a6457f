package dataset

import (
	"fmt"
	"io"
	"iter"
	"strconv"

	"github.com/flashrerank/rerank/eval"
)

// Judgment says how relevant a document is to a query.
type Judgment struct {
	Query, Document string // IDs
	Grade           int    // 0: not relevant; negative: not judged
	Line            int    // where it stands, from 1
}

// maxGrade bounds grades in size. It is far above what anyone uses, and small
// enough for exponential gains to be finite.
const maxGrade = 127

// Judgments reads qrels: query, document and grade in three columns (BEIR), or
// query, iteration, document and grade in four (TREC). A line with tabs is cut at
// tabs, so that IDs may have blanks in them; one without, or that has not
// the right columns between its tabs, at white space. The first line may name the
// columns: its first column then contains "query", "topic" or "qid". A line that
// begins with # is a comment unless it is a whole judgment, of a query whose
// ID begins so: no blank follows the #, and there are four columns, or three with
// tabs, of which the last is a grade. Grades are from -127 to 127, as in
// trec_eval. That a document is judged once for a query is not checked. The name
// stands for r in errors.
func Judgments(r io.Reader, name string) iter.Seq2[Judgment, error] {
	return func(yield func(Judgment, error) bool) {
		queries, first := repeated{}, true
		for l, err := range lines(r, name, nil, MaxLine) {
			j := Judgment{Line: l.number}
			if err == nil {
				if isComment(l.text, 4) {
					continue
				}
				if err = j.parse(l.text, &queries); err != nil {
					if l.text[0] == '#' || first && namesColumns(l.text) {
						first = first && l.text[0] == '#'
						continue
					}
					j, err = Judgment{}, position(name, l.number, err)
				}
				first = false
			}
			if !yield(j, err) {
				return
			}
		}
	}
}

// ReadQrels reads judgments as [Judgments] does, all of them. A document that is
// judged twice for one query is an error, as it is for trec_eval, and so are no
// judgments at all.
func ReadQrels(r io.Reader, name string) (eval.Qrels, error) {
	return qrels(Judgments(r, name), name)
}

func qrels(judgments iter.Seq2[Judgment, error], name string) (eval.Qrels, error) {
	all := eval.Qrels{}
	for j, err := range judgments {
		if err != nil {
			return nil, err
		}
		if all[j.Query] == nil {
			all[j.Query] = map[string]int{}
		}
		if _, twice := all[j.Query][j.Document]; twice {
			return nil, fmt.Errorf("%s:%d: document %q is judged twice for query %q", name, j.Line, j.Document, j.Query)
		}
		all[j.Query][j.Document] = j.Grade
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s: it has no judgments", name)
	}
	return all, nil
}

// parse reads a line. Where it has tabs and blanks, and does not parse cut at
// the tabs, both may separate columns.
func (j *Judgment) parse(text []byte, queries *repeated) error {
	var columns [5][]byte
	if !hasTabs(text) {
		return j.set(columns[:splitSpace(text, columns[:])], queries)
	}
	err := j.set(columns[:splitTabs(text, columns[:])], queries)
	if err != nil && j.set(columns[:splitSpace(text, columns[:])], queries) == nil {
		return nil
	}
	return err
}

func (j *Judgment) set(columns [][]byte, queries *repeated) error {
	n := len(columns)
	if n != 3 && n != 4 {
		return fmt.Errorf("%s columns, not 3 (query, document, grade) or 4 (query, iteration, document, grade)", count(n, 5))
	}
	grade, err := strconv.Atoi(string(columns[n-1]))
	if err != nil || grade < -maxGrade || grade > maxGrade {
		return fmt.Errorf("the grade is not a whole number from %d to %d: %.40q", -maxGrade, maxGrade, columns[n-1])
	}
	j.Query, j.Document, j.Grade = queries.string(columns[0]), string(columns[n-2]), grade
	return nil
}

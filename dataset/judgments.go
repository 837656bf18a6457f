package dataset

import (
	"bytes"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"

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
// query, iteration, document and grade in four (TREC), separated by white space.
// The first line may name the columns: its first column then contains "query",
// "topic" or "qid". Lines that begin with # are comments. Grades are from -127
// to 127, as in trec_eval. That a document is judged once for a query is not
// checked. The name stands for r in errors.
func Judgments(r io.Reader, name string) iter.Seq2[Judgment, error] {
	return func(yield func(Judgment, error) bool) {
		queries := repeated{}
		for l, err := range lines(r, name, nil, MaxLine) {
			if err == nil && (l.text[0] == '#' || l.number == 1 && namesColumns(l.text)) {
				continue
			}
			j := Judgment{Line: l.number}
			if err == nil {
				if err = j.parse(l.text, &queries); err != nil {
					j, err = Judgment{}, position(name, l.number, err)
				}
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
		return nil, fmt.Errorf("%s: there are no judgments in it", name)
	}
	return all, nil
}

// namesColumns tells whether a line is the names of its columns.
func namesColumns(text []byte) bool {
	first, _, _ := bytes.Cut(bytes.ToLower(bytes.TrimSpace(text)), []byte("\t"))
	for _, name := range []string{"query", "topic", "qid"} {
		if strings.Contains(string(first), name) {
			var columns [5][]byte
			n := split(text, columns[:])
			_, err := strconv.Atoi(string(columns[max(n-1, 0)]))
			return err != nil // a query may be called "query1"
		}
	}
	return false
}

func (j *Judgment) parse(text []byte, queries *repeated) error {
	var columns [5][]byte
	n := split(text, columns[:])
	if n != 3 && n != 4 {
		return fmt.Errorf("%s columns, not 3 (query, document, grade) or 4 (query, iteration, document, grade)", count(n, len(columns)))
	}
	grade, err := strconv.Atoi(string(columns[n-1]))
	if err != nil || grade < -maxGrade || grade > maxGrade {
		return fmt.Errorf("the grade is no whole number from %d to %d: %.40q", -maxGrade, maxGrade, columns[n-1])
	}
	j.Query, j.Document, j.Grade = queries.string(columns[0]), string(columns[n-2]), grade
	return nil
}

// split sets columns to the parts of text between white space, as many as there
// is room for, and returns how many it set.
func split(text []byte, columns [][]byte) int {
	n, at := 0, 0
	for n < len(columns) {
		for at < len(text) && isSpace(text[at]) {
			at++
		}
		if at == len(text) {
			break
		}
		from := at
		for at < len(text) && !isSpace(text[at]) {
			at++
		}
		columns[n] = text[from:at]
		n++
	}
	return n
}

// isSpace is C's isspace, which separates columns for trec_eval.
func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// count says how many columns there are where no more than limit are counted.
func count(n, limit int) string {
	if n == limit {
		return strconv.Itoa(n) + " or more"
	}
	return strconv.Itoa(n)
}

// repeated makes strings of bytes that are often those of the time before.
type repeated struct{ last string }

func (r *repeated) string(b []byte) string {
	if r.last != string(b) {
		r.last = string(b)
	}
	return r.last
}

package dataset

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/flashrerank/rerank/eval"
)

// WriteRun writes a run in TREC's format, the queries in the given order, which
// must be all of them; a query without results has no line. The documents of a query
// are in trec_eval's order, with ranks from 1 and scores in as many digits
// as give the same number back. Columns are separated by blanks or, where an ID
// has white space in it, all by tabs; tabs tells so: trec_eval cannot read
// such files, [Run] can. What no line can hold is an error: an ID that is empty,
// not UTF-8, has a tab or a line end in it or blanks around it, or of a query one
// that begins as comments and JSON do; and a score that is not a number.
func WriteRun(w io.Writer, run eval.Run, queries []string, tag string) (tabs bool, err error) {
	for _, query := range queries {
		spaced, err := checkQuery(query, run[query])
		if err != nil {
			return false, err
		}
		tabs = tabs || spaced
	}
	separator := " "
	if tabs {
		separator = "\t"
	}
	out := bufio.NewWriter(w)
	for _, query := range queries {
		hits := slices.Clone(run[query])
		slices.SortFunc(hits, func(a, b eval.Scored) int {
			return cmp.Or(cmp.Compare(b.Score, a.Score), strings.Compare(b.Document, a.Document))
		})
		for i, hit := range hits {
			columns := []string{query, "Q0", hit.Document, strconv.Itoa(i + 1), strconv.FormatFloat(hit.Score, 'g', -1, 64), tag}
			_, _ = out.WriteString(strings.Join(columns, separator) + "\n") // Flush has the error
		}
	}
	if err := out.Flush(); err != nil {
		return tabs, fmt.Errorf("writing a run: %w", err)
	}
	return tabs, nil
}

// checkQuery tells whether an ID of a query and its results needs tabs around
// it.
func checkQuery(query string, hits []eval.Scored) (tabs bool, err error) {
	if strings.HasPrefix(query, "# ") || strings.HasPrefix(query, "{") || strings.HasPrefix(query, "\ufeff") {
		return false, fmt.Errorf("a run cannot hold a query ID that begins like %.20q", query)
	}
	if tabs, err = checkID("query", query); err != nil {
		return false, err
	}
	for _, hit := range hits {
		spaced, err := checkID("document", hit.Document)
		if err != nil {
			return false, err
		}
		if math.IsNaN(hit.Score) {
			return false, fmt.Errorf("query %q, document %q: the score is not a number", query, hit.Document)
		}
		tabs = tabs || spaced
	}
	return tabs || query == "#", nil
}

// checkID tells whether an ID has white space in it.
func checkID(what, id string) (spaced bool, err error) {
	if id == "" || !utf8.ValidString(id) || strings.ContainsAny(id, "\t\n\r") || strings.Trim(id, blanks) != id {
		return false, fmt.Errorf("a run cannot hold the %s ID %q", what, id)
	}
	return strings.ContainsAny(id, blanks), nil
}

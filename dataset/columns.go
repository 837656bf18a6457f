package dataset

import (
	"bytes"
	"strconv"
	"strings"
)

// splitSpace sets columns to the parts of text between white space, as many as
// there is room for, and returns how many it set.
func splitSpace(text []byte, columns [][]byte) int {
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

// splitTabs is [splitSpace] with tabs as the only separators: columns keep their
// inner blanks. Columns of blanks alone count as none.
func splitTabs(text []byte, columns [][]byte) int {
	n, at := 0, 0
	for n < len(columns) && at < len(text) {
		from := at
		for at < len(text) && text[at] != '\t' {
			at++
		}
		to := at
		for from < to && isSpace(text[from]) {
			from++
		}
		for from < to && isSpace(text[to-1]) {
			to--
		}
		if from < to {
			columns[n] = text[from:to]
			n++
		}
		at++
	}
	return n
}

// blanks are what may stand around a column that is cut at tabs.
const blanks = " \v\f\r"

func hasTabs(text []byte) bool { return bytes.IndexByte(text, '\t') >= 0 }

// isSpace is C's isspace, which separates columns for trec_eval.
func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// count says how many columns there are where no more than limit are counted.
func count(n, limit int) string {
	if n == limit {
		return strconv.Itoa(n) + " or more"
	}
	return strconv.Itoa(n)
}

// isComment tells whether a line that begins with # is a comment whatever its
// columns are: a blank follows the #, or there are neither tabs nor as many columns
// as the layouts of TREC have. Other such lines are comments if they do not
// parse: a query's ID may begin with #.
func isComment(text []byte, trec int) bool {
	if text[0] != '#' {
		return false
	}
	if len(text) == 1 || text[1] == ' ' {
		return true
	}
	return !hasTabs(text) && splitSpace(text, make([][]byte, trec)) < trec
}

// namesColumns tells whether a line that does not parse is the names of its
// columns: the first contains "query", "topic" or "qid", and no digit.
func namesColumns(text []byte) bool {
	var first [1][]byte
	if hasTabs(text) {
		splitTabs(text, first[:])
	} else {
		splitSpace(text, first[:])
	}
	column := strings.ToLower(string(first[0]))
	if strings.ContainsAny(column, "0123456789{") {
		return false
	}
	return strings.Contains(column, "query") || strings.Contains(column, "topic") || strings.Contains(column, "qid")
}

// repeated makes strings of bytes that are often those of the time before.
type repeated struct{ last string }

func (r *repeated) string(b []byte) string {
	if r.last != string(b) {
		r.last = string(b)
	}
	return r.last
}

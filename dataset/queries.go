package dataset

import (
	"bytes"
	"errors"
	"io"
	"iter"
	"strings"

	"github.com/flashrerank/rerank"
)

// Queries reads queries, one a line: a JSON object in the layout of BEIR
// ({"_id": "q1", "text": "…"}) where the line starts with a brace, else
// id<TAB>text, without the blanks around either. The name stands for r in errors.
func Queries(r io.Reader, name string, o Options) iter.Seq2[rerank.Query, error] {
	return func(yield func(rerank.Query, error) bool) {
		header := o.Header
		for l, err := range lines(r, name, o.Stats, MaxLine) {
			if header && err == nil {
				header = false
				if !isObject(l.text) {
					continue
				}
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

func isObject(text []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) }

func parseQuery(text []byte) (rerank.Query, error) {
	if isObject(text) {
		return parseQueryJSON(text)
	}
	id, rest, ok := strings.Cut(string(text), "\t")
	if id = strings.Trim(id, blanks); !ok || id == "" {
		return rerank.Query{}, errors.New("neither JSON nor id<TAB>text")
	}
	return rerank.Query{ID: id, Text: strings.Trim(rest, blanks+"\t")}, nil
}

func parseQueryJSON(text []byte) (q rerank.Query, err error) {
	var p parts
	if err := p.read(text, Members{}, nil); err != nil {
		return q, err
	}
	d, err := p.document()
	return rerank.Query{ID: d.ID, Text: d.Text}, err
}

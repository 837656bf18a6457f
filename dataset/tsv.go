package dataset

import (
	"errors"
	"io"
	"iter"
	"strings"

	"github.com/flashrerank/rerank"
)

// TSV reads documents, one a line: id<TAB>text or id<TAB>title<TAB>text. From
// the second tab on everything is text, which may be empty. Blanks around the ID
// are no part of it. There is no quoting. The name stands for r in errors.
func TSV(r io.Reader, name string, o Options) iter.Seq2[rerank.Document, error] {
	return documents(r, name, o, parseTSV)
}

func parseTSV(l line) (rerank.Document, error) {
	id, rest, ok := strings.Cut(string(l.text), "\t")
	switch id = strings.Trim(id, blanks); {
	case !ok:
		return rerank.Document{}, errors.New("no tab: a line is id<TAB>text or id<TAB>title<TAB>text")
	case id == "":
		return rerank.Document{}, errors.New("the ID is empty")
	}
	d := rerank.Document{ID: id, Text: rest}
	if title, text, ok := strings.Cut(rest, "\t"); ok {
		d.Title, d.Text = title, text
	}
	return d, nil
}

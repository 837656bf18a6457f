package dataset

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/internal/exactjson"
)

// Options are what the readers have in common. The zero value is ready to use.
type Options struct {
	Stats *Stats // counts what is read; nil counts nothing

	// Header says that the first line of a TSV file that is not blank names its
	// columns.
	Header bool

	Members Members // of JSON lines, and of TSV with a header

	Folder FolderOptions
}

// JSONL reads documents, one JSON object a line, in the layout of BEIR:
//
//	{"_id": "d1", "title": "…", "text": "…", "metadata": {"year": 2021}}
//
// The ID may also be called "id" and may be a whole number; [Options.Members] has
// other names. The members of "metadata" and of "fields" become the document's
// Fields, in the JSON form of [rerank.Fields]; a name must not be in both. "meta"
// becomes its Meta, as it stands, unless it is {"$bytes": "…"}, bytes in base64. [Stats.Ignored] tells which other members there
// were. A document needs an ID; text and title may be empty, as in some
// collections; null is empty. Names match exactly, and a member that appears twice
// is an error. The name stands for r in errors.
func JSONL(r io.Reader, name string, o Options) iter.Seq2[rerank.Document, error] {
	return func(yield func(rerank.Document, error) bool) {
		m := newMapper(name, o)
		for d, err := range documents(r, name, o.Stats, m.json) {
			if !yield(d, err) {
				return
			}
		}
		if err := m.end("line has the member"); err != nil {
			o.Stats.count(rerank.Document{}, err)
			yield(rerank.Document{}, fmt.Errorf("%s: %w", name, err))
		}
	}
}

// errEnd is an error of a line after which nothing more can be read.
type errEnd struct{ error }

func (e errEnd) Unwrap() error { return e.error }

// errNone says that a line is no document.
var errNone = errors.New("no document")

// documents parses the lines of r one by one and counts what comes of them.
func documents(r io.Reader, name string, stats *Stats, parse func(line) (rerank.Document, error)) iter.Seq2[rerank.Document, error] {
	return func(yield func(rerank.Document, error) bool) {
		for l, err := range lines(r, name, stats, MaxLine) {
			var d rerank.Document
			var ends errEnd
			if err == nil {
				d, err = parse(l)
				if errors.Is(err, errNone) {
					continue
				}
				if err != nil {
					err = position(name, l.number, err)
				}
			}
			stats.count(d, err)
			if !yield(d, err) || errors.As(err, &ends) {
				return
			}
		}
	}
}

// count counts a document or an error.
func (s *Stats) count(d rerank.Document, err error) {
	switch {
	case s == nil:
	case err != nil:
		s.Errors++
	default:
		s.Documents++
		s.Bytes += int64(len(d.Title) + len(d.Text))
		if d.Title == "" && d.Text == "" {
			s.Empty++
		}
	}
}

// parseID reads an ID that is a string or a whole number.
func parseID(raw []byte) (string, error) {
	switch {
	case len(raw) == 0 || exactjson.Null(raw):
		return "", Members{}.noID()
	case raw[0] != '"' && bytes.ContainsAny(raw, ".eE{[tf"):
		return "", fmt.Errorf("the ID is neither a string nor a whole number: %.40s", raw)
	case raw[0] != '"':
		return string(raw), nil
	}
	id, err := exactjson.Text(raw)
	if err == nil && id == "" {
		err = errors.New("the ID is empty")
	}
	return id, err
}

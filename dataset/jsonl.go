package dataset

import (
	"bytes"
	"encoding/json"
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

	// Header says that the first line of a TSV file names its columns.
	Header bool

	Folder FolderOptions
}

// JSONL reads documents, one JSON object a line, in the layout of BEIR:
//
//	{"_id": "d1", "title": "…", "text": "…", "metadata": {…}}
//
// The ID may also be called "id" and may be a whole number. "metadata" becomes
// the document's Meta, as it stands; "fields" its Fields, in the JSON form of
// [rerank.Fields]. Other members are ignored. A document needs an ID; text and
// title may be empty, as in some collections. The name stands for r in errors.
func JSONL(r io.Reader, name string, o Options) iter.Seq2[rerank.Document, error] {
	return documents(r, name, o, func(l line) (rerank.Document, error) { return ParseDocument(l.text) })
}

// documents parses the lines of r one by one and counts what comes of them.
func documents(r io.Reader, name string, o Options, parse func(line) (rerank.Document, error)) iter.Seq2[rerank.Document, error] {
	return func(yield func(rerank.Document, error) bool) {
		for l, err := range lines(r, name, o.Stats, MaxLine) {
			if l.number == 1 && o.Header && err == nil {
				continue
			}
			var d rerank.Document
			if err == nil {
				if d, err = parse(l); err != nil {
					err = position(name, l.number, err)
				}
			}
			o.Stats.count(d, err)
			if !yield(d, err) {
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
	}
}

// record is a document or a query as JSON has it.
type record struct {
	BeirID   json.RawMessage `json:"_id"`
	ID       json.RawMessage `json:"id"`
	Title    string          `json:"title"`
	Text     string          `json:"text"`
	Metadata json.RawMessage `json:"metadata"`
	Fields   rerank.Fields   `json:"fields"`
}

func parseRecord(text []byte) (record, string, error) {
	var r record
	if err := exactjson.Unmarshal(text, &r); err != nil {
		return r, "", err
	}
	raw := r.BeirID
	if raw == nil {
		raw = r.ID
	}
	id, err := parseID(raw)
	return r, id, err
}

// ParseDocument reads one line of what [JSONL] reads.
func ParseDocument(text []byte) (rerank.Document, error) {
	r, id, err := parseRecord(text)
	if err != nil {
		return rerank.Document{}, err
	}
	d := rerank.Document{ID: id, Title: r.Title, Text: r.Text, Fields: r.Fields}
	if len(r.Metadata) > 0 && !bytes.Equal(r.Metadata, []byte("null")) {
		d.Meta = bytes.Clone(r.Metadata)
	}
	return d, nil
}

// parseID reads an ID that is a string or a whole number.
func parseID(raw json.RawMessage) (string, error) {
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return "", errors.New(`no "_id" or "id"`)
	}
	var id string
	if raw[0] == '"' {
		if err := exactjson.Unmarshal(raw, &id); err != nil {
			return "", fmt.Errorf("ID: %w", err)
		}
	} else if bytes.ContainsAny(raw, ".eE{[tf") {
		return "", fmt.Errorf("the ID is neither a string nor a whole number: %.40s", raw)
	} else {
		id = string(raw)
	}
	if id == "" {
		return "", errors.New("the ID is empty")
	}
	return id, nil
}

package dataset

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/flashrerank/rerank"
)

// TSV reads documents, one a line: id<TAB>text or id<TAB>title<TAB>text. From
// the second tab on everything is text, which may be empty. Blanks around the ID
// are no part of it. There is no quoting.
//
// With [Options.Header] the first line names the columns, and [Options.Members] says
// what they are, as for [JSONL]; fields are texts. Every line has as many columns as
// the first, but that tabs in the last column are its own if it is the text. The
// name stands for r in errors.
func TSV(r io.Reader, name string, o Options) iter.Seq2[rerank.Document, error] {
	if !o.Header {
		return documents(r, name, o.Stats, parseTSV)
	}
	t := &table{mapper: newMapper(name, o)}
	return documents(r, name, o.Stats, t.parse)
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

// table is a TSV file with a header.
type table struct {
	*mapper
	names []string // of the columns; nil before the header
	roles []role
}

// parse makes a document of a line, or reads the header.
func (t *table) parse(l line) (rerank.Document, error) {
	if t.names == nil {
		if err := t.header(strings.Split(string(l.text), "\t")); err != nil {
			return rerank.Document{}, errEnd{err}
		}
		return rerank.Document{}, errNone
	}
	columns := strings.Split(string(l.text), "\t")
	last := len(t.names) - 1
	if len(columns) > len(t.names) && t.roles[last] == textRole {
		columns = strings.SplitN(string(l.text), "\t", len(t.names))
	}
	if len(columns) != len(t.names) {
		return rerank.Document{}, fmt.Errorf("%d columns; the header names %d", len(columns), len(t.names))
	}
	var d rerank.Document
	for i, column := range columns {
		t.column(&d, i, column)
		if t.roles[i] == noRole {
			t.stats.ignore(t.names[i], t.name, l.number)
		}
	}
	if d.ID == "" {
		return rerank.Document{}, errors.New("the ID is empty")
	}
	return d, nil
}

// column puts a column where it belongs.
func (t *table) column(d *rerank.Document, i int, column string) {
	switch t.roles[i] {
	case idRole, secondIDRole:
		d.ID = strings.Trim(column, blanks)
	case titleRole:
		d.Title = column
	case textRole:
		d.Text = column
	}
	if t.roles[i] == fieldRole || t.members.alsoField(t.names[i]) {
		d.Fields = append(d.Fields, rerank.Field{Name: t.names[i], Value: rerank.TextValue(column)})
	}
}

// header reads the names of the columns.
func (t *table) header(names []string) error {
	for i := range names {
		names[i] = strings.Trim(names[i], blanks)
		if slices.Contains(names[:i], names[i]) {
			return fmt.Errorf("the column %q appears twice", names[i])
		}
		t.meet(names[i])
	}
	t.names, t.read = names, 1
	for _, name := range names {
		t.roles = append(t.roles, t.role(name))
	}
	if slices.Contains(t.roles, idRole) { // "id" beside "_id" is like any other
		for i, r := range t.roles {
			if r == secondIDRole {
				t.roles[i] = noRole
			}
		}
	} else if !slices.Contains(t.roles, secondIDRole) {
		return fmt.Errorf("%w among the columns %s", t.members.noID(), quoted(names))
	}
	if !slices.Contains(t.roles, textRole) && !slices.Contains(t.roles, titleRole) {
		return fmt.Errorf("no %q or %q among the columns %s", t.members.text(), t.members.title(), quoted(names))
	}
	return t.end("column")
}

// role returns what a column makes; there are no objects in it.
func (t *table) role(name string) role {
	r := t.members.role(name)
	if r == fieldsRole || r == metadataRole || r == metaRole {
		if slices.Contains(t.members.Fields, AllFields) {
			return fieldRole
		}
		return noRole
	}
	return r
}

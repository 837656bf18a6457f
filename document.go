package rerank

import (
	"context"
	"errors"
	"strings"
	"time"
)

// Query is what is searched for.
type Query struct {
	ID   string // names the query in runs and reports; may be empty
	Text string

	// Context tells what is known about the moment of asking: user, session,
	// locale, time. Stages that do not know a field ignore it.
	Context Fields
}

// Document is one unit of retrieval. Strings in a Document handed out by this
// module are copies and safe to keep.
type Document struct {
	ID    string // unique within an index; may be empty for texts told apart by Hit.Index
	Title string
	Text  string

	// Fields are typed attributes in the order given.
	Fields Fields

	// Meta is opaque: it is stored, passed through and never read.
	Meta []byte
}

// Content returns what is indexed and scored for the document: its title and
// its text, separated by one space, either of which may be absent.
func (d Document) Content() string {
	switch {
	case d.Title == "":
		return d.Text
	case d.Text == "":
		return d.Title
	}
	return d.Title + " " + d.Text
}

// Filter decides which documents a search may return. A Filter must be safe
// for concurrent use and must give the same answer for the same document.
type Filter interface {
	Match(d Document) bool
}

// FilterFunc is a function used as a [Filter].
type FilterFunc func(d Document) bool

// Match calls f(d).
func (f FilterFunc) Match(d Document) bool { return f(d) }

// DefaultK is how many hits a [Search] is for that does not say.
const DefaultK = 10

// Search asks a [Retriever] for documents.
type Search struct {
	Query Query
	K     int // how many hits are wanted; 0 or less means DefaultK; more than the corpus holds is no error
	// Filter limits the search to the documents it matches; nil means all.
	Filter Filter
	// IDsOnly says that hits need no more of a document than its ID. Loading
	// the rest takes longer than finding it; a retriever may load it anyway.
	IDsOnly bool
	// Partial says that a search whose time is up, by the deadline of its context or
	// of a cascade, is to answer with what was found until then: the report of the
	// stage that was stopped says Partial. Otherwise that is an error, as the end of
	// the context without a deadline always is. A stage that does not know it fails
	// all the same; a cascade then goes on with what it had.
	Partial bool
}

// Limit returns how many hits are wanted: K, or [DefaultK] where K says nothing.
func (s Search) Limit() int {
	if s.K <= 0 {
		return DefaultK
	}
	return s.K
}

// Enough reports whether a search must end with what it has: Partial is wanted, and
// the deadline of the context has passed.
func (s Search) Enough(ctx context.Context) bool {
	return s.Partial && errors.Is(ctx.Err(), context.DeadlineExceeded)
}

// Inner returns a context for what a search asks of others. Where Partial is wanted
// it ends before ctx does, by a tenth of the time that is left, so that their answers
// can be made one. The function returned must be called when they have answered.
func (s Search) Inner(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !s.Partial || !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-time.Until(deadline)/10))
}

// Request asks a [Reranker] to order hits.
type Request struct {
	Query Query
	Hits  []Hit // never modified by the reranker
	TopN  int   // how many hits to return; 0 or less means all
}

// Render writes the fields of a document one below the other, "name: value" as
// YAML has it, in the order of the names: "title" and "text" are the document's
// own unless it has fields of these names. Missing ones and null are left out.
func (d Document) Render(names []string) string {
	var b strings.Builder
	for _, name := range names {
		value := ""
		if v, ok := d.Fields.Get(name); ok && v.Kind() == KindNull {
			continue
		} else if ok {
			value = v.String()
		} else if name == "title" {
			value = d.Title
		} else if name == "text" {
			value = d.Text
		}
		if value == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(name + ": " + value)
	}
	return b.String()
}

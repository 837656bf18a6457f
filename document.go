package rerank

import "strings"

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
}

// Limit returns how many hits are wanted: K, or [DefaultK] where K says nothing.
func (s Search) Limit() int {
	if s.K <= 0 {
		return DefaultK
	}
	return s.K
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

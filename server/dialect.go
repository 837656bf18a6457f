package server

import (
	"net/http"
	"strings"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/internal/wire"
)

// dialect is how one kind of client says what it wants and reads what it gets.
type dialect struct {
	name  string
	read  func(b *wire.RerankRequest) (ranking, error)
	write func(r ranking, got ranked) any
	fail  func(f *failure) any
}

// ranking is a request in no dialect.
type ranking struct {
	model    string // as it was asked for
	query    string
	texts    []string
	topN     int // 0: all
	texted   bool
	raw      bool // scores before they are made relevance
	whole    int  // status of a refusal where a text would have to be cut; 0: it may be
	cut      int  // tokens of a text that are judged; 0: all
	priority int
	spans    *wire.SpansWish // nil: relevant parts are not asked for
}

// ranked is the answer to it.
type ranked struct {
	id       string
	model    string // that answered
	hits     []rerank.Hit
	scores   []float64 // of hits
	spans    [][]wire.Span
	tokens   int
	cut      int // texts that did not fit the model
	created  int64
	warnings []string
}

// dialectOf tells the dialect of a request by where it went and what is in it.
func dialectOf(path string, b *wire.RerankRequest) *dialect {
	switch {
	case b.Texts != nil:
		return &tei
	case b.Passages != nil:
		return &nim
	case b.Input != nil:
		return &mixedbread
	case b.Documents != nil && b.Property != nil && b.Model == "":
		return &weaviate
	case b.Documents != nil && (b.TopK != nil || b.Truncation != nil):
		return &voyage
	}
	return dialectOfPath(path)
}

// dialectOfPath is that of a body which tells nothing.
func dialectOfPath(path string) *dialect {
	switch {
	case strings.HasPrefix(path, "/v2/"):
		return &cohere2
	case path == "/v1/reranking":
		return &mixedbread
	case path == "/v1/ranking", strings.HasPrefix(path, "/v1/retrieval/"):
		return &nim
	case strings.HasPrefix(path, "/v1/"):
		return &cohere1
	case path == "/rerank", path == "/reranking":
		return &infinity
	case path == "/search", path == "/documents", strings.HasPrefix(path, "/documents/"):
		return &own
	}
	return &tei
}

// documents renders what is to be ranked.
func documents(list *[]wire.Document, fields []string) ([]string, error) {
	if list == nil || len(*list) == 0 {
		return nil, invalid("invalid request: list of documents must not be empty")
	}
	texts := make([]string, len(*list))
	for i, d := range *list {
		var err error
		if texts[i], err = d.Render(fields); err != nil {
			return nil, invalid("invalid request: document at index %d: %v", i, err)
		}
	}
	return texts, nil
}

// asked reads what all dialects but TEI's and Weaviate's have in common.
func asked(b *wire.RerankRequest, list *[]wire.Document, top *wire.Count) (ranking, error) {
	r := ranking{model: b.Model, query: b.Query.Text}
	if strings.TrimSpace(r.query) == "" {
		return r, invalid("invalid request: query must not be empty or be only whitespace")
	}
	if b.RankFields != nil && len(b.RankFields) == 0 {
		return r, invalid("invalid request: rank_fields cannot be empty, it must either contain at least one field or be omitted")
	}
	var err error
	if r.texts, err = documents(list, b.RankFields); err != nil {
		return r, err
	}
	if top != nil {
		if *top < 0 {
			return r, invalid("invalid request: the number of results asked for is %d, it must be at least 1", *top)
		}
		r.topN = int(*top) // what is more than there are documents means all, as clients send that
	}
	if n := b.MaxTokensPerDoc; n != nil {
		if *n < 0 {
			return r, invalid("invalid request: max_tokens_per_doc is %d, it must be at least 1", *n)
		}
		r.cut = int(*n)
	}
	if b.Truncate.Never || b.Truncation != nil && !*b.Truncation {
		r.whole = http.StatusBadRequest
	}
	if b.Priority != nil {
		r.priority = max(0, int(*b.Priority))
	}
	return r, nil
}

func yes(b *bool) bool { return b != nil && *b }

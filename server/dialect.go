package server

import (
	"net/http"
	"strings"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/internal/loose"
	"github.com/flashrerank/rerank/internal/wire"
)

// dialect is how one kind of client says what it wants and reads what it gets.
type dialect struct {
	name  string
	read  func(b *loose.Object) (ranking, error)
	write func(r ranking, got ranked) any
	fail  func(f *failure) any

	mute  bool // answers have no place for warnings, so that a header has them
	unfit int  // status of a member of the wrong type; 0 means 400
}

// ranking is a request in no dialect.
type ranking struct {
	model    string // as it was asked for
	query    string
	texts    []string
	topN     int // 0: all
	texted   bool
	voyage   bool // who asks may be a client of Voyage, which reads another member
	raw      bool // scores before they are made relevance
	left     bool // the beginning of a text that is too long is to be cut
	whole    int  // status of a refusal where a text would have to be cut; 0: it may be
	uncut    bool // a text should not be cut, and may be
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

// dialectOf tells the dialect of a request by where it went and what is in it. What
// another dialect has beside the list that a path is for does not change it.
func dialectOf(path string, b *loose.Object) *dialect {
	usual := dialectOfPath(path)
	listed := b.Has("documents")
	switch {
	case usual == &nim && b.Has("passages"), usual == &mixedbread && b.Has("input"):
		return usual
	case b.Kind("texts") == '[' && (!listed || usual == &infinity || usual == &tei):
		return &tei
	case listed && b.Has("property") && b.Word("model") == "":
		return &weaviate
	case listed && (b.Given("top_k") || b.Given("truncation")):
		return &voyage
	case listed && usual == &mixedbread: // llama.cpp has the path too
		return &cohere1
	case listed:
		return usual
	case b.Has("passages"):
		return &nim
	case b.Has("input"):
		return &mixedbread
	case b.Has("texts") && usual == &infinity:
		return &tei
	}
	return usual
}

// dialectOfPath is that of a body which tells nothing.
func dialectOfPath(path string) *dialect {
	switch {
	case strings.HasSuffix(path, "/embeddings"):
		return &openAI
	case strings.HasPrefix(path, "/v2/"):
		return &cohere2
	case path == "/v1/reranking":
		return &mixedbread
	case path == "/v1/ranking", strings.HasPrefix(path, "/v1/retrieval/"):
		return &nim
	case path == "/rerank", path == "/reranking", path == "/score", path == "/v1/score":
		return &infinity
	case strings.HasPrefix(path, "/v1/"):
		return &cohere1
	case path == "/search", path == "/documents", strings.HasPrefix(path, "/documents/"):
		return &own
	}
	return &tei
}

// queryOf reads a string, or an object with a text.
func queryOf(b *loose.Object) string {
	if b.Kind("query") == '{' {
		return b.Object("query").Text("text")
	}
	return b.Text("query")
}

// documents reads and renders what is to be ranked. One by itself is a list of one, as
// vLLM has it.
func documents(b *loose.Object, list string, fields []string) []string {
	var texts []string
	take := func(value []byte) error {
		d, err := wire.ParseDocument(value)
		if err != nil {
			return err
		}
		text, err := d.Render(fields)
		texts = append(texts, text)
		return err
	}
	if kind := b.Kind(list); kind == '"' || kind == '{' {
		b.One(list, take)
	} else {
		b.Each(list, take)
	}
	return texts
}

// asked reads what all dialects but TEI's and Weaviate's have in common.
func asked(b *loose.Object, list, top string) (ranking, error) {
	fields, _ := b.OneOrMore("rank_fields")
	r := ranking{
		model: b.Text("model"), query: queryOf(b), texts: documents(b, list, fields),
		cut: b.Whole("max_tokens_per_doc", 0), priority: max(0, b.Whole("priority", 0)), whole: whole(b, http.StatusBadRequest),
	}
	if top != "" {
		r.topN = b.Whole(top, 0) // what is more than there are documents means all, as clients send that
	}
	if err := b.Err(); err != nil {
		return r, err
	}
	switch {
	case strings.TrimSpace(r.query) == "":
		return r, invalid("invalid request: query must not be empty or be only whitespace")
	case b.Has("rank_fields") && len(fields) == 0:
		return r, invalid("invalid request: rank_fields cannot be empty, it must either contain at least one field or be omitted")
	case len(r.texts) == 0 && b.Has("texts"):
		return r, invalid("invalid request: list of documents must not be empty, and texts is no array")
	case len(r.texts) == 0:
		return r, invalid("invalid request: list of documents must not be empty")
	case r.topN < 0:
		return r, invalid("invalid request: the number of results asked for is %d, it must be at least 1", r.topN)
	case r.cut < 0:
		return r, invalid("invalid request: max_tokens_per_doc is %d, it must be at least 1", r.cut)
	}
	return r, nil
}

// whole is the status that a text is refused with which would have to be cut, or 0 where
// it may be: truncate is true or false for TEI, and NONE, START or END for NVIDIA and Cohere.
func whole(b *loose.Object, status int) int {
	switch b.Word("truncate") {
	case "none", "false", "0", "no", "off":
		return status
	}
	return 0
}

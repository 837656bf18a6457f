package server

import (
	"encoding/json"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/filter"
	"github.com/flashrerank/rerank/internal/exactjson"
	"github.com/flashrerank/rerank/internal/nearest"
	"github.com/flashrerank/rerank/internal/wire"
)

// question is a text, or an object with one.
type question struct{ Text string }

// UnmarshalJSON reads a string or {"text": …}.
func (q *question) UnmarshalJSON(data []byte) error {
	if len(data) == 0 || data[0] != '{' {
		return exactjson.Unmarshal(data, &q.Text)
	}
	var object struct {
		Text string `json:"text"`
	}
	err := exactjson.UnmarshalKnown(data, &object)
	q.Text = object.Text
	return err
}

// searching is a request for documents of the index.
type searching struct {
	Query    question      `json:"query"`
	K        *wire.Count   `json:"k"`
	Filter   filter.Filter `json:"filter"`
	IDsOnly  bool          `json:"ids_only"`
	Context  rerank.Fields `json:"context"`
	Priority wire.Count    `json:"priority"`
}

// search answers with the best documents of the index.
func (s *Server) search(w http.ResponseWriter, r *http.Request) {
	said := note(r)
	said.dialect, said.model = "search", "search"
	var body searching
	err := s.readSearch(w, r, &body)
	if err != nil {
		s.refuse(w, r, &own, err)
		return
	}
	k := min(rerank.DefaultK, s.config.MaxDocuments)
	if body.K != nil && *body.K != 0 {
		k = int(*body.K)
	}
	switch {
	case strings.TrimSpace(body.Query.Text) == "":
		err = invalid("invalid request: query must not be empty or be only whitespace")
	case k < 1 || k > s.config.MaxDocuments:
		err = invalid("invalid request: k is %d, it must be between 0, the default, and %d", k, s.config.MaxDocuments)
	default:
		err = short(body.Query.Text)
	}
	if err != nil {
		s.refuse(w, r, &own, err)
		return
	}
	leave, err := s.turn(r.Context(), max(0, int(body.Priority)), said)
	if err != nil {
		s.refuse(w, r, &own, err)
		return
	}
	defer leave()
	begun := time.Now()
	inner, end := s.step(r.Context(), "search", attribute.Int("rerank.k", k))
	result, err := s.corpus.Retrieve(inner, rerank.Search{
		Query: rerank.Query{Text: body.Query.Text, Context: body.Context}, K: k, Filter: body.Filter.Narrow(), IDsOnly: body.IDsOnly,
	})
	said.computed = time.Since(begun)
	stages(inner, result.Stages)
	end(err)
	if err != nil {
		s.refuse(w, r, &own, err)
		return
	}
	for _, stage := range result.Stages {
		said.tokens += stage.Tokens
		said.documents = max(said.documents, stage.Scored)
	}
	s.write(w, http.StatusOK, searchAnswer(said.id, result, body.IDsOnly))
}

// readSearch reads the body, or what takes its place in an address.
func (s *Server) readSearch(w http.ResponseWriter, r *http.Request, into *searching) error {
	if r.Method == http.MethodPost {
		return s.decodeOwn(w, r, into)
	}
	asked := r.URL.Query()
	if err := knownParameters(asked, "q", "k", "filter"); err != nil {
		return err
	}
	into.Query.Text = asked.Get("q")
	if k := asked.Get("k"); k != "" {
		n, err := strconv.Atoi(k)
		if err != nil {
			return invalid("invalid request: k is %q, which is no whole number", k)
		}
		count := wire.Count(n)
		into.K = &count
	}
	var err error
	if into.Filter, err = filter.Parse([]byte(asked.Get("filter"))); err != nil {
		return invalid("invalid request: %v", err)
	}
	return nil
}

// knownParameters refuses those of an address that nobody reads.
func knownParameters(asked url.Values, known ...string) error {
	for _, name := range slices.Sorted(maps.Keys(asked)) {
		switch {
		case !slices.Contains(known, name):
			return invalid("invalid request: %.40s: there is no such parameter%s", name, nearest.Choice(name, known))
		case len(asked[name]) > 1:
			return invalid("invalid request: %s: the parameter appears twice", name)
		}
	}
	return nil
}

func searchAnswer(id string, result rerank.Result, bare bool) wire.SearchResponse {
	a := wire.SearchResponse{ID: id, Hits: make([]wire.Found, len(result.Hits)), Stages: result.Stages}
	for i, h := range result.Hits {
		found := wire.Found{Stored: wire.Stored{ID: h.Document.ID}, Rank: i, Score: wire.Score(h.Score), Scale: string(h.Scale)}
		if !bare {
			found.Stored = stored(h.Document)
		}
		if !math.IsNaN(h.Relevance) {
			relevance := wire.Score(h.Relevance)
			found.Relevance = &relevance
		}
		a.Hits[i] = found
	}
	return a
}

// stored puts a document into the form it came in.
func stored(d rerank.Document) wire.Stored {
	s := wire.Stored{ID: d.ID, Title: d.Title, Text: d.Text}
	if len(d.Fields) > 0 {
		s.Fields, _ = d.Fields.MarshalJSON() // of names and values that can be written
	}
	if json.Valid(d.Meta) {
		s.Meta = d.Meta
	}
	return s
}

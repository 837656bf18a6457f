package server

import (
	"context"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/internal/wire"
)

// embedding is a request for vectors, in no dialect.
type embedding struct {
	model string
	texts []string
	role  rerank.Role
}

// embed answers OpenAI's, Cohere's and TEI's requests for vectors.
func (s *Server) embed(w http.ResponseWriter, r *http.Request) {
	fail := embedFailure(r.URL.Path)
	var body wire.EmbedRequest
	if err := s.decode(w, r, &body); err != nil {
		s.refuse(w, r, fail, err)
		return
	}
	s.embedded(w, r, fail, &body)
}

// root answers TEI's requests to its root: of a reranker, or of an embedder.
func (s *Server) root(w http.ResponseWriter, r *http.Request) {
	var body struct {
		wire.RerankRequest
		Inputs wire.Inputs `json:"inputs"`
	}
	if err := s.decode(w, r, &body); err != nil {
		s.refuse(w, r, &tei, err)
		return
	}
	if body.Inputs.Set {
		s.embedded(w, r, &tei, &wire.EmbedRequest{Model: body.Model, Inputs: body.Inputs})
		return
	}
	s.reranked(w, r, &body.RerankRequest)
}

func (s *Server) embedded(w http.ResponseWriter, r *http.Request, d *dialect, body *wire.EmbedRequest) {
	said := note(r)
	said.dialect = d.name + " embed"
	e, err := s.wanted(r.URL.Path, body)
	var v rerank.Vectors
	var m *model
	if err == nil {
		v, m, err = s.vectors(r.Context(), e, body, said)
	}
	if err != nil {
		s.refuse(w, r, d, err)
		return
	}
	w.Header().Set("X-Rerank-Model", m.Name)
	w.Header().Set("X-Compute-Tokens", strconv.Itoa(v.Tokens))
	s.write(w, http.StatusOK, embedAnswer(r.URL.Path, m, e, v, body, said))
}

// embedFailure is the dialect that errors of a path are in.
func embedFailure(path string) *dialect {
	switch {
	case strings.HasPrefix(path, "/v2/"):
		return &cohere2
	case strings.HasSuffix(path, "/embeddings"):
		return &openAI
	}
	return &tei
}

// openAI has OpenAI's errors.
var openAI = dialect{name: "openai", fail: func(f *failure) any { return openAIFailure(f) }}

// wanted reads what is to be embedded.
func (s *Server) wanted(path string, b *wire.EmbedRequest) (embedding, error) {
	e := embedding{model: b.Model}
	in := b.Input
	if b.Inputs.Set {
		in = b.Inputs
	}
	e.texts = in.Texts
	switch {
	case b.Texts != nil:
		e.texts = *b.Texts
	case in.Source != nil:
		e.texts = append([]string{*in.Source}, in.Sentences...)
	case path == "/similarity":
		return e, invalid("`inputs` must have source_sentence and sentences")
	}
	switch {
	case len(e.texts) == 0:
		return e, &failure{http.StatusBadRequest, "Empty", "there is no input"}
	case len(e.texts) > s.config.MaxDocuments:
		return e, invalid("there are %d inputs, more than %d", len(e.texts), s.config.MaxDocuments)
	case b.EncodingFormat != "" && b.EncodingFormat != "float" && b.EncodingFormat != "base64":
		return e, invalid("encoding_format %q is neither float nor base64", b.EncodingFormat)
	}
	for _, kind := range b.EmbeddingTypes {
		if kind != "float" && kind != "base64" {
			return e, invalid("embedding_types: %q is neither float nor base64", kind)
		}
	}
	if b.InputType == "search_query" {
		e.role = rerank.RoleQuery
	}
	return e, nil
}

// vectors waits for the request's turn and has its texts embedded.
func (s *Server) vectors(ctx context.Context, e embedding, b *wire.EmbedRequest, said *record) (rerank.Vectors, *model, error) {
	m, err := present(s.models.findEmbedder(e.model), e.model)
	if err != nil {
		return rerank.Vectors{}, nil, err
	}
	said.model, said.documents = m.Name, len(e.texts)
	leave, err := s.turn(ctx, 0, said)
	if err != nil {
		return rerank.Vectors{}, nil, err
	}
	defer leave()
	embedder, err := m.embed()
	if err != nil {
		return rerank.Vectors{}, nil, err
	}
	defer m.release()
	for _, n := range []*wire.Count{b.Dimensions, b.OutputDim} {
		if own := embedder.Model().Dimensions; n != nil && int(*n) != own {
			return rerank.Vectors{}, nil, invalid("dimensions: %d: the model's vectors have %d and mean nothing when they are cut", *n, own)
		}
	}
	if err := m.affordable(e.texts, s.config.MaxTokens); err != nil {
		return rerank.Vectors{}, nil, err
	}
	begun := time.Now()
	inner, end := s.step(ctx, "embed", attribute.String("rerank.model", m.Name), attribute.Int("rerank.documents", len(e.texts)))
	v, err := embedder.Embed(inner, e.texts, e.role)
	end(err, attribute.Int("rerank.tokens", v.Tokens))
	said.computed, said.tokens = time.Since(begun), v.Tokens
	return v, m, err
}

// embedAnswer puts vectors into a dialect.
func embedAnswer(path string, m *model, e embedding, v rerank.Vectors, b *wire.EmbedRequest, said *record) any {
	list := make([]wire.Vector, v.Len())
	for i := range list {
		list[i].Values = v.At(i)
		if b.Normalize == nil || *b.Normalize {
			unit(list[i].Values)
		}
	}
	switch {
	case b.Inputs.Source != nil || b.Input.Source != nil:
		scores := make([]wire.Score, len(list)-1)
		for i := range scores {
			scores[i] = wire.Score(dot(list[0].Values, list[i+1].Values))
		}
		return scores
	case strings.HasPrefix(path, "/v2/"):
		a := wire.CohereEmbeddings{
			ID: said.id, Embeddings: map[string][]wire.Vector{}, Texts: e.texts, ResponseType: "embeddings_by_type",
			Meta: wire.Meta{APIVersion: wire.APIVersion{Version: "2"}, Tokens: &wire.Tokens{InputTokens: v.Tokens}},
		}
		kinds := b.EmbeddingTypes
		if len(kinds) == 0 {
			kinds = []string{"float"}
		}
		for _, kind := range kinds {
			a.Embeddings[kind] = slices.Clone(list)
			for i := range a.Embeddings[kind] {
				a.Embeddings[kind][i].Base64 = kind == "base64"
			}
		}
		return a
	case strings.HasSuffix(path, "/embeddings"):
		a := wire.EmbeddingList{Object: "list", Model: m.Name, Usage: wire.Usage{PromptTokens: v.Tokens, TotalTokens: v.Tokens}}
		for i, x := range list {
			x.Base64 = b.EncodingFormat == "base64"
			a.Data = append(a.Data, wire.Embedding{Object: "embedding", Index: i, Embedding: x})
		}
		return a
	}
	return list
}

// unit gives a vector the length 1, unless it has it to within what float32 can tell.
func unit(v []float32) {
	length := math.Sqrt(dot(v, v))
	if length == 0 || math.Abs(length-1) < 1e-6 {
		return
	}
	for i := range v {
		v[i] = float32(float64(v[i]) / length)
	}
}

func dot(a, b []float32) float64 {
	sum := 0.0
	for i, x := range a {
		sum += float64(x) * float64(b[i])
	}
	return sum
}

package server

import (
	"context"
	"net/http"

	"github.com/flashrerank/rerank"
)

// maxStates is how many tokens the texts of a request for the vectors of all tokens may have:
// each takes some kilobytes of the answer.
const maxStates = 4096

// tokenEmbedder makes vectors of tokens.
type tokenEmbedder interface {
	EmbedTokens(ctx context.Context, texts []string, role rerank.Role) ([][][]float32, rerank.Vectors, error)
}

// embedAll answers TEI's requests for the vectors of all tokens.
func (s *Server) embedAll(w http.ResponseWriter, r *http.Request) {
	said := note(r)
	said.dialect = "tei embed_all"
	b, err := s.foreign(w, r)
	var e embedding
	if err == nil {
		e, err = wanted(r.URL.Path, &tei, b)
		e.every = true
	}
	if err == nil && e.compare {
		err = invalid("`inputs` must be texts")
	}
	var got embedded
	if err == nil {
		got, err = s.vectors(r.Context(), e, said)
	}
	if err != nil {
		s.refuse(w, r, &tei, tei.misread(err))
		return
	}
	w.Header().Set("X-Rerank-Model", got.model.Name)
	warn(w.Header(), got.warnings)
	s.write(w, http.StatusOK, got.states)
}

// read has texts embedded, or their tokens.
func (e embedding) read(ctx context.Context, m *model, by rerank.Embedder) (states [][][]float32, v rerank.Vectors, err error) {
	if !e.every {
		v, err = by.Embed(ctx, e.texts, e.role)
		return nil, v, err
	}
	all, ok := by.(tokenEmbedder)
	if !ok {
		return nil, v, invalid("the model '%s' has no vectors of tokens", m.Name)
	}
	longest := max(1, by.Model().MaxTokens)
	if t := m.tokens(); t != nil {
		if err := atMost(ctx, t, e.texts, longest, maxStates); err != nil {
			return nil, v, err
		}
	}
	return all.EmbedTokens(ctx, e.texts, e.role)
}

package server

import (
	"fmt"
	"net/http"

	"github.com/flashrerank/rerank"
)

// modelEntry is a model in a list, with what Cohere's and OpenAI's clients read of it.
type modelEntry struct {
	ID        string   `json:"id"`
	Object    string   `json:"object"`
	OwnedBy   string   `json:"owned_by"`
	Name      string   `json:"name"`
	Endpoints []string `json:"endpoints"`
	Loaded    bool     `json:"loaded"`
}

func (m *model) entry() modelEntry {
	return modelEntry{ID: m.Name, Object: "model", OwnedBy: "rerank", Name: m.Name, Endpoints: []string{"rerank"}, Loaded: m.loaded()}
}

// modelList is such a list, under the names that both have for it.
type modelList struct {
	Object string       `json:"object"`
	Data   []modelEntry `json:"data"`   // OpenAI
	Models []modelEntry `json:"models"` // Cohere
}

func (s *Server) listModels(w http.ResponseWriter, _ *http.Request) {
	list := make([]modelEntry, len(s.models.list))
	for i, m := range s.models.list {
		list[i] = m.entry()
	}
	s.write(w, http.StatusOK, modelList{"list", list, list})
}

func (s *Server) oneModel(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("model")
	m := s.models.byName[name]
	if m == nil {
		s.refuse(w, r, &cohere1, &failure{http.StatusNotFound, "Validation", fmt.Sprintf("model '%s' not found", name)})
		return
	}
	s.write(w, http.StatusOK, m.entry())
}

// info is what TEI says of itself, which Dify reads, of the first model.
func (s *Server) info(w http.ResponseWriter, r *http.Request) {
	m := s.models.list[0]
	longest := 512
	reranker, err := m.use()
	if err != nil {
		s.refuse(w, r, &tei, err)
		return
	}
	defer m.release()
	if described, ok := reranker.(interface{ Model() rerank.ModelInfo }); ok {
		longest = described.Model().MaxTokens
	}
	type labels struct {
		ID2Label map[string]string `json:"id2label"`
		Label2ID map[string]int    `json:"label2id"`
	}
	s.write(w, http.StatusOK, map[string]any{
		"model_id": m.Name, "model_sha": nil, "model_dtype": "int8", "served_model_name": m.Name,
		"model_type":              map[string]any{"reranker": labels{map[string]string{"0": "LABEL_0"}, map[string]int{"LABEL_0": 0}}},
		"max_concurrent_requests": s.config.Concurrent + *s.config.Queue, "max_input_length": longest, "max_batch_tokens": 16384,
		"max_client_batch_size": s.config.MaxDocuments, "auto_truncate": true, "tokenization_workers": s.config.Concurrent, "version": "rerank",
	})
}

package server

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"

	"github.com/flashrerank/rerank"
)

// modelEntry is a model in a list, with what the clients of each dialect read of it.
type modelEntry struct {
	ID          string `json:"id"`
	Object      string `json:"object"`
	Created     int64  `json:"created"`                 // when the server started
	OwnedBy     string `json:"owned_by"`                // infinity's client takes no other value than "infinity"
	Root        string `json:"root"`                    // the model that answers, where the ID is another name for it
	MaxModelLen int    `json:"max_model_len,omitempty"` // tokens; absent until it is known
	Loaded      bool   `json:"loaded"`

	Name      string   `json:"name"`      // Cohere
	Endpoints []string `json:"endpoints"` // likewise

	ModelType string `json:"model_type"` // Xinference: "rerank" or "embedding"
	ModelName string `json:"model_name"` // likewise

	Backend      string     `json:"backend"`      // infinity
	Capabilities []string   `json:"capabilities"` // likewise
	Stats        modelStats `json:"stats"`        // likewise
}

// modelStats are the statistics of a model in infinity's lists; the queue is that of all models.
type modelStats struct {
	QueueFraction  float64 `json:"queue_fraction"`
	QueueAbsolute  int     `json:"queue_absolute"`
	ResultsPending int     `json:"results_pending"`
	BatchSize      int     `json:"batch_size"`
}

// modelList is such a list, under the names that OpenAI and Cohere have for it.
type modelList struct {
	Object string       `json:"object"`
	Data   []modelEntry `json:"data"`   // OpenAI
	Models []modelEntry `json:"models"` // Cohere
}

// entry is a model under one of its names.
func (s *Server) entry(m *model, name string) modelEntry {
	e := modelEntry{
		ID: name, Object: "model", Created: s.begun.Unix(), OwnedBy: "infinity", Root: m.Name, MaxModelLen: m.about().MaxTokens, Loaded: m.loaded(),
		Name: name, Endpoints: []string{"rerank"}, ModelType: s.typeOf(m), ModelName: m.Name, Backend: "rerank", Capabilities: []string{"rerank"},
		Stats: modelStats{QueueAbsolute: s.queue.length(), ResultsPending: s.queue.length() + s.queue.atWork(), BatchSize: s.config.MaxDocuments},
	}
	if s.queue.limit > 0 {
		e.Stats.QueueFraction = float64(e.Stats.QueueAbsolute) / float64(s.queue.limit)
	}
	if m.makesEmbeddings() {
		e.Endpoints, e.Capabilities = append(e.Endpoints, "embed"), append(e.Capabilities, "embed")
	}
	return e
}

// typeOf tells what a model is where it can be one thing only. What a bi-encoder is asked for
// cannot be known: alone it is taken to embed, and beside others to rerank.
func (s *Server) typeOf(m *model) string {
	switch {
	case m.Type != "":
		return m.Type
	case len(s.models.list) == 1 && m.makesEmbeddings():
		return typeEmbedding
	}
	return typeRerank
}

// listModels answers with all models, under each of their names.
func (s *Server) listModels(w http.ResponseWriter, _ *http.Request) {
	var list []modelEntry
	for _, m := range s.models.list {
		for _, name := range append([]string{m.Name}, m.Aliases...) {
			list = append(list, s.entry(m, name))
		}
	}
	s.write(w, http.StatusOK, modelList{"list", list, list})
}

// oneModel answers with the model that answers under a name.
func (s *Server) oneModel(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimSuffix(r.PathValue("model"), "/")
	if name == "" {
		s.listModels(w, r)
		return
	}
	m := s.models.find(name)
	if m == nil {
		s.refuse(w, r, &cohere1, &failure{http.StatusNotFound, "Validation", fmt.Sprintf("model '%s' not found", name)})
		return
	}
	s.write(w, http.StatusOK, s.entry(m, name))
}

// clusterAuth tells Xinference's client whether it has to send its key.
func (s *Server) clusterAuth(w http.ResponseWriter, _ *http.Request) {
	s.write(w, http.StatusOK, map[string]bool{"auth": s.config.Keyed()})
}

// version tells vLLM's clients which version this is.
func (s *Server) version(w http.ResponseWriter, _ *http.Request) {
	s.write(w, http.StatusOK, map[string]string{"version": s.versionName()})
}

func (s *Server) versionName() string { return cmp.Or(s.config.Version, "(devel)") }

// unbounded is the length that TEI's clients are told where the model has none that is known.
const unbounded = 8192

// info is what TEI says of itself, which Dify reads, of the first model.
func (s *Server) info(w http.ResponseWriter, r *http.Request) {
	m := s.models.list[0]
	if _, err := m.use(); err != nil {
		s.refuse(w, r, &tei, err)
		return
	}
	defer m.release()
	about := m.about()
	s.write(w, http.StatusOK, map[string]any{
		"model_id": m.Name, "served_model_name": m.Name, "model_sha": nil, "model_dtype": teiPrecision(about),
		"model_type":              s.teiType(m),
		"max_concurrent_requests": s.config.Concurrent + *s.config.Queue, "max_input_length": cmp.Or(about.MaxTokens, unbounded), "max_batch_tokens": 16384,
		"max_client_batch_size": s.config.MaxDocuments, "auto_truncate": true, "tokenization_workers": s.config.Workers, "version": s.versionName(),
	})
}

// teiType is a model's type in TEI's form, of which clients read the first member.
func (s *Server) teiType(m *model) map[string]any {
	if s.typeOf(m) == typeEmbedding {
		return map[string]any{"embedding": map[string]string{"pooling": m.pooling()}}
	}
	return map[string]any{"reranker": map[string]any{"id2label": map[string]string{"0": "LABEL_0"}, "label2id": map[string]int{"LABEL_0": 0}}}
}

// teiPrecision is TEI's name for the numbers of a model, nil where it has none.
func teiPrecision(m rerank.ModelInfo) any {
	switch m.Precision {
	case "":
		return nil
	case "fp32":
		return "float32"
	}
	return m.Precision
}

package server

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/cache"
	"github.com/flashrerank/rerank/pipeline"
	"github.com/flashrerank/rerank/tokenizer"
)

// models are what a server can answer by, each loaded when it is first asked for.
type models struct {
	any    bool // whether the first answers under any name
	list   []*model
	known  *cache.Cache
	shared *pipeline.Loader // of all of them; each has its own where models are unloaded
	byName map[string]*model
	embeds atomic.Pointer[model] // the first that makes embeddings, once it is known: to tell it, files are read
}

func newModels(c Config) *models {
	known := cache.New(c.Cache)
	if c.Cache == 0 {
		known = nil
	}
	configured := c.Models
	m := &models{known: known, shared: &pipeline.Loader{Known: known, Workers: c.Workers}, byName: map[string]*model{}}
	if len(configured) == 0 {
		m.any, configured = true, standard
	}
	for _, c2 := range configured {
		one := &model{Model: c2, idle: c.Idle, loader: m.shared}
		if c.Idle > 0 {
			one.loader = &pipeline.Loader{Known: known, Workers: c.Workers}
		}
		m.list = append(m.list, one)
		for _, name := range append([]string{c2.Name}, c2.Aliases...) {
			m.byName[name] = one
		}
	}
	return m
}

// find returns the model of a name, nil if there is none.
func (m *models) find(name string) *model {
	if one, ok := m.byName[name]; ok {
		return one
	}
	if m.any || name == "" {
		return m.list[0]
	}
	return nil
}

// findEmbedder is find for embeddings: where any model may answer, it is the first that
// makes some.
func (m *models) findEmbedder(name string) *model {
	found := m.find(name)
	if _, named := m.byName[name]; found == nil || named && !m.any {
		return found
	}
	if one := m.embeds.Load(); one != nil {
		return one
	}
	for _, one := range m.list {
		if pipeline.IsEmbedder(one.what()) {
			m.embeds.Store(one)
			return one
		}
	}
	return found
}

// modelOf is find where what is not there is an error.
func (s *Server) modelOf(name string) (*model, error) { return present(s.models.find(name), name) }

// present is m, which was looked for by name; nil is an error.
func present(m *model, name string) (*model, error) {
	if m != nil {
		return m, nil
	}
	return nil, &failure{http.StatusNotFound, "Validation", fmt.Sprintf("model '%s' not found, make sure the correct model ID was used and that you have access to the model.", name)}
}

// model is loaded while it is used and for some time after.
type model struct {
	Model
	idle time.Duration

	mu        sync.Mutex
	loader    *pipeline.Loader     // holds what is loaded, for both
	reranker  rerank.Reranker      // nil: not loaded
	embedder  rerank.Embedder      // likewise
	tokenizer *tokenizer.Tokenizer // likewise
	users     int
	since     int // counts the times that it was used, so that an old timer does nothing
}

// use returns the reranker, which must be released.
func (m *model) use() (rerank.Reranker, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.reranker == nil {
		r, err := m.loader.Reranker(m.what(), m.Early)
		if err != nil {
			return nil, fmt.Errorf("server: the model %s: %w", m.Name, err)
		}
		m.reranker = r
	}
	m.taken()
	return m.reranker, nil
}

// embed returns the model's embedder, which must be released. Not every model has one.
func (m *model) embed() (rerank.Embedder, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.embedder == nil {
		e, err := m.loader.Embedder(m.what())
		if err != nil {
			return nil, invalid("the model '%s' makes no embeddings", m.Name)
		}
		m.embedder = e
	}
	m.taken()
	return m.embedder, nil
}

func (m *model) taken() {
	m.users++
	m.since++
}

// release lets the model be unloaded when nobody has used it for long.
func (m *model) release() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.users--
	if m.users > 0 || m.idle == 0 {
		return
	}
	since := m.since
	time.AfterFunc(m.idle, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.users == 0 && m.since == since {
			m.reranker, m.embedder, m.tokenizer, m.loader = nil, nil, nil, &pipeline.Loader{Known: m.loader.Known, Workers: m.loader.Workers}
		}
	})
}

func (m *model) loaded() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.reranker != nil || m.embedder != nil
}

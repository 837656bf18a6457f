package server

import (
	"errors"
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

// models are what a server can answer by.
type models struct {
	any    bool // whether the first answers under any name
	list   []*model
	known  *cache.Cache
	shared *pipeline.Loader // of all of them; each has its own where models are unloaded
	byName map[string]*model
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
	for _, one := range m.list {
		if one.makesEmbeddings() {
			return one
		}
	}
	return found
}

// load loads all models, and returns what is wrong with those that cannot be.
func (m *models) load() error {
	var errs []error
	for _, one := range m.list {
		_, err := one.use()
		if err != nil {
			errs = append(errs, err)
			continue
		}
		one.release()
	}
	return errors.Join(errs...)
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
	since     int       // counts the times that it was used, so that an old timer does nothing
	broken    error     // of the last time that it was to be loaded
	tried     time.Time // when that was

	embeds atomic.Bool // whether it makes embeddings, once that is known: to tell it, files are read
}

// use returns the reranker, which must be released.
func (m *model) use() (rerank.Reranker, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.reranker == nil {
		r, err := m.loader.Reranker(m.what(), m.Early)
		if m.tell(err) != nil {
			return nil, m.broken
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
		if err != nil && !m.makesEmbeddings() {
			return nil, invalid("the model '%s' makes no embeddings", m.Name)
		}
		if m.tell(err) != nil {
			return nil, m.broken
		}
		m.embedder = e
	}
	m.taken()
	return m.embedder, nil
}

// tell notes what came of loading the model, and returns the error in its words. The caller
// holds m.mu.
func (m *model) tell(err error) error {
	m.broken, m.tried = nil, time.Now()
	if err != nil {
		m.broken = fmt.Errorf("server: the model %s: %w", m.Name, err)
	}
	return m.broken
}

// again is how long a model that could not be loaded is left alone by probes.
const again = time.Second

// ready returns why the model cannot be used, as far as that is known: one that has not been
// asked for is taken to be well, and one that could not be loaded is tried again.
func (m *model) ready() error {
	m.mu.Lock()
	broken, wait := m.broken, time.Since(m.tried) < again
	m.mu.Unlock()
	if broken == nil || wait {
		return broken
	}
	if _, err := m.use(); err != nil {
		return err
	}
	m.release()
	return nil
}

// makesEmbeddings reports whether the model is a bi-encoder.
func (m *model) makesEmbeddings() bool {
	if !m.embeds.Load() && pipeline.IsEmbedder(m.what()) {
		m.embeds.Store(true)
	}
	return m.embeds.Load()
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

// about returns what is known of the model, the zero value where that is nothing or the
// model is not loaded. Of a blend it is the model that reads most.
func (m *model) about() rerank.ModelInfo {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.reranker == nil && m.embedder == nil {
		return rerank.ModelInfo{}
	}
	var by any = m.reranker
	switch {
	case m.embedder != nil:
		by = m.embedder
	case m.makesEmbeddings():
		by, _ = m.loader.Embedder(m.what()) // is loaded
	case m.what() == pipeline.Best, m.what() == pipeline.Auto:
		by, _ = m.loader.Reranker(pipeline.Cross, nil) // likewise
	}
	if described, ok := by.(interface{ Model() rerank.ModelInfo }); ok {
		return described.Model()
	}
	return rerank.ModelInfo{}
}

// pooling names how a bi-encoder makes one vector of those of the tokens.
func (m *model) pooling() string {
	e, err := m.embed()
	if err != nil {
		return ""
	}
	defer m.release()
	if by, ok := e.(interface{ Pooling() string }); ok {
		return by.Pooling()
	}
	return ""
}

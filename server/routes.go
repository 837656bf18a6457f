package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/rs/cors"
)

// mux is an http.ServeMux that knows its patterns.
type mux struct {
	http.ServeMux
	patterns []string
}

// Handle registers a handler and notes its pattern.
func (m *mux) Handle(pattern string, h http.Handler) {
	m.patterns = append(m.patterns, pattern)
	_, route, _ := strings.Cut(pattern, " ")
	m.ServeMux.Handle(pattern, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		note(r).route = route
		h.ServeHTTP(w, r)
	}))
}

// HandleFunc is Handle for a function.
func (m *mux) HandleFunc(pattern string, h http.HandlerFunc) { m.Handle(pattern, h) }

// routes says what is where, and lists the patterns.
func (s *Server) routes() (http.Handler, []string) {
	mux := new(mux)
	s.contractRoutes(mux)
	s.corpusRoutes(mux)
	mux.Handle("GET /v1/models", s.guarded(s.listModels))
	mux.Handle("GET /v1/models/{model...}", s.guarded(s.oneModel)) // names have slashes
	mux.Handle("GET /models", s.guarded(s.listModels))
	mux.Handle("GET /models/{model...}", s.guarded(s.oneModel))
	mux.Handle("GET /info", s.guarded(s.info))
	mux.Handle("GET /meta", s.guarded(s.info))
	mux.HandleFunc("GET /openapi.json", s.describe)
	mux.HandleFunc("GET /docs", s.docs)
	if !s.config.MetricsApart {
		mux.Handle("GET /metrics", s.Metrics())
	}
	mux.Handle("GET /version", s.guarded(s.version))
	mux.HandleFunc("GET /v1/cluster/auth", s.clusterAuth)
	s.probeRoutes(mux)
	nothing := s.nothing(mux)
	mux.HandleFunc("/", nothing)
	if s.corpus != nil {
		mux.HandleFunc("/documents", nothing) // which otherwise is sent on to /documents/
	}
	return s.prefixed(s.tidy(mux, compressed(s.watched(s.crossOrigin(mux))))), mux.patterns
}

// exposed are the headers of answers that an admitted page may read.
var exposed = []string{
	"X-Request-Id", "X-Rerank-Model", "X-Rerank-Warning", "Retry-After",
	"X-Compute-Tokens", "X-Queue-Time", "X-Inference-Time", "X-Total-Time",
}

// crossOrigin lets the pages of the configured origins ask, and no others.
func (s *Server) crossOrigin(next http.Handler) http.Handler {
	if len(s.config.Origins) == 0 {
		return s.safe(nil, next)
	}
	c := cors.New(cors.Options{
		AllowedOrigins: s.config.Origins,
		AllowedMethods: []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete},
		AllowedHeaders: []string{"*"},
		ExposedHeaders: exposed,
		MaxAge:         600,
	})
	return c.Handler(s.safe(c, next))
}

// nothing answers where there is nothing, or nothing for the method.
func (s *Server) nothing(mux *mux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		f := &failure{http.StatusNotFound, "Validation", fmt.Sprintf("there is nothing at %s %s", r.Method, r.URL.Path)}
		if allowed := methods(mux, r); len(allowed) > 0 {
			f.status = http.StatusMethodNotAllowed
			w.Header().Set("Allow", strings.Join(allowed, ", "))
		}
		s.refuse(w, r, dialectOfPath(r.URL.Path), f)
	}
}

// corpusRoutes are those of the index, if there is one.
func (s *Server) corpusRoutes(mux *mux) {
	if s.corpus == nil {
		return
	}
	mux.Handle("POST /search", s.guarded(s.search))
	mux.Handle("GET /search", s.guarded(s.search))
	mux.Handle("GET /documents", s.guarded(s.documentsInfo))
	mux.Handle("GET /documents/{id...}", s.guarded(s.oneDocument))
	if s.config.ReadOnly {
		return
	}
	mux.Handle("POST /documents", s.bulk(s.changeDocuments))
	mux.Handle("PUT /documents/{id...}", s.bulk(s.putDocument))
	mux.Handle("DELETE /documents/{id...}", s.bulk(s.deleteDocument))
}

// methods are those that something answers to where a request went.
func methods(mux *mux, r *http.Request) []string {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
		other := r.Clone(r.Context())
		other.Method = method
		if _, pattern := mux.Handler(other); strings.Contains(pattern, " ") {
			allowed = append(allowed, method)
		}
	}
	return allowed
}

// unlessFull turns requests away before their bodies are read, where that is what would
// become of them and the path tells in which words.
func (s *Server) unlessFull(d *dialect, next http.HandlerFunc) http.HandlerFunc {
	if d == &infinity {
		return next // TEI has that path too
	}
	return func(w http.ResponseWriter, r *http.Request) {
		if s.queue.hopeless() {
			s.refuse(w, r, d, errFull)
			return
		}
		next(w, r)
	}
}

// bulk is guarded with more time.
func (s *Server) bulk(next http.HandlerFunc) http.Handler {
	return s.within(s.config.BulkTimeout, func(w http.ResponseWriter, r *http.Request) {
		late := time.Now().Add(s.config.BulkTimeout + drain)
		c := http.NewResponseController(w)
		_ = errors.Join(c.SetReadDeadline(late), c.SetWriteDeadline(late)) // what has none has no limit
		next(w, r)
	})
}

// guarded lets in those who have a key, for as long as a request may take.
func (s *Server) guarded(next http.HandlerFunc) http.Handler { return s.within(s.config.Timeout, next) }

func (s *Server) within(most time.Duration, next http.HandlerFunc) http.Handler {
	return s.keyed(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), most)
		defer cancel()
		next(w, r.WithContext(ctx))
	})
}

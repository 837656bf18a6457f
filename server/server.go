package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/rs/cors"
	"go.opentelemetry.io/otel/trace"

	"github.com/flashrerank/rerank/pipeline"
)

// Server answers requests by its models. It is safe for concurrent use.
type Server struct {
	config  Config
	log     *slog.Logger
	models  *models
	queue   *queue
	metrics *metrics
	tracer  trace.Tracer
	corpus  *pipeline.Live // nil: there is no index
	handler http.Handler

	description func() ([]byte, error) // made when it is first asked for
}

// New returns a server that writes to a log, nil meaning none: a line for each request,
// with neither texts nor keys. Models are loaded when they are first asked for. It must be
// closed.
func New(c Config, log *slog.Logger) (*Server, error) {
	c, err := c.filled()
	if err != nil {
		return nil, err
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	models := newModels(c)
	corpus, err := openCorpus(context.Background(), c, models.shared, log)
	if err != nil {
		return nil, err
	}
	s := &Server{config: c, corpus: corpus, log: log, models: models, tracer: newTracer(c), queue: &queue{most: c.Concurrent, limit: c.Queue}}
	s.metrics = newMetrics(s)
	s.description = sync.OnceValues(func() ([]byte, error) { return description(s.operations(), len(c.Keys) > 0) })
	s.handler = s.routes()
	return s, nil
}

// Close lets go of the index. No request may be at work then or later.
func (s *Server) Close() error {
	if s.corpus == nil {
		return nil
	}
	return s.corpus.Close()
}

// Handler answers HTTP requests.
func (s *Server) Handler() http.Handler { return s.handler }

// routes says what is where.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	for _, path := range []string{
		"/v2/rerank", "/v1/rerank", "/rerank", "/reranking", "/v1/reranking", "/v1/ranking",
		"/v1/retrieval/{model}/reranking", "/v1/retrieval/{vendor}/{model}/reranking",
	} {
		mux.Handle("POST "+path, s.guarded(s.unlessFull(dialectOfPath(path), s.rerank)))
	}
	for _, path := range []string{"/invocations", "/{$}"} {
		mux.Handle("POST "+path, s.guarded(s.root))
	}
	for _, path := range []string{"/v1/embeddings", "/embeddings", "/embed", "/similarity", "/v2/embed"} {
		mux.Handle("POST "+path, s.guarded(s.unlessFull(embedFailure(path), s.embed)))
	}
	for _, path := range []string{"/score", "/v1/score"} {
		mux.Handle("POST "+path, s.guarded(s.score))
	}
	mux.Handle("POST /predict", s.guarded(s.predict))
	mux.Handle("POST /tokenize", s.guarded(s.tokenize))
	mux.Handle("POST /v1/tokenize", s.guarded(s.tokenize))
	s.corpusRoutes(mux)
	mux.Handle("GET /v1/models", s.guarded(s.listModels))
	mux.Handle("GET /v1/models/{model}", s.guarded(s.oneModel))
	mux.Handle("GET /models", s.guarded(s.listModels))
	mux.Handle("GET /info", s.guarded(s.info))
	mux.Handle("GET /meta", s.guarded(s.info))
	mux.HandleFunc("GET /openapi.json", s.describe)
	mux.HandleFunc("GET /docs", s.docs)
	mux.Handle("GET /metrics", s.metrics.handler())
	for _, path := range []string{"/healthz", "/readyz", "/health", "/ping", "/{$}"} {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	}
	for _, path := range []string{"/.well-known/live", "/.well-known/ready"} {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	}
	nothing := s.nothing(mux)
	mux.HandleFunc("/", nothing)
	if s.corpus != nil {
		mux.HandleFunc("/documents", nothing) // which otherwise is sent on to /documents/
	}
	return s.watched(s.crossOrigin(mux))
}

// crossOrigin lets the pages of the configured origins ask.
func (s *Server) crossOrigin(next http.Handler) http.Handler {
	if len(s.config.Origins) == 0 {
		return next
	}
	return cors.New(cors.Options{
		AllowedOrigins: s.config.Origins,
		AllowedMethods: []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete},
		AllowedHeaders: []string{"*"},
		ExposedHeaders: []string{"X-Request-Id", "X-Rerank-Model", "Retry-After"},
		MaxAge:         600,
	}).Handler(next)
}

// nothing answers where there is nothing, or nothing for the method.
func (s *Server) nothing(mux *http.ServeMux) http.HandlerFunc {
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
func (s *Server) corpusRoutes(mux *http.ServeMux) {
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
func methods(mux *http.ServeMux, r *http.Request) []string {
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
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f := s.admit(r); f != nil {
			w.Header().Set("WWW-Authenticate", "Bearer")
			s.refuse(w, r, dialectOfPath(r.URL.Path), f)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), most)
		defer cancel()
		next(w, r.WithContext(ctx))
	})
}

// refuse answers with what went wrong.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, d *dialect, err error) {
	f := failureOf(err)
	said := note(r)
	said.err = err
	if f.status == http.StatusTooManyRequests || f.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	if said.dialect == "" {
		said.dialect = d.name
	}
	s.write(w, f.status, d.fail(f))
}

// write sends a body.
func (s *Server) write(w http.ResponseWriter, status int, body any) {
	data, err := json.Marshal(body)
	if err != nil {
		s.log.Error("writing an answer", "error", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(data) // a client that has gone cannot be told
}

// drain is how long requests may take to end after the server is told to stop.
const drain = 30 * time.Second

// Serve answers requests on a listener until the context ends, and lets those that are
// at work end then.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	h := &http.Server{
		Handler: s.handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: s.config.Timeout, IdleTimeout: 2 * time.Minute,
		WriteTimeout:   s.config.Timeout + drain, // for clients that do not read
		MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	done := make(chan error, 1)
	go func() { done <- h.Serve(l) }()
	select {
	case err := <-done:
		return fmt.Errorf("server: %w", err)
	case <-ctx.Done():
	}
	patient, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	if err := h.Shutdown(patient); err != nil {
		return fmt.Errorf("server: stopping: %w", errors.Join(err, h.Close()))
	}
	return nil
}

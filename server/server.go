package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/flashrerank/rerank/pipeline"
)

// Server answers requests by its models. It is safe for concurrent use.
type Server struct {
	config   Config
	log      *slog.Logger
	models   *models
	queue    *queue
	bodies   *bodies
	metrics  *metrics
	tracer   trace.Tracer
	corpus   *pipeline.Live // nil: there is no index
	handler  http.Handler
	patterns []string // of the routes
	begun    time.Time
	holders  []*holder // of keys

	description func() ([]byte, error) // made when it is first asked for

	reading func(path, kind string) // told of each member that is read; nil: nobody is
}

// New returns a server that writes to a log, nil meaning none: a line for each request,
// with neither texts nor keys. Configured models are loaded, unless they are to be lazy; the
// embedded ones of a configuration without models when they are first asked for. The server must
// be closed.
func New(c Config, log *slog.Logger) (*Server, error) {
	c, err := c.filled()
	if err != nil {
		return nil, err
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	models := newModels(c)
	if !c.Lazy && len(c.Models) > 0 {
		if err := models.load(); err != nil {
			return nil, err
		}
	}
	corpus, err := openCorpus(context.Background(), c, models.shared, log)
	if err != nil {
		return nil, err
	}
	s := &Server{config: c, corpus: corpus, log: log, models: models, begun: time.Now(), holders: newHolders(c), tracer: newTracer(c), queue: &queue{most: c.Concurrent, limit: *c.Queue}, bodies: &bodies{most: c.MaxBodies}}
	s.metrics = newMetrics(s)
	s.description = sync.OnceValues(func() ([]byte, error) { return description(s.operations(), c.URLPrefix, c.Keyed()) })
	s.handler, s.patterns = s.routes()
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

// refuse answers with what went wrong.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, d *dialect, err error) {
	f := failureOf(err)
	said := note(r)
	said.err = err
	if f.status == http.StatusTooManyRequests || f.status == http.StatusServiceUnavailable {
		if w.Header().Get("Retry-After") == "" {
			w.Header().Set("Retry-After", "1")
		}
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
		BaseContext:    withListener,
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

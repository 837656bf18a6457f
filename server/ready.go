package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/flashrerank/rerank/index"
)

// health is what a probe is answered, with what clients of infinity (unix) and llama.cpp
// (status) read of it.
type health struct {
	Status  string `json:"status"` // "ok" or "error"
	Unix    int64  `json:"unix"`   // now
	Message string `json:"message,omitempty"`
}

// nimHealth is the form that NVIDIA NIM's probes have.
type nimHealth struct {
	Object  string `json:"object"`
	Message string `json:"message"`
}

// probeRoutes are those that ask whether the server lives, and whether it can answer.
func (s *Server) probeRoutes(mux *mux) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { s.write(w, http.StatusOK, healthOf(nil)) })
	for _, path := range []string{"/readyz", "/health", "/ping", "/{$}"} {
		mux.HandleFunc("GET "+path, s.probe(func(w http.ResponseWriter, status int, err error) { s.write(w, status, healthOf(err)) }))
	}
	mux.HandleFunc("GET /.well-known/live", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET /.well-known/ready", s.probe(func(w http.ResponseWriter, status int, err error) {
		if err == nil {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		s.write(w, status, healthOf(err))
	}))
	mux.HandleFunc("GET /v1/health/live", func(w http.ResponseWriter, _ *http.Request) {
		s.write(w, http.StatusOK, nimHealth{"health-response", "Service is live."})
	})
	mux.HandleFunc("GET /v1/health/ready", s.probe(func(w http.ResponseWriter, status int, err error) {
		a := nimHealth{"health-response", "Service is ready."}
		if err != nil {
			a.Message = "Service is not ready: " + failureOf(err).message
		}
		s.write(w, status, a)
	}))
}

// probe answers whether the server is ready; the log has why it is not.
func (s *Server) probe(answer func(w http.ResponseWriter, status int, err error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := s.ready(r.Context())
		status := http.StatusOK
		if err != nil {
			said := note(r)
			said.dialect, said.err = "probe", err
			status = http.StatusServiceUnavailable
			w.Header().Set("Retry-After", "1")
		}
		answer(w, status, err)
	}
}

func healthOf(err error) health {
	h := health{Status: "ok", Unix: time.Now().Unix()}
	if err != nil {
		h.Status, h.Message = "error", failureOf(err).message
	}
	return h
}

// unready is why a server cannot answer: a failure for the client, which need not have a key,
// and an error for the log.
type unready struct {
	*failure
	err error
}

func (u unready) Error() string   { return u.err.Error() }
func (u unready) Unwrap() []error { return []error{u.failure, u.err} }

// ready returns why requests cannot be answered: a model could not be loaded when it was last
// asked for, or the index cannot be read.
func (s *Server) ready(ctx context.Context) error {
	for _, m := range s.models.list {
		if err := m.ready(); err != nil {
			return unready{&failure{http.StatusServiceUnavailable, "Unhealthy", "a model cannot be loaded"}, err}
		}
	}
	if s.corpus == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	err := s.corpus.Look(ctx, func(*index.Snapshot) error { return nil })
	if err != nil && !errors.Is(err, context.Canceled) {
		return unready{&failure{http.StatusServiceUnavailable, "Unhealthy", "the index cannot be read"}, fmt.Errorf("server: the index: %w", err)}
	}
	return nil
}

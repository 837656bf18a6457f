package server

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// record is what is known of a request, for the log and the metrics.
type record struct {
	id               string
	start            time.Time
	route            string // of the table of routes, "" for none: paths may hold anything
	dialect, model   string
	client           string // whose key it has; "" where that has no name
	documents        int
	tokens           int
	waited, computed time.Duration
	err              error
	held             int64 // bytes counted for the body
	trace            trace.SpanContext
}

type recordKey struct{}

// note returns the record of a request.
func note(r *http.Request) *record {
	if said, ok := r.Context().Value(recordKey{}).(*record); ok {
		return said
	}
	return new(record)
}

// watched logs and counts requests, and keeps a panic to the one that caused it.
func (s *Server) watched(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		said := &record{id: requestID(r), start: time.Now()}
		h := w.Header()
		h.Set("X-Request-Id", said.id)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		seen := &status{ResponseWriter: w}
		ctx, span := s.traced(r)
		said.trace = span.SpanContext()
		r = r.WithContext(context.WithValue(ctx, recordKey{}, said))
		defer func() {
			if p := recover(); p != nil {
				said.err = fmt.Errorf("panic: %v", p)
				if seen.code == 0 {
					s.write(seen, http.StatusInternalServerError, failCohere(failureOf(said.err)))
				}
			}
			s.bodies.free(said.held)
			ended(span, r, said, seen.code)
			s.conclude(r, said, seen.code)
		}()
		next.ServeHTTP(seen, r)
	})
}

// status remembers the status that was sent.
type status struct {
	http.ResponseWriter
	code int
}

func (s *status) WriteHeader(code int) {
	s.code = code
	s.ResponseWriter.WriteHeader(code)
}

func (s *status) Write(data []byte) (int, error) {
	if s.code == 0 {
		s.code = http.StatusOK
	}
	return s.ResponseWriter.Write(data)
}

// Unwrap is for http.ResponseController.
func (s *status) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// conclude writes a request's line. Probes, scrapes, looks at what there is and the
// questions of browsers whether a page may ask have none.
func (s *Server) conclude(r *http.Request, said *record, code int) {
	if !alters(r) && code < 400 && said.dialect == "" {
		return
	}
	s.metrics.observe(said, code)
	level := slog.LevelInfo
	if code >= 500 {
		level = slog.LevelError
	}
	attrs := []slog.Attr{
		slog.String("id", said.id), slog.String("method", methodForLog(r.Method)), slog.String("path", said.route), slog.Int("status", code),
		slog.String("dialect", said.dialect), slog.String("model", said.model), slog.Int("documents", said.documents), slog.Int("tokens", said.tokens),
		slog.Duration("waited", said.waited), slog.Duration("computed", said.computed), slog.Duration("elapsed", time.Since(said.start)),
	}
	if said.client != "" {
		attrs = append(attrs, slog.String("client", said.client))
	}
	if said.trace.IsValid() {
		attrs = append(attrs, slog.String("trace", said.trace.TraceID().String()))
	}
	if said.err != nil {
		attrs = append(attrs, slog.String("error", logged(said.err)))
	}
	s.log.LogAttrs(r.Context(), level, "request", attrs...)
}

// methodForLog is a method that has a meaning, or "other": it may be any word of a client's.
func methodForLog(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}

// requestID takes the caller's, if it can only be one, or makes one.
func requestID(r *http.Request) string {
	given := r.Header.Get("X-Request-Id")
	other := func(c rune) bool { return !strings.ContainsRune("0123456789abcdefABCDEF-", c) }
	if len(given) >= 8 && len(given) <= 64 && strings.IndexFunc(given, other) < 0 {
		return given
	}
	return strings.ToLower(rand.Text())
}

// fitForLog reports whether a name is short and of characters that mean nothing anywhere.
func fitForLog(name string) bool {
	fit := func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-_.:", c)
	}
	return name != "" && len(name) <= 64 && strings.IndexFunc(name, func(c rune) bool { return !fit(c) }) < 0
}

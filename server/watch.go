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

// Unwrap is for http.ResponseController.
func (s *status) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// conclude writes a request's line. Probes, scrapes and looks at what there is have none.
func (s *Server) conclude(r *http.Request, said *record, code int) {
	if r.Method == http.MethodGet && code < 400 && said.dialect == "" {
		return
	}
	s.metrics.observe(said, code)
	level := slog.LevelInfo
	if code >= 500 {
		level = slog.LevelError
	}
	attrs := []slog.Attr{
		slog.String("id", said.id), slog.String("method", r.Method), slog.String("path", pathForLog(r.URL.Path)), slog.Int("status", code),
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
		attrs = append(attrs, slog.String("error", said.err.Error()))
	}
	s.log.LogAttrs(r.Context(), level, "request", attrs...)
}

// pathForLog leaves out what clients call their documents.
func pathForLog(path string) string {
	if strings.HasPrefix(path, "/documents/") {
		return "/documents/{id}"
	}
	return path
}

// requestID takes the caller's, if it is fit for a log, or makes one.
func requestID(r *http.Request) string {
	if given := r.Header.Get("X-Request-Id"); fitForLog(given) {
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

package server

import (
	"context"
	"net/http"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/flashrerank/rerank"
)

// scope is what spans are said to come from.
const scope = "github.com/flashrerank/rerank/server"

// newTracer returns the tracer of a configuration, which may do nothing.
func newTracer(c Config) trace.Tracer {
	p := c.Traces
	if p == nil {
		p = noop.NewTracerProvider()
	}
	return p.Tracer(scope)
}

// traced starts the span of a request, a part of the client's trace if it told one. Probes
// and scrapes have none.
func (s *Server) traced(r *http.Request) (context.Context, trace.Span) {
	if r.Method == http.MethodGet && r.URL.Path != "/search" && !strings.HasPrefix(r.URL.Path, "/documents") {
		return r.Context(), noop.Span{}
	}
	ctx := propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
	method := methodForLog(r.Method)
	return s.tracer.Start(ctx, method, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(attribute.String("http.request.method", method)))
}

// ended says in the span of a request what became of it: neither what was asked nor of
// which document.
func ended(span trace.Span, r *http.Request, said *record, code int) {
	if !span.IsRecording() {
		return
	}
	if said.route != "" {
		span.SetName(methodForLog(r.Method) + " " + said.route)
		span.SetAttributes(attribute.String("http.route", said.route))
	}
	span.SetAttributes(attribute.Int("http.response.status_code", code), attribute.String("rerank.dialect", said.dialect), attribute.String("rerank.request", said.id))
	if code >= 500 {
		span.SetStatus(codes.Error, http.StatusText(code))
	}
	span.End()
}

// step starts a span within that of a request. It is to be ended with its error.
func (s *Server) step(ctx context.Context, name string, attributes ...attribute.KeyValue) (context.Context, func(error, ...attribute.KeyValue)) {
	ctx, span := s.tracer.Start(ctx, name, trace.WithAttributes(attributes...))
	return ctx, func(err error, more ...attribute.KeyValue) {
		span.SetAttributes(more...)
		if err != nil {
			span.SetStatus(codes.Error, logged(err))
		}
		span.End()
	}
}

// stages says what the stages of a search took, in the span of the context.
func stages(ctx context.Context, list []rerank.StageReport) {
	span := trace.SpanFromContext(ctx)
	for _, stage := range list {
		span.AddEvent(stage.Stage, trace.WithAttributes(
			attribute.Int("rerank.candidates", stage.Candidates), attribute.Int("rerank.scored", stage.Scored), attribute.Int("rerank.tokens", stage.Tokens),
			attribute.Float64("rerank.seconds", stage.Elapsed.Seconds()), attribute.Bool("rerank.degraded", stage.Degraded != ""),
		))
	}
}

package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
)

// flush is how long the last spans may take to be sent.
const flush = 5 * time.Second

// traces returns what sends spans by OTLP over HTTP, nil where no endpoint is configured:
// by the setting, or by OpenTelemetry's own variables, which also say the rest (headers,
// sampling, the service's name).
func (c serveConfig) traces(ctx context.Context, log *slog.Logger) (*trace.TracerProvider, error) {
	var options []otlptracehttp.Option
	switch {
	case c.Traces != "":
		options = append(options, otlptracehttp.WithEndpointURL(c.Traces))
	case os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") == "" && os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") == "":
		return nil, nil
	}
	exporter, err := otlptracehttp.New(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("sending traces: %w", err)
	}
	about, err := resource.Merge(resource.NewSchemaless(attribute.String("service.name", "rerank")), resource.Environment())
	if err != nil {
		return nil, fmt.Errorf("sending traces: %w", err)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("sending traces", "error", err) }))
	return trace.NewTracerProvider(trace.WithBatcher(exporter), trace.WithResource(about)), nil
}

// endTraces sends the last spans.
func endTraces(p *trace.TracerProvider) error {
	ctx, cancel := context.WithTimeout(context.Background(), flush)
	defer cancel()
	if err := p.Shutdown(ctx); err != nil {
		return fmt.Errorf("sending traces: %w", err)
	}
	return nil
}

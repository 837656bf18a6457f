package server

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

// TestTraces: a request is a span of the client's trace, with its waiting and computing
// within, and nothing of what was asked or found.
func TestTraces(t *testing.T) {
	seen := tracetest.NewSpanRecorder()
	var log bytes.Buffer
	c := Config{Traces: sdk.NewTracerProvider(sdk.WithSpanProcessor(seen))}
	h := started(t, c, counting{}, &log)
	const parent = "4bf92f3577b34da6a3ce929d0e0e4736"
	if status, got, _ := post(t, h.URL+"/v2/rerank", `{"query":"secret","documents":["secret x","b"]}`, "traceparent", "00-"+parent+"-00f067aa0ba902b7-01"); status != http.StatusOK {
		t.Fatalf("%d %s", status, got)
	}
	post(t, h.URL+"/v2/rerank", `{"query":"q","documents":["panic"]}`)
	get(t, h.URL+"/healthz")
	url, _ := withIndex(t, c, nil)
	send(t, "PUT", url+"/documents/secret", `{"text":"secret"}`)
	send(t, "GET", url+"/search?q=secret", "")

	var names []string
	for _, span := range seen.Ended() {
		names = append(names, span.Name())
		if all := fmt.Sprintf("%+v", span); strings.Contains(all, "secret") {
			t.Errorf("%s tells what was asked: %s", span.Name(), all)
		}
		if first := len(names) <= 3; first != (span.SpanContext().TraceID().String() == parent) {
			t.Errorf("span %d, %s, is of trace %s", len(names), span.Name(), span.SpanContext().TraceID())
		}
		if strings.HasPrefix(span.Name(), "POST") != (span.Status().Code == codes.Error) && len(names) > 3 && len(names) <= 6 {
			t.Errorf("%s of a panic: %v", span.Name(), span.Status())
		}
	}
	want := []string{"queue", "rerank", "POST /v2/rerank", "queue", "POST /v2/rerank", "queue", "commit", "PUT /documents/{id...}", "queue", "search", "GET /search"}
	if !slices.Equal(names, want) {
		t.Errorf("spans %q", names)
	}
	if !strings.Contains(log.String(), `"trace":"`+parent+`"`) {
		t.Errorf("the log: %s", log.String())
	}
}

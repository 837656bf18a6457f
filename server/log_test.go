package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/hosted"
)

// mark is in all that the clients of these tests make up.
const mark = "LEAK"

// leaky are requests with the mark wherever a client can put it.
var leaky = []struct {
	method, path, body string
	header             []string
}{
	{"GET", "/v1/models/LEAK", "", nil},
	{"GET", "/LEAK/LEAK", "", nil},
	{"GET", "/%0a%7B%22level%22:%22LEAK%22%7D%0a", "", nil},
	{"GET", "/healthz/LEAK?LEAK", "", nil},
	{"LEAK", "/v1/rerank", `{}`, nil},
	{"POST", "/v1/retrieval/LEAK/reranking", `{"query":{"text":"q"},"passages":[{"text":"a"}]}`, nil},
	{"POST", "/v1/rerank/LEAK", `{}`, nil},
	{"POST", "/v1/rerank", `{"query":"LEAK","model":"LEAK","documents":["LEAK"]}`, nil},
	{"POST", "/v1/rerank", `{"query":"q","documents":[{"LEAK":1},7]}`, nil},
	{"POST", "/v1/rerank", `{"query":"q","documents":[ 123456LEAK ]}`, nil},
	{"POST", "/v1/rerank", `{"query":["LEAK LEAK"],"documents":["a"]}`, nil},
	{"POST", "/v1/rerank", `{"query":"q","top_n":"LEAK","documents":["a"]}`, nil},
	{"POST", "/v1/rerank", `LEAK`, nil},
	{"POST", "/v1/rerank", `{"query":"q","documents":["panic LEAK"]}`, nil},
	{"POST", "/v1/rerank", `{"query":"q","documents":["a"],"rank_fields":["LEAK"]}`, nil},
	{"POST", "/v1/embeddings", `{"input":"a","encoding_format":"LEAK"}`, nil},
	{"POST", "/v2/embed", `{"texts":["a"],"embedding_types":["LEAK"],"model":"LEAK"}`, nil},
	{"POST", "/tokenize", `{"inputs":["LEAK"],"model":"LEAK"}`, nil},
	{"POST", "/score", `{"text_1":"LEAK","text_2":{"LEAK":"LEAK"}}`, nil},
	{"POST", "/documents", `{"documents":[{"id":"LEAK","text":"x","fields":{"LEAK":{"a":99999999999999999999}}}]}`, nil},
	{"POST", "/documents", `{"documents":[{"id":{"LEAK":1},"text":"x"}]}`, nil},
	{"POST", "/documents", `{"documents":[{"id":"` + strings.Repeat("LEAK", 20_000) + `","text":"x"}]}`, nil},
	{"POST", "/documents", `{"LEAK":1}`, nil},
	{"PUT", "/documents/LEAK", `[1]`, nil},
	{"PUT", "/documents/LEAK", `{"text":5}`, nil},
	{"PUT", "/documents/LEAK", `{"text":"LEAK"}`, nil},
	{"PATCH", "/documents/LEAK", `x`, nil},
	{"GET", "/documents/LEAK", ``, nil},
	{"GET", "/documentsLEAK/x", ``, nil},
	{"PUT", "/documents/" + strings.Repeat("LEAK", 20_000), `{"text":"x"}`, nil},
	{"GET", "/search?q=x&k=LEAK", ``, nil},
	{"GET", "/search?q=x&filter=LEAK", ``, nil},
	{"GET", "/search?q=x&filter=%7B%22LEAK%22:%7B%22%24zz%22:%22LEAK%22%7D%7D", ``, nil},
	{"GET", "/search?q=LEAK&LEAK=1", ``, nil},
	{"POST", "/search", `{"query":"q","k":"LEAK"}`, nil},
	{"POST", "/v1/rerank", `{}`, []string{"X-Request-Id", "LEAK"}},
	{"POST", "/v1/rerank", `{}`, []string{"X-Request-Id", "evil\tLEAK"}},
	{"POST", "/v1/rerank", `{}`, []string{"Content-Encoding", "LEAK"}},
	{"POST", "/v1/rerank", `{}`, []string{"Content-Type", "LEAK/LEAK"}},
	{"POST", "/v1/rerank", `{}`, []string{"Origin", "https://LEAK.example"}},
	{"POST", "/v1/rerank", `{}`, []string{"Host", "LEAK.example"}},
	{"POST", "/v1/rerank", `{}`, []string{"User-Agent", "LEAK", "Referer", "http://LEAK/", "Traceparent", "00-LEAK-LEAK-01"}},
	{"POST", "/v1/rerank", `{}`, []string{"Authorization", "Bearer LEAK"}},
	{"POST", "/v1/rerank", `{}`, []string{"Authorization", "LEAK"}},
	{"POST", "/v1/rerank", `{}`, []string{"X-Api-Key", "LEAK"}},
}

// TestLogHoldsNoWords: nothing that a client made up is in the log or in a span, and a
// request is one line of known members.
func TestLogHoldsNoWords(t *testing.T) {
	members := []string{"time", "level", "msg", "id", "method", "path", "status", "dialect", "model", "documents", "tokens", "waited", "computed", "elapsed", "client", "trace", "error"}
	for _, keys := range [][]string{nil, {"hush-LEAK"}} {
		var log bytes.Buffer
		spans := tracetest.NewInMemoryExporter()
		s := overIndex(t, Config{Keys: keys, Traces: sdk.NewTracerProvider(sdk.WithSyncer(spans)), Models: []Model{{Name: "best"}, {Name: "minilm"}}})
		s.log = logTo(&log)
		routes := append([]string{""}, s.patterns...)
		for i, r := range routes {
			_, routes[i], _ = strings.Cut(r, " ")
		}
		for _, c := range leaky {
			log.Reset()
			header := c.header
			if len(keys) > 0 && header == nil {
				header = []string{"Authorization", "Bearer " + keys[0]}
			}
			w := s.asked(loopback4, c.method, c.path, c.body, header...)
			got := log.String()
			if strings.Contains(got, mark) || strings.Count(got, "\n") > 1 || len(got) > 1000 {
				t.Errorf("%s %.60s %.60s: %s", c.method, c.path, c.body, got)
			}
			if got == "" {
				continue
			}
			var line map[string]any
			if err := json.Unmarshal([]byte(got), &line); err != nil {
				t.Fatalf("%v: %s", err, got)
			}
			for name := range line {
				if !slices.Contains(members, name) {
					t.Errorf("there is a member %q: %s", name, got)
				}
			}
			if path, _ := line["path"].(string); !slices.Contains(routes, path) {
				t.Errorf("%s is no route", path)
			}
			if (line["error"] == nil) != (w.Code < 400) {
				t.Errorf("%s %.60s: %d: %s", c.method, c.path, w.Code, got)
			}
		}
		for _, span := range spans.GetSpans() {
			if all := fmt.Sprintf("%+v", span); strings.Contains(all, mark) {
				t.Errorf("a span holds %.300s", all)
			}
		}
	}
}

// TestLogHoldsTheCause: what went wrong in the server is in the log, without the texts
// that an error quotes.
func TestLogHoldsTheCause(t *testing.T) {
	for want, err := range map[string]error{
		"the disk is full":             fmt.Errorf("writing: %w", fmt.Errorf("the disk is full")),
		`vector of "…": no such file`:  fmt.Errorf(`vector of %q: no such file`, `LE"AK`),
		"the model m gives text 3":     fmt.Errorf("ranking: %w", &rerank.ScoreError{Model: "m", What: "score", Text: 3, ID: "LEAK"}),
		"the service cohere: status 5": &hosted.Error{Service: "cohere", Status: 500, Err: fmt.Errorf("LEAK")},
		"Validation":                   invalid("LEAK"),
		"Overloaded":                   fmt.Errorf("LEAK: %w", errFull),
	} {
		if got := logged(err); !strings.Contains(got, want) || strings.Contains(got, mark) || strings.Contains(got, "AK") {
			t.Errorf("%v: %s, want %s", err, got, want)
		}
	}
}

// TestRequestID: an ID that can hold no words is the client's.
func TestRequestID(t *testing.T) {
	for given, kept := range map[string]bool{
		"4bf92f3577b34da6a3ce929d0e0e4736": true, "123E4567-e89b-12d3-a456-426614174000": true, "": false, "0af": false, "user-42": false,
		strings.Repeat("a", 65): false, "0af76519\n16cd": false, "LEAKLEAK": false,
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("X-Request-Id", given)
		if got := requestID(r); (got == given) != kept || got == "" {
			t.Errorf("%q: %q", given, got)
		}
	}
}

// TestProbesAreQuiet: neither what only looks nor what a browser asks before a page does is
// in the log or in the metrics.
func TestProbesAreQuiet(t *testing.T) {
	var log bytes.Buffer
	s := overIndex(t, Config{Origins: []string{"https://example.org"}})
	s.log = slog.New(slog.NewJSONHandler(&log, nil))
	for _, path := range []string{"/healthz", "/readyz", "/docs", "/openapi.json", "/metrics", "/v1/models", "/"} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			if w := s.asked(loopback4, method, path, ""); w.Code != http.StatusOK {
				t.Errorf("%s %s: %d", method, path, w.Code)
			}
		}
		preflight := []string{"Origin", "https://example.org", "Access-Control-Request-Method", "POST"}
		if w := s.asked(loopback4, http.MethodOptions, path, "", preflight...); w.Code >= 400 {
			t.Errorf("OPTIONS %s: %d", path, w.Code)
		}
	}
	if log.Len() > 0 {
		t.Errorf("the log: %s", &log)
	}
	if w := s.asked(loopback4, http.MethodGet, "/metrics", ""); strings.Contains(w.Body.String(), "rerank_request_duration_seconds_count{") {
		t.Error("they were counted")
	}
	if s.asked(loopback4, http.MethodHead, "/nothing", ""); !strings.Contains(log.String(), `"status":404`) {
		t.Errorf("what is not there is not in the log: %s", &log)
	}
}

package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/internal/testenv"
)

// counting is a model that scores texts by the number of x, on a scale with relevance.
type counting struct {
	hold  chan struct{} // waits for it, unless nil
	began chan struct{}
	err   error
}

func (c counting) Rerank(ctx context.Context, r rerank.Request) (rerank.Result, error) {
	if c.began != nil {
		c.began <- struct{}{}
	}
	if c.hold != nil {
		select {
		case <-c.hold:
		case <-ctx.Done():
			return rerank.Result{}, ctx.Err()
		}
	}
	scores := make([]float64, len(r.Hits))
	tokens := 0
	for i, h := range r.Hits {
		scores[i] = float64(strings.Count(h.Document.Text, "x")) - 2
		tokens += len(h.Document.Text)
		if strings.Contains(h.Document.Text, "panic") {
			panic("asked for")
		}
	}
	return rerank.Result{
		Hits:   rerank.Reorder(r, rerank.Scoring{Stage: "counting", Scale: rerank.ScaleLogit, Scores: scores, Relevance: func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }}),
		Stages: []rerank.StageReport{{Stage: "counting", Tokens: tokens}},
	}, c.err
}

func logTo(w io.Writer) *slog.Logger {
	if w == nil {
		return nil
	}
	return slog.New(slog.NewJSONHandler(w, nil))
}

// started is a server whose models are all the given one.
func started(t *testing.T, c Config, r rerank.Reranker, log io.Writer) *httptest.Server {
	t.Helper()
	s, err := New(c, logTo(log))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range s.models.list {
		m.reranker = r
	}
	h := httptest.NewServer(s.Handler())
	t.Cleanup(h.Close)
	return h
}

// startedWith starts a server and returns its URL.
func startedWith(t testing.TB, s *Server) string {
	h := httptest.NewServer(s.Handler())
	t.Cleanup(h.Close)
	return h.URL
}

// served has a server answer at an address until stop is called; then done has what Serve
// returned.
func served(t *testing.T, s *Server) (address string, stop func(), done <-chan error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, l) }()
	return l.Addr().String(), stop, ended
}

// post sends a body and returns the status and the answer.
func post(t *testing.T, url, body string, header ...string) (int, string, http.Header) {
	t.Helper()
	return exchange(t, http.MethodPost, url, body, header...)
}

// exchange sends a request with pairs of names and values as headers.
func exchange(t *testing.T, method, url, body string, header ...string) (int, string, http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close()
	data, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.StatusCode, string(data), w.Header
}

// TestDialects sends what clients were seen to send, and compares what they read.
func TestDialects(t *testing.T) {
	h := started(t, Config{}, counting{}, nil)
	for _, c := range []struct {
		name, path, body string
		want             string // members that must be in the answer, as JSON
	}{
		{"cohere 2", "/v2/rerank", `{"model":"rerank-v3.5","query":"q","documents":["a","xxx","xx"],"top_n":2,"max_tokens_per_doc":512}`,
			`{"results":[{"index":1,"relevance_score":0.7310586},{"index":2,"relevance_score":0.5}],"meta":{"api_version":{"version":"2","is_experimental":false},"billed_units":{"search_units":1.0},"tokens":{"input_tokens":6},"warnings":["model 'rerank-v3.5' is not here: 'best' answered"]}}`},
		{"cohere 1", "/v1/rerank", `{"query":"q","documents":[{"text":"a","title":"xxxx"},"xxx"],"top_n":2,"rank_fields":["title","text"],"return_documents":true,"max_chunks_per_doc":3}`,
			`{"results":[{"index":0,"relevance_score":0.95257413,"document":{"text":"title: xxxx\ntext: a"}},{"index":1,"relevance_score":0.7310586,"document":{"text":"xxx"}}],"model":"best","usage":{"prompt_tokens":22,"completion_tokens":0,"total_tokens":22},"object":"list"}`},
		{"langchain", "/v2/rerank", `{"model":"m","query":"q","documents":["title: a\ntext: b\n","xx"],"top_n":2,"max_tokens_per_doc":null}`,
			`{"results":[{"index":1,"relevance_score":0.5},{"index":0,"relevance_score":0.26894143}]}`},
		{"jina", "/v1/rerank", `{"model":"jina-reranker-v3","query":{"text":"q"},"documents":[{"text":"xx"},"b"],"top_n":9,"return_documents":true}`,
			`{"results":[{"index":0,"relevance_score":0.5,"document":{"text":"xx"}},{"index":1,"relevance_score":0.11920292,"document":{"text":"b"}}],"usage":{"prompt_tokens":3,"completion_tokens":0,"total_tokens":3}}`},
		{"voyage", "/v1/rerank", `{"query":"q","documents":["b","xx"],"model":"rerank-2.5","top_k":1,"truncation":true,"return_documents":true}`,
			`{"object":"list","data":[{"index":1,"relevance_score":0.5,"document":"xx"}],"usage":{"prompt_tokens":3,"completion_tokens":0,"total_tokens":3}}`},
		{"tei", "/rerank", `{"query":"q","texts":["b","xx","b"],"truncate":false,"truncation_direction":"Right","return_text":true,"top_n":2}`,
			`[{"index":1,"score":0.5,"text":"xx"},{"index":2,"score":0.11920292,"text":"b"},{"index":0,"score":0.11920292,"text":"b"}]`},
		{"tei, raw", "/", `{"query":"q","texts":["b","xxx"],"raw_scores":true}`, `[{"index":1,"score":1.0},{"index":0,"score":-2.0}]`},
		{"infinity", "/rerank", `{"query":"q","documents":["b","xx"],"return_documents":true,"raw_scores":false,"model":"m"}`,
			`{"object":"rerank","model":"best","results":[{"index":1,"relevance_score":0.5},{"index":0,"relevance_score":0.11920292}],"usage":{"prompt_tokens":3,"completion_tokens":0,"total_tokens":3}}`},
		{"vllm, raw", "/rerank", `{"query":"q","documents":["b","xxx"],"model":"m","use_activation":false}`,
			`{"results":[{"index":1,"relevance_score":1.0},{"index":0,"relevance_score":-2.0}]}`},
		{"mixedbread", "/v1/reranking", `{"model":"m","query":"q","input":["b",{"text":"xx"}],"top_k":2,"return_input":true}`,
			`{"object":"list","data":[{"index":1,"score":0.5,"input":"xx","object":"rank_result"},{"index":0,"score":0.11920292,"input":"b","object":"rank_result"}],"top_k":2,"return_input":true}`},
		{"nim", "/v1/ranking", `{"model":"m","query":{"text":"q"},"passages":[{"text":"b"},{"text":"xxx"}],"truncate":"END"}`,
			`{"rankings":[{"index":1,"logit":1.0},{"index":0,"logit":-2.0}]}`},
		{"nim, hosted", "/v1/retrieval/nvidia/rerank-qa/reranking", `{"query":{"text":"q"},"passages":[{"text":"b"}]}`, `{"rankings":[{"index":0,"logit":-2.0}]}`},
		{"weaviate", "/rerank", `{"query":"q","documents":["b","xx"],"property":""}`, `{"query":"q","scores":[{"document":"b","score":0.11920292},{"document":"xx","score":0.5}]}`},
		{"weaviate, nothing", "/rerank", `{"query":"q","documents":[],"property":"p"}`, `{"query":"q","scores":[]}`},
		{"xinference", "/v1/rerank", `{"model":"m","documents":["xx"],"query":"q","top_n":null,"max_chunks_per_doc":null,"return_documents":null,"return_len":null,"kwargs":"{}"}`,
			`{"results":[{"index":0,"relevance_score":0.5}]}`},
		{"object documents", "/v2/rerank", `{"query":"q","documents":[{"b":1,"a":{"c":["xx"]}}],"return_documents":true}`,
			`{"results":[{"index":0,"relevance_score":0.5,"document":{"text":"b: 1\na: {\"c\":[\"xx\"]}"}}]}`},
	} {
		status, got, header := post(t, h.URL+c.path, c.body)
		if status != http.StatusOK || header.Get("Content-Type") != "application/json" || header.Get("X-Rerank-Model") != "best" || header.Get("X-Request-Id") == "" {
			t.Errorf("%s: %d %v %s", c.name, status, header, got)
			continue
		}
		if err := holds(got, c.want); err != nil {
			t.Errorf("%s: %v in\n%s", c.name, err, got)
		}
	}
}

// holds checks that an answer has the members of want, to the letter.
func holds(got, want string) error {
	var have, need map[string]json.RawMessage
	if want[0] == '[' {
		if got != want {
			return fmt.Errorf("want %s", want)
		}
		return nil
	}
	if err := errors.Join(json.Unmarshal([]byte(got), &have), json.Unmarshal([]byte(want), &need)); err != nil {
		return err
	}
	for name, value := range need {
		if !bytes.Equal(have[name], value) {
			return fmt.Errorf("%s is %s, want %s", name, have[name], value)
		}
	}
	return nil
}

func TestFailures(t *testing.T) {
	h := started(t, Config{Models: []Model{{Name: "a", Rerank: "bm25", Aliases: []string{"b"}}}, MaxBody: 400, MaxDocuments: 3, Keys: []string{"secret", "other"}}, counting{}, nil)
	key := []string{"Authorization", "Bearer secret"}
	for _, c := range []struct {
		name, path, body string
		status           int
		want             string
		header           []string
	}{
		{"no key", "/v2/rerank", `{}`, 401, `"message":"no api key supplied"`, nil},
		{"wrong key", "/rerank", `{}`, 401, `invalid api token`, []string{"Authorization", "Bearer secre"}},
		{"wrong kind", "/rerank", `{}`, 401, `invalid api token`, []string{"Authorization", "Basic secret"}},
		{"second key", "/v2/rerank", `{"query":"q","documents":["x"]}`, 200, `"results"`, []string{"Authorization", "bearer other"}},
		{"an alias", "/v2/rerank", `{"model":"b","query":"q","documents":["x"]}`, 200, `"results"`, key},
		{"unknown model", "/v2/rerank", `{"model":"c","query":"q","documents":["x"]}`, 404, `"message":"model 'c' not found`, key},
		{"empty query", "/v1/rerank", `{"query":" ","documents":["x"]}`, 400, `"detail":"invalid request: query must not be empty or be only whitespace"`, key},
		{"no documents", "/v2/rerank", `{"query":"q","documents":[]}`, 400, `list of documents must not be empty`, key},
		{"documents missing", "/v2/rerank", `{"query":"q"}`, 400, `list of documents must not be empty`, key},
		{"null documents", "/v2/rerank", `{"query":"q","documents":[null]}`, 400, `a document is null`, key},
		{"wrong documents", "/v2/rerank", `{"query":"q","documents":[3]}`, 400, `"invalid request: documents[0]: a document is 3: it must be a string or an object"`, key},
		{"other case", "/v2/rerank", `{"Query":"q","documents":["x"]}`, 400, `query must not be empty`, key},
		{"wrong count", "/v2/rerank", `{"query":"q","documents":["x"],"top_n":"two"}`, 400, `"invalid request: top_n: \"two\" is no whole number of a size that counts"`, key},
		{"wrong query", "/v2/rerank", `{"query":[1],"documents":["x"]}`, 400, `"invalid request: query: it is an array; it must be a string`, key},
		{"too many", "/v2/rerank", `{"query":"q","documents":["a","b","c","d"]}`, 400, `documents: it has more than 3 elements`, key},
		{"no rank_fields", "/v1/rerank", `{"query":"q","documents":["a"],"rank_fields":[]}`, 400, `rank_fields cannot be empty`, key},
		{"wrong rank_fields", "/v1/rerank", `{"query":"q","documents":["a",{"text":"b"}],"rank_fields":["c"]}`, 400, `documents[1]: it has none of the fields`, key},
		{"negative", "/v2/rerank", `{"query":"q","documents":["a"],"top_n":-1}`, 400, `at least 1`, key},
		{"too large", "/v2/rerank", `{"query":"` + strings.Repeat("q", 400) + `","documents":["a"]}`, 413, `more than 400 bytes`, key},
		{"no JSON", "/v2/rerank", `{"query":`, 400, `the body is not JSON`, key},
		{"trailing", "/v2/rerank", `{"query":"q","documents":["x"]} x`, 400, `the body is not JSON`, key},
		{"empty", "/v2/rerank", ``, 400, `the body is not JSON`, key},
		{"TEI, nothing", "/rerank", `{"query":"q","texts":[]}`, 400, `{"error":"` + "`texts`" + ` cannot be empty","error_type":"Empty"}`, key},
		{"TEI, no query", "/rerank", `{"texts":["a"]}`, 422, `"error_type":"Validation"`, key},
		{"OpenAI", "/rerank", `{"query":"q","documents":[]}`, 400, `"error":{"message":"invalid request`, key},
		{"a panic", "/v2/rerank", `{"query":"q","documents":["panic"]}`, 500, `internal error`, key},
		{"nothing there", "/v3/rank", `{}`, 404, `there is nothing at POST /v3/rank`, key},
	} {
		status, got, _ := post(t, h.URL+c.path, c.body, c.header...)
		if status != c.status || !strings.Contains(got, c.want) {
			t.Errorf("%s: %d %s, want %d with %s", c.name, status, got, c.status, c.want)
		}
	}
}

// TestQueueIsBounded: what has no room is told so at once, and who goes away frees the
// place.
func TestQueueIsBounded(t *testing.T) {
	hold, began := make(chan struct{}), make(chan struct{}, 10)
	h := started(t, Config{Concurrent: 1, Queue: new(1)}, counting{hold: hold, began: began}, nil)
	const body = `{"query":"q","documents":["x"]}`
	var all sync.WaitGroup
	statuses := make(chan int, 2)
	all.Go(func() { s, _, _ := post(t, h.URL+"/v2/rerank", body); statuses <- s })
	<-began
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan error, 1)
	go func() {
		r, _ := http.NewRequestWithContext(ctx, http.MethodPost, h.URL+"/v2/rerank", strings.NewReader(body))
		w, err := http.DefaultClient.Do(r)
		if err == nil {
			w.Body.Close()
		}
		gone <- err
	}()
	waiting := func(n string) {
		t.Helper()
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
			if _, text := get(t, h.URL+"/metrics"); strings.Contains(text, "rerank_queue_requests "+n+"\n") {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("there are never %s waiting", n)
			}
		}
	}
	waiting("1")
	status, got, header := post(t, h.URL+"/v2/rerank", body)
	if status != http.StatusTooManyRequests || header.Get("Retry-After") == "" || !strings.Contains(got, "overloaded") {
		t.Errorf("a third request: %d %s", status, got)
	}
	for path, want := range map[string]string{"/v1/embeddings": `"type":"invalid_request_error"`, "/v1/ranking": "overloaded", "/embed": `"error_type":"Overloaded"`, "/rerank": "overloaded"} {
		// Not even the body is looked at, but where it tells the dialect.
		body := map[bool]string{true: `{"query":"q","texts":["x"]}`, false: "no JSON"}[path == "/rerank"]
		if status, got, _ := post(t, h.URL+path, body); status != http.StatusTooManyRequests || !strings.Contains(got, want) {
			t.Errorf("%s when it is full: %d %s", path, status, got)
		}
	}
	cancel()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Errorf("who went away got %v", err)
	}
	waiting("0")
	all.Go(func() { s, _, _ := post(t, h.URL+"/v2/rerank", body); statuses <- s })
	waiting("1")
	close(hold)
	all.Wait()
	if a, b := <-statuses, <-statuses; a != 200 || b != 200 {
		t.Errorf("the others got %d and %d", a, b)
	}
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close()
	data, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.StatusCode, string(data)
}

func TestQueuePriority(t *testing.T) {
	q := &queue{most: 1, limit: 2}
	if err := q.enter(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	type end struct {
		name string
		err  error
	}
	ends := make(chan end, 8)
	enter := func(name string, priority int) {
		want := q.length() + 1
		go func() {
			err := q.enter(context.Background(), priority)
			ends <- end{name, err}
			if err == nil {
				q.leave()
			}
		}()
		for q.length() < min(want, q.limit) {
			time.Sleep(time.Millisecond)
		}
	}
	enter("low", 5)
	enter("middle", 3)
	enter("high", 1) // turns away low
	if e := <-ends; e.name != "low" || !errors.Is(e.err, errFull) {
		t.Errorf("%+v was turned away", e)
	}
	if err := q.enter(t.Context(), 3); !errors.Is(err, errFull) {
		t.Errorf("the later one of equal priority: %v", err)
	}
	q.leave()
	if a, b := <-ends, <-ends; a.name != "high" || b.name != "middle" || a.err != nil || b.err != nil {
		t.Errorf("served %+v, then %+v", a, b)
	}
}

func TestTimeoutAndErrors(t *testing.T) {
	h := started(t, Config{Timeout: 10 * time.Millisecond}, counting{hold: make(chan struct{})}, nil)
	if status, got, _ := post(t, h.URL+"/rerank", `{"query":"q","texts":["x"]}`); status != http.StatusGatewayTimeout || !strings.Contains(got, "took too long") {
		t.Errorf("%d %s", status, got)
	}
	var log bytes.Buffer
	h = started(t, Config{Keys: []string{"hush"}}, counting{err: errors.New("the disk is on fire")}, &log)
	status, got, _ := post(t, h.URL+"/v2/rerank", `{"query":"question","documents":["a document"]}`, "Authorization", "Bearer hush", "X-Request-Id", "0af76519-16cd")
	if status != 500 || strings.Contains(got, "fire") {
		t.Errorf("%d %s", status, got)
	}
	post(t, h.URL+"/v2/rerank", `{"query":"question","documents":[`, "Authorization", "Bearer hush")
	post(t, h.URL+"/v2/rerank", `{}`, "Authorization", "Bearer guess")
	for _, secret := range []string{"hush", "question", "a document", "guess"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("%q is in the log: %s", secret, log.String())
		}
	}
	if !strings.Contains(log.String(), "the disk is on fire") || !strings.Contains(log.String(), `"id":"0af76519-16cd"`) {
		t.Errorf("the log lacks the cause: %s", log.String())
	}
}

func TestCompanions(t *testing.T) {
	h := started(t, Config{Models: []Model{{Name: "a", Rerank: "bm25"}, {Name: "b", Rerank: "minilm"}}}, counting{}, nil)
	post(t, h.URL+"/v2/rerank", `{"model":"b","query":"q","documents":["x","y"]}`)
	for path, want := range map[string]string{
		"/v1/models":    `"data":[{"id":"a"`,
		"/v1/models/b":  `"id":"b"`,
		"/info":         `"model_type":{"reranker"`,
		"/metrics":      `rerank_documents_total{model="b"} 2`,
		"/openapi.json": `"/v1/ranking":{"post":`,
		"/docs":         `<code>POST /v2/rerank</code>`,
		"/healthz":      "", "/readyz": "", "/health": "", "/": "", "/ping": "",
	} {
		if status, got := get(t, h.URL+path); status != 200 || !strings.Contains(got, want) {
			t.Errorf("%s: %d %s", path, status, got)
		}
	}
	if status, _ := get(t, h.URL+"/.well-known/ready"); status != http.StatusNoContent {
		t.Errorf("Weaviate's probe: %d", status)
	}
	if status, _ := get(t, h.URL+"/v1/models/c"); status != http.StatusNotFound {
		t.Errorf("an unknown model: %d", status)
	}
}

// TestServeDrains: a request that is at work when the server is told to stop ends well.
func TestServeDrains(t *testing.T) {
	s, err := New(Config{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	hold, began := make(chan struct{}), make(chan struct{}, 1)
	s.models.list[0].reranker = counting{hold: hold, began: began}
	address, stop, ended := served(t, s)
	answered := make(chan int, 1)
	go func() {
		status, _, _ := post(t, "http://"+address+"/v2/rerank", `{"query":"q","documents":["x"]}`)
		answered <- status
	}()
	<-began
	stop()
	close(hold)
	if status := <-answered; status != 200 {
		t.Errorf("the request at work got %d", status)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestIdleModelsAreUnloaded(t *testing.T) {
	m := newModels(Config{Models: []Model{{Name: "bm25"}}, Idle: time.Millisecond}).list[0]
	first, err := m.use()
	if err != nil || !m.loaded() {
		t.Fatal(err)
	}
	again, err := m.use()
	if err != nil || again != first {
		t.Errorf("it was loaded twice: %v", err)
	}
	m.release()
	time.Sleep(5 * time.Millisecond)
	if !m.loaded() {
		t.Error("it was unloaded while it was used")
	}
	m.release()
	for deadline := time.Now().Add(time.Minute); m.loaded(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it is never unloaded")
		}
	}
}

func TestConfigRefused(t *testing.T) {
	_, err := New(Config{
		Models: []Model{{}, {Name: "a"}, {Name: "b", Aliases: []string{"a"}}, {Name: "none"}, {Name: "c", Rerank: "minlm"}},
		Keys:   []string{" "}, MaxBody: -1, MaxDocuments: -2, Timeout: -3, Concurrent: -4, Queue: new(-5), Idle: -6, Cache: -7,
	}, nil)
	if err == nil {
		t.Fatal("it passed")
	}
	for _, want := range []string{"models[0]: it has no name", `two models called "a"`, `"none" is no model`, `did you mean "minilm"`, "keys[0]", "max_body", "max_documents", "timeout", "concurrent", "queue", "idle", "cache"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q: %v", want, err)
		}
	}
}

// TestConfigTooLarge: numbers that would overflow where they are used are refused.
func TestConfigTooLarge(t *testing.T) {
	_, err := New(Config{
		MaxBody: math.MaxInt64, MaxBodies: math.MaxInt64, Cache: math.MaxInt64, Timeout: math.MaxInt64, Idle: math.MaxInt64,
		BulkTimeout: math.MaxInt64, MaxTokens: math.MaxInt, MaxDocuments: math.MaxInt, Workers: math.MaxInt,
	}, nil)
	for _, want := range []string{"max_body: ", "max_bodies: ", "cache: ", "timeout: ", "idle: ", "bulk_timeout: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q: %v", want, err)
		}
	}
	h := started(t, Config{MaxBody: math.MaxInt / 16, Timeout: forever, MaxTokens: math.MaxInt32}, counting{}, nil)
	if status, got, _ := post(t, h.URL+"/v2/rerank", `{"query":"q","documents":["x"]}`); status != 200 {
		t.Errorf("%d %s", status, got)
	}
}

// FuzzRequests: any body gets an answer in JSON and no server error.
func FuzzRequests(f *testing.F) {
	paths := []string{"/v2/rerank", "/v1/rerank", "/rerank", "/v1/reranking", "/v1/ranking", "/", "/v1/embeddings", "/embed", "/v2/embed", "/similarity", "/score", "/predict", "/tokenize", "/v1/tokenize"}
	for i, body := range []string{
		`{"query":"q","documents":["a","b"],"top_n":1}`, `{"query":"q","documents":[{"text":"a","n":[1]}],"rank_fields":["n"]}`,
		`{"query":"q","texts":["a"],"return_text":true}`, `{"query":"q","input":["a"],"top_k":1,"return_input":true}`,
		`{"query":{"text":"q"},"passages":[{"text":"a"}],"truncate":"END"}`, `{"query":"q","documents":["a"],"property":""}`, `null`, `[]`, `{"query":null}`,
		`{"inputs":{"source_sentence":"a","sentences":["b"]}}`, `{"input":["a"],"encoding_format":"base64"}`, `{"texts":["a"],"embedding_types":["float","base64"]}`,
	} {
		f.Add(uint8(i), body)
	}
	s, err := New(Config{MaxDocuments: 100}, nil)
	if err != nil {
		f.Fatal(err)
	}
	s.models.list[0].reranker, s.models.list[1].embedder = fuzzed{}, lengths{}
	f.Fuzz(func(t *testing.T, path uint8, body string) {
		defer testenv.Bound(t, len(body))()
		r := httptest.NewRequest(http.MethodPost, paths[int(path)%len(paths)], strings.NewReader(body))
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		if w.Code >= 500 || !json.Valid(w.Body.Bytes()) {
			t.Errorf("%q: %d %s", body, w.Code, w.Body)
		}
		if !slices.Contains([]int{200, 400, 404, 413, 422}, w.Code) {
			t.Errorf("%q: status %d", body, w.Code)
		}
	})
}

// fuzzed scores texts by their lengths.
type fuzzed struct{}

func (fuzzed) Rerank(_ context.Context, r rerank.Request) (rerank.Result, error) {
	scores := make([]float64, len(r.Hits))
	for i, h := range r.Hits {
		scores[i] = float64(len(h.Document.Text))
	}
	return rerank.Result{Hits: rerank.Reorder(r, rerank.Scoring{Stage: "length", Scale: rerank.ScaleLogit, Scores: scores})}, nil
}

func TestWrongMethod(t *testing.T) {
	h := started(t, Config{}, counting{}, nil)
	for path, want := range map[string]string{"/v2/rerank": "POST", "/": "GET, POST", "/openapi.json": "GET", "/nowhere": ""} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, h.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		w, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		w.Body.Close()
		if status := map[bool]int{true: 405, false: 404}[want != ""]; w.StatusCode != status || w.Header.Get("Allow") != want {
			t.Errorf("%s: %d, allowed %q", path, w.StatusCode, w.Header.Get("Allow"))
		}
	}
}

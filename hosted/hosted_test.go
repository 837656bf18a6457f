package hosted_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/cache"
	"github.com/flashrerank/rerank/hosted"
	"github.com/flashrerank/rerank/reranktest"
)

const secret = "s3cret-key"

// contract is a service that answers as the given function says, and keeps what it was
// asked.
type contract struct {
	*httptest.Server
	mu     sync.Mutex
	bodies []string
	paths  []string
	keys   []string
}

func serve(t testing.TB, answer func(w http.ResponseWriter, n int, body string)) *contract {
	c := &contract{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, _ := io.ReadAll(r.Body)
		c.mu.Lock()
		c.bodies, c.paths, c.keys = append(c.bodies, string(data)), append(c.paths, r.URL.Path), append(c.keys, r.Header.Get("Authorization"))
		n := len(c.bodies)
		c.mu.Unlock()
		answer(w, n, string(data))
	}))
	t.Cleanup(c.Close)
	return c
}

// scoring answers by the number of x in each text, a tenth each.
func scoring(w http.ResponseWriter, _ int, body string) {
	var q struct {
		Documents, Texts []string
		Input            []string
		Passages         []struct{ Text string }
		TopN             int `json:"top_n"`
		TopK             int `json:"top_k"`
	}
	if err := json.Unmarshal([]byte(body), &q); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	type result struct {
		Index int     `json:"index"`
		Score float64 `json:"relevance_score"`
		TEI   float64 `json:"score"`
		Logit float64 `json:"logit"`
	}
	list := []result{}
	all := slices.Concat(q.Documents, q.Texts, q.Input)
	for _, p := range q.Passages {
		all = append(all, p.Text)
	}
	for i, text := range all {
		x := float64(strings.Count(text, "x")) / 10
		list = append(list, result{i, x, x, x})
	}
	slices.SortStableFunc(list, func(a, b result) int { return int(math.Copysign(1, b.Score-a.Score)) })
	if n := q.TopN + q.TopK; n > 0 {
		list = list[:n]
	}
	if q.Texts != nil {
		_ = json.NewEncoder(w).Encode(list)
		return
	}
	w.Header().Set("X-API-Warning", "old model")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"id": "1", "results": list, "data": list, "rankings": list, "usage": map[string]any{"total_tokens": 7},
		"meta": map[string]any{"billed_units": map[string]any{"search_units": 1.0}, "warnings": []string{"mind the gap"}},
	})
}

func texts(list ...string) rerank.Request {
	docs := make([]rerank.Document, len(list))
	for i, t := range list {
		docs[i].Text = t
	}
	return rerank.Request{Query: rerank.Query{Text: "q"}, Hits: rerank.Hits(docs)}
}

func open(t testing.TB, service string, o hosted.Options) *hosted.Reranker {
	t.Helper()
	r, err := hosted.New(service, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func show(hits []rerank.Hit) string {
	var parts []string
	for _, h := range hits {
		parts = append(parts, fmt.Sprintf("%d=%v", h.Index, h.Score))
	}
	return strings.Join(parts, " ")
}

func TestServices(t *testing.T) {
	for service, want := range map[string]struct{ path, body string }{
		"cohere":     {"/v2/rerank", `{"model":"m","query":"q","documents":["a","xx","x"],"top_n":2,"max_tokens_per_doc":99}`},
		"cohere1":    {"/v1/rerank", `{"model":"m","query":"q","documents":["a","xx","x"],"top_n":2}`},
		"jina":       {"/v1/rerank", `{"model":"m","query":"q","documents":["a","xx","x"],"top_n":2,"return_documents":false}`},
		"voyage":     {"/v1/rerank", `{"model":"m","query":"q","documents":["a","xx","x"],"top_k":2,"truncation":true}`},
		"vllm":       {"/v1/rerank", `{"model":"m","query":"q","documents":["a","xx","x"],"top_n":2}`},
		"llamacpp":   {"/v1/rerank", `{"model":"m","query":"q","documents":["a","xx","x"],"top_n":2}`},
		"together":   {"/v1/rerank", `{"model":"m","query":"q","documents":["a","xx","x"],"top_n":2}`},
		"mixedbread": {"/v1/reranking", `{"model":"m","query":"q","input":["a","xx","x"],"top_k":2}`},
		"nim":        {"/v1/ranking", `{"model":"m","query":{"text":"q"},"passages":[{"text":"a"},{"text":"xx"},{"text":"x"}],"truncate":"END"}`},
		"tei":        {"/rerank", `{"query":"q","texts":["a","xx","x"],"truncate":true,"raw_scores":false}`},
	} {
		c := serve(t, scoring)
		q := texts("a", "xx", "x")
		q.TopN = 2
		got, err := open(t, service, hosted.Options{URL: c.URL, Key: secret, Model: "m", MaxTokens: 99}).Rerank(t.Context(), q)
		if err != nil {
			t.Errorf("%s: %v", service, err)
			continue
		}
		order, first := "1=0.2 2=0.1", 0.2
		if service == "llamacpp" || service == "nim" { // which give logits
			order, first = "1=0.549833997312478 2=0.52497918747894", 0.549833997312478
		}
		if show(got.Hits) != order || c.paths[0] != want.path || c.bodies[0] != want.body || c.keys[0] != "Bearer "+secret {
			t.Errorf("%s: %s for %s at %s with %q", service, show(got.Hits), c.bodies[0], c.paths[0], c.keys[0])
		}
		report := got.Stages[0]
		if billed := !slices.Contains([]string{"voyage", "tei", "mixedbread", "nim"}, service); billed != (report.BilledUnits == 1) || billed != slices.Contains(report.Notes, "mind the gap") || service != "tei" && !slices.Contains(report.Notes, "old model") {
			t.Errorf("%s: %+v", service, report)
		}
		if got.Hits[0].Relevance != first || got.Hits[0].Scale != rerank.ScaleRelevance || report.Stage != service {
			t.Errorf("%s: %+v", service, got.Hits[0])
		}
	}
}

// TestManyDocuments: what is more than the service takes goes in several requests, and
// no more of them at once than may.
func TestManyDocuments(t *testing.T) {
	var at, most atomic.Int32
	c := serve(t, func(w http.ResponseWriter, n int, body string) {
		now := at.Add(1)
		for old := most.Load(); now > old && !most.CompareAndSwap(old, now); old = most.Load() {
		}
		time.Sleep(5 * time.Millisecond)
		at.Add(-1)
		scoring(w, n, body)
	})
	var list []string
	for i := range 25 {
		list = append(list, strings.Repeat("x", i%9)+strings.Repeat("y", i))
	}
	q := texts(list...)
	q.TopN = 3
	r := open(t, "cohere", hosted.Options{URL: c.URL, MaxDocuments: 4, Concurrent: 2})
	got, err := r.Rerank(t.Context(), q)
	if err != nil || len(c.bodies) != 7 || most.Load() > 2 || got.Stages[0].BilledUnits != 7 || show(got.Hits) != "8=0.8 17=0.8 7=0.7" {
		t.Errorf("%d requests, %d at once, %s, %v", len(c.bodies), most.Load(), show(got.Hits), err)
	}
	for _, body := range c.bodies {
		if strings.Contains(body, "top_n") {
			t.Errorf("a part was asked for its best: %s", body)
		}
	}
}

func TestTopNIsCapped(t *testing.T) {
	c := serve(t, scoring)
	q := texts("x")
	q.TopN = 10
	if _, err := open(t, "cohere", hosted.Options{URL: c.URL}).Rerank(t.Context(), q); err != nil || !strings.Contains(c.bodies[0], `"top_n":1`) {
		t.Errorf("%v, %v", c.bodies, err)
	}
}

// TestTriedAgain: what fails for the moment is sent again, with the same body.
func TestTriedAgain(t *testing.T) {
	for name, fail := range map[string]func(w http.ResponseWriter){
		"429 with Retry-After": func(w http.ResponseWriter) { w.Header().Set("Retry-After", "0"); w.WriteHeader(429) },
		"500":                  func(w http.ResponseWriter) { w.WriteHeader(500) },
		"503":                  func(w http.ResponseWriter) { w.Header().Set("Retry-After", "0"); w.WriteHeader(503) },
		"a cut connection": func(w http.ResponseWriter) {
			conn, _, _ := http.NewResponseController(w).Hijack()
			conn.Close()
		},
	} {
		c := serve(t, func(w http.ResponseWriter, n int, body string) {
			if n == 1 {
				fail(w)
				return
			}
			scoring(w, n, body)
		})
		got, err := open(t, "cohere", hosted.Options{URL: c.URL}).Rerank(t.Context(), texts("x", "xx"))
		if err != nil || show(got.Hits) != "1=0.2 0=0.1" || len(c.bodies) != 2 || c.bodies[0] != c.bodies[1] {
			t.Errorf("%s: %s, %v, %q", name, show(got.Hits), err, c.bodies)
		}
	}
}

func TestRefusals(t *testing.T) {
	say := func(status int, body string) func(http.ResponseWriter, int, string) {
		return func(w http.ResponseWriter, _ int, _ string) { w.WriteHeader(status); _, _ = io.WriteString(w, body) }
	}
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter, int, string)
		words  string
		asked  int
	}{
		"401":        {say(401, `{"message":"invalid api token `+secret+`"}`), "401 Unauthorized: invalid api token (key)", 1},
		"400":        {say(400, `{"detail":"too few"}`), "too few", 1},
		"404":        {say(404, `{"error":{"message":"no such model"}}`), "no such model", 1},
		"422, plain": {say(422, "no good\n"), "no good", 1},
		"501":        {say(501, ""), "501", 1},
		"500":        {say(500, `{"error":"broken"}`), "500 Internal Server Error: broken", 2},
		"long":       {say(400, strings.Repeat("é", 5000)), "…", 1},
		"a redirect": {func(w http.ResponseWriter, _ int, _ string) {
			w.Header().Set("Location", "http://127.0.0.1:1/")
			w.WriteHeader(307)
		}, "307", 1},
		"no JSON":     {say(200, `{"results": [`), "cannot be read", 1},
		"wrong types": {say(200, `{"results": [{"index": "0", "relevance_score": 1}]}`), "cannot be read", 1},
		"no results":  {say(200, `{}`), "no results", 1},
		"no index":    {say(200, `{"results": [{"relevance_score": 1}]}`), "lacks index", 1},
		"beyond":      {say(200, `{"results": [{"index": 5, "relevance_score": 1}]}`), "names document 5", 1},
		"twice":       {say(200, `{"results": [{"index": 0, "relevance_score": 1}, {"index": 0, "relevance_score": 1}]}`), "or twice", 1},
		"too few":     {say(200, `{"results": [{"index": 0, "relevance_score": 1}]}`), "lacks 1 of 2 documents", 1},
		"cut short": {func(w http.ResponseWriter, _ int, _ string) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, `{"results": [`)
		}, "reading the answer", 1},
	} {
		s := serve(t, c.answer)
		_, err := open(t, "cohere", hosted.Options{URL: s.URL, Key: secret, Retries: 1}).Rerank(t.Context(), texts("x", "xx"))
		if err == nil || !strings.Contains(err.Error(), c.words) || strings.Contains(err.Error(), secret) || len(s.bodies) != c.asked || len(err.Error()) > 700 {
			t.Errorf("%s: asked %d times: %v", name, len(s.bodies), err)
		}
	}
}

// TestTime: the context ends the wait, and a wait that it has no time for is not begun.
func TestTime(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ int, _ string) { w.Header().Set("Retry-After", "30"); w.WriteHeader(429) })
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, err := open(t, "cohere", hosted.Options{URL: c.URL}).Rerank(ctx, texts("x"))
	if err == nil || !strings.Contains(err.Error(), "429") || ctx.Err() != nil {
		t.Errorf("%v; the context: %v", err, ctx.Err())
	}
	release := make(chan struct{})
	slow := serve(t, func(w http.ResponseWriter, n int, body string) {
		if n == 1 {
			<-release
		}
		scoring(w, n, body)
	})
	defer close(release)
	if got, err := open(t, "cohere", hosted.Options{URL: slow.URL, Timeout: 300 * time.Millisecond}).Rerank(t.Context(), texts("x")); err != nil || len(slow.bodies) < 2 {
		t.Errorf("a slow answer: %+v, %v", got, err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	cancel()
	if _, err := open(t, "cohere", hosted.Options{URL: c.URL}).Rerank(ctx, texts("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestCircuit: a service that keeps failing is not asked for a while.
func TestCircuit(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ int, _ string) { w.WriteHeader(503) })
	r := open(t, "cohere", hosted.Options{URL: c.URL, Retries: -1})
	for range 5 {
		if _, err := r.Rerank(t.Context(), texts("x")); err == nil {
			t.Fatal("it answered")
		}
	}
	if _, err := r.Rerank(t.Context(), texts("x")); err == nil || !strings.Contains(err.Error(), "is not asked for a while") || len(c.bodies) != 5 {
		t.Errorf("asked %d times: %v", len(c.bodies), err)
	}
	// Requests that are wrong say nothing of the service.
	c = serve(t, func(w http.ResponseWriter, _ int, _ string) { w.WriteHeader(400) })
	r = open(t, "cohere", hosted.Options{URL: c.URL})
	for range 9 {
		_, _ = r.Rerank(t.Context(), texts("x"))
	}
	if len(c.bodies) != 9 {
		t.Errorf("after wrong requests it was asked %d times", len(c.bodies))
	}
}

func TestKnown(t *testing.T) {
	c := serve(t, scoring)
	r := open(t, "cohere", hosted.Options{URL: c.URL, Known: cache.New(1 << 16)})
	for i, list := range [][]string{{"x", "a", "xx"}, {"xx", "x"}, {"xxx", "x"}} {
		got, err := r.Rerank(t.Context(), texts(list...))
		if err != nil || len(got.Hits) != len(list) || math.Abs(got.Hits[0].Score-float64(strings.Count(list[got.Hits[0].Index], "x"))/10) > 1e-6 {
			t.Errorf("round %d: %s, %v", i, show(got.Hits), err)
		}
	}
	if len(c.bodies) != 2 || !strings.Contains(c.bodies[1], `"documents":["xxx"]`) {
		t.Errorf("asked %q", c.bodies)
	}
}

func TestFields(t *testing.T) {
	c := serve(t, scoring)
	q := rerank.Request{Query: rerank.Query{Text: "q"}, Hits: rerank.Hits([]rerank.Document{{Title: "A title", Text: "x"}})}
	if _, err := open(t, "cohere", hosted.Options{URL: c.URL, Fields: []string{"text", "title"}}).Rerank(t.Context(), q); err != nil || !strings.Contains(c.bodies[0], `"text: x\ntitle: A title\n"`) {
		t.Errorf("%q, %v", c.bodies, err)
	}
}

// TestFieldsAreYAML: what is sent of several fields reads back as YAML, in their order.
func TestFieldsAreYAML(t *testing.T) {
	c := serve(t, scoring)
	d := rerank.Document{Title: "Lease: #1", Text: "It ends in May.\nOr: earlier", Fields: rerank.Fields{
		{Name: "year", Value: rerank.NumberValue(2024)}, {Name: "tags", Value: rerank.ListValue(rerank.TextValue("- a"), rerank.TextValue("yes"))},
		{Name: "draft", Value: rerank.BoolValue(false)}, {Name: "author", Value: rerank.TextValue("日本 🏠")},
	}}
	q := rerank.Request{Query: rerank.Query{Text: "q"}, Hits: rerank.Hits([]rerank.Document{d})}
	if _, err := open(t, "cohere", hosted.Options{URL: c.URL, Fields: []string{"year", "title", "tags", "none", "text", "draft", "author"}}).Rerank(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	var body struct{ Documents []string }
	if err := json.Unmarshal([]byte(c.bodies[0]), &body); err != nil {
		t.Fatal(err)
	}
	var back yaml.MapSlice
	if err := yaml.Unmarshal([]byte(body.Documents[0]), &back); err != nil {
		t.Fatalf("%q: %v", body.Documents[0], err)
	}
	want := "[{year 2024} {title Lease: #1} {tags [- a yes]} {text It ends in May.\nOr: earlier} {draft false} {author 日本 🏠}]"
	if got := fmt.Sprint(back); got != want {
		t.Errorf("%s of\n%s", got, body.Documents[0])
	}
}

// TestSpans: parts of texts come as bytes, and those that are not within a text are an
// error.
func TestSpans(t *testing.T) {
	spans := `[{"start":2,"end":4,"score":0.9},{"start":0,"end":1,"score":0.2}]`
	c := serve(t, func(w http.ResponseWriter, _ int, _ string) {
		fmt.Fprintf(w, `{"results":[{"index":1,"relevance_score":0.8,"relevant_spans":%s},{"index":0,"relevance_score":0.1}]}`, spans)
	})
	q := rerank.Request{Query: rerank.Query{Text: "q"}, Hits: rerank.Hits([]rerank.Document{{Text: "plain"}, {Text: "äö日🏠x"}})}
	r := open(t, "cohere", hosted.Options{URL: c.URL, Spans: &hosted.Spans{Threshold: new(float64(0.2)), Most: 3}, Known: cache.New(1 << 20)})
	for range 2 { // scores are not taken from what is known
		got, err := r.Rerank(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(got.Hits[0].Spans) != "[{4 11 0.9} {0 2 0.2}]" || got.Hits[1].Spans != nil || q.Hits[1].Spans != nil {
			t.Errorf("%+v", got.Hits)
		}
	}
	if !strings.Contains(c.bodies[0], `"relevant_spans":{"mode":"enabled","threshold":0.2,"max_spans":3}`) || len(c.bodies) != 2 {
		t.Errorf("asked %q", c.bodies)
	}
	for _, spans = range []string{`[{"start":2,"end":6}]`, `[{"start":-1,"end":2}]`, `[{"start":3,"end":2}]`} {
		if _, err := r.Rerank(t.Context(), q); err == nil || !strings.Contains(err.Error(), "of a text of 5 characters") {
			t.Errorf("%s: %v", spans, err)
		}
	}
	for service, o := range map[string]hosted.Options{
		"jina": {URL: c.URL, Spans: &hosted.Spans{}}, "cohere": {URL: c.URL, Spans: &hosted.Spans{Threshold: new(float64(2))}}, "cohere1": {URL: c.URL, Fields: []string{"a"}, Spans: &hosted.Spans{}},
	} {
		if _, err := hosted.New(service, o); err == nil {
			t.Errorf("%s takes %+v", service, o.Spans)
		}
	}
}

func TestOptionsRefused(t *testing.T) {
	for _, variable := range []string{"COHERE_API_KEY", "CO_API_KEY", "TEI_API_KEY"} {
		t.Setenv(variable, "")
	}
	for words, c := range map[string]struct {
		service string
		o       hosted.Options
	}{
		"unknown service":          {"coherent", hosted.Options{}},
		"set COHERE_API_KEY":       {"cohere", hosted.Options{}},
		"needs a URL":              {"tei", hosted.Options{}},
		"not the URL of a service": {"tei", hosted.Options{URL: "localhost:80"}},
		"holds a password":         {"tei", hosted.Options{URL: "http://a:b@c"}},
		"more than one line":       {"cohere", hosted.Options{Key: "a\nb"}},
		"none may be negative":     {"cohere", hosted.Options{Key: "a", Timeout: -1}},
		"-2 documents, 0 tokens":   {"cohere", hosted.Options{Key: "a", MaxDocuments: -2}},
	} {
		if _, err := hosted.New(c.service, c.o); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %v", words, err)
		}
	}
	t.Setenv("CO_API_KEY", secret)
	c := serve(t, scoring)
	for _, url := range []string{c.URL, c.URL + "/", c.URL + "/v2", c.URL + "/v2/"} {
		if _, err := open(t, "cohere", hosted.Options{URL: url}).Rerank(t.Context(), texts("x")); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
	if slices.ContainsFunc(c.keys, func(k string) bool { return k != "Bearer "+secret }) || slices.ContainsFunc(c.paths, func(p string) bool { return p != "/v2/rerank" }) {
		t.Errorf("%q at %q", c.keys, c.paths)
	}
}

func TestContract(t *testing.T) {
	c := serve(t, scoring)
	reranktest.Reranker(t, func(t testing.TB) rerank.Reranker {
		return open(t, "cohere", hosted.Options{URL: c.URL, MaxDocuments: 3})
	})
}

func Example() {
	// Stands for the service; without a URL, Cohere's own is asked with the key in
	// COHERE_API_KEY.
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"results": [{"index": 1, "relevance_score": 0.97}, {"index": 0, "relevance_score": 0.02}]}`)
	}))
	defer service.Close()
	cohere, err := hosted.New("cohere", hosted.Options{Model: "rerank-v3.5", URL: service.URL})
	if err != nil {
		fmt.Println(err)
		return
	}
	ranked, err := rerank.Texts(context.Background(), cohere, "when does the lease end", []string{"Bread.", "It ends in May."})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(ranked[0].Index, ranked[0].Relevance)
	// Output: 1 0.97
}

// TestScoresThatAreNoNumbers: a score that is missing, null, no number or beyond all numbers is an error, and is not
// kept.
func TestScoresThatAreNoNumbers(t *testing.T) {
	for _, score := range []string{`null`, `NaN`, `Infinity`, `1e999`, `1e300`, `"high"`, `"NaN"`} {
		c := serve(t, func(w http.ResponseWriter, _ int, _ string) {
			one := fmt.Sprintf(`[{"index": 0, "relevance_score": %s, "score": %s, "logit": %s}]`, score, score, score)
			_, _ = io.WriteString(w, one)
		})
		wrapped := serve(t, func(w http.ResponseWriter, _ int, _ string) {
			one := fmt.Sprintf(`[{"index": 0, "relevance_score": %s, "score": %s, "logit": %s}]`, score, score, score)
			_, _ = fmt.Fprintf(w, `{"results": %s, "data": %s, "rankings": %s}`, one, one, one)
		})
		for _, service := range hosted.Services() {
			url := wrapped.URL
			if service == "tei" {
				url = c.URL
			}
			r := open(t, service, hosted.Options{URL: url, Key: secret, Model: "m", Known: cache.New(1 << 20), Retries: -1})
			for range 2 {
				if got, err := r.Rerank(t.Context(), texts("a")); err == nil {
					t.Errorf("%s: a score of %s became %v", service, score, got.Hits[0].Score)
				}
			}
		}
	}
}

package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
)

// lines is a writer whose first line can be waited for.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// waitFor waits until something is in what was written.
func waitFor(t *testing.T, log *lines, text string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !strings.Contains(log.String(), text); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%q never comes: %s", text, log)
		}
	}
}

// serving starts a server and returns its address, what ends it with its exit code, and
// what it logs.
func serving(t *testing.T, args ...string) (url string, stop func() int, log *lines) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	log = new(lines)
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...), strings.NewReader(""), io.Discard, log)
	}()
	address := regexp.MustCompile(`listening on (http://\S+)\n`)
	waitFor(t, log, "listening on ")
	waitFor(t, log, "\n")
	return address.FindStringSubmatch(log.String())[1], func() int {
		cancel()
		return <-ended
	}, log
}

func TestServe(t *testing.T) {
	url, stop, log := serving(t)
	answer, err := http.Post(url+"/v2/rerank", "application/json", strings.NewReader(`{"query":"when does the rental contract end","documents":["Bake the bread.","The lease ends in May."],"top_n":1}`))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	answer.Body.Close()
	if err != nil || answer.StatusCode != 200 || !strings.Contains(string(body), `"results":[{"index":1,"relevance_score":0.`) {
		t.Errorf("%d %s, %v", answer.StatusCode, body, err)
	}
	if code := stop(); code != exitOK {
		t.Errorf("ended with %d: %s", code, log.String())
	}
	if !strings.Contains(log.String(), `"path":"/v2/rerank","status":200`) || strings.Contains(log.String(), "rental") {
		t.Errorf("log: %s", log.String())
	}
}

// TestServeSettings: a flag wins over a variable, and that over the file.
func TestServeSettings(t *testing.T) {
	file, keys := filepath.Join(t.TempDir(), "serve.yaml"), filepath.Join(t.TempDir(), "keys")
	write(t, file, "listen: here:1\nqueue: 7\nconcurrent: 2\ntimeout: 5s\nkeys_file: "+keys+"\nmodels:\n  - name: big\n    rerank: bm25\n    aliases: [a, b]\n    early: {within: 300ms}\n")
	write(t, keys, "one\ntwo\n")
	t.Setenv("RERANK_QUEUE", "8")
	t.Setenv("RERANK_CONCURRENT", "3")
	out := succeed(t, "", "serve", "--config", file, "--concurrent", "9", "--cache", "100", "--print-config")
	for _, want := range []string{"listen: here:1", "queue: 8", "concurrent: 9", "cache: 100", "timeout: 5s", "aliases:", "within: 300ms", "(hidden)"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if strings.Contains(out, "one") || strings.Contains(out, "two") {
		t.Errorf("keys are shown: %s", out)
	}
	if again := succeed(t, "", "serve", "--models", "minilm, big=bm25", "--print-config"); !strings.Contains(again, "name: big\n  rerank: bm25") || !strings.Contains(again, "listen: "+defaultListen) {
		t.Errorf("models: %s", again)
	}
	write(t, file, "listen: here:1\nqeue: 7\n")
	fail(t, exitFailure, "qeue", "", "serve", "--config", file, "--print-config")
	write(t, file, "timeout: soon\n")
	fail(t, exitFailure, "soon", "", "serve", "--config", file, "--print-config")
	fail(t, exitUsage, "--queue", "", "serve", "--queue", "many", "--print-config")
	fail(t, exitUsage, "must be given together", "", "serve", "--tls-cert", "x", "--print-config")
	for _, setting := range []string{"concurrent=-1", "queue=-1", "max-body=-1", "cache=-1", "timeout=-1s", "idle=-1s"} {
		fail(t, exitUsage, "is negative", "", "serve", "--"+setting, "--print-config")
	}
	write(t, file, "max_documents: -1\n")
	fail(t, exitFailure, "max_documents: -1", "", "serve", "--config", file)
	write(t, keys, " \n")
	fail(t, exitFailure, "holds no keys", "", "serve", "--keys-file", keys, "--print-config")
	if err := os.Remove(keys); err != nil {
		t.Fatal(err)
	}
	fail(t, exitFailure, "keys", "", "serve", "--keys-file", keys, "--print-config")
}

// TestServeTraces: spans reach a collector when the server ends, and profiles are there.
func TestServeTraces(t *testing.T) {
	got := make(chan *collector.ExportTraceServiceRequest, 10)
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, err := io.ReadAll(r.Body)
		var spans collector.ExportTraceServiceRequest
		if err == nil {
			err = proto.Unmarshal(data, &spans)
		}
		if err != nil || r.URL.Path != "/v1/traces" {
			t.Errorf("%s: %v", r.URL.Path, err)
		}
		got <- &spans
	}))
	defer h.Close()
	t.Setenv("RERANK_TRACES", h.URL+"/v1/traces")
	url, stop, log := serving(t, "--profiles", "127.0.0.1:0")
	profiles := regexp.MustCompile(`profiles on (http://\S+)`).FindStringSubmatch(log.String())
	if profiles == nil {
		t.Fatalf("no profiles: %s", log)
	}
	for address, want := range map[string]int{profiles[1]: 200, profiles[1] + "goroutine?debug=1": 200, url + "/debug/pprof/": 404} {
		answer, err := http.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("%s: %d", address, answer.StatusCode)
		}
	}
	strangersAreRefused(t, profiles[1])
	answer, err := http.Post(url+"/v2/rerank", "application/json", strings.NewReader(`{"query":"secret","documents":["a"]}`))
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if code := stop(); code != exitOK {
		t.Errorf("ended with %d: %s", code, log)
	}
	if len(got) == 0 {
		t.Fatal("no spans were sent")
	}
	text := (<-got).String()
	for _, want := range []string{"POST /v2/rerank", "queue", "service.name", "best"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %s", want, text)
		}
	}
	if strings.Contains(text, "secret") {
		t.Errorf("the query is in %s", text)
	}
}

// TestServedByItself: a search re-ranked by a server that is another of this program, by
// Cohere's words, tells what was billed.
func TestServedByItself(t *testing.T) {
	url, stop, _ := serving(t)
	defer stop()
	dir := filepath.Join(t.TempDir(), "index")
	var out, log strings.Builder
	do := func(args ...string) string {
		t.Helper()
		out.Reset()
		if code := run(t.Context(), args, strings.NewReader("{\"id\":\"a\",\"text\":\"The lease ends in May.\"}\n{\"id\":\"b\",\"text\":\"A lease of bread.\"}\n"), &out, &log); code != exitOK {
			t.Fatalf("%q: %d %s", args, code, log.String())
		}
		return out.String()
	}
	do("index", "-o", dir, "-")
	for _, args := range [][]string{{"search", dir, "when does the lease end"}, {"compare", dir, "when does the lease end"}} {
		if got := do(append(args, "--rerank", "cohere:any@"+url)...); !strings.Contains(got, ", 1 billed") {
			t.Errorf("%s: %s", args[0], got)
		}
	}
}

// TestServeOpen: a server that anybody in the network may ask says so.
func TestServeOpen(t *testing.T) {
	index := filepath.Join(t.TempDir(), "index")
	for _, c := range []struct {
		args  []string
		warns string
	}{
		{[]string{"--listen", "0.0.0.0:0"}, "may ask: --keys-file"},
		{[]string{"--listen", "0.0.0.0:0", "--index", index, "--create"}, "may ask, and change the index: --keys-file"},
		{nil, ""},
	} {
		_, stop, log := serving(t, c.args...)
		if stop() != exitOK {
			t.Errorf("%q: %s", c.args, log)
		}
		if got := log.String(); strings.Contains(got, "whoever can connect") != (c.warns != "") || !strings.Contains(got, c.warns) {
			t.Errorf("%q: %s", c.args, got)
		}
	}
}

// TestServeClients: names of clients come from the file of keys, their limits from the
// configuration.
func TestServeClients(t *testing.T) {
	dir := t.TempDir()
	keys := write(t, filepath.Join(dir, "keys"), "k1\n\nk2 search\r\nk3 search\nk4 other\n")
	file := write(t, filepath.Join(dir, "serve.yaml"), "keys_file: "+keys+"\nclients:\n- name: search\n  per_minute: 2\n")
	out := succeed(t, "", "serve", "--config", file, "--key-concurrent", "3", "--print-config")
	for _, want := range []string{"name: search\n", "name: other\n", "per_minute: 2\n", "key_concurrent: 3\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	for _, key := range []string{"k1", "k2", "k3", "k4"} {
		if strings.Contains(out, key) {
			t.Errorf("a key is shown: %s", out)
		}
	}
	url, stop, log := serving(t, "--config", file)
	for _, c := range []struct {
		key  string
		want int
	}{{"k2", 200}, {"k3", 200}, {"k2", 429}, {"k4", 200}, {"k1", 200}, {"search", 401}} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/v2/rerank", strings.NewReader(`{"query":"q","documents":["a"]}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-API-Key", c.key)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != c.want {
			t.Errorf("%s: %d, want %d", c.key, answer.StatusCode, c.want)
		}
	}
	if code := stop(); code != exitOK || strings.Count(log.String(), `"client":"search"`) != 3 {
		t.Errorf("%d: %s", code, log)
	}
	write(t, keys, "k1 a b\n")
	fail(t, exitFailure, "line 1: more than a key", "", "serve", "--keys-file", keys, "--print-config")
}

package server

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/flashrerank/rerank/pipeline"
)

// readiness are the paths that tell whether the server can answer, and what they say.
var readiness = []struct {
	path           string
	good           int
	ready, unready string
}{
	{"/readyz", 200, `"status":"ok"`, `"status":"error"`},
	{"/health", 200, `"unix":`, `"status":"error"`},
	{"/ping", 200, `"status":"ok"`, `"status":"error"`},
	{"/", 200, `"status":"ok"`, `"status":"error"`},
	{"/.well-known/ready", 204, ``, `"status":"error"`},
	{"/v1/health/ready", 200, `{"object":"health-response","message":"Service is ready."}`, `Service is not ready`},
}

// areReady asks all probes, of which those of life always hold.
func areReady(t *testing.T, url string, ready bool, why string) {
	t.Helper()
	for _, p := range readiness {
		status, body := get(t, url+p.path)
		if ready && (status != p.good || !strings.Contains(body, p.ready)) {
			t.Errorf("%s: %d %s", p.path, status, body)
		}
		if !ready && (status != 503 || !strings.Contains(body, p.unready) || !strings.Contains(body, why) || !json.Valid([]byte(body))) {
			t.Errorf("%s when %s: %d %s", p.path, why, status, body)
		}
	}
	for path, want := range map[string]int{"/healthz": 200, "/.well-known/live": 204, "/v1/health/live": 200} {
		if status, _ := get(t, url+path); status != want {
			t.Errorf("%s: %d", path, status)
		}
	}
}

// withoutWeights is a folder of a model that cannot be loaded.
func withoutWeights(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"config.json", "tokenizer.json", "tokenizer_config.json"} {
		data, err := os.ReadFile(filepath.Join("../crossencoder/testdata/tiny1", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestBrokenModelStopsTheStart: unless models are loaded late; then the probes tell once
// the model was asked for, until it has been mended.
func TestBrokenModelStopsTheStart(t *testing.T) {
	dir := withoutWeights(t)
	models := []Model{{Name: "words", Rerank: "bm25"}, {Name: "broken", Rerank: dir}}
	if _, err := New(Config{Models: models}, nil); err == nil || !strings.Contains(err.Error(), "the model broken") {
		t.Fatalf("it starts: %v", err)
	}
	if _, err := New(Config{Models: []Model{{Name: "empty", Rerank: t.TempDir()}}}, nil); err == nil || !strings.Contains(err.Error(), "the model empty") {
		t.Errorf("an empty folder: %v", err)
	}

	var log bytes.Buffer
	s, err := New(Config{Models: models, Lazy: true}, logTo(&log))
	if err != nil {
		t.Fatal(err)
	}
	url := startedWith(t, s)
	areReady(t, url, true, "")
	const body = `{"model":"broken","query":"q","documents":["x"]}`
	if status, got, _ := post(t, url+"/v2/rerank", body); status != 500 {
		t.Errorf("a broken model: %d %s", status, got)
	}
	areReady(t, url, false, "a model cannot be loaded")
	if status, got, _ := post(t, url+"/v2/rerank", `{"query":"q","documents":["x"]}`); status != 200 {
		t.Errorf("another model: %d %s", status, got)
	}
	if !strings.Contains(log.String(), `"dialect":"probe"`) || !strings.Contains(log.String(), dir) {
		t.Errorf("the log does not tell why: %s", log.String())
	}

	weights, err := os.ReadFile("../crossencoder/testdata/tiny1/model.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "model.safetensors"), weights, 0o600); err != nil {
		t.Fatal(err)
	}
	broken := s.models.byName["broken"]
	broken.mu.Lock()
	broken.tried = time.Time{} // long ago
	broken.mu.Unlock()
	areReady(t, url, true, "")
	if status, got, _ := post(t, url+"/v2/rerank", body); status != 200 {
		t.Errorf("a mended model: %d %s", status, got)
	}
}

// TestConfiguredModelsAreLoaded: before the first request, unless they are lazy.
func TestConfiguredModelsAreLoaded(t *testing.T) {
	for _, lazy := range []bool{false, true} {
		s, err := New(Config{Models: []Model{{Name: "words", Rerank: "bm25"}}, Lazy: lazy}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := listed(t, startedWith(t, s))["words"].Loaded; got == lazy {
			t.Errorf("lazy %v: loaded %v", lazy, got)
		}
	}
}

// TestReadyWithoutIndex: a server whose index is gone is not ready, until it is there again.
func TestReadyWithoutIndex(t *testing.T) {
	url, dir := withIndex(t, Config{}, nil)
	areReady(t, url, true, "")
	if err := os.Rename(dir, dir+".away"); err != nil {
		t.Skip("this system keeps open folders where they are: ", err)
	}
	areReady(t, url, false, "the index cannot be read")
	if err := os.Rename(dir+".away", dir); err != nil {
		t.Fatal(err)
	}
	areReady(t, url, true, "")
}

// TestIndexIsMadeOnlyWhenAsked: a folder that holds no index stops the start.
func TestIndexIsMadeOnlyWhenAsked(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "no", "such")
	c := Config{Search: pipeline.Config{Index: dir}}
	if _, err := New(c, nil); err == nil || !strings.Contains(err.Error(), "--create") || !strings.Contains(err.Error(), dir) {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(filepath.Dir(dir)); err == nil {
		t.Error("a folder was made")
	}
	c.Create, c.ReadOnly = true, true
	if _, err := New(c, nil); err == nil || !strings.Contains(err.Error(), "read_only") {
		t.Errorf("%v", err)
	}
}

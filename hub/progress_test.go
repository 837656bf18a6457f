package hub_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/flashrerank/rerank/hub"
)

// TestNoProgress: a server that begins anew each time and always cuts at one place, one that is silent, and one that
// sends a little further each time; and a pause of a minute that Ctrl-C ends.
func TestNoProgress(t *testing.T) {
	count := func(s *hubServer) (n int) {
		for _, r := range s.seen() {
			if strings.HasPrefix(r, "GET /model.safetensors") {
				n++
			}
		}
		return n
	}
	s := newServer(t)
	s.fault = func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasPrefix(r.URL.Path, "/model.safetensors") {
			return false
		}
		w.Header().Set("Content-Length", "320000")
		_, _ = w.Write(make([]byte, 1000))
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	c := client(t, s)
	c.Attempts = 3
	if _, err := c.Pull(t.Context(), repo); err == nil || !strings.Contains(err.Error(), "after 1000 of 320000 bytes") {
		t.Errorf("cut at one place: %v", err)
	}
	if n := count(s); n != 3 {
		t.Errorf("asked %d times", n)
	}
	c.Backoff = time.Minute
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := c.Pull(ctx, repo); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("in the pause: %v", err)
	}

	s = newServer(t)
	s.fault = func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasPrefix(r.URL.Path, "/model.safetensors") {
			w.Header().Set("Content-Length", "320000")
			_, _ = w.Write(make([]byte, 1000))
			w.(http.Flusher).Flush()
			<-r.Context().Done()
			return true
		}
		return false
	}
	c = client(t, s)
	c.Attempts, c.Idle = 2, 50*time.Millisecond
	if _, err := c.Pull(t.Context(), repo); err == nil || !strings.Contains(err.Error(), "silent for 50ms") {
		t.Errorf("silent: %v", err)
	}

	s = newServer(t)
	sent := 0
	s.fault = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Host == strings.TrimPrefix(s.URL, "http://") || sent >= len(s.files["model.safetensors"]) {
			return false
		}
		sent += 40_000 // ranges are not known to it
		serveContent(&cutWriter{ResponseWriter: w, left: sent}, httptest.NewRequest(http.MethodGet, r.URL.Path, nil), s.files["model.safetensors"])
		return true
	}
	c = client(t, s)
	c.Attempts = 2
	checkFolder(t, s, pull(t, c).Folder)
}

// TestNeeded: what decides how a model scores is fetched, above all what says that it is not supported.
func TestNeeded(t *testing.T) {
	for name, want := range map[string]bool{
		"config.json": true, "modules.json": true, "1_LogitScore/config.json": true, "2_Dense/config.json": true, "2_Dense/model.safetensors": true,
		"chat_template.jinja": true, "chat_template.json": true, "adapter_config.json": true, "sentence_bert_config.json": true,
		"sentence_xlm-roberta_config.json": true, "model-00001-of-00002.safetensors": true,
		"README.md": false, "pytorch_model.bin": false, "onnx/model.onnx": false, "deep/1_Pooling/config.json": false, "sentence_config.txt": false,
	} {
		if hub.Needed(name) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
}

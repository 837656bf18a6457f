package main

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
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

func TestServe(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	var log lines
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"serve", "--listen", "127.0.0.1:0"}, strings.NewReader(""), io.Discard, &log)
	}()
	address := regexp.MustCompile(`listening on (http://\S+)`)
	for deadline := time.Now().Add(time.Minute); !address.MatchString(log.String()); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it does not listen: %s", log.String())
		}
	}
	url := address.FindStringSubmatch(log.String())[1]
	answer, err := http.Post(url+"/v2/rerank", "application/json", strings.NewReader(`{"query":"when does the rental contract end","documents":["Bake the bread.","The lease ends in May."],"top_n":1}`))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	answer.Body.Close()
	if err != nil || answer.StatusCode != 200 || !strings.Contains(string(body), `"results":[{"index":1,"relevance_score":0.`) {
		t.Errorf("%d %s, %v", answer.StatusCode, body, err)
	}
	stop()
	if code := <-ended; code != exitOK {
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
	fail(t, exitUsage, "needs its key", "", "serve", "--tls-cert", "x", "--print-config")
	fail(t, exitFailure, "concurrent: -1", "", "serve", "--concurrent", "-1")
	write(t, keys, " \n")
	fail(t, exitFailure, "holds no keys", "", "serve", "--keys-file", keys, "--print-config")
	if err := os.Remove(keys); err != nil {
		t.Fatal(err)
	}
	fail(t, exitFailure, "keys", "", "serve", "--keys-file", keys, "--print-config")
}

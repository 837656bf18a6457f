package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// answered asks and returns the status and the body.
func answered(t *testing.T, client *http.Client, url string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

// TestServeMetricsApart: at their own address, with the prefix only where the rest is.
func TestServeMetricsApart(t *testing.T) {
	url, stop, log := serving(t, "--metrics", "127.0.0.1:0", "--url-prefix", "/p")
	apart := regexp.MustCompile(`metrics on (http://\S+)`).FindStringSubmatch(log.String())
	if apart == nil || !strings.HasSuffix(url, "/p") {
		t.Fatalf("%s: %s", url, log)
	}
	for address, want := range map[string]int{apart[1]: 200, url + "/metrics": 404, url + "/healthz": 200, url + "/v1/models": 200, strings.TrimSuffix(url, "/p") + "/healthz": 404} {
		if status, body := answered(t, http.DefaultClient, address); status != want {
			t.Errorf("%s: %d %.200s", address, status, body)
		}
	}
	strangersAreRefused(t, apart[1])
	if code := stop(); code != exitOK {
		t.Errorf("ended with %d: %s", code, log)
	}
	fail(t, exitFailure, "url_prefix", "", "serve", "--url-prefix", "p/", "--listen", "127.0.0.1:0")
}

// strangersAreRefused: pages of other origins, and names that their owners point here.
func strangersAreRefused(t *testing.T, address string) {
	t.Helper()
	for _, stranger := range []struct{ host, origin string }{{"evil.example", ""}, {"", "http://evil.example"}, {"", "null"}} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = stranger.host
		if stranger.origin != "" {
			r.Header.Set("Origin", stranger.origin)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusForbidden {
			t.Errorf("%s, %+v: %d", address, stranger, answer.StatusCode)
		}
	}
}

// TestServeSocket: a socket is listened on, one that was left behind is replaced, and no
// other file is.
func TestServeSocket(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("sockets are other files there")
	}
	dir, err := os.MkdirTemp("", "s") // the paths of sockets are short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "s")
	left, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	left.SetUnlinkOnClose(false)
	left.Close()

	ctx, cancel := context.WithCancel(t.Context())
	log, ended := new(lines), make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"serve", "--listen", "unix:" + path}, strings.NewReader(""), io.Discard, log)
	}()
	waitFor(t, log, "listening on unix:"+path+"\n")
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}}}
	if status, body := answered(t, client, "http://any/readyz"); status != 200 {
		t.Errorf("%d %s", status, body)
	}
	fail(t, exitFailure, "another server listens on "+path, "", "serve", "--listen", "unix:"+path)
	client.CloseIdleConnections()
	cancel()
	if code := <-ended; code != exitOK || strings.Contains(log.String(), "whoever can connect") {
		t.Errorf("ended with %d: %s", code, log)
	}
	if _, err := os.Lstat(path); err == nil {
		t.Error("the socket is left")
	}
	write(t, path, "a file")
	fail(t, exitFailure, "is there and no socket", "", "serve", "--listen", "unix:"+path)
	fail(t, exitUsage, "the path of the socket is missing", "", "serve", "--listen", "unix:")
}

// TestServedModelName: the one model has the names, and several cannot have them.
func TestServedModelName(t *testing.T) {
	url, stop, _ := serving(t, "--served-model-name", "rerank-v3.5,other")
	for name, want := range map[string]int{"rerank-v3.5": 200, "other": 200, "minilm": 200, "best": 404} {
		if status, body := answered(t, http.DefaultClient, url+"/v1/models/"+name); status != want {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
	stop()
	out := succeed(t, "", "serve", "--models", "a=minilm", "--served-model-name", "b,c", "--print-config")
	for _, want := range []string{"name: b\n", "rerank: minilm\n", "- c\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if strings.Contains(out, "served_model_name") || strings.Contains(out, "name: a\n") {
		t.Errorf("the old name is there:\n%s", out)
	}
	fail(t, exitUsage, "there are 2", "", "serve", "--models", "minilm,best", "--served-model-name", "b", "--print-config")
	fail(t, exitUsage, "a name is empty", "", "serve", "--served-model-name", "b,", "--print-config")
}

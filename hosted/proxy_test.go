package hosted_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"testing"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/hosted"
)

// TestProxy: requests go through the proxy that the environment names, which is read once
// in a process, so that another one asks.
func TestProxy(t *testing.T) {
	if os.Getenv("RERANK_TEST_BEHIND_PROXY") != "" {
		r, err := hosted.New("cohere", hosted.Options{URL: "http://service.invalid", Retries: -1})
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.Rerank(t.Context(), rerank.Request{Query: rerank.Query{Text: "q"}, Hits: rerank.Hits([]rerank.Document{{Text: "x"}})})
		if err != nil || got.Hits[0].Score != 0.1 {
			t.Fatalf("%+v, %v", got, err)
		}
		return
	}
	asked := make(chan string, 10)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.URL.String()
		scoring(w, 0, `{"documents":["x"]}`)
	}))
	defer proxy.Close()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestProxy$")
	cmd.Env = append(os.Environ(), "RERANK_TEST_BEHIND_PROXY=1", "HTTP_PROXY="+proxy.URL, "http_proxy="+proxy.URL, "NO_PROXY=", "no_proxy=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if len(asked) != 1 || <-asked != "http://service.invalid/v2/rerank" {
		t.Error("the proxy was not asked once for the service")
	}
}

package hub_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/flashrerank/rerank/hub"
	"github.com/flashrerank/rerank/internal/testenv"
)

// FuzzPull: whatever the Hub answers, the pull ends, and nothing is written outside the
// cache.
func FuzzPull(f *testing.F) {
	f.Add(`{"sha":"`+commit+`"}`, `[{"type":"file","path":"config.json","size":2,"oid":"x"},{"type":"file","path":"../evil","size":1,"lfs":{"oid":"y","size":1}}]`, `<http://127.0.0.1/next>; rel="next"`)
	f.Add(`{"sha":"../.."}`, `[]`, "")
	f.Add(`{}`, `{"error":"no"}`, "<>")
	f.Add(`[`, `[{"path":"/etc/passwd","size":-1}]`, `</api>; rel="next"`)
	f.Fuzz(func(t *testing.T, info, tree, link string) {
		defer testenv.Bound(t, len(info)+len(tree)+len(link))()
		asked := 0
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if asked++; asked > 200 {
				t.Error("the pull does not end")
			}
			if strings.Contains(r.URL.Path, "/tree/") {
				if len(link) < 1000 && asked < 20 {
					w.Header().Set("Link", link)
				}
				_, _ = io.WriteString(w, tree)
				return
			}
			_, _ = io.WriteString(w, info)
		}))
		defer s.Close()
		root := t.TempDir()
		c := &hub.Client{Cache: filepath.Join(root, "cache"), Endpoint: s.URL, Backoff: time.Nanosecond}
		_, _ = c.Pull(t.Context(), repo)
		entries, err := os.ReadDir(root)
		if err != nil || len(entries) > 1 || len(entries) == 1 && entries[0].Name() != "cache" {
			t.Errorf("%q and %q left %v, %v", info, tree, entries, err)
		}
	})
}

// FuzzIsName: what is a name can be a folder of the cache.
func FuzzIsName(f *testing.F) {
	for _, s := range []string{"acme/reranker", "acme/reranker@main", "a/../b", "a@", "minilm", "a/b/c", "a--b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if hub.IsName(s) && (strings.Contains(s, "..") || strings.ContainsAny(s, "\\\x00 \n") || strings.HasPrefix(s, "/")) {
			t.Errorf("%q is a name", s)
		}
	})
}

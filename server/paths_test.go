package server

import (
	"net/http"
	"strings"
	"testing"
)

// TestTidyPaths: base URLs with a slash or a version too many or too few.
func TestTidyPaths(t *testing.T) {
	there := map[string]bool{}
	for _, path := range []string{"/v2/rerank", "/v1/rerank", "/rerank", "/v1/ranking", "/embed", "/v2/embed", "/info", "/documents", "/search", "/v1/models/a%2Fb"} {
		there[path] = true
	}
	for in, want := range map[string]string{
		"/": "/", "//": "/", "/rerank": "/rerank", "//rerank": "/rerank", "/rerank/": "/rerank", "///v1//rerank//": "/v1/rerank",
		"/v1/v2/rerank": "/v2/rerank", "/v1/v1/rerank": "/v1/rerank", "/v2/v1/rerank": "/v1/rerank", "/v1rerank": "/v1/rerank", "/v2rerank/": "/v2/rerank",
		"/v3/rerank": "/rerank", "/ranking": "/v1/ranking", "/v2/ranking": "/v1/ranking", "/v1/embed": "/embed", "/v1/info": "/info",
		"/v1/models/a%2Fb/": "/v1/models/a%2Fb",
		"/documents/a//b/":  "/documents/a//b/", "//documents/a/": "/documents/a/", "/documents/": "/documents/",
		"/v1/documents": "/v1/documents", "/v1/search": "/v1/search", "/nowhere/": "/nowhere", "/v1": "/v1", "/v1/": "/v1", "/v1/v1": "/v1/v1", "/vx/rerank": "/vx/rerank",
	} {
		if got := tidyPath(in, func(path string) bool { return there[path] }); got != want {
			t.Errorf("%s is %s, want %s", in, got, want)
		}
	}
}

// TestSlashes: a request to such a path is answered there, in the dialect of the path that
// is meant, without a redirect.
func TestSlashes(t *testing.T) {
	h := started(t, Config{}, counting{}, nil)
	const documents, texts = `{"query":"q","documents":["a","xx"]}`, `{"query":"q","texts":["a","xx"]}`
	for _, c := range []struct{ path, body, want string }{
		{"//rerank", texts, `[{"index":1,"score":`}, {"/rerank/", texts, `[{"index":1,"score":`}, {"/v1/rerank/", documents, `"object":"list"`},
		{"/v1/v2/rerank", documents, `"version":"2"`}, {"/v1/v1/rerank", documents, `"version":"1"`}, {"/v1rerank", documents, `"results":[`},
		{"/v3/rerank", documents, `"results":[`}, {"/ranking", `{"query":"q","passages":["a"]}`, `"rankings":[`}, {"/v1/v1/reranking/", `{"query":"q","input":["a"]}`, `"rank_result"`},
		{"/v1/predict", `{"inputs":["q","a"]}`, `"label"`}, {"//", texts, `[{"index":1`},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.URL+c.path, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		w, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(r)
		if err != nil {
			t.Fatal(err)
		}
		w.Body.Close()
		status, got, _ := post(t, h.URL+c.path, c.body)
		if w.StatusCode != http.StatusOK || status != http.StatusOK || !strings.Contains(got, c.want) {
			t.Errorf("%s: %d, %d %s", c.path, w.StatusCode, status, got)
		}
	}
	for _, path := range []string{"//v1/models/", "/health/", "/v1/health", "/v1/v1/models", "/v1/info"} {
		if status, got := get(t, h.URL+path); status != http.StatusOK {
			t.Errorf("%s: %d %s", path, status, got)
		}
	}
}

package server

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/flashrerank/rerank/internal/testenv"
)

// FuzzUnpacked: any bytes that are said to be gzip are answered, and nothing of them stays
// counted.
func FuzzUnpacked(f *testing.F) {
	good := zipped(f, `{"query":"q","documents":["x"]}`)
	for _, body := range []string{good, good[:9], good + good, zipped(f, strings.Repeat("[", 5000)), "", "\x1f\x8b"} {
		f.Add([]byte(body), "gzip")
	}
	f.Add([]byte(`{"query":"q","documents":["x"]}`), "identity")
	s := overIndex(f, Config{MaxBody: 1 << 20})
	f.Fuzz(func(t *testing.T, body []byte, encoding string) {
		defer testenv.Bound(t, len(body))()
		w := s.asked(loopback4, http.MethodPost, "/v2/rerank", string(body), "Content-Encoding", encoding)
		if w.Code >= 500 || s.bodies.used != 0 {
			t.Errorf("%q as %q: %d %s; %d bytes are held", body, encoding, w.Code, w.Body, s.bodies.used)
		}
	})
}

// FuzzHead: whatever a head holds, a page of another origin gets no answer, and what is
// answered went to a name of this machine.
func FuzzHead(f *testing.F) {
	f.Add("localhost:8787", "", "", "", "application/json")
	f.Add("evil.example", evil, "", "cross-site", "text/plain")
	f.Add("[::1]:1", "null", "http://a/b", "same-origin", "multipart/form-data; boundary=")
	f.Add("LOCALHOST.", "http://localhost", "%", "none", ";;")
	s := overIndex(f, Config{})
	f.Fuzz(func(t *testing.T, host, origin, referer, site, kind string) {
		defer testenv.Bound(t, len(host)+len(origin)+len(referer)+len(site)+len(kind))()
		w := s.asked(loopback4, http.MethodPost, "/v2/rerank", `{"query":"q","documents":["x"]}`,
			"Host", host, "Origin", origin, "Referer", referer, "Sec-Fetch-Site", site, "Content-Type", kind)
		if w.Code != http.StatusOK && w.Code != http.StatusForbidden {
			t.Errorf("%q %q %q %q %q: %d", host, origin, referer, site, kind, w.Code)
		}
		name := hostName(host)
		if w.Code == http.StatusOK && (site == "cross-site" || origin == "null" || strings.Contains(name, "example") && !strings.HasSuffix(name, ".localhost")) {
			t.Errorf("%q %q %q %q %q was answered", host, origin, referer, site, kind)
		}
	})
}

// FuzzPaths: any path and query of an address is answered, with no server error.
func FuzzPaths(f *testing.F) {
	for _, path := range []string{"/v1/rerank", "//v1//v2/rerank/", "/documents/%2f", "/search?q=x&k=1&filter={}", "/v1/models/a%20b", "/%zz", "/v1/retrieval/a/b/reranking"} {
		f.Add("GET", path)
	}
	s := overIndex(f, Config{})
	f.Fuzz(func(t *testing.T, method, path string) {
		r, err := http.NewRequest(method, "http://localhost"+path, http.NoBody)
		if err != nil {
			return
		}
		defer testenv.Bound(t, len(path))()
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		if w.Code >= 500 || w.Code == 0 {
			t.Errorf("%s %q: %d %s", method, path, w.Code, w.Body)
		}
	})
}

// FuzzPrefix: below any prefix that a server takes the same is answered as without one.
func FuzzPrefix(f *testing.F) {
	for _, prefix := range []string{"/a", "/a/b", "/ä", "/a;b", "/a+b", "/..a", "/v1", "/documents", "/a\x00", `/"`, "/a&b"} {
		f.Add(prefix, "/healthz")
		f.Add(prefix, "//v1/models/")
	}
	bare, err := New(Config{Lazy: true}, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, prefix, path string) {
		if prefix == "" || !strings.HasPrefix(path, "/") || checkPrefix(prefix) != nil {
			return
		}
		defer testenv.Bound(t, len(prefix)+len(path))()
		s, err := New(Config{URLPrefix: prefix, Lazy: true}, nil)
		if err != nil {
			t.Fatal(err)
		}
		whole := (&url.URL{Path: prefix}).EscapedPath() + path
		if got, want := statusAt(s.Handler(), whole), statusAt(bare.Handler(), path); got != want {
			t.Errorf("%q: %d, and %d at %q without a prefix", whole, got, want, path)
		}
	})
}

// statusAt is the status that a path is answered with, 0 if it is none.
func statusAt(h http.Handler, path string) int {
	r, err := http.NewRequest(http.MethodGet, "http://localhost"+path, http.NoBody)
	if err != nil {
		return 0
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

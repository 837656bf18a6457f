package server

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/flashrerank/rerank/index"
	"github.com/flashrerank/rerank/pipeline"
)

// listening is the address of a listener.
var (
	loopback4 = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8787}
	loopback6 = &net.TCPAddr{IP: net.IPv6loopback, Port: 8787}
	everyone  = &net.TCPAddr{IP: net.IPv6zero, Port: 8787}
	socket    = &net.UnixAddr{Name: "/run/rerank.sock", Net: "unix"}
)

// overIndex is a server with every route.
func overIndex(t testing.TB, c Config) *Server {
	t.Helper()
	dir := t.TempDir()
	x, err := index.Create(dir, index.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	c.Search = pipeline.Config{Index: dir, Stages: []pipeline.Stage{}}
	s, err := New(c, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range s.models.list {
		m.reranker, m.embedder = counting{}, lengths{}
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// asked sends a request as if it came to a listener. Header Host is the host.
func (s *Server) asked(a net.Addr, method, path, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r = r.WithContext(context.WithValue(r.Context(), listenerKey{}, a))
	r.Host = "127.0.0.1:8787"
	for i := 0; i < len(header); i += 2 {
		if r.Header.Set(header[i], header[i+1]); header[i] == "Host" {
			r.Host = header[i+1]
		}
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w
}

// everyRoute calls f with a method and a path of each route.
func everyRoute(t *testing.T, s *Server, f func(method, path string)) {
	t.Helper()
	number := 0
	for _, pattern := range s.patterns {
		method, path, found := strings.Cut(pattern, " ")
		if !found {
			method, path = http.MethodPost, pattern
		}
		path = strings.NewReplacer("{$}", "", "{id...}", "a", "{model...}", "best", "{model}", "best", "{vendor}", "v").Replace(path)
		if strings.Contains(path, "{") {
			t.Fatalf("%s: this test does not know how to ask for it", pattern)
		}
		number++
		f(method, path)
	}
	if number < 30 {
		t.Errorf("there are %d routes only", number)
	}
}

const evil = "https://evil.example"

// hostile are headers of requests that no server without keys may answer.
var hostile = map[string][]string{
	"a foreign origin":          {"Origin", evil},
	"an origin of no name":      {"Origin", "null"},
	"another port":              {"Origin", "http://127.0.0.1:3000"},
	"the same host over HTTPS":  {"Origin", "https://127.0.0.1"},
	"an origin and a type":      {"Origin", evil, "Content-Type", "application/json"},
	"a site without an origin":  {"Sec-Fetch-Site", "cross-site"},
	"another port, by its site": {"Sec-Fetch-Site", "same-site"},
	"a host that was rebound":   {"Host", "evil.example:8787", "Origin", "http://evil.example:8787"},
	"a host alone":              {"Host", "evil.example"},
	"a host in capitals":        {"Host", "EVIL.EXAMPLE:8787"},
	"a host that begins well":   {"Host", "localhost.evil.example:8787"},
	"a host that begins well 2": {"Host", "127.0.0.1.evil.example"},
	"a host that ends well":     {"Host", "evillocalhost"},
	"a host that ends twice":    {"Host", "localhost.."},
	"a forwarded host":          {"Host", "evil.example", "X-Forwarded-Host", "localhost", "Forwarded", "host=localhost", "X-Forwarded-For", "127.0.0.1"},
	"an address of the network": {"Host", "192.168.1.7:8787"},
	"an address of IPv6":        {"Host", "[2001:db8::1]:8787"},
}

// TestPagesAreRefused: on no route does a page of another origin, or of a name that was
// pointed at this machine, get an answer, and nothing is written.
func TestPagesAreRefused(t *testing.T) {
	s := overIndex(t, Config{})
	everyRoute(t, s, func(method, path string) {
		for name, header := range hostile {
			for _, a := range []net.Addr{loopback4, loopback6} {
				if w := s.asked(a, method, path, `{"documents":[{"id":"evil","text":"x"}],"query":"q"}`, header...); w.Code != http.StatusForbidden {
					t.Errorf("%s: %s %s at %s: %d %s", name, method, path, a, w.Code, w.Body)
				}
			}
		}
		if method == http.MethodGet {
			return
		}
		for _, kind := range []string{"application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "TEXT/PLAIN;charset=UTF-8", ""} {
			for _, sign := range [][]string{
				{"Origin", "http://127.0.0.1:8787"}, {"Referer", "http://127.0.0.1:8787/docs"}, {"Referer", evil + "/x"},
				{"Sec-Fetch-Site", "same-origin"}, {"Sec-Fetch-Site", "none"}, {"Sec-Fetch-Mode", "no-cors"}, {"Sec-Fetch-Dest", "document"},
			} {
				if w := s.asked(loopback4, method, path, `{"delete":["a"]}`, append([]string{"Content-Type", kind}, sign...)...); w.Code != http.StatusForbidden {
					t.Errorf("a form of type %q with %v: %s %s: %d %s", kind, sign, method, path, w.Code, w.Body)
				}
			}
		}
	})
	if got := s.asked(loopback4, "GET", "/documents", "").Body.String(); !strings.Contains(got, `"documents":0,"generation":0,`) {
		t.Errorf("something was written: %s", got)
	}
}

// TestOthersAreAnswered: programs, proxies that are known and pages that are admitted get
// their answers.
func TestOthersAreAnswered(t *testing.T) {
	curl := []string{"Content-Type", "application/x-www-form-urlencoded"} // what curl -d sends
	for _, c := range []struct {
		name   string
		config Config
		at     net.Addr
		header []string
	}{
		{"curl", Config{}, loopback4, curl},
		{"Node", Config{}, loopback4, []string{"Content-Type", "text/plain;charset=UTF-8", "Sec-Fetch-Mode", "cors"}},
		{"IPv6", Config{}, loopback6, []string{"Host", "[::1]:8787"}},
		{"IPv6 without a port", Config{}, loopback6, []string{"Host", "[::1]"}},
		{"IPv4 in IPv6", Config{}, loopback6, []string{"Host", "[::ffff:127.0.0.1]:8787"}},
		{"another loopback address", Config{}, loopback4, []string{"Host", "127.8.9.1"}},
		{"localhost", Config{}, loopback4, []string{"Host", "localhost:8787"}},
		{"LOCALHOST.", Config{}, loopback4, []string{"Host", "LOCALHOST.:8787"}},
		{"localhost.", Config{}, loopback4, []string{"Host", "localhost."}},
		{"under localhost", Config{}, loopback4, []string{"Host", "rerank.localhost:9"}},
		{"no host", Config{}, loopback4, []string{"Host", ""}},
		{"a listed host", Config{Hosts: []string{"Rerank.Example.org"}}, loopback4, []string{"Host", "rerank.example.ORG.:443"}},
		{"any host", Config{Hosts: []string{"*"}}, loopback4, []string{"Host", "evil.example"}},
		{"a listed address", Config{Hosts: []string{"192.168.1.7"}}, loopback4, []string{"Host", "192.168.1.7:80"}},
		{"a socket", Config{}, socket, []string{"Host", "whatever"}},
		{"the network", Config{}, everyone, []string{"Host", "rerank.internal:8787"}},
		{"an address of the network", Config{Hosts: []string{"a.example"}}, everyone, []string{"Host", "10.0.0.1:8787"}},
		{"keys", Config{Keys: []string{"k"}}, loopback4, []string{"Host", "rerank.internal", "Authorization", "Bearer k"}},
		{"a page of its own", Config{}, loopback4, []string{"Origin", "http://127.0.0.1:8787", "Sec-Fetch-Site", "same-origin", "Content-Type", "application/json"}},
		{"a page of its own behind HTTPS", Config{Hosts: []string{"a.example"}}, loopback4, []string{"Host", "a.example", "Origin", "https://a.example", "Content-Type", "application/json"}},
		{"an admitted page", Config{Origins: []string{evil}}, loopback4, []string{"Origin", evil, "Sec-Fetch-Site", "cross-site", "Content-Type", "application/json"}},
		{"an admitted page's string", Config{Origins: []string{evil}}, loopback4, []string{"Origin", evil, "Sec-Fetch-Site", "cross-site", "Content-Type", "text/plain"}},
		{"an admitted page by its referrer", Config{Origins: []string{evil}}, loopback4, []string{"Referer", evil + "/page", "Sec-Fetch-Site", "cross-site", "Content-Type", "application/json"}},
		{"any page", Config{Origins: []string{"*"}}, loopback4, []string{"Origin", "null", "Content-Type", "application/json"}},
	} {
		s := overIndex(t, c.config)
		for path, body := range map[string]string{"/v1/rerank": `{"query":"q","documents":["x"]}`, "/documents": `{"documents":[{"id":"a"}]}`} {
			if w := s.asked(c.at, http.MethodPost, path, body, c.header...); w.Code != http.StatusOK {
				t.Errorf("%s: %s: %d %s", c.name, path, w.Code, w.Body)
			}
		}
	}
}

// TestHostsAreRefused: hosts that are listed are the only names, wherever the server listens.
func TestHostsAreRefused(t *testing.T) {
	s := overIndex(t, Config{Keys: []string{"k"}, Hosts: []string{"a.example"}, Origins: []string{"https://b.example"}})
	for _, header := range [][]string{{"Host", "b.example"}, {"Host", "b.example", "Origin", "https://b.example"}, {"Host", "a.example", "Origin", evil}} {
		if w := s.asked(everyone, http.MethodPost, "/v1/rerank", `{}`, append(header, "Authorization", "Bearer k")...); w.Code != http.StatusForbidden {
			t.Errorf("%v: %d %s", header, w.Code, w.Body)
		}
	}
	if w := s.asked(everyone, http.MethodGet, "/healthz", "", "Host", "10.1.2.3:8787"); w.Code != http.StatusOK {
		t.Errorf("a probe: %d", w.Code)
	}
	for host, want := range map[string]string{"": "hosts[0]", "http://a": "hosts[0]", "a.example:80": "hosts[0]", "a/b": "hosts[0]"} {
		if _, err := New(Config{Hosts: []string{host}}, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", host, err)
		}
	}
}

// TestOpenWithKeys: with keys, what docs/server.md names is open, and nothing with
// protect_all.
func TestOpenWithKeys(t *testing.T) {
	open := overIndex(t, Config{Keys: []string{"k"}})
	shut := overIndex(t, Config{Keys: []string{"k"}, ProtectAll: true})
	doc, err := os.ReadFile("../docs/server.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := regexp.MustCompile(`(?s)Open even\s+with\s+keys:.*?\n\n`).FindString(string(doc))
	everyRoute(t, open, func(method, path string) {
		w := open.asked(everyone, method, path, "{}")
		if isOpen := w.Code != http.StatusUnauthorized; isOpen != (method == http.MethodGet && strings.Contains(listed, "`"+path+"`")) {
			t.Errorf("%s %s: %d, and docs/server.md lists %s", method, path, w.Code, listed)
		}
		if w := shut.asked(everyone, method, path, "{}"); w.Code != http.StatusUnauthorized || w.Header().Get("WWW-Authenticate") == "" {
			t.Errorf("%s %s with protect_all: %d", method, path, w.Code)
		}
		if w := shut.asked(everyone, method, path, "{}", "Authorization", "Bearer k"); w.Code == http.StatusUnauthorized {
			t.Errorf("%s %s with protect_all and a key: %d", method, path, w.Code)
		}
	})
	if _, err := New(Config{ProtectAll: true}, nil); err == nil || !strings.Contains(err.Error(), "protect_all") {
		t.Errorf("%v", err)
	}
}

// TestListenerIsKnown: the listener of Serve decides, not the connection.
func TestListenerIsKnown(t *testing.T) {
	s := overIndex(t, Config{})
	address, stop, done := served(t, s)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/documents", nil)
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]int{"evil.example": http.StatusForbidden, "": http.StatusOK} {
		r.Host = host
		w, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		w.Body.Close()
		if w.StatusCode != want {
			t.Errorf("%q: %d", host, w.StatusCode)
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestOrigins: pages may ask only from origins that are configured.
func TestOrigins(t *testing.T) {
	ask := func(url, origin, method string) http.Header {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, url+"/v2/rerank", strings.NewReader(`{"query":"q","documents":["a"]}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Origin", origin)
		if method == http.MethodOptions {
			r.Header.Set("Access-Control-Request-Method", "POST")
			r.Header.Set("Access-Control-Request-Headers", "authorization,content-type")
		}
		w, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		w.Body.Close()
		return w.Header
	}
	closed := started(t, Config{Keys: []string{"k"}}, counting{}, nil)
	open := started(t, Config{Keys: []string{"k"}, Origins: []string{"https://example.org"}}, counting{}, nil)
	const allow = "Access-Control-Allow-Origin"
	for _, method := range []string{http.MethodPost, http.MethodOptions} {
		if got := ask(closed.URL, "https://example.org", method).Get(allow); got != "" {
			t.Errorf("closed, %s: %q", method, got)
		}
		if got := ask(open.URL, "https://elsewhere.org", method).Get(allow); got != "" {
			t.Errorf("another origin, %s: %q", method, got)
		}
		header := ask(open.URL, "https://example.org", method)
		if header.Get(allow) != "https://example.org" || method == http.MethodOptions && header.Get("Access-Control-Allow-Headers") == "" {
			t.Errorf("%s: %v", method, header)
		}
	}
	if _, err := New(Config{Origins: []string{"example.org"}}, nil); err == nil || !strings.Contains(err.Error(), "origins[0]") {
		t.Errorf("%v", err)
	}
}

// TestAdmittedPagesRead: a page that is admitted can read each header of an answer that has
// a meaning, and no other page is told of one.
func TestAdmittedPagesRead(t *testing.T) {
	s := overIndex(t, Config{Origins: []string{"https://example.org"}})
	w := s.asked(loopback4, http.MethodPost, "/v2/rerank", `{"query":"q","documents":["a"]}`, "Origin", "https://example.org", "Content-Type", "application/json")
	if w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	told := w.Header().Get("Access-Control-Expose-Headers")
	for name := range w.Header() {
		if strings.HasPrefix(name, "X-") && name != "X-Content-Type-Options" && !strings.Contains(told, name) {
			t.Errorf("%s is not in %q", name, told)
		}
	}
	if !strings.Contains(told, "X-Rerank-Warning") {
		t.Errorf("warnings cannot be read: %q", told)
	}
}

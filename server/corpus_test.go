package server

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flashrerank/rerank/index"
	"github.com/flashrerank/rerank/internal/testenv"
	"github.com/flashrerank/rerank/pipeline"
)

// withIndex starts a server over an index of words.
func withIndex(t *testing.T, c Config, log io.Writer) (url, dir string) {
	t.Helper()
	dir = t.TempDir()
	x, err := index.Create(dir, index.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	c.Search = pipeline.Config{Index: dir, Stages: []pipeline.Stage{}}
	s, err := New(c, logTo(log))
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(s.Handler())
	t.Cleanup(func() {
		h.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return h.URL, dir
}

// send sends a request and returns the status and the answer.
func send(t *testing.T, method, url, body string, header ...string) (int, string) {
	t.Helper()
	status, got, _ := exchange(t, method, url, body, header...)
	return status, got
}

var ndjson = []string{"Content-Type", "application/x-ndjson"}

func TestCorpus(t *testing.T) {
	url, _ := withIndex(t, Config{MaxDocuments: 5}, nil)
	for i, c := range []struct {
		method, path, body string
		header             []string
		status             int
		want               string
	}{
		{"GET", "/documents", ``, nil, 200, `{"documents":0,"generation":0,"segments":0,"analyzer":"english","model":"","read_only":false}`},
		{"POST", "/search", `{"query":"lease"}`, nil, 200, `"hits":[]`},
		{"POST", "/documents", `{"documents":[{"id":"a","text":"the lease ends","fields":{"year":2020}},{"_id":7,"title":"Lease","fields":{"year":2024,"tags":["x"]},"metadata":{"k":[1]},"meta":{"as":"is"}}]}`, nil, 200, `"added":2,"replaced":0,"deleted":0,"duplicates":0`},
		{"POST", "/documents", "{\"id\":\"b\",\"text\":\"lease of a flat\"}\n\n{\"delete\":\"a\"}\r\n{\"id\":\"b\",\"text\":\"lease of a house\"}", ndjson, 200, `"added":1,"replaced":0,"deleted":1,"duplicates":1`},
		{"GET", "/documents/7", ``, nil, 200, `{"id":"7","title":"Lease","fields":{"year":2024,"tags":["x"],"k":[1]},"meta":{"as":"is"}}`},
		{"GET", "/documents/a", ``, nil, 404, "there is no document"},
		{"PUT", "/documents/c/d%20e", `{"id":"c/d e","text":"lease: 日本語"}`, nil, 200, `"added":1`},
		{"PUT", "/documents/9", `{"_id":9,"text":"nine","Text":"x","author":"y"}`, nil, 200, `"foreign":0,"ignored":{"Text":1,"author":1}}`},
		{"DELETE", "/documents/9", ``, nil, 200, `"deleted":1`},
		{"PUT", "/documents/c/d%20e", `{"id":"other","text":"a"}`, nil, 400, "id: the ID of the document is in the path"},
		{"GET", "/documents/c/d%20e", ``, nil, 200, `{"id":"c/d e","text":"lease: 日本語"}`},
		{"POST", "/search", `{"query":"lease","k":1,"filter":{"year":{"$gt":2020}}}`, nil, 200, `"hits":[{"id":"7","title":"Lease"`},
		{"POST", "/search", `{"query":"house","ids_only":true}`, nil, 200, `"hits":[{"id":"b","rank":0,"score":`},
		{"GET", "/search?q=lease&k=5&filter=" + `%7B%22tags%22%3A%22x%22%7D`, ``, nil, 200, `"hits":[{"id":"7"`},
		{"POST", "/search", `{"query":{"text":"lease"},"k":1,"filter":{"year":{"$gt":2020}}}`, nil, 200, `"hits":[{"id":"7","title":"Lease"`},
		{"POST", "/documents", `{"documents":[{"id":"n","Id":"m","text":"right","Text":"wrong","fields":{"at":1768907725507217523,"off":null}}]}`, nil, 200, `"foreign":0,"ignored":{"Id":1,"Text":1}}`},
		{"GET", "/documents/n", ``, nil, 200, `{"id":"n","text":"right","fields":{"at":1768907725507217523,"off":null}}`},
		{"POST", "/documents", "{\"delete\":\"n\"}", ndjson, 200, `"deleted":1`},
		{"DELETE", "/documents/7", ``, nil, 200, `"deleted":1`},
		{"DELETE", "/documents/7", ``, nil, 200, `"deleted":0`},

		{"POST", "/search", `{}`, nil, 400, "query must not be empty"},
		{"POST", "/search", `{"query":"a","k":-1}`, nil, 400, "k is -1, it must be between 0, the default, and 5"},
		{"POST", "/search", `{"query":"lease","k":0}`, nil, 200, `"hits":[{"id":`}, // the default
		{"GET", "/search?q=lease&k=0", ``, nil, 200, `"hits":[{"id":`},
		{"POST", "/search", `{"query":"a","k":6}`, nil, 400, "k is 6"},
		{"POST", "/search", `{"query":"a","filter":{"a":{"$b":1}}}`, nil, 400, "filter.a.$b: unknown operator"},
		{"POST", "/search", `{"Query":"a"}`, nil, 400, `Query: there is no such member; did you mean \"query\"?`},
		{"POST", "/search", `{"query":"a","filters":{}}`, nil, 400, `filters: there is no such member; did you mean \"filter\"?`},
		{"POST", "/search", `{"query":{"text":"a","txet":"b"}}`, nil, 400, `query.txet: there is no such member; did you mean \"text\"?`},
		{"POST", "/search", `{"query":"a","k":"2"}`, nil, 400, `k: `},
		{"GET", "/search?q=a&fliter=x", ``, nil, 400, `fliter: there is no such parameter; did you mean \"filter\"?`},
		{"GET", "/search?q=a&q=b", ``, nil, 400, `q: the parameter appears twice`},
		{"POST", "/documents", `{"document":[{"id":"x"}],"delete":["7"]}`, nil, 400, `document: there is no such member; did you mean \"documents\"?`},
		{"POST", "/documents", "{\"delete\":\"n\",\"id\":\"m\"}", ndjson, 400, "line 1: id: there is no such member"},
		{"POST", "/documents", "{\"delete\":\"\"}", ndjson, 400, "line 1: the ID to delete is empty"},
		{"POST", "/search", `{"query":"a","query":"b"}`, nil, 400, "query: the member appears twice"},
		{"POST", "/documents", `{"documents":[{"id":"x","text":"a","text":"b"}]}`, nil, 400, "documents[0].text: the member appears twice"},
		{"POST", "/documents", `{"documents":[{"id":"x","fields":{"n":18446744073709551616}}]}`, nil, 400, "18446744073709551616 does not fit into 64 bits"},
		{"GET", "/search?q=a&k=x", ``, nil, 400, "no whole number"},
		{"GET", "/search?q=a&filter=x", ``, nil, 400, "filter: not JSON"},
		{"POST", "/documents", `{}`, nil, 400, "neither documents nor IDs"},
		{"POST", "/documents", `{"documents":[{"id":"x"},{"text":"no ID"}]}`, nil, 400, "documents[1]: no"},
		{"POST", "/documents", `{"delete":["x",""]}`, nil, 400, "delete[1]: the ID is empty"},
		{"POST", "/documents", `{"delete":["1","2","3","4","5","6"]}`, nil, 400, "6 changes, more than 5"},
		{"POST", "/documents", "{\"id\":\"x\"}\n{\"id\":", ndjson, 400, "line 2: not JSON: it ends early"},
		{"POST", "/documents", "\n", ndjson, 400, "there are no lines"},
		{"POST", "/documents", `{"documents":[{"id":"` + strings.Repeat("x", 70_000) + `"}]}`, nil, 400, "an ID of 70000 bytes"},
		{"POST", "/documents", `{"documents":[{"id":"x","fields":{"deep":` + strings.Repeat("[", 30) + strings.Repeat("]", 30) + `}}]}`, nil, 400, "lists nest deeper than 16"},
		{"PUT", "/documents/x", `null`, nil, 400, "a document is an object"},
		{"PUT", "/documents/", `{}`, nil, 400, "its ID is in the path"},
		{"DELETE", "/documents/", ``, nil, 400, "to be in the path"},
		{"PUT", "/documents/x", `[]`, nil, 400, "invalid request"},
		{"PATCH", "/documents/x", `{}`, nil, 405, "nothing at PATCH"},
		{"GET", "/documents", ``, nil, 200, `"documents":2,`},
	} {
		status, got := send(t, c.method, url+c.path, c.body, c.header...)
		if status != c.status || !strings.Contains(got, c.want) || !json.Valid([]byte(got)) {
			t.Errorf("%d: %s %s %.100s: %d %s", i, c.method, c.path, c.body, status, got)
		}
	}
}

func TestCorpusLocked(t *testing.T) {
	url, dir := withIndex(t, Config{}, nil)
	x, err := index.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	w, err := x.Writer()
	if err != nil {
		t.Fatal(err)
	}
	if status, got := send(t, "DELETE", url+"/documents/a", ""); status != 503 || !strings.Contains(got, "another process") {
		t.Errorf("%d %s", status, got)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if status, got := send(t, "DELETE", url+"/documents/a", ""); status != 200 {
		t.Errorf("%d %s", status, got)
	}
}

// TestCorpusReadOnly: nothing can be changed, and what cannot be asked for is not
// described.
func TestCorpusReadOnly(t *testing.T) {
	url, _ := withIndex(t, Config{ReadOnly: true}, nil)
	for _, method := range []string{"POST", "PUT", "DELETE"} {
		if status, got := send(t, method, url+"/documents", `{"documents":[{"id":"a"}]}`); status != 405 {
			t.Errorf("%s: %d %s", method, status, got)
		}
	}
	_, described := send(t, "GET", url+"/openapi.json", "")
	if !strings.Contains(described, `"/search"`) || strings.Contains(described, `"put"`) || strings.Contains(described, `"delete"`) {
		t.Errorf("the description: %s", described)
	}
	plain := started(t, Config{}, counting{}, nil)
	if _, described := send(t, "GET", plain.URL+"/openapi.json", ""); strings.Contains(described, `"/search"`) {
		t.Error("a server without an index describes searches")
	}
	if status, _ := send(t, "POST", plain.URL+"/search", `{"query":"a"}`); status != 404 {
		t.Errorf("a server without an index: %d", status)
	}
	if _, err := New(Config{ReadOnly: true, Search: pipeline.Config{Index: filepath.Join(t.TempDir(), "none")}}, nil); err == nil {
		t.Error("an index that is not there is read")
	}
}

// TestCorpusIsMade: an index that is not there is made with vectors, and kept.
func TestCorpusIsMade(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	for i := range 2 {
		s, err := New(Config{Create: true, Search: pipeline.Config{Index: dir}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		h := httptest.NewServer(s.Handler())
		if i == 0 {
			if status, got := send(t, "PUT", h.URL+"/documents/a", `{"text":"The lease ends in May."}`); status != 200 {
				t.Errorf("%d %s", status, got)
			}
		}
		status, got := send(t, "POST", h.URL+"/search", `{"query":"when is the contract over"}`)
		if status != 200 || !strings.Contains(got, `"hits":[{"id":"a"`) || !strings.Contains(got, `"relevance":0.`) {
			t.Errorf("%d %s", status, got)
		}
		h.Close()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestCorpusAfterKill: a server that was killed while it made its index makes it when
// it starts again.
func TestCorpusAfterKill(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"lock", "manifest.tmp"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := New(Config{Create: true, Search: pipeline.Config{Index: dir}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
}

// TestCorpusSparesFiles: a folder of other files is not made an index.
func TestCorpusSparesFiles(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "letter.txt"), []byte("dear"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Config{Create: true, Search: pipeline.Config{Index: dir}}, nil); err == nil || !strings.Contains(err.Error(), "letter.txt: choose another folder") {
		t.Errorf("%v", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
	if _, err := New(Config{Create: true, Search: pipeline.Config{Index: filepath.Join(dir, "new")}, Analyzer: "no such"}, nil); err == nil {
		t.Error("an analyzer that is not there makes an index")
	}
}

// TestCorpusAnalyzer: the analyzer of an index that is there can be named, and no
// other.
func TestCorpusAnalyzer(t *testing.T) {
	c := Config{Create: true, Search: pipeline.Config{Index: filepath.Join(t.TempDir(), "index")}}
	for _, given := range [][2]string{{"german", ""}, {"german", ""}, {"", ""}, {"french", "was made with the analyzer german, not french"}} {
		analyzer, want := given[0], given[1] // the first makes it
		c.Analyzer = analyzer
		s, err := New(c, nil)
		if want != "" {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %v, want %q", analyzer, err, want)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", analyzer, err)
			continue
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestCorpusLog: neither texts nor IDs reach the log.
func TestCorpusLog(t *testing.T) {
	var log bytes.Buffer
	url, _ := withIndex(t, Config{}, &log)
	send(t, "PUT", url+"/documents/secret", `{"text":"secret"}`)
	send(t, "GET", url+"/documents/secretly", "")
	send(t, "POST", url+"/search", `{"query":"secret"}`)
	send(t, "GET", url+"/search?q=secret", "")
	if strings.Contains(log.String(), "secret") || strings.Count(log.String(), "\n") < 4 {
		t.Errorf("the log: %s", log.String())
	}
}

// FuzzChanges: what is read is a document with an ID or an ID to delete.
func FuzzChanges(f *testing.F) {
	for _, s := range []string{`{"documents":[{"id":"a","fields":{"x":[1,null]}}],"delete":["b"]}`, "{\"id\":1}\n{\"delete\":\"x\"}\n", `{"delete":1}`, `{"id":"delete","text":"\"delete\""}`, ``} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		defer testenv.Bound(t, len(data))()
		for _, read := range []func(context.Context, []byte, int, *changes) error{readChanges, readLines} {
			var asked changes
			if read(t.Context(), data, 100, &asked) != nil {
				continue
			}
			if len(asked.list) == 0 {
				t.Error("no changes and no error")
			}
			for _, c := range asked.list {
				if (c.Delete == "") == (c.Put.ID == "") {
					t.Errorf("%+v", c)
				}
				if _, err := json.Marshal(stored(c.Put)); err != nil {
					t.Error(err)
				}
			}
		}
	})
}

// TestIndexCutShort: a search that needs a file that was cut short is answered
// with its name, and the server goes on.
func TestIndexCutShort(t *testing.T) {
	url, dir := withIndex(t, Config{MaxDocuments: 3000, MaxBody: 1 << 20}, nil)
	var lines strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&lines, `{"id":"d%d","text":"w%d w%d"}`+"\n", i, i%7, i)
	}
	if status, got := send(t, "POST", url+"/documents", lines.String(), ndjson...); status != 200 {
		t.Fatalf("%d %s", status, got)
	}
	if err := os.Truncate(filepath.Join(dir, "segment-0000000000000001"), 4096); err != nil {
		t.Skip("this system keeps mapped files from being cut short: ", err)
	}
	for range 2 {
		if status, got := send(t, "POST", url+"/search", `{"query":"w3 w1999"}`); status != 500 || !strings.Contains(got, "segment-0000000000000001") {
			t.Errorf("a search: %d %s", status, got)
		}
	}
	if status, _ := send(t, "GET", url+"/healthz", ""); status != 200 {
		t.Errorf("healthz: %d", status)
	}
}

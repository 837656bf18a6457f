package hub_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/flashrerank/rerank/hub"
	"github.com/flashrerank/rerank/internal/testenv"
)

func client(t *testing.T, s *hubServer) *hub.Client {
	return &hub.Client{Cache: t.TempDir(), Endpoint: s.URL, Token: "hf_secret", Backoff: time.Millisecond}
}

func pull(t *testing.T, c *hub.Client) hub.Snapshot {
	t.Helper()
	s, err := c.Pull(t.Context(), repo)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// checkFolder compares a snapshot's files with the server's.
func checkFolder(t *testing.T, s *hubServer, folder string) {
	t.Helper()
	for name, content := range s.files {
		if !hub.Needed(name) {
			continue
		}
		got, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil || string(got) != content {
			t.Errorf("%s: %d bytes of %d, %v", name, len(got), len(content), err)
		}
	}
}

func TestPull(t *testing.T) {
	s := newServer(t)
	c := client(t, s)
	var last hub.Progress
	c.Progress = func(p hub.Progress) { last = p }
	got := pull(t, c)
	if got.Name != repo || got.Commit != commit || got.Revision != "main" || len(got.Files) != 5 {
		t.Errorf("%+v", got)
	}
	if last.Done != last.Total || last.Total != got.Size() {
		t.Errorf("%+v of %d bytes", last, got.Size())
	}
	checkFolder(t, s, got.Folder)
	for _, name := range []string{"README.md", "onnx"} {
		if _, err := os.Stat(filepath.Join(got.Folder, name)); err == nil {
			t.Errorf("%s was fetched", name)
		}
	}
	for _, f := range got.Files {
		if f.Sum != sumOf(f.Path, s.files[f.Path]) {
			t.Errorf("%s has the sum %s", f.Path, f.Sum)
		}
	}
	if n, err := c.Verify(t.Context(), got); n != 0 || err != nil {
		t.Errorf("%d files unchecked, %v", n, err)
	}
	found, err := c.Find(repo)
	if err != nil || found.Folder != got.Folder {
		t.Errorf("found %+v, %v", found, err)
	}
	// What is there is not asked for again.
	before := len(s.seen())
	pull(t, c)
	if again := s.seen()[before:]; len(again) != 2 {
		t.Errorf("a second time: %q", again)
	}
	// The token goes to the endpoint, and nowhere else.
	for _, token := range s.tokens {
		if token != "" {
			t.Errorf("the store saw the token %q", token)
		}
	}
	if len(s.tokens) != 1 {
		t.Errorf("%d requests to the store", len(s.tokens))
	}
}

func TestCacheCommands(t *testing.T) {
	s := newServer(t)
	c := client(t, s)
	if list, err := c.List(); err != nil || len(list) != 0 {
		t.Errorf("an empty cache: %v, %v", list, err)
	}
	if _, err := c.Find(repo); !errors.Is(err, hub.ErrNotFound) || !strings.Contains(err.Error(), repo) {
		t.Errorf("not in the cache: %v", err)
	}
	got := pull(t, c)
	if list, err := c.List(); err != nil || len(list) != 1 || list[0].Name != repo || list[0].Commit != commit {
		t.Errorf("%+v, %v", list, err)
	}
	blob, err := filepath.EvalSymlinks(filepath.Join(got.Folder, "config.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(blob, []byte(`{"model_type":"bart"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Verify(t.Context(), got); !errors.Is(err, hub.ErrChecksum) || !strings.Contains(err.Error(), "config.json") {
		t.Errorf("a changed file: %v", err)
	}
	if _, err := c.Pull(t.Context(), repo+"@"+commit); err != nil {
		t.Fatal(err)
	}
	if err := c.Remove(repo + "@" + commit); err != nil {
		t.Error(err)
	}
	if _, err := c.Find(repo); err != nil {
		t.Errorf("main went with the commit that it names: %v", err)
	}
	if err := c.Remove(repo + "@main"); err != nil {
		t.Error(err)
	}
	if blobs, err := os.ReadDir(filepath.Join(filepath.Dir(filepath.Dir(got.Folder)), "blobs")); err != nil || len(blobs) != 0 {
		t.Errorf("blobs are left: %v, %v", blobs, err)
	}
	pull(t, c)
	if err := c.Remove(repo); err != nil {
		t.Error(err)
	}
	if err := c.Remove(repo); !errors.Is(err, hub.ErrNotFound) {
		t.Errorf("removed twice: %v", err)
	}
}

// fail answers the requests to a path with a status, so often.
func (s *hubServer) fail(path string, status, times int, header ...string) {
	s.fault = func(w http.ResponseWriter, r *http.Request) bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		if !strings.Contains(r.URL.Path, path) || times == 0 {
			return false
		}
		times--
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		return true
	}
}

func TestFaults(t *testing.T) {
	for _, f := range []struct {
		path          string
		status, times int
		header        []string
		want          error // nil: it goes well in the end
		text          string
	}{
		{"/revision/", 503, 2, nil, nil, ""},
		{"/tree/", 429, 2, []string{"Retry-After", "0"}, nil, ""},
		{"/resolve/", 500, 3, nil, nil, ""},
		{"/model.safetensors", 502, 2, nil, nil, ""},
		{"/revision/", 503, 99, nil, nil, "503 Service Unavailable"},
		{"/revision/", 401, 1, []string{"X-Error-Code", "RepoNotFound"}, hub.ErrNotFound, repo},
		{"/revision/", 404, 1, []string{"X-Error-Code", "RevisionNotFound"}, hub.ErrNotFound, "RevisionNotFound"},
		{"/revision/", 401, 1, nil, hub.ErrUnauthorized, "HF_TOKEN"},
		{"/resolve/", 403, 1, []string{"X-Error-Code", "GatedRepo"}, hub.ErrGated, "gated"},
		{"/model.safetensors", 403, 1, nil, hub.ErrUnauthorized, "model.safetensors"},
	} {
		s := newServer(t)
		c := client(t, s)
		s.fail(f.path, f.status, f.times, f.header...)
		got, err := c.Pull(t.Context(), repo)
		if f.want == nil && f.text == "" {
			if err != nil {
				t.Errorf("%s, %d times %d: %v", f.path, f.times, f.status, err)
			} else {
				checkFolder(t, s, got.Folder)
			}
			continue
		}
		if err == nil || f.want != nil && !errors.Is(err, f.want) || !strings.Contains(err.Error(), f.text) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s, %d: error %v", f.path, f.status, err)
		}
		if _, err := c.Find(repo); err == nil {
			t.Errorf("%s, %d: half a model is in the cache", f.path, f.status)
		}
	}
}

// cut lets the store send some bytes of the weights and then closes the
// connection, so often.
func (s *hubServer) cut(bytes, times int) {
	s.fault = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Host == strings.TrimPrefix(s.URL, "http://") {
			return false
		}
		s.mu.Lock()
		again := times > 0
		times--
		s.mu.Unlock()
		if !again {
			return false
		}
		panicky := &cutWriter{ResponseWriter: w, left: bytes}
		serveContent(panicky, r, s.files["model.safetensors"])
		return true
	}
}

type cutWriter struct {
	http.ResponseWriter
	left int
}

func (w *cutWriter) Write(p []byte) (int, error) {
	_, _ = w.ResponseWriter.Write(p[:min(len(p), w.left)])
	w.ResponseWriter.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

func TestResume(t *testing.T) {
	s := newServer(t)
	s.cut(100_000, 3)
	got := pull(t, client(t, s))
	checkFolder(t, s, got.Folder)
	var ranges []string
	for _, r := range s.seen() {
		if strings.HasPrefix(r, "GET /model.safetensors") {
			ranges = append(ranges, strings.TrimPrefix(r, "GET /model.safetensors "))
		}
	}
	if !slices.Equal(ranges, []string{"", "bytes=100000-", "bytes=200000-", "bytes=300000-"}) {
		t.Errorf("ranges %q", ranges)
	}
}

func TestResumeInAnotherProcess(t *testing.T) {
	s := newServer(t)
	c := client(t, s)
	s.cut(100_000, 99)
	ctx, cancel := context.WithCancel(t.Context())
	c.Progress = func(p hub.Progress) {
		if p.File == "model.safetensors" && p.Done >= 50_000 {
			cancel()
		}
	}
	if _, err := c.Pull(ctx, repo); !errors.Is(err, context.Canceled) {
		t.Fatalf("cancelled: %v", err)
	}
	s.mu.Lock()
	s.fault, s.requests = nil, nil
	s.mu.Unlock()
	c.Progress = nil
	checkFolder(t, s, pull(t, c).Folder)
	if !slices.ContainsFunc(s.seen(), func(r string) bool { return strings.HasPrefix(r, "GET /model.safetensors bytes=") }) {
		t.Errorf("from the beginning: %q", s.seen())
	}
}

func TestWrongContent(t *testing.T) {
	for what, other := range map[string]string{"another text": strings.Repeat("weighty ", 40_000), "too long": strings.Repeat("weights ", 40_001)} {
		s := newServer(t)
		c := client(t, s)
		s.fault = func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != "/model.safetensors" {
				return false
			}
			serveContent(w, r, other)
			return true
		}
		if _, err := c.Pull(t.Context(), repo); err == nil || what == "another text" && !errors.Is(err, hub.ErrChecksum) || !strings.Contains(err.Error(), "model.safetensors") {
			t.Errorf("%s: %v", what, err)
		}
		if _, err := c.Find(repo); err == nil {
			t.Errorf("%s: it is in the cache", what)
		}
		s.mu.Lock()
		s.fault = nil
		s.mu.Unlock()
		checkFolder(t, s, pull(t, c).Folder)
	}
}

func TestHostileNames(t *testing.T) {
	for _, name := range []string{"../config.json", "/config.json", "1_Pooling/../../config.json", `..\config.json`, "1_Pooling//config.json"} {
		s := newServer(t)
		s.files[name] = "{}"
		c := client(t, s)
		if _, err := c.Pull(t.Context(), repo); err == nil && hub.Needed(name) {
			t.Errorf("a file of the name %q was taken", name)
		}
		root := filepath.Dir(c.Cache)
		if _, err := os.Stat(filepath.Join(root, "config.json")); err == nil {
			t.Errorf("%q lies outside of the cache", name)
		}
	}
	c := &hub.Client{Cache: t.TempDir()}
	for _, bad := range []string{"", "../x", "a/b/c", "a/..", "/a", "a@", "a/b@../../x", "a--b", "a b", "a/b@x//y", "a/b\x00"} {
		if _, err := c.Find(bad); err == nil || errors.Is(err, hub.ErrNotFound) {
			t.Errorf("name %q: %v", bad, err)
		}
		if err := c.Remove(bad); err == nil || errors.Is(err, hub.ErrNotFound) {
			t.Errorf("name %q: %v", bad, err)
		}
	}
}

func TestHostileAnswers(t *testing.T) {
	for what, fault := range map[string]func(w http.ResponseWriter, r *http.Request) bool{
		"no commit": func(w http.ResponseWriter, r *http.Request) bool {
			answer(w, map[string]string{"sha": "../../x"})
			return true
		},
		"no JSON": func(w http.ResponseWriter, _ *http.Request) bool {
			_, _ = w.Write([]byte("<html>"))
			return true
		},
		"a list without end": func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.Contains(r.URL.Path, "/tree/") {
				return false
			}
			w.Header().Set("Link", `<`+r.URL.Path+`?again=1>; rel="next"`)
			answer(w, []any{})
			return true
		},
		"a list at another host": func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.Contains(r.URL.Path, "/tree/") {
				return false
			}
			w.Header().Set("Link", `<http://example.invalid/tree>; rel="next"`)
			answer(w, []any{})
			return true
		},
	} {
		s := newServer(t)
		s.fault = fault
		if _, err := client(t, s).Pull(t.Context(), repo); err == nil {
			t.Errorf("%s: no error", what)
		}
	}
}

func TestNotEnough(t *testing.T) {
	s := newServer(t)
	delete(s.files, "model.safetensors")
	s.files["pytorch_model.bin"] = "pickle"
	if _, err := client(t, s).Pull(t.Context(), repo); err == nil || !strings.Contains(err.Error(), "safetensors") {
		t.Errorf("a repository of pickles: %v", err)
	}
	c := client(t, s)
	c.Offline = true
	if _, err := c.Pull(t.Context(), repo); !errors.Is(err, hub.ErrOffline) {
		t.Errorf("offline: %v", err)
	}
}

// TestTogether fetches one model from many goroutines: each file once.
func TestTogether(t *testing.T) {
	s := newServer(t)
	c := client(t, s)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			got, err := c.Pull(t.Context(), repo)
			if err != nil {
				t.Error(err)
				return
			}
			checkFolder(t, s, got.Folder)
		})
	}
	group.Wait()
	if n := len(s.tokens); n != 1 {
		t.Errorf("the weights were fetched %d times", n)
	}
}

func TestFromEnvironment(t *testing.T) {
	home := t.TempDir()
	for _, name := range []string{"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_ENDPOINT"} {
		t.Setenv(name, "")
	}
	t.Setenv("HF_HOME", home)
	if err := os.WriteFile(filepath.Join(home, "token"), []byte("hf_file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := hub.FromEnvironment()
	if err != nil || c.Cache != filepath.Join(home, "hub") || c.Token != "hf_file" || c.Offline {
		t.Errorf("%+v, %v", c, err)
	}
	t.Setenv("HF_HUB_CACHE", filepath.Join(home, "elsewhere"))
	t.Setenv("HF_TOKEN", "hf_variable")
	t.Setenv("HF_HUB_OFFLINE", "1")
	t.Setenv("HF_ENDPOINT", "https://mirror.example/")
	c, err = hub.FromEnvironment()
	if err != nil || c.Cache != filepath.Join(home, "elsewhere") || c.Token != "hf_variable" || !c.Offline || c.Endpoint != "https://mirror.example/" {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestNames(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range hub.Names() {
		if seen[k.Short] || !hub.IsName(k.Short) || !hub.IsName(k.Repository) || k.Licence == "" || k.Window == 0 || k.Parameters == 0 {
			t.Errorf("%+v", k)
		}
		seen[k.Short] = true
	}
}

// TestPython fetches with huggingface_hub what is then found here, and the other
// way round.
func TestPython(t *testing.T) {
	s := newServer(t)
	ours := client(t, s)
	theirs := client(t, s)
	got := pull(t, ours)
	out := testenv.Python(t, nil, filepath.Join("testdata", "python.py"), s.URL, repo, ours.Cache, theirs.Cache)
	lines := strings.Fields(string(out))
	if len(lines) != 2 || lines[0] != got.Folder {
		t.Fatalf("Python finds %q, we %s", lines, got.Folder)
	}
	found, err := theirs.Find(repo)
	if err != nil || found.Folder != lines[1] {
		t.Fatalf("Python fetched to %s, we find %+v, %v", lines[1], found, err)
	}
	checkFolder(t, s, found.Folder)
	if n, err := theirs.Verify(t.Context(), found); n != 0 || err != nil {
		t.Errorf("%d files unchecked, %v", n, err)
	}
	before := len(s.tokens)
	pull(t, theirs)
	if len(s.tokens) != before {
		t.Error("what Python had fetched was fetched again")
	}
}

// TestUnfinishedCopies: what a killed Pull has begun, where it copies, is no file of the
// model.
func TestUnfinishedCopies(t *testing.T) {
	c := client(t, newServer(t))
	s := pull(t, c)
	refs := filepath.Join(filepath.Dir(filepath.Dir(s.Folder)), "refs")
	for _, folder := range []string{s.Folder, refs} {
		if err := os.WriteFile(filepath.Join(folder, ".new-1"), []byte(commit), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	again, err := c.Find(repo)
	if err != nil || len(again.Files) != len(s.Files) {
		t.Errorf("%d files became %d, %v", len(s.Files), len(again.Files), err)
	}
	if list, err := c.List(); err != nil || len(list) != 1 {
		t.Errorf("%v, %v", list, err)
	}
}

package hub_test

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// commit is what the revision main is on the test server.
const commit = "0123456789abcdef0123456789abcdef01234567"

// hubServer speaks the Hub's protocol for one repository, and may fail at it.
// Large files are at another host, as the Hub's are.
type hubServer struct {
	*httptest.Server
	store *httptest.Server
	files map[string]string

	mu       sync.Mutex
	requests []string
	tokens   []string // that the store saw
	fault    func(w http.ResponseWriter, r *http.Request) bool
}

const repo = "acme/reranker"

func newServer(t *testing.T) *hubServer {
	s := &hubServer{files: map[string]string{
		"config.json": `{"model_type":"bert"}`, "tokenizer.json": `{"version":"1.0"}`, "tokenizer_config.json": "{}", "README.md": "# A card",
		"model.safetensors": strings.Repeat("weights ", 40_000), "1_Pooling/config.json": `{"pooling_mode":"cls"}`, "onnx/model.onnx": "not needed",
	}}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	s.store = httptest.NewServer(http.HandlerFunc(s.serveStore))
	t.Cleanup(s.Close)
	t.Cleanup(s.store.Close)
	return s
}

func isLarge(path string) bool { return strings.HasSuffix(path, ".safetensors") }

func gitSum(content string) string {
	sum := sha1.Sum([]byte(fmt.Sprintf("blob %d\x00%s", len(content), content)))
	return hex.EncodeToString(sum[:])
}

func sum256(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

func sumOf(path, content string) string {
	if isLarge(path) {
		return sum256(content)
	}
	return gitSum(content)
}

func (s *hubServer) record(r *http.Request) (failed func(http.ResponseWriter, *http.Request) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r.Method+" "+r.URL.Path+" "+r.Header.Get("Range"))
	return s.fault
}

func (s *hubServer) seen() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.requests...)
}

func (s *hubServer) serve(w http.ResponseWriter, r *http.Request) {
	if fault := s.record(r); fault != nil && fault(w, r) {
		return
	}
	w.Header().Set("X-Repo-Commit", commit)
	switch path := r.URL.Path; {
	case path == "/api/models/"+repo+"/revision/main", path == "/api/models/"+repo+"/revision/"+commit:
		var siblings []map[string]string
		for name := range s.files {
			siblings = append(siblings, map[string]string{"rfilename": name})
		}
		answer(w, map[string]any{"id": repo, "sha": commit, "siblings": siblings})
	case strings.HasPrefix(path, "/api/models/"+repo+"/tree/"+commit):
		answer(w, s.tree())
	case strings.HasPrefix(path, "/"+repo+"/resolve/"):
		_, name, _ := strings.Cut(strings.TrimPrefix(path, "/"+repo+"/resolve/"), "/")
		s.resolve(w, r, name)
	default:
		w.Header().Set("X-Error-Code", "RepoNotFound")
		w.WriteHeader(http.StatusUnauthorized)
	}
}

func answer(w http.ResponseWriter, x any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(x)
}

func (s *hubServer) tree() (list []map[string]any) {
	for name, content := range s.files {
		e := map[string]any{"type": "file", "path": name, "size": len(content), "oid": gitSum(content)}
		if isLarge(name) {
			e["lfs"] = map[string]any{"oid": sum256(content), "size": len(content), "pointerSize": 130}
		}
		list = append(list, e)
	}
	return append(list, map[string]any{"type": "directory", "path": "1_Pooling", "oid": gitSum(""), "size": 0})
}

func (s *hubServer) resolve(w http.ResponseWriter, r *http.Request, name string) {
	content, ok := s.files[name]
	if !ok {
		w.Header().Set("X-Error-Code", "EntryNotFound")
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if !isLarge(name) {
		w.Header().Set("ETag", `"`+gitSum(content)+`"`)
		serveContent(w, r, content)
		return
	}
	w.Header().Set("X-Linked-Etag", `"`+sum256(content)+`"`)
	w.Header().Set("X-Linked-Size", fmt.Sprint(len(content)))
	http.Redirect(w, r, strings.Replace(s.store.URL, "127.0.0.1", "localhost", 1)+"/"+name+"?signature=secret", http.StatusFound)
}

func (s *hubServer) serveStore(w http.ResponseWriter, r *http.Request) {
	fault := s.record(r)
	s.mu.Lock()
	s.tokens = append(s.tokens, r.Header.Get("Authorization"))
	s.mu.Unlock()
	if fault != nil && fault(w, r) {
		return
	}
	serveContent(w, r, s.files[strings.TrimPrefix(r.URL.Path, "/")])
}

// serveContent knows ranges of one form.
func serveContent(w http.ResponseWriter, r *http.Request, content string) {
	from := 0
	status := http.StatusOK
	if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from); err == nil {
		status = http.StatusPartialContent
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(content)-1, len(content)))
	}
	w.Header().Set("Content-Length", fmt.Sprint(len(content)-from))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write([]byte(content[from:]))
	}
}

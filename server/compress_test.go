package server

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestCompressedAnswers: an answer that is large goes as gzip to those who take it, and
// says what it is; unpacked it is what others get.
func TestCompressedAnswers(t *testing.T) {
	s := overIndex(t, Config{})
	large := `{"query":"q","documents":["` + strings.Repeat(`x","`, 200) + `y"]}`
	for _, c := range []struct {
		accepts, body string
		compressed    bool
	}{
		{"gzip", large, true}, {"GZIP;q=0.5, br", large, true}, {"*", large, true}, {"gzip, deflate, br", large, true},
		{"gzip", `{"query":"q","documents":["x"]}`, false}, {"", large, false}, {"identity", large, false}, {"gzip;q=0", large, false},
		{"*;q=0", large, false}, {"gzip; q=0, *", large, false}, {"br", large, false},
	} {
		w := s.asked(loopback4, http.MethodPost, "/v2/rerank", c.body, "Accept-Encoding", c.accepts)
		h := w.Header()
		if (h.Get("Content-Encoding") == "gzip") != c.compressed || !strings.Contains(strings.Join(h.Values("Vary"), ","), "Accept-Encoding") {
			t.Errorf("%q: %v", c.accepts, h)
		}
		var from io.Reader = w.Body
		if size := w.Body.Len(); c.compressed {
			z, err := gzip.NewReader(w.Body)
			if err != nil {
				t.Fatal(err)
			}
			from = z
			if size > 3000 {
				t.Errorf("%q: %d bytes were sent", c.accepts, size)
			}
		}
		var answer struct{ Results []any }
		if err := json.NewDecoder(from).Decode(&answer); err != nil || len(answer.Results) != map[bool]int{true: 201, false: 1}[c.body == large] {
			t.Errorf("%q: %v, %d results", c.accepts, err, len(answer.Results))
		}
	}
	for path, status := range map[string]int{"/healthz": 200, "/.well-known/ready": 204, "/nowhere": 404} {
		if w := s.asked(loopback4, http.MethodGet, path, "", "Accept-Encoding", "gzip"); w.Code != status || w.Header().Get("Content-Encoding") != "" {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
	}
	if w := s.asked(loopback4, http.MethodPost, "/v2/rerank", `{"query":"q","documents":["panic"]}`, "Accept-Encoding", "gzip"); w.Code != 500 || !strings.Contains(w.Body.String(), "internal error") {
		t.Errorf("a panic: %d %s", w.Code, w.Body)
	}
}

// TestCompressedFlush: what is flushed can be unpacked before the rest is sent.
func TestCompressedFlush(t *testing.T) {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	first := strings.Repeat("first ", 1000)
	compressed(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, first)
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
	})).ServeHTTP(w, r)
	z, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(first))
	if _, err := io.ReadFull(z, got); err != nil || string(got) != first || !w.Flushed {
		t.Errorf("%v, flushed %v", err, w.Flushed)
	}
}

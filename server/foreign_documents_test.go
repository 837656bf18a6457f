package server

import (
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flashrerank/rerank/internal/testenv"
	"github.com/flashrerank/rerank/pipeline"
)

// TestForeignDocumentsAreTold: whoever adds documents learns how many of them have no
// vector, as the model does not know their language.
func TestForeignDocumentsAreTold(t *testing.T) {
	testenv.Native(t)
	s, err := New(Config{Create: true, Search: pipeline.Config{Index: filepath.Join(t.TempDir(), "index")}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	h := httptest.NewServer(s.Handler())
	defer h.Close()
	for body, want := range map[string]string{
		`{"documents":[{"id":"a","text":"Ключ от старого сарая лежит на полке."},{"id":"b","text":"The key is on the shelf."}]}`: `"foreign":1`,
		`{"documents":[{"id":"c","text":"The lease ends in May."}]}`:                                                             `"foreign":0`,
		`{"documents":[{"id":"d","text":"図書館は九時に開きます。"},{"id":"e","text":"ключ от сарая"}],"delete":["c"]}`:                      `"foreign":2`,
	} {
		if status, got := send(t, "POST", h.URL+"/documents", body); status != 200 || !strings.Contains(got, want) {
			t.Errorf("%s: %d %s", body, status, got)
		}
	}
}

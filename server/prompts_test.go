package server

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// serverOf answers by a handler until the test ends, and returns its URL.
func serverOf(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// TestDefaultPrompts: they are for texts of which the request does not tell what they are.
func TestDefaultPrompts(t *testing.T) {
	for _, c := range []struct {
		config Config
		body   string
		want   string // of the vectors (length, role + 3)
	}{
		{Config{}, `{"inputs":"a","normalize":false}`, `[[1,3]]`},
		{Config{DefaultPrompt: "query: "}, `{"inputs":"a","normalize":false}`, `[[8,3]]`},
		{Config{DefaultPrompt: "query: "}, `{"inputs":"a","normalize":false,"input_type":"query"}`, `[[1,4]]`},
		{Config{DefaultPrompt: "query: "}, `{"inputs":"a","normalize":false,"input_type":"passage"}`, `[[1,3]]`},
		{Config{DefaultPromptName: "query"}, `{"inputs":"a","normalize":false}`, `[[1,4]]`},
		{Config{DefaultPromptName: "query"}, `{"inputs":"a","normalize":false,"input_type":"search_document"}`, `[[1,3]]`},
		{Config{DefaultPromptName: "document"}, `{"inputs":"a","normalize":false}`, `[[1,3]]`},
		{Config{}, `{"inputs":"a","normalize":false,"prompt_name":"query"}`, `[[1,4]]`},
		{Config{DefaultPromptName: "query"}, `{"inputs":"a","normalize":false,"prompt_name":"passage"}`, `[[1,3]]`},
	} {
		s, err := New(c.config, nil)
		if err != nil {
			t.Fatal(err)
		}
		s.models.list[1].embedder = lengths{}
		if status, got, _ := post(t, startedWith(t, s)+"/embed", c.body); status != 200 || got != c.want {
			t.Errorf("%+v %s: %d %s, want %s", c.config.DefaultPrompt+c.config.DefaultPromptName, c.body, status, got, c.want)
		}
	}
	for want, c := range map[string]Config{
		`"ask" is neither`: {DefaultPromptName: "ask"},
		"only one of both": {DefaultPromptName: "query", DefaultPrompt: "q: "},
		"have no effect":   {DefaultPrompt: "q: ", Models: []Model{{Name: "words", Rerank: "bm25"}}},
	} {
		if _, err := New(c, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

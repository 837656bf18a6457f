package main

import (
	"testing"

	"github.com/flashrerank/rerank/internal/strictyaml"
	"github.com/flashrerank/rerank/internal/testenv"
)

// FuzzServeConfig: a configuration that is read can be shown, and reads back.
func FuzzServeConfig(f *testing.F) {
	for _, s := range []string{
		"listen: \":8787\"\nkeys: [a, b]\nmodels:\n  - {name: best, aliases: [x], early: {within: 300ms}}\ncache: 1\n",
		"origins: ['*']\nhosts: [a]\nprotect_all: true\nqueue: 0\n", "search: {stages: [{rerank: none}]}\nidle: 1h\n", "max_body: 1e9\n", "{", "timeout: x\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		defer testenv.Bound(t, len(data))()
		var c, again serveConfig
		if strictyaml.Decode(data, &c, refusesServe) != nil {
			return
		}
		text, err := c.shown()
		if err != nil {
			t.Fatalf("%q: %v", data, err)
		}
		if err := strictyaml.Decode([]byte(text), &again, refusesServe); err != nil {
			t.Errorf("%q is shown as %q, which is refused: %v", data, text, err)
		}
	})
}

// FuzzLines: a line that is an object gives the text of its members, or an error.
func FuzzLines(f *testing.F) {
	for _, s := range []string{`{"text":"a","title":"b"}`, `{"text":null}`, `{"text":1}`, "{", "", "\ufeff{}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		defer testenv.Bound(t, len(line))()
		text, err := jsonText(line, []string{"title", "text"})
		if err != nil && text != "" {
			t.Errorf("%q: %q and %v", line, text, err)
		}
	})
}

package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestByteOrderMark: a file that an editor on Windows saved begins with a mark
// that is no part of its first line.
func TestByteOrderMark(t *testing.T) {
	const mark = "\ufeff"
	lines := mark + `{"text":"rent"}` + "\r\n" + `{"text":"lease"}` + "\r\n"
	for _, args := range [][]string{{"sort", "lease", "--rerank", "none"}, {"sort", "lease", "--rerank", "none", "--jsonl"}} {
		if got := succeed(t, lines, args...); got != `{"text":"lease"}`+"\r\n"+mark+`{"text":"rent"}`+"\r\n" {
			t.Errorf("%q: %q", args, got)
		}
	}
	dir := t.TempDir()
	if text := succeed(t, mark+corpus, "index", "-o", filepath.Join(dir, "index"), "-"); !strings.Contains(text, "documents") {
		t.Errorf("from standard input: %s", text)
	}
	write(t, filepath.Join(dir, "p.yaml"), mark+"first: {kind: bm25}\n")
	succeed(t, "", "search", "--pipeline", filepath.Join(dir, "p.yaml"), filepath.Join(dir, "index"), "lease")
	c, err := readServeConfig("", func(name string) (string, bool) {
		return write(t, filepath.Join(dir, "keys"), mark+"one\r\ntwo\r\n"), name == "keys-file"
	})
	if err != nil || strings.Join(c.Keys, " ") != "one two" {
		t.Errorf("keys %q, %v", c.Keys, err)
	}
}

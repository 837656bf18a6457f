package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestFoldersKeepApart: files with equal relative paths in different folders are
// different documents, whether the folders are given at once or one after another, and
// the same folder is the same however it is written.
func TestFoldersKeepApart(t *testing.T) {
	base, dir := t.TempDir(), filepath.Join(t.TempDir(), "index")
	for _, place := range []string{"a", "b", "x/docs", "y/docs"} {
		write(t, filepath.Join(base, place, "README.md"), "# Lease\n\nThe lease of "+place+".\n")
	}
	in := func(place string) string { return filepath.Join(base, place) }
	ids := func() []string {
		f := decode[found](t, succeed(t, "", "search", dir, "lease", "--rerank", "none", "--json"))
		return slices.Sorted(slices.Values(f.ids()))
	}
	succeed(t, "", "index", "-o", dir, in("a"), in("b"))
	if got, want := ids(), []string{"a/README.md#lease", "b/README.md#lease"}; !slices.Equal(got, want) {
		t.Errorf("at once: %v, want %v", got, want)
	}
	succeed(t, "", "index", "-o", dir, "--overwrite", in("a"))
	for _, c := range []struct {
		path            string
		added, replaced int
	}{{in("b"), 1, 0}, {in("x/docs"), 1, 0}, {in("y/docs"), 1, 0}, {in("y") + "/./docs/", 0, 1}, {in("x/docs/README.md"), 0, 1}} {
		got := decode[indexed](t, succeed(t, "", "index", "-o", dir, "--append", "--json", c.path))
		if got.Added != c.added || got.Replaced != c.replaced {
			t.Errorf("%s: %+v", c.path, got)
		}
	}
	want := []string{"a/README.md#lease", "b/README.md#lease", "docs/README.md#lease", "y/docs/README.md#lease"}
	if got := ids(); !slices.Equal(got, want) {
		t.Errorf("appended: %v, want %v", got, want)
	}
	t.Chdir(in("b"))
	got := decode[indexed](t, succeed(t, "", "index", "-o", dir, "--append", "--json", "."))
	if got.Replaced != 1 || !slices.Equal(got.Overridden, []string{"b/README.md#lease"}) {
		t.Errorf("the folder of the command: %+v", got)
	}
	f := decode[found](t, succeed(t, "", "search", dir, "lease", "--rerank", "none", "--filter", `{"folder": "`+filepath.ToSlash(in("y/docs"))+`"}`, "--json"))
	if got := f.ids(); os.PathSeparator == '/' && !slices.Equal(got, []string{"y/docs/README.md#lease"}) {
		t.Errorf("by folder: %v", got)
	}
}

// TestEqualIDsAreNamed: documents with one ID from different files are named.
func TestEqualIDsAreNamed(t *testing.T) {
	from, dir := t.TempDir(), filepath.Join(t.TempDir(), "index")
	one, two, rows := filepath.Join(from, "one.jsonl"), filepath.Join(from, "two.jsonl"), filepath.Join(from, "rows.tsv")
	write(t, one, `{"id":"a","text":"x"}`+"\n"+`{"id":"b","text":"x"}`+"\n"+`{"id":"b","text":"y"}`+"\n")
	write(t, two, `{"id":"a","text":"y"}`+"\n"+`{"id":"c","text":"y"}`+"\n")
	write(t, rows, "c\tz\n")
	a := command(t, "a\tstandard\n", "index", "-o", dir, one, two, rows, "-")
	for _, words := range []string{
		"3 documents replaced by one with the same ID from a later source", "a (" + one + ", " + two + ")", "c (" + two + ", " + rows + ")", "a (" + one + ", standard input)",
		"replaced by a later document with the same ID: ",
	} {
		if a.code != exitOK || !strings.Contains(a.stderr, words) {
			t.Errorf("%d, nothing about %q in %s", a.code, words, a.stderr)
		}
	}
	got := decode[indexed](t, succeed(t, "", "index", "-o", dir, "--append", "--json", one))
	if got.Equal.Count != 0 || got.Replaced != 2 || got.Duplicates != 1 || !slices.Equal(got.Overridden, []string{"b", "a", "b"}) {
		t.Errorf("%+v", got)
	}
}

// TestTextsOfStandardInputKeepApart: two texts from standard input are two documents,
// the same text again is one.
func TestTextsOfStandardInputKeepApart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "index")
	succeed(t, "one lease", "index", "-o", dir, "--format", "text", "-")
	for text, want := range map[string]int{"one lease": 0, "another lease": 1} {
		if got := decode[indexed](t, succeed(t, text, "index", "-o", dir, "--append", "--json", "--format", "text", "-")); got.Added != want {
			t.Errorf("%s: %+v", text, got)
		}
	}
}

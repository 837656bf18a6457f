package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestSync goes through what can happen to files between two runs: each is
// counted, nothing unchanged is embedded again, and the index is then the one
// that the folder alone would make.
func TestSync(t *testing.T) {
	from, dir := t.TempDir(), filepath.Join(t.TempDir(), "index")
	name := func(name string) string { return filepath.Join(from, name) }
	write(t, name("a.md"), "# Lease\n\nThe flat is ours.\n\n# Ending\n\nThe lease ends in May.\n")
	write(t, name("b.txt"), "The river floods when the snow melts.\n")
	write(t, name("c.txt"), "Bake the bread for forty minutes.\n")
	sync := func() indexed {
		t.Helper()
		return decode[indexed](t, succeed(t, "", "index", "-o", dir, "--sync", "--vectors", "--json", from))
	}
	counts := func(o indexed) [6]int {
		return [6]int{o.Added, o.Replaced, o.Renamed, o.Deleted, o.Unchanged, o.Embedded}
	}
	for _, step := range []struct {
		what   string
		change func() error
		want   [6]int // added, replaced, renamed, deleted, unchanged, embedded
	}{
		{"new index", func() error { return nil }, [6]int{4, 0, 0, 0, 0, 4}},
		{"nothing", func() error { return nil }, [6]int{0, 0, 0, 0, 4, 0}},
		{"a new file", func() error { return os.WriteFile(name("d.txt"), []byte("New."), 0o600) }, [6]int{1, 0, 0, 0, 4, 1}},
		{"a changed file", func() error { return os.WriteFile(name("d.txt"), []byte("Newer."), 0o600) }, [6]int{0, 1, 0, 0, 4, 1}},
		{"a renamed file", func() error { return os.Rename(name("b.txt"), name("river.txt")) }, [6]int{1, 0, 0, 1, 4, 1}}, // its title changed
		{"a moved file", func() error {
			if err := os.Mkdir(name("sub"), 0o700); err != nil {
				return err
			}
			return os.Rename(name("river.txt"), name("sub/river.txt"))
		}, [6]int{0, 0, 1, 0, 4, 0}},
		{"a moved passage", func() error {
			return os.WriteFile(name("a.md"), []byte("Before.\n\n# Lease\n\nThe flat is ours.\n\n# Ending\n\nThe lease ends in June.\n"), 0o600)
		}, [6]int{1, 2, 0, 0, 3, 2}}, // one for its text, one for its place alone
		{"a deleted file", func() error { return os.Remove(name("c.txt")) }, [6]int{0, 0, 0, 1, 5, 0}},
	} {
		if err := step.change(); err != nil {
			t.Fatal(err)
		}
		if got := counts(sync()); got != step.want {
			t.Errorf("%s: %v, want %v", step.what, got, step.want)
		}
	}
	fresh := filepath.Join(t.TempDir(), "fresh")
	succeed(t, "", "index", "-o", fresh, "--vectors", "-q", from)
	if got, want := contents(t, dir), contents(t, fresh); !slices.Equal(got, want) {
		t.Errorf("the index holds %q, a new one %q", got, want)
	}
}

// contents returns the documents of an index with the beginning of their
// vectors, sorted.
func contents(t *testing.T, dir string) []string {
	t.Helper()
	s := snapshot(t, dir)
	var all []string
	for d, err := range s.Documents(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		number, _, err := s.Find(d.ID)
		if err != nil {
			t.Fatal(err)
		}
		v, err := s.Vector(number)
		if err != nil {
			t.Fatal(err)
		}
		digest := wholeDigest(d)
		all = append(all, strings.Join([]string{d.ID, string(digest[:]), score(float64(v[0])), score(float64(v[1]))}, " "))
	}
	slices.Sort(all)
	return all
}

// TestSyncFails: what cannot be read changes nothing, or deletes nothing.
func TestSyncFails(t *testing.T) {
	from, dir := t.TempDir(), filepath.Join(t.TempDir(), "index")
	rows := write(t, filepath.Join(from, "rows.jsonl"), `{"_id":"a","text":"one"}`+"\n"+`{"_id":"b","text":"two"}`+"\n")
	succeed(t, "", "index", "-q", "--sync", "-o", dir, rows)
	write(t, rows, `{"_id":"a","text":"changed"}`+"\n{\n")
	fail(t, exitFailure, "rows.jsonl:2", "", "index", "--sync", "-o", dir, rows)
	if f := decode[found](t, succeed(t, "", "search", dir, "one two", "--rerank", "none", "--json")); len(f.Hits) != 2 {
		t.Errorf("a failure left %v", f.ids())
	}
	kept := decode[indexed](t, succeed(t, "", "index", "--sync", "--skip-bad", "--json", "-o", dir, rows))
	if kept.Documents != 2 || kept.Replaced != 1 || kept.Deleted != 0 || kept.Bad != 1 {
		t.Errorf("--skip-bad: %+v", kept)
	}
	empty := filepath.Join(from, "empty")
	if err := os.Mkdir(empty, 0o700); err != nil {
		t.Fatal(err)
	}
	fail(t, exitFailure, "there is nothing to index, and 2 documents in the index", "", "index", "--sync", "-o", dir, empty)
	fail(t, exitUsage, "was made with --analyzer english", "", "index", "--sync", "--analyzer", "german", "-o", dir, rows)
	twice := decode[indexed](t, succeed(t, `{"_id":"a","text":"new"}`+"\n"+`{"_id":"a","text":"changed"}`+"\n", "index", "--sync", "--json", "-o", dir, "-"))
	if twice.Documents != 1 || twice.Duplicates != 1 || twice.Deleted != 1 {
		t.Errorf("one ID twice: %+v", twice)
	}
	if f := decode[found](t, succeed(t, "", "search", dir, "changed", "--rerank", "none", "--json")); len(f.Hits) != 1 {
		t.Errorf("the last of two does not win: %v", f.ids())
	}
}

// TestSyncMovedFolder: after a folder was moved, one run gives its documents new
// names, and the next one leaves them alone.
func TestSyncMovedFolder(t *testing.T) {
	parent := t.TempDir()
	dir, from, to := filepath.Join(parent, "index"), filepath.Join(parent, "a", "docs"), filepath.Join(parent, "b", "docs")
	write(t, filepath.Join(from, "one.txt"), "The river floods when the snow melts.")
	succeed(t, "", "index", "-q", "--sync", "-o", dir, from)
	if err := os.Mkdir(filepath.Dir(to), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
	first := decode[indexed](t, succeed(t, "", "index", "--json", "--sync", "-o", dir, to))
	again := decode[indexed](t, succeed(t, "", "index", "--json", "--sync", "-o", dir, to))
	if first.Renamed != 1 || again.Unchanged != 1 || again.Renamed+again.Added+again.Replaced+again.Deleted != 0 {
		t.Errorf("%+v, then %+v", first, again)
	}
}

// TestSyncCounts: a changed document is nothing to remark on; a change of a kind
// of value is one; one ID twice counts once.
func TestSyncCounts(t *testing.T) {
	from, dir := t.TempDir(), filepath.Join(t.TempDir(), "index")
	rows := filepath.Join(from, "rows.jsonl")
	sync := func(lines ...string) (indexed, string) {
		t.Helper()
		write(t, rows, strings.Join(lines, "\n"))
		a := command(t, "", "index", "--json", "--sync", "-o", dir, rows)
		if a.code != exitOK {
			t.Fatal(a.stderr)
		}
		return decode[indexed](t, a.stdout), command(t, "", "index", "--sync", "-o", dir, rows).stderr
	}
	const when = `{"_id":"a","text":"one","fields":{"when":`
	sync(when+`{"$time":"2024-01-01T00:00:00Z"}}}`, `{"_id":"b","text":"two"}`, `{"_id":"c","text":"two"}`)
	did, _ := sync(when+`"2024-01-01T00:00:00Z"}}`, `{"_id":"b","text":"two"}`, `{"_id":"c","text":"two"}`)
	if did.Replaced != 1 || did.Unchanged != 2 || len(did.Overridden) != 0 {
		t.Errorf("a time became a text: %+v", did)
	}
	did, _ = sync(`{"_id":"a","text":"one"}`, `{"_id":"d","text":"two"}`, `{"_id":"d","text":"two"}`)
	if did.Added != 0 || did.Renamed != 1 || did.Deleted != 1 || did.Duplicates != 1 {
		t.Errorf("one new ID twice: %+v", did)
	}
	did, _ = sync(`{"_id":"a","text":"one"}`, `{"_id":"a","text":"other"}`, `{"_id":"d","text":"two"}`)
	if did.Unchanged != 1 || did.Replaced != 1 || did.Documents != 2 {
		t.Errorf("one old ID twice: %+v", did)
	}
	write(t, rows, `{"_id":"a","text":"changed"}`+"\n"+`{"_id":"d","text":"two"}`)
	if a := command(t, "", "index", "--sync", "-o", dir, rows); strings.Contains(a.stderr, "last counts") {
		t.Errorf("a changed document: %s", a.stderr)
	}
}

// TestSyncEmptied: a folder in which nothing is any more, as where a disk is not mounted, is
// no reason to delete its documents; one that is not named is.
func TestSyncEmptied(t *testing.T) {
	parent := t.TempDir()
	dir, a, b := filepath.Join(parent, "index"), filepath.Join(parent, "a"), filepath.Join(parent, "b")
	for _, folder := range []string{a, b} {
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(folder, "text.txt"), "The lease ends in May.")
	}
	succeed(t, "", "index", "-q", "-o", dir, "--sync", a, b)
	if err := os.Remove(filepath.Join(b, "text.txt")); err != nil {
		t.Fatal(err)
	}
	fail(t, exitFailure, "there is nothing to index in "+b+", and 1 document of it in the index", "", "index", "-o", dir, "--sync", a, b)
	if got := documentsOf(t, dir); len(got) != 2 {
		t.Fatalf("%d documents are left", len(got))
	}
	succeed(t, "", "index", "-q", "-o", dir, "--sync", a)
	if got := documentsOf(t, dir); len(got) != 1 {
		t.Errorf("%d documents are left", len(got))
	}
	succeed(t, "", "index", "-q", "-o", dir, "--sync", a, b) // nothing of it is in the index
}

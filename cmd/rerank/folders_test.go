package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestIndexTellsWhatIsLeftOut: nothing in a folder is passed over in silence.
func TestIndexTellsWhatIsLeftOut(t *testing.T) {
	from, dir := t.TempDir(), filepath.Join(t.TempDir(), "index")
	write(t, filepath.Join(from, "a.md"), "---\nlang: en\n---\n# Lease\n\nThe flat is ours.\n")
	write(t, filepath.Join(from, "b.png"), "x")
	write(t, filepath.Join(from, "c.png"), "x")
	write(t, filepath.Join(from, "Makefile"), "x")
	write(t, filepath.Join(from, "web", "node_modules", "x", "README.md"), "a dependency")
	write(t, filepath.Join(from, "latin.txt"), "caf\xe9")
	a := command(t, "", "index", "-o", dir, from)
	for _, words := range []string{
		"left out, dependencies or build output: " + filepath.Join(from, "web", "node_modules"), "2 .png", "1 with no ending",
		"bytes that are not UTF-8, replaced: " + filepath.Join(from, "latin.txt"),
	} {
		if !strings.Contains(a.stderr, words) {
			t.Errorf("nothing about %q in %s", words, a.stderr)
		}
	}
	if f := decode[found](t, succeed(t, "", "search", dir, "flat", "--rerank", "none", "--filter", `{"lang": "en"}`, "--json")); !slices.Equal(f.ids(), []string{filepath.Base(from) + "/a.md#lease"}) {
		t.Errorf("a filter on front matter finds %v", f.ids())
	}
	out := decode[indexed](t, succeed(t, "", "index", "-o", dir, "--overwrite", "--json", "--no-ignore", from))
	if out.Documents != 3 || out.Skipped != 3 || len(out.LeftOut) != 2 || len(out.Notes) != 1 {
		t.Errorf("%+v", out)
	}
	made := decode[indexed](t, succeed(t, "", "index", "-o", dir, "--overwrite", "--json", filepath.Join(from, "Makefile")))
	if made.Documents != 1 || len(made.Notes) != 1 {
		t.Errorf("a file given by its path: %+v", made)
	}
}

// TestPassagesFitTheModel: by default no passage of a folder is cut for its
// vector, whatever its words are made of.
func TestPassagesFitTheModel(t *testing.T) {
	from, dir := t.TempDir(), filepath.Join(t.TempDir(), "index")
	write(t, filepath.Join(from, "a.md"), "# Uncharacteristically interdenominational heading\n\n"+
		strings.Repeat("Antidisestablishmentarianism presupposes pseudohypoparathyroidism; honorificabilitudinitatibus. ", 60))
	write(t, filepath.Join(from, "b.txt"), strings.Repeat("One two three four five six seven, eight. ", 200))
	made := decode[indexed](t, succeed(t, "", "index", "-o", dir, "--vectors", "--json", from))
	if made.Documents < 8 || made.Truncated != 0 {
		t.Errorf("%d documents, %d truncated", made.Documents, made.Truncated)
	}
	fewer := decode[indexed](t, succeed(t, "", "index", "-o", dir, "--overwrite", "--json", "--chunk", "1000", from))
	if fewer.Documents >= made.Documents {
		t.Errorf("%d passages of 1000 tokens, %d of 254", fewer.Documents, made.Documents)
	}
}

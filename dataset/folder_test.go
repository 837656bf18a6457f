package dataset_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flashrerank/rerank/dataset"
	"github.com/flashrerank/rerank/internal/testenv"
)

// read returns what a folder or file gives: "ID | title | text" and fields.
func read(t *testing.T, name string, o dataset.Options) []string {
	t.Helper()
	docs, errs := collect(dataset.Open(name, o))
	if len(errs) > 0 {
		t.Errorf("errors %q", errs)
	}
	var got []string
	for _, d := range docs {
		line := d.ID + " | " + d.Title + " | " + d.Text
		for _, f := range d.Fields {
			if f.Name != "path" && f.Name != "start" && f.Name != "end" {
				line += fmt.Sprintf(" | %s: %s %v", f.Name, f.Value.Kind(), f.Value)
			}
		}
		got = append(got, line)
	}
	return got
}

// mentions writes what was left out or noted, with paths relative to dir.
func mentions(dir string, list []dataset.Mention) map[string]string {
	got := map[string]string{}
	for _, m := range list {
		var names []string
		for _, name := range m.Names {
			rel, err := filepath.Rel(dir, name)
			if err != nil {
				rel = name
			}
			names = append(names, filepath.ToSlash(rel))
		}
		got[m.What] = fmt.Sprintf("%d: %s", m.Count, strings.Join(names, " "))
	}
	return got
}

func TestFolderLeavesOut(t *testing.T) {
	dir := testenv.Tree(t, map[string]string{
		".git/HEAD.txt":                 "ref",
		".gitignore":                    "*.tmp.md\n/out/\nlogs/**/deep.md\n!keep.tmp.md\n",
		"a.md":                          "text",
		"a.tmp.md":                      "ignored",
		"keep.tmp.md":                   "kept",
		"out/x.md":                      "ignored",
		"sub/out/x.md":                  "kept: the pattern is about the top",
		"sub/.gitignore":                "local.md\n",
		"sub/local.md":                  "ignored",
		"local.md":                      "kept",
		"logs/a/b/deep.md":              "ignored",
		"web/node_modules/x/readme.md":  "dependency",
		"py/.venv/x.md":                 "hidden",
		"py/env/pyvenv.cfg":             "home = /usr",
		"py/env/readme.md":              "dependency",
		"rs/target/CACHEDIR.TAG":        "Signature: 8a477f597d28d172789f06886806bc55",
		"rs/target/doc.md":              "output",
		"go/vendor/modules.txt":         "# x v1",
		"go/vendor/x/README.md":         "dependency",
		"people/vendor/one.md":          "kept: a vendor of something",
		"build/plan.md":                 "kept: a folder of one's own",
		"pic.PNG":                       "x",
		"b.png":                         "x",
		"c.png":                         "x",
		"d.png":                         "x",
		"Makefile":                      "x",
		"notes.Thoughts about all this": "x",
		"bin.txt":                       "\x00",
		"blank.txt":                     " \n",
	})
	if err := os.Symlink(dir, filepath.Join(dir, "loop")); err != nil {
		t.Skip(err)
	}
	var stats dataset.Stats
	got := read(t, dir, dataset.Options{Stats: &stats})
	want := []string{
		"a.md | a | text", "build/plan.md | plan | kept: a folder of one's own", "keep.tmp.md | keep.tmp | kept", "local.md | local | kept",
		"people/vendor/one.md | one | kept: a vendor of something", "sub/out/x.md | x | kept: the pattern is about the top",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{
		"hidden":                       "4: .git .gitignore py/.venv",
		"named by .gitignore":          "4: a.tmp.md logs/a/b/deep.md out",
		"dependencies or build output": "4: go/vendor py/env rs/target",
		".png":                         "4: b.png c.png d.png",
		"no ending":                    "2: Makefile notes.Thoughts about all this",
		"binary":                       "1: bin.txt",
		"empty":                        "1: blank.txt",
		"symbolic link":                "1: loop",
	}, mentions(dir, stats.LeftOut)); diff != "" {
		t.Errorf("left out (-want +got)\n%s", diff)
	}
	all := read(t, dir, dataset.Options{Folder: dataset.FolderOptions{NoIgnore: true}})
	if len(all) != len(want)+9 {
		t.Errorf("with NoIgnore there are %d documents: %q", len(all), all)
	}
}

func TestFrontMatterBecomesFields(t *testing.T) {
	dir := testenv.Tree(t, map[string]string{
		"a.md": "---\ntitle: Lease\ntags: [flat, 2024]\nyear: 2024\ndraft: false\npath: mine\nempty:\n" +
			"date: 2024-05-01\nauthor: {name: Ann}\n---\nIntro.\n# Lease\nOne.\n## Ending\nTwo.\n",
		"bare.md":  "---\ntitle: Only a title\n---\n",
		"bad.md":   "---\na: [1\n---\nText.\n",
		"list.md":  "---\n- a\n---\nText.\n",
		"rule.txt": "---\nx: y\n---\nText.\n",
	})
	var stats dataset.Stats
	got := read(t, dir, dataset.Options{Stats: &stats})
	fields := " | tags: list flat, 2024 | year: number 2024 | draft: bool false | date: text 2024-05-01 | author.name: text Ann"
	want := []string{
		"a.md | Lease | Intro." + fields, "a.md#lease | Lease | One." + fields, "a.md#ending | Lease > Ending | Two." + fields,
		"bad.md | bad | ---\na: [1\n---", "bad.md~2 | bad | Text.", "bare.md | Only a title | ", "list.md | list | ---\n- a\n---", "list.md~2 | list | Text.",
		"rule.txt | rule | ---\nx: y\n---\nText.",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"front matter that is no YAML, read as text": "2: bad.md list.md"}, mentions(dir, stats.Notes)); diff != "" {
		t.Errorf("notes (-want +got)\n%s", diff)
	}
}

// TestFrontMatterIsBounded: anchors that would expand to more than memory, and
// nesting.
func TestFrontMatterIsBounded(t *testing.T) {
	bomb := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := 1; i < 12; i++ {
		bomb += fmt.Sprintf("a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	for name, yaml := range map[string]string{
		"bomb": bomb, "brackets": "a: " + strings.Repeat("[", 30_000), "braces": "a: " + strings.Repeat("{a: ", 15_000),
		"long": "a: " + strings.Repeat("x", 70_000), "keys": strings.Repeat("? ", 30_000), "dashes": strings.Repeat("- ", 30_000),
	} {
		var stats dataset.Stats
		dir := testenv.Tree(t, map[string]string{"x.md": "---\n" + yaml + "\n---\nText.\n"})
		got := read(t, dir, dataset.Options{Stats: &stats})
		if len(stats.Notes) != 1 || len(got) == 0 {
			t.Errorf("%s: %d documents, notes %v", name, len(got), stats.Notes)
		}
	}
}

func TestFilesGivenByName(t *testing.T) {
	dir := testenv.Tree(t, map[string]string{
		"main.go": "package main", ".hidden.md": "# A\nb", "wide.txt": "\xff\xfeh\x00i\x00", "big.md": "\xfe\xff\x00h\x00i", "latin.txt": "caf\xe9",
		"node_modules": "a file",
	})
	var stats dataset.Stats
	for name, want := range map[string]string{
		"main.go": "main.go | main | package main", ".hidden.md": ".hidden.md#a | A | b", "wide.txt": "wide.txt | wide | hi", "big.md": "big.md | big | hi",
		"latin.txt": "latin.txt | latin | caf\ufffd", "node_modules": "node_modules | node_modules | a file",
	} {
		if got := read(t, filepath.Join(dir, name), dataset.Options{Stats: &stats}); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if got := mentions(dir, stats.Notes); got["bytes that are not UTF-8, replaced"] != "1: latin.txt" || !strings.HasPrefix(got["read as text, though of another kind"], "2: ") {
		t.Errorf("notes %v", got)
	}
}

// TestManyKinds: what is kept about files that are left out is bounded.
func TestManyKinds(t *testing.T) {
	files := map[string]string{}
	for i := range 500 {
		files[fmt.Sprintf("f.e%d", i)] = "x"
	}
	var stats dataset.Stats
	read(t, testenv.Tree(t, files), dataset.Options{Stats: &stats})
	if stats.Skipped != 500 || len(stats.LeftOut) > 100 || len(stats.LeftOut[len(stats.LeftOut)-1].Names) > 10 {
		t.Errorf("%d left out, %d mentions", stats.Skipped, len(stats.LeftOut))
	}
}

// TestDamagedUTF16: what is lost of UTF-16 is told, and nothing is dropped.
func TestDamagedUTF16(t *testing.T) {
	for data, want := range map[string]string{
		"\xff\xfea\x00\x3d\xd8b\x00":    "a\ufffdb", // half of a pair
		"\xff\xfea\x00b":                "a\ufffd",  // half of a unit
		"\xfe\xff\x00a\xff\xfd":         "",         // U+FFFD itself
		"\xfe\xff\x00a\xd8\x3d\xde\x00": "",         // a pair
	} {
		name := filepath.Join(t.TempDir(), "a.txt")
		if err := os.WriteFile(name, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		var stats dataset.Stats
		for d, err := range dataset.File(name, dataset.Options{Stats: &stats}) {
			if err != nil || want != "" && d.Text != want {
				t.Errorf("%q: %q, %v", data, d.Text, err)
			}
		}
		if told := stats.Replaced == 1 && len(stats.Notes) == 1 && stats.Notes[0].What == dataset.NoteUTF16; told != (want != "") {
			t.Errorf("%q: %+v", data, stats)
		}
	}
}

// TestFolderNames: a name that is not UTF-8 is an error that shows it, and the others are
// read; one with a line end is a name like any other.
func TestFolderNames(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a\xff.txt", "b.txt", "c\n.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("text"), 0o600); err != nil {
			t.Skipf("no such names here: %v", err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "d\xfe"), 0o700); err != nil {
		t.Skipf("no such names here: %v", err)
	}
	var ids, errs []string
	for d, err := range dataset.Folder(dir, dataset.Options{}) {
		if err != nil {
			errs = append(errs, err.Error())
			continue
		}
		ids = append(ids, d.ID)
	}
	if len(ids) != 2 || !strings.HasSuffix(ids[0], "b.txt") || !strings.HasSuffix(ids[1], "c\n.txt") {
		t.Errorf("read: %q", ids)
	}
	if len(errs) != 2 || !strings.Contains(errs[0], `a\xff.txt": the name is not UTF-8`) || !strings.Contains(errs[1], `d\xfe": the name is not UTF-8`) {
		t.Errorf("errors: %q", errs)
	}
}

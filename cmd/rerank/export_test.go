package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/analysis"
	"github.com/flashrerank/rerank/index"
	"github.com/flashrerank/rerank/models/minilm"
)

// snapshot opens an index for the time of the test.
func snapshot(t *testing.T, dir string) *index.Snapshot {
	t.Helper()
	x, err := index.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() })
	s, err := x.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// documentsOf reads all documents of an index.
func documentsOf(t *testing.T, dir string) []rerank.Document {
	t.Helper()
	s := snapshot(t, dir)
	var list []rerank.Document
	for d, err := range s.Documents(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, d)
	}
	return list
}

func sameDocuments(t *testing.T, got, want []rerank.Document) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d documents, not %d", len(got), len(want))
	}
	for i, w := range want {
		g := got[i]
		if g.ID != w.ID || g.Title != w.Title || g.Text != w.Text || string(g.Meta) != string(w.Meta) || len(g.Fields) != len(w.Fields) {
			t.Errorf("%+v\nbecame\n%+v", w, g)
			continue
		}
		for j, f := range w.Fields {
			if g.Fields[j].Name != f.Name || !g.Fields[j].Value.Equal(f.Value) {
				t.Errorf("%q: field %+v became %+v", w.ID, f, g.Fields[j])
			}
		}
	}
}

// TestExport: what is exported makes an equal index: passages, nulls, whole
// numbers of 64 bits, times and meta.
func TestExport(t *testing.T) {
	parent := t.TempDir()
	from, to := filepath.Join(parent, "from"), filepath.Join(parent, "to")
	note := write(t, filepath.Join(parent, "notes", "a.md"), "# Lease\n\nThe flat is ours.\n\n## Ending\n\n"+strings.Repeat("The lease ends in May. ", 200))
	succeed(t, "", "index", "-o", from, "--analyzer", "german", filepath.Dir(note))
	odd := rerank.Document{
		ID: " odd\t\"ID\" <b>", Title: "\u2028 & <>", Text: "{\"text\": 1}\n\x00", Meta: []byte("{\"n\": 18446744073709551615, \"a\": [1, null]}"),
		Fields: rerank.Fields{
			{Name: "null", Value: rerank.NullValue()},
			{Name: "big", Value: rerank.UintValue(18446744073709551615)},
			{Name: "small", Value: rerank.IntValue(-9007199254740993)},
			{Name: "float", Value: rerank.NumberValue(0.1)},
			{Name: "time", Value: rerank.TimeValue(time.Date(2024, 2, 29, 1, 2, 3, 456789, time.UTC))},
			{Name: "list", Value: rerank.ListValue(rerank.NullValue(), rerank.TextValue("<a>"), rerank.TimeValue(time.Unix(0, 1)), rerank.ListValue())},
			{Name: "a.b", Value: rerank.BoolValue(true)},
			{Name: "", Value: rerank.TextValue("{\"$time\": \"x\"}")},
		},
	}
	put(t, from, odd, rerank.Document{ID: "bytes", Meta: []byte("no JSON \xff\n")}, rerank.Document{ID: "marked", Meta: []byte(`{"$bytes":"x"}`)}, rerank.Document{ID: "empty meta", Meta: []byte{}})
	lines := succeed(t, "", "export", from)
	made := decode[indexed](t, succeed(t, lines, "index", "--json", "-o", to, "--analyzer", "german", "-"))
	want := documentsOf(t, from)
	if made.Documents != len(want) || len(want) < 6 {
		t.Errorf("%d documents became %d", len(want), made.Documents)
	}
	sameDocuments(t, documentsOf(t, to), want)
	if again := succeed(t, "", "export", to); again != lines {
		t.Errorf("%s\nis exported again as\n%s", lines, again)
	}
	if a := command(t, "", "export", from); !strings.Contains(a.stderr, "--analyzer german") {
		t.Errorf("how to index again: %s", a.stderr)
	}
	if some := succeed(t, "", "export", from, "--filter", `{"a.b": true}`); strings.Count(some, "\n") != 1 || !strings.Contains(some, "odd") {
		t.Errorf("filtered: %s", some)
	}
}

// put adds documents that no command line can make.
func put(t *testing.T, dir string, documents ...rerank.Document) {
	t.Helper()
	x, err := index.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	w, err := x.Writer()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	var b index.Batch
	for _, d := range documents {
		b.Put(index.Entry{Document: d})
	}
	if _, err := w.Commit(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
}

// TestExportChangedAnalyzer: the way out that the error names is one.
func TestExportChangedAnalyzer(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "index")
	succeed(t, corpus, "index", "-o", dir, "-")
	x, err := index.OpenDocuments(dir)
	if err != nil {
		t.Fatal(err)
	}
	s, err := x.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	if s.Options().Analyzer == "" {
		t.Error("no name of the analyzer")
	}
	s.Close()
	x.Close()
	lines := succeed(t, "", "export", dir)
	succeed(t, lines, "index", "--overwrite", "-o", dir, "-")
	if again := succeed(t, "", "export", dir); again != lines || strings.Count(lines, "\n") != 4 {
		t.Errorf("%s became %s", lines, again)
	}
}

func TestDelete(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "index")
	succeed(t, corpus+`{"_id": "old", "text": "a lease", "fields": {"year": 1999}}`+"\n", "index", "-o", dir, "-")
	fail(t, exitUsage, "which documents", "", "delete", dir)
	fail(t, exitUsage, "cannot be combined", "", "delete", dir, "bread", "--filter", `{"year": 1999}`)
	for _, all := range []string{`{}`, `null`, `{"year": {"$nin": []}}`, `{"$or": [{"year": 1999}, {"$not": {"year": {"$in": []}}}]}`} {
		fail(t, exitUsage, "every document", "", "delete", dir, "--filter", all)
	}
	for _, empty := range []string{`{"$and": []}`, `{"$or": []}`, `{"$not": {}}`, `{"$and": [{}]}`} {
		for _, args := range [][]string{{"delete", dir}, {"export", dir}, {"search", dir, "bread"}} {
			fail(t, exitUsage, "the condition is missing", "", append(args, "--filter", empty)...)
		}
	}
	fail(t, exitFailure, "no index here", "", "delete", filepath.Join(dir, "absent"), "x")
	did := decode[deleted](t, succeed(t, "", "delete", dir, "bread", "nobody", "--json"))
	if did.Deleted != 1 || did.Documents != 4 || len(did.Unknown) != 1 || did.Unknown[0] != "nobody" {
		t.Errorf("%+v", did)
	}
	if a := command(t, "", "delete", dir, "nobody"); a.code != exitOK || !strings.Contains(a.stderr, "nobody") || !strings.Contains(a.stdout, "0 documents deleted, 4 left") {
		t.Errorf("%+v", a)
	}
	did = decode[deleted](t, succeed(t, "", "delete", dir, "--filter", `{"year": {"$lt": 2000}}`, "--purge", "--json"))
	if did.Deleted != 1 || did.Documents != 3 {
		t.Errorf("%+v", did)
	}
	segments, err := filepath.Glob(filepath.Join(dir, "segment-*"))
	if err != nil || len(segments) != 1 {
		t.Fatalf("after --purge: %q, %v", segments, err)
	}
	if f := decode[found](t, succeed(t, "", "search", dir, "bread lease", "--rerank", "none", "--json")); len(f.Hits) != 1 || f.Hits[0].ID != "lease" {
		t.Errorf("%+v", f)
	}
	if _, err := os.Stat(filepath.Join(dir, "manifest")); err != nil {
		t.Error(err)
	}
}

// TestExportFlags: what export says makes an equal index can be typed as it stands.
func TestExportFlags(t *testing.T) {
	for want, o := range map[string]index.Options{
		"":                             {Analyzer: analysis.Default},
		" --analyzer german --vectors": {Analyzer: "german", Model: rerank.ModelInfo{Name: minilm.Name}},
		" --analyzer 'unicode lowercase' --vectors --model FOLDER-OF-other": {Analyzer: "unicode lowercase", Model: rerank.ModelInfo{Name: "other"}},
	} {
		if got := flagsOf(o); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

// TestExportFrontMatter: a field that a file's front matter says twice does not keep
// an index from being exported.
func TestExportFrontMatter(t *testing.T) {
	from, dir := t.TempDir(), filepath.Join(t.TempDir(), "index")
	write(t, filepath.Join(from, "a.md"), "---\na.b: 1\na:\n  b: 2\n---\n# Lease\n\nThe flat is ours.\n")
	if a := command(t, "", "index", "-o", dir, from); a.code != exitOK || !strings.Contains(a.stderr, "front matter") {
		t.Errorf("%+v", a)
	}
	succeed(t, "", "export", dir)
}

// TestTextWithMark: a heading is one behind a byte order mark too.
func TestTextWithMark(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "index")
	succeed(t, "\ufeff# Lease\n\nThe flat is ours.\n", "index", "-q", "-o", dir, "--format", "text", "-")
	if d := documentsOf(t, dir); len(d) != 1 || d[0].Title != "Lease" || d[0].Text != "The flat is ours." {
		t.Errorf("%+v", d)
	}
}

package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestIndexTellsWhatItMadeNothingOf: members of JSON lines and columns that are neither
// known nor declared are named, with the number of lines, and flags declare them.
func TestIndexTellsWhatItMadeNothingOf(t *testing.T) {
	from, dir := filepath.Join(t.TempDir(), "posts.jsonl"), filepath.Join(t.TempDir(), "index")
	write(t, from, `{"url":"a","body":"the lease ends","lang":"en","stats":{"views":18446744073709551615},"metadata":{"source":null}}`+"\n"+
		`{"url":"b","body":"the lease begins","lang":"de"}`+"\n")
	a := command(t, "", "index", "-o", dir, from, "--id", "url")
	for _, words := range []string{"body in 2 lines, lang in 2 lines, stats in 1 line", "2 documents without title and text"} {
		if a.code != exitOK || !strings.Contains(a.stderr, words) {
			t.Errorf("%d, nothing about %q in %s", a.code, words, a.stderr)
		}
	}
	out := decode[indexed](t, succeed(t, "", "index", "-o", dir, "--overwrite", "--json", from, "--id", "url", "--text", "body"))
	if len(out.Ignored) != 2 || out.Ignored[0].What != "lang" || out.Ignored[0].Count != 2 || out.Ignored[0].Names[1] != from+":2" || out.Empty != 0 {
		t.Errorf("%+v", out)
	}
	out = decode[indexed](t, succeed(t, "", "index", "-o", dir, "--overwrite", "--json", from, "--id", "url", "--text", "body", "--attr", "*"))
	if len(out.Ignored) != 0 {
		t.Errorf("%+v", out)
	}
	for filter, want := range map[string][]string{
		`{"lang": "de"}`: {"b"}, `{"stats.views": 18446744073709551615}`: {"a"}, `{"source": null}`: {"a", "b"}, `{"stats.views": {"$exists": false}}`: {"b"},
	} {
		f := decode[found](t, succeed(t, "", "search", dir, "lease", "--rerank", "none", "--filter", filter, "--json"))
		if ids := f.ids(); !slices.Equal(slices.Sorted(slices.Values(ids)), want) {
			t.Errorf("%s finds %v, want %v", filter, ids, want)
		}
	}
	if got := command(t, "", "index", "-o", dir, "--overwrite", from, "--id", "url", "--text", "bodi"); got.code != exitFailure || !strings.Contains(got.stderr, `no line has the member "bodi"; did you mean "body"?`) {
		t.Errorf("%d %s", got.code, got.stderr)
	}
	if got := command(t, "", "index", "-o", dir, "--overwrite", from, "--text", "*"); got.code != exitUsage {
		t.Errorf("%d %s", got.code, got.stderr)
	}
	tsv := "id\ttitle\tbody\n1\tT\tthe lease ends\n"
	out = decode[indexed](t, succeed(t, tsv, "index", "-o", dir, "--overwrite", "--json", "-", "--header", "--text", "body"))
	if out.Documents != 1 || out.Bytes != int64(len("Tthe lease ends")) {
		t.Errorf("%+v", out)
	}
	bad := command(t, `{"id":1,"text":"x","fields":{"n":1e400}}`, "index", "-o", dir, "--overwrite", "-")
	if want := `standard input:1: fields: field "n": the number 1e400 is beyond the range of a float64`; bad.code != exitFailure || !strings.Contains(bad.stderr, want) {
		t.Errorf("%d %s", bad.code, bad.stderr)
	}
}

// TestFilterOnAbsentField: a filter on a field that no document has is no error, and is
// told of with the field that was probably meant.
func TestFilterOnAbsentField(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "index")
	succeed(t, `{"id":"a","text":"the lease","fields":{"year":2020}}`+"\n"+`{"id":"b","text":"the lease","fields":{"lang":"en"}}`, "index", "-o", dir, "-")
	const words = `no document has the field "yaer" of the filter; did you mean "year"?`
	for _, args := range [][]string{{"search", dir, "lease", "--filter", `{"yaer": 2020}`}, {"export", dir, "--filter", `{"yaer": 2020}`}, {"delete", dir, "--filter", `{"yaer": 2020}`}} {
		if a := command(t, "", args...); a.code != exitOK || strings.Count(a.stderr, words) != 1 {
			t.Errorf("%q: %d %s", args, a.code, a.stderr)
		}
	}
	out := succeed(t, "", "search", dir, "lease", "--json", "--filter", `{"yaer": null}`)
	if !strings.Contains(out, `no document has the field \"yaer\"`) {
		t.Errorf("nothing in the stages of %s", out)
	}
	if a := command(t, "", "search", dir, "lease", "--filter", `{"year": {"$gt": 1}, "title": ""}`); strings.Contains(a.stderr, "no document has") {
		t.Errorf("a field that is there: %s", a.stderr)
	}
	const unlike = `the filter compares the field "year" with a text, which no document has there: it holds numbers`
	for _, args := range [][]string{{"search", dir, "lease"}, {"export", dir}, {"delete", dir}} {
		if a := command(t, "", append(args, "--filter", `{"year": "2020"}`)...); a.code != exitOK || !strings.Contains(a.stderr, unlike) {
			t.Errorf("%s: %d %s", args[0], a.code, a.stderr)
		}
	}
	fail(t, exitFailure, "yet it matches 2 documents; nothing was deleted", "", "delete", dir, "--filter", `{"year": {"$ne": "2020"}}`)
	fail(t, exitFailure, "yet it matches 2 documents; nothing was deleted", "", "delete", dir, "--filter", `{"yaer": {"$ne": 2020}}`)
	if got := decode[found](t, succeed(t, "", "search", dir, "lease", "--json")); len(got.ids()) != 2 {
		t.Errorf("%v are left", got.ids())
	}
}

// TestSortMatchesNamesExactly: of the lines of sort too.
func TestSortMatchesNamesExactly(t *testing.T) {
	lines := `{"text":"a lease","Text":"a river"}` + "\n" + `{"text":"a river","TEXT":"a lease"}` + "\n"
	if got, want := succeed(t, lines, "sort", "lease", "--rerank", "none"), lines; got != want {
		t.Errorf("%s", got)
	}
	fail(t, exitFailure, "standard input:1: text: the member appears twice", `{"text":"a","text":"b"}`, "sort", "lease")
}

package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/index"
	"github.com/flashrerank/rerank/internal/testenv"
	"github.com/flashrerank/rerank/pipeline"
)

// answer is what a command line ended with.
type answer struct {
	code           int
	stdout, stderr string
}

func command(t *testing.T, stdin string, args ...string) answer {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(t.Context(), args, strings.NewReader(stdin), &out, &errs)
	return answer{code, out.String(), errs.String()}
}

// succeed runs a command line that must end with 0.
func succeed(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	a := command(t, stdin, args...)
	if a.code != exitOK {
		t.Fatalf("rerank %q ended with %d: %s", args, a.code, a.stderr)
	}
	return a.stdout
}

// fail runs a command line that must end with a code and say some words.
func fail(t *testing.T, code int, words, stdin string, args ...string) {
	t.Helper()
	a := command(t, stdin, args...)
	if a.code != code || !strings.Contains(a.stderr, words) {
		t.Errorf("rerank %q ended with %d, not %d, and says %q, not %q", args, a.code, code, a.stderr, words)
	}
	if a.stdout != "" {
		t.Errorf("rerank %q failed and wrote %q", args, a.stdout)
	}
}

func decode[T any](t *testing.T, s string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(s), &v); err != nil {
		t.Fatalf("%v in %s", err, s)
	}
	return v
}

func write(t *testing.T, name, content string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

const corpus = `{"_id": "lease", "title": "Flat", "text": "The lease of the flat ends in May."}
{"_id": "bread", "text": "Bake the bread for forty minutes."}
{"_id": "river", "text": "The river bank floods when the snow melts."}
{"_id": "rent", "text": "Our tenancy agreement expires next spring."}
`

type found struct {
	Hits []struct {
		ID    string
		Score float64
		Scale string
	}
	Stages       []struct{ Stage string }
	Explanations []struct {
		Value   float64
		Details []any
	}
}

func (f found) ids() []string {
	var ids []string
	for _, h := range f.Hits {
		ids = append(ids, h.ID)
	}
	return ids
}

func TestIndexAndSearch(t *testing.T) {
	testenv.Native(t)
	dir := filepath.Join(t.TempDir(), "index")
	made := decode[indexed](t, succeed(t, corpus, "index", "-o", dir, "--vectors", "--json", "-"))
	if made.Documents != 4 || made.Added != 4 || made.Model == nil || made.Analyzer == "" {
		t.Errorf("%+v", made)
	}
	for _, c := range []struct {
		first, rerank string
		best          string
	}{
		{"bm25", "none", "lease"}, {"bm25", "minilm", "lease"}, {"bm25", "minilm-cosine", "lease"}, {"bm25", "bm25", "lease"},
		{"tfidf", "none", "lease"}, {"dense", "none", "lease"}, {"hybrid", "none", "lease"}, {"hybrid", "minilm", "lease"},
	} {
		out := succeed(t, "", "search", dir, "the lease of the flat ends", "--first", c.first, "--rerank", c.rerank, "--explain", "--json")
		f := decode[found](t, out)
		if len(f.Hits) == 0 || f.Hits[0].ID != c.best || len(f.Explanations) != len(f.Hits) || len(f.Stages) == 0 {
			t.Errorf("--first %s --rerank %s: %s", c.first, c.rerank, out)
		}
	}
	// An index with vectors is searched by both, unless told otherwise.
	if f := decode[found](t, succeed(t, "", "search", dir, "the lease of the flat ends", "--json")); f.Hits[0].ID != "lease" || !slices.ContainsFunc(f.Stages, func(s struct{ Stage string }) bool { return s.Stage == "hybrid" }) {
		t.Errorf("by default: %+v", f)
	}
	// What means the same without a word in common is found by its vector.
	f := decode[found](t, succeed(t, "", "search", dir, "termination of rental contracts", "--first", "dense", "--rerank", "none", "--json", "-n", "2"))
	if !slices.Contains(f.ids(), "rent") {
		t.Errorf("dense search finds %v", f.ids())
	}
	text := succeed(t, "", "search", dir, "lease", "--rerank", "none", "--explain")
	if !strings.Contains(text, "idf") || !strings.Contains(text, "Flat") {
		t.Errorf("explained: %s", text)
	}
	if a := command(t, "", "search", dir, "xylophone", "--first", "bm25", "--rerank", "none"); a.code != exitOK || !strings.Contains(a.stderr, "nothing found") {
		t.Errorf("nothing found: %+v", a)
	}
}

func TestIndexSources(t *testing.T) {
	from := t.TempDir()
	write(t, filepath.Join(from, "notes", "a.md"), "# Lease\n\nThe flat is ours.\n\n## Ending\n\nThe lease ends in May.\n")
	write(t, filepath.Join(from, "notes", "b.txt"), "The river floods.\n")
	write(t, filepath.Join(from, "notes", "c.png"), "\x89PNG\x00")
	write(t, filepath.Join(from, "rows.tsv"), "d1\tfirst text\nd2\tsecond title\tsecond text\n")
	write(t, filepath.Join(from, "code", "go.mod"), "module example.org/lease\n")
	write(t, filepath.Join(from, "code", "lease.go"), "// Package lease knows when leases end.\npackage lease\n\n// End tells when.\nfunc End() {}\n")
	for _, c := range []struct {
		stdin string
		args  []string
		least int
	}{
		{"", []string{filepath.Join(from, "notes")}, 3},
		{"", []string{filepath.Join(from, "rows.tsv")}, 2},
		{"", []string{"--go", filepath.Join(from, "code")}, 2},
		{"", []string{"go:" + filepath.Join(from, "code")}, 2},
		{"x\tsome text\n", []string{"-"}, 1},
		{"# Title\n\nsome text\n", []string{"--format", "text", "-"}, 1},
		{"", []string{filepath.Join(from, "rows.tsv"), filepath.Join(from, "notes")}, 5},
	} {
		dir := filepath.Join(t.TempDir(), "index")
		made := decode[indexed](t, succeed(t, c.stdin, append([]string{"index", "--json", "-o", dir}, c.args...)...))
		if made.Documents < c.least {
			t.Errorf("%q: %+v", c.args, made)
		}
	}
}

func TestAppendAndOverwrite(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "index")
	succeed(t, corpus, "index", "-o", dir, "-")
	fail(t, exitFailure, "--append", corpus, "index", "-o", dir, "-")
	added := decode[indexed](t, succeed(t, `{"_id":"bread","text":"new"}`+"\n"+`{"_id":"five","text":"more"}`, "index", "--append", "--json", "-o", dir, "-"))
	if added.Documents != 5 || added.Added != 1 || added.Replaced != 1 {
		t.Errorf("appended: %+v", added)
	}
	replaced := decode[indexed](t, succeed(t, "a\tone\n", "index", "--overwrite", "--json", "-o", dir, "-"))
	if replaced.Documents != 1 {
		t.Errorf("overwritten: %+v", replaced)
	}
}

// TestBadInput goes through what the user can get wrong: each is told, with
// file and line, and leaves nothing half-written.
func TestBadInput(t *testing.T) {
	from := t.TempDir()
	bad := write(t, filepath.Join(from, "bad.jsonl"), `{"_id":"a","text":"one"}`+"\n"+`{"_id":"b","text":`+"\n"+`{"_id":"c","text":"three"}`+"\n")
	dir := filepath.Join(from, "index")
	fail(t, exitFailure, "bad.jsonl:2", "", "index", "-o", dir, bad)
	fail(t, exitFailure, "no such file", "", "index", "-o", dir, filepath.Join(from, "absent.jsonl"))
	fail(t, exitUsage, "klingon", "", "index", "-o", dir, "--analyzer", "klingon", bad)
	fail(t, exitUsage, "with -o", "", "index", bad)
	entries, err := os.ReadDir(from)
	if err != nil || len(entries) != 1 {
		t.Errorf("failures left %v, %v", entries, err)
	}
	made := decode[indexed](t, succeed(t, "", "index", "--skip-bad", "--json", "-o", dir, bad))
	if made.Documents != 2 || made.Bad != 1 {
		t.Errorf("--skip-bad: %+v", made)
	}
	made = decode[indexed](t, succeed(t, `{"_id":"a","text":"old"}`+"\n"+`{"_id":"a","text":"new`+"\xff"+`"}`+"\n", "index", "--overwrite", "--json", "-o", dir, "-"))
	if made.Documents != 1 || made.Duplicates != 1 || made.Repaired != 1 {
		t.Errorf("one ID twice and bytes that are not UTF-8: %+v", made)
	}
	if f := decode[found](t, succeed(t, "", "search", dir, "new", "--rerank", "none", "--json")); len(f.Hits) != 1 {
		t.Errorf("the last of two does not win: %+v", f)
	}
	empty := filepath.Join(from, "empty")
	if made := decode[indexed](t, succeed(t, "", "index", "--json", "-o", empty, "-")); made.Documents != 0 {
		t.Errorf("empty corpus: %+v", made)
	}
	if f := decode[found](t, succeed(t, "", "search", empty, "anything", "--json")); len(f.Hits) != 0 {
		t.Errorf("search of an empty index: %+v", f)
	}
}

// TestIndexKeepsForeignFiles: index -o removes nothing that it did not make,
// and says whose files are in its way.
func TestIndexKeepsForeignFiles(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "index")
	succeed(t, corpus, "index", "-o", dir, "-")
	thesis := write(t, filepath.Join(dir, "thesis.txt"), "precious")
	fail(t, exitFailure, "thesis.txt", corpus, "index", "--overwrite", "-o", dir, "-")
	jar := write(t, filepath.Join(parent, "jar", "manifest"), "Manifest-Version: 1.0\n")
	fail(t, exitFailure, "choose another folder", corpus, "index", "--overwrite", "-o", filepath.Dir(jar), "-")
	for _, name := range []string{thesis, jar} {
		if _, err := os.Stat(name); err != nil {
			t.Error(err)
		}
	}
	if entries, err := os.ReadDir(parent); err != nil || len(entries) != 2 {
		t.Errorf("left beside: %v, %v", entries, err)
	}
}

// TestOutdatedIndex: what this program cannot read is refused with the command
// that makes it again.
func TestOutdatedIndex(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "index")
	succeed(t, corpus, "index", "-o", dir, "-")
	manifest := filepath.Join(dir, "manifest")
	text, err := os.ReadFile(manifest)
	if err != nil {
		t.Fatal(err)
	}
	text[8] = 1 // the version
	write(t, manifest, string(text))
	fail(t, exitFailure, "format version 1", "", "search", dir, "lease")
	fail(t, exitFailure, "rerank index --overwrite -o "+dir, "", "search", dir, "lease")
	succeed(t, corpus, "index", "--overwrite", "-o", dir, "-")
	succeed(t, "", "search", dir, "lease", "--rerank", "none")
}

func TestSecondWriterIsRefused(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "index")
	succeed(t, corpus, "index", "-o", dir, "-")
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
	fail(t, exitFailure, "written by another", corpus, "index", "--append", "-o", dir, "-")
	fail(t, exitFailure, "cannot be replaced now", corpus, "index", "--overwrite", "-o", dir, "-")
}

func TestWrongCommandLines(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "index")
	succeed(t, corpus, "index", "-o", dir, "-")
	for words, args := range map[string][]string{
		`unknown command "serch"`:                      {"serch"},
		"unknown flag":                                 {"search", "--frist", "x"},
		"the query is empty":                           {"search", dir, " "},
		"must be at least 1":                           {"search", dir, "a", "-n", "-1"},
		`unknown parameter "k2"; did you mean`:         {"search", dir, "a", "--bm25", "lucene:k2=1"},
		"not of the form":                              {"search", dir, "a", "--bm25", "lucene:k1"},
		"there is no query":                            {"sort"},
		`known are "info", "list", "pull"`:             {"model", "burn"},
		`unknown value "moon"; known are "auto", "go"`: {"demo", "--corpus", "moon"},
		"no effect on --rerank bm25":                   {"sort", "a", "--rerank", "bm25", "--early"},
		"--within must be above 0":                     {"search", dir, "a", "--within", "-1s"},
	} {
		fail(t, exitUsage, words, "", args...)
	}
	fail(t, exitFailure, "no vectors", "", "search", dir, "a", "--first", "dense")
	fail(t, exitFailure, "index", "", "search", filepath.Join(dir, "absent"), "a")
}

func TestSort(t *testing.T) {
	testenv.Native(t)
	lines := "Bake the bread.\nThe lease ends in May.\nSnow melts."
	if got := succeed(t, lines, "sort", "when does the contract for the flat end", "-n", "1"); got != "The lease ends in May.\n" && got != "The lease ends in May." {
		t.Errorf("sorted: %q", got)
	}
	all := strings.Split(strings.TrimSpace(succeed(t, lines, "sort", "lease", "--scores")), "\n")
	if len(all) != 3 || !regexp.MustCompile(`^[\d.]+\tThe lease ends in May\.$`).MatchString(all[0]) {
		t.Errorf("with scores: %q", all)
	}
	out := succeed(t, `{"body":"bread"}`+"\n"+`{"body":"the lease"}`+"\n", "sort", "lease", "--field", "body", "--rerank", "none")
	if out != `{"body":"the lease"}`+"\n"+`{"body":"bread"}`+"\n" {
		t.Errorf("JSON lines: %q", out)
	}
	fail(t, exitFailure, "standard input:2", `{"text":"a"}`+"\n"+`{"text"`+"\n", "sort", "lease")
	if got := succeed(t, "", "sort", "lease"); got != "" {
		t.Errorf("no lines give %q", got)
	}
	type sorted struct {
		Lines []struct{ Line int }
	}
	if s := decode[sorted](t, succeed(t, lines, "sort", "lease", "--json")); len(s.Lines) != 3 || s.Lines[0].Line != 2 {
		t.Errorf("%+v", s)
	}
}

func TestEarlyAnswers(t *testing.T) {
	testenv.Native(t)
	lines := "Bake the bread. " + strings.Repeat("Stir it well. ", 40) + "\nThe lease ends in May.\nSnow melts."
	for _, flags := range [][]string{{"--early"}, {"--within", "1m"}, {"--early", "--within", "1m"}} {
		out := succeed(t, lines, append([]string{"sort", "when does the contract for the flat end", "-n", "1", "--json"}, flags...)...)
		if !strings.Contains(out, `"hits`) && !strings.Contains(out, "lease ends") || !strings.Contains(out, "3 hits scored quickly, 3 of them in full") {
			t.Errorf("%v: %s", flags, out)
		}
	}
	d := decode[demoRun](t, succeed(t, "", "demo", "--corpus", "builtin", "--no-cache", "--early", "--json", "find a word in many files"))
	if !slices.ContainsFunc(d.Queries[0].Stages, func(s rerank.StageReport) bool { return s.Stage == "similarity" && len(s.Notes) > 0 }) {
		t.Errorf("%+v", d.Queries[0].Stages)
	}
}

func TestDemo(t *testing.T) {
	testenv.Native(t)
	if testing.Short() {
		t.Skip("it indexes five times")
	}
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	for i := range 2 {
		d := decode[demoRun](t, succeed(t, "", "demo", "--corpus", "builtin", "--json", "two threads change the same variable"))
		if d.Corpus.Cached != (i == 1) || d.Corpus.Documents < 100 || len(d.Queries) != 1 || len(d.Queries[0].Reranked) != 5 {
			t.Errorf("run %d: %+v", i, d)
		}
	}
	// With vectors the entries of the first stage are those of the hybrid, in its order.
	for i := range 2 {
		d := decode[demoRun](t, succeed(t, "", "demo", "--corpus", "builtin", "--vectors", "--json", "two threads change the same variable"))
		if d.First != "hybrid" || d.Corpus.Cached != (i == 1) || len(d.Queries) != 1 || len(d.Queries[0].First) != 5 {
			t.Fatalf("with vectors, run %d: %+v", i, d)
		}
		for k, h := range d.Queries[0].First {
			if h.Rank != k+1 || h.First != k+1 || k > 0 && *h.Score > *d.Queries[0].First[k-1].Score {
				t.Errorf("with vectors, run %d: first stage %+v", i, d.Queries[0].First)
			}
		}
	}
	out := succeed(t, "", "demo", "--corpus", "builtin", "--no-cache", "find a word in many files", "-n", "3")
	if !strings.Contains(out, "re-ranked by best") || strings.Contains(out, "\x1b") {
		t.Errorf("shown: %q", out)
	}
}

// TestForeignLanguagesAreTold: a person is told where the models do not know a language,
// once, and the order is that of the words.
func TestForeignLanguagesAreTold(t *testing.T) {
	testenv.Native(t)
	const texts = "Bake the bread.\nКлюч от сарая лежит на полке.\nХлеб пекут сорок минут.\n"
	a := command(t, texts, "sort", "где ключ от сарая")
	if a.code != exitOK || !strings.HasPrefix(a.stdout, "Ключ") || strings.Count(a.stderr, "the query does not seem to be in English") != 1 {
		t.Errorf("%+v", a)
	}
	a = command(t, texts, "sort", "how long to bake bread")
	if a.code != exitOK || !strings.HasPrefix(a.stdout, "Bake") || !strings.Contains(a.stderr, "2 of 3 texts seem to be in a language") {
		t.Errorf("%+v", a)
	}
	dir := filepath.Join(t.TempDir(), "index")
	a = command(t, "1\tBake the bread.\n2\tКлюч от сарая лежит на полке.\n", "index", "-o", dir, "--vectors", "-")
	if a.code != exitOK || !strings.Contains(a.stderr, "1 document without a vector, apparently in a language") {
		t.Errorf("%+v", a)
	}
	a = command(t, "", "search", dir, "где ключ от сарая", "--json")
	if got := decode[found](t, a.stdout); !slices.Equal(got.ids(), []string{"2"}) || !strings.Contains(a.stdout, "does not seem to be in English") {
		t.Errorf("%+v", a)
	}
}

// TestDemoIsWhatIndexGives holds that the same words over go:std find what the
// demonstration shows, with the same scores.
func TestDemoIsWhatIndexGives(t *testing.T) {
	testenv.Native(t)
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	root := t.TempDir()
	t.Setenv("GOROOT", root)
	for name, text := range map[string]string{
		"bufio/b.go":  "// Package bufio reads text piece by piece. It has more to it.\npackage bufio\n\n// Line returns the next one.\nfunc Line() {}\n\nfunc Bare() {}\n",
		"token/t.go":  "// Package token tells where the words of a program stand.\npackage token\n\n// Line returns the line number.\nfunc Line() {}\n",
		"silent/s.go": "package silent\n\n// Read reads a text.\n//\n// It may be long, and then it is read line by line, as often as there is one.\nfunc Read() {}\n",
	} {
		write(t, filepath.Join(root, "src", name), text)
	}
	dir := filepath.Join(t.TempDir(), "index")
	succeed(t, "", "index", "-o", dir, "go:std")
	const query = "read text line by line"
	shown := decode[demoRun](t, succeed(t, "", "demo", "--corpus", "go", "--json", query)).Queries[0].Reranked
	got := decode[found](t, succeed(t, "", "search", dir, query, "-n", "5", "--json"))
	if len(shown) != len(got.Hits) || len(shown) < 3 {
		t.Fatalf("the demonstration shows %d hits, the search %d", len(shown), len(got.Hits))
	}
	for i, h := range got.Hits {
		if h.ID != shown[i].ID || h.Score != *shown[i].Score {
			t.Errorf("place %d: the demonstration has %s (%v), the search %s (%v)", i+1, shown[i].ID, *shown[i].Score, h.ID, h.Score)
		}
	}
}

func TestModelAndVersion(t *testing.T) {
	info := decode[modelInfo](t, succeed(t, "", "model", "info", "--json"))
	if info.Model.Name != "all-MiniLM-L6-v2" || len(info.Files) < 6 {
		t.Errorf("%+v", info)
	}
	if v := decode[versionInfo](t, succeed(t, "", "version", "--json")); v.Model.Fingerprint != info.Model.Fingerprint || v.SIMD == "" {
		t.Errorf("%+v", v)
	}
	if out := succeed(t, "", "model", "verify"); !strings.Contains(out, "is sound") {
		t.Errorf("verify: %s", out)
	}
	tiny := "../../biencoder/testdata/tiny"
	if got := decode[modelInfo](t, succeed(t, "", "model", "info", "--json", tiny)); got.Model.Dimensions != 32 {
		t.Errorf("%+v", got)
	}
	fail(t, exitFailure, "the folder of a model", "", "model", "verify", "absent")
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs bytes.Buffer
	dir := filepath.Join(t.TempDir(), "index")
	if code := run(ctx, []string{"index", "-o", dir, "go:std"}, strings.NewReader(""), &out, &errs); code != exitInterrupted {
		t.Errorf("ended with %d: %s", code, errs.String())
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("an index was left")
	}
}

func TestHelpHasExamples(t *testing.T) {
	for _, name := range []string{"demo", "index", "search", "sort", "version"} {
		if out := succeed(t, "", name, "--help"); !strings.Contains(out, "Examples:\n  rerank "+name) && !strings.Contains(out, "| rerank "+name) {
			t.Errorf("%s --help: %s", name, out)
		}
	}
}

// TestPipelineOfTheDocs runs the pipeline that docs/cli.md shows.
func TestPipelineOfTheDocs(t *testing.T) {
	testenv.Native(t)
	page, err := os.ReadFile("../../docs/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(page), "```yaml\n")
	text, _, closed := strings.Cut(rest, "```")
	if !ok || !closed {
		t.Fatal("docs/cli.md shows no pipeline")
	}
	if _, err := pipeline.Parse([]byte(text)); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "index")
	succeed(t, corpus, "index", "--vectors", "-o", dir, "-")
	file := write(t, filepath.Join(t.TempDir(), "pipeline.yaml"), text)
	f := decode[found](t, succeed(t, "", "search", dir, "when does the lease end", "--pipeline", file, "--json"))
	if len(f.Hits) == 0 || f.Hits[0].ID != "lease" {
		t.Errorf("%+v", f)
	}
}

// BenchmarkDemoFromCache is the second run of the README's query: the index is
// in the cache, the model is loaded anew.
func BenchmarkDemoFromCache(b *testing.B) {
	b.Setenv("XDG_CACHE_HOME", b.TempDir())
	args := []string{"demo", "--quiet", "read a file line by line"}
	demo := func() {
		var out, errs bytes.Buffer
		if code := run(b.Context(), args, strings.NewReader(""), &out, &errs); code != exitOK {
			b.Fatalf("ended with %d: %s", code, errs.String())
		}
	}
	demo() // makes the index
	for b.Loop() {
		demo()
	}
}

// TestModelsWhoseScoresAreNoNumbers: a damaged model is an error and exit code 1, alone and in a blend.
func TestModelsWhoseScoresAreNoNumbers(t *testing.T) {
	for _, c := range []struct{ from, name string }{
		{"../../crossencoder/testdata/tiny1", ""}, {"../../biencoder/testdata/tiny", ""}, {"../../biencoder/testdata/tiny", "cosine:"},
	} {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(c.from)); err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(dir, "model.safetensors")
		weights, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for at := 8 + int(binary.LittleEndian.Uint64(weights)); at < len(weights); at += 4 {
			binary.LittleEndian.PutUint32(weights[at:], math.Float32bits(3e38))
		}
		write(t, name, string(weights))
		fail(t, 1, "not a finite number", "alpha\nbeta\n", "sort", "hello", "--rerank", c.name+dir)
	}
}

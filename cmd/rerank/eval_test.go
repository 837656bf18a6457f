package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flashrerank/rerank/experiment"
	"github.com/flashrerank/rerank/internal/testenv"
)

// judged writes a small collection and returns its folder.
func judged(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "corpus.jsonl"), corpus)
	write(t, filepath.Join(dir, "queries.jsonl"), `{"_id":"q1","text":"when does the lease of the flat end"}`+"\n"+`{"_id":"q2","text":"how long to bake bread"}`+"\n")
	write(t, filepath.Join(dir, "qrels", "test.tsv"), "query-id\tcorpus-id\tscore\nq1\tlease\t2\nq1\trent\t1\nq2\tbread\t1\n")
	return dir
}

func TestEvalSystems(t *testing.T) {
	dir, cache, out := judged(t), t.TempDir(), t.TempDir()
	page, plot := filepath.Join(out, "report.html"), filepath.Join(out, "pareto.png")
	args := []string{
		"eval", "--data", dir, "--first", "bm25,tfidf", "--rerank", "none,minilm,no/such/model", "--depth", "2,3", "--price", "minilm=0.02",
		"--measures", "nDCG@10,MAP", "--cache", cache, "--html", page, "--plot", plot,
	}
	a := command(t, "", append(args, "--json")...)
	if a.code != exitOK {
		t.Fatal(a.stderr)
	}
	r := decode[experiment.Report](t, a.stdout)
	var names []string
	for _, s := range r.Systems {
		names = append(names, s.Name)
	}
	want := []string{"bm25", "bm25 → minilm @2", "bm25 → minilm @3", "tfidf", "tfidf → minilm @2", "tfidf → minilm @3"}
	if !slices.Equal(names, want) || !slices.Equal(r.Measures, []string{"nDCG@10", "MAP"}) || len(r.Unavailable) != 4 {
		t.Errorf("systems %q, measures %q, unavailable %v", names, r.Measures, r.Unavailable)
	}
	if r.Systems[0].Values[0].Mean <= 0 || r.Systems[1].Cost <= 0 {
		t.Errorf("systems %+v", r.Systems[:2])
	}
	for _, words := range []string{"indexing documents: 4 of 4", "bm25 → minilm @2: 2 of 2", "is not available: ", "the report is in " + page} {
		if !strings.Contains(a.stderr, words) {
			t.Errorf("progress %q lacks %q", a.stderr, words)
		}
	}
	for file, begin := range map[string]string{page: "<!DOCTYPE html>", plot: "\x89PNG"} {
		if text, err := os.ReadFile(file); err != nil || !strings.HasPrefix(string(text), begin) {
			t.Errorf("%s: %v, begins with %.20q", file, err, text)
		}
	}
	// The same again is read from the cache: times and all, without a word.
	b := command(t, "", append(args, "--json", "--quiet")...)
	if b.stderr != "" {
		t.Errorf("--quiet writes %q", b.stderr)
	}
	again := decode[experiment.Report](t, b.stdout)
	for i := range again.Systems {
		again.Systems[i].PeakMemory = r.Systems[i].PeakMemory
	}
	if diff := cmp.Diff(r, again); diff != "" {
		t.Errorf("a second run differs (-first +second)\n%s", diff)
	}
	checkForms(t, args, len(r.Systems)*len(r.Measures))
}

// checkForms asks for the same report as text, CSV and Markdown.
func checkForms(t *testing.T, args []string, rows int) {
	t.Helper()
	if text := succeed(t, "", args...); !strings.Contains(text, "bm25 → minilm @3") || !strings.Contains(text, "95 % CI") {
		t.Errorf("as text: %s", text)
	}
	table, err := csv.NewReader(strings.NewReader(succeed(t, "", append(args, "--format", "csv")...))).ReadAll()
	if err != nil || len(table) != rows+1 {
		t.Errorf("as CSV: %d rows, %v", len(table), err)
	}
	if text := succeed(t, "", append(args, "--format", "markdown")...); !strings.Contains(text, "| --- |") {
		t.Errorf("as Markdown: %s", text)
	}
}

func TestEvalFile(t *testing.T) {
	dir := judged(t)
	file := write(t, filepath.Join(filepath.Dir(dir), "x.yaml"), "data: \""+filepath.Base(dir)+"\"\nfirst: [tfidf]\nrerank: [none]\nsystems:\n- name: mine\n  stages: [{rerank: bm25, depth: 2}]\n")
	r := decode[experiment.Report](t, succeed(t, "", "eval", file, "--cache", "none", "--json"))
	if len(r.Systems) != 2 || r.Systems[0].Name != "tfidf" || r.Systems[1].Name != "mine" {
		t.Errorf("systems %+v", r.Systems)
	}
	fail(t, exitUsage, "--depth cannot be combined with "+file+": write the key depth into it", "", "eval", file, "--depth", "3")
}

// TestEvalInterrupted: Ctrl-C says where to go on.
func TestEvalInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs bytes.Buffer
	code := run(ctx, []string{"eval", "--data", judged(t), "--cache", t.TempDir()}, strings.NewReader(""), &out, &errs)
	if code != exitInterrupted || !strings.Contains(errs.String(), "the same command goes on from there") || out.Len() > 0 {
		t.Errorf("ended with %d, %q, %q", code, out.String(), errs.String())
	}
}

// TestTrecEval compares with what trec_eval prints, byte for byte.
func TestTrecEval(t *testing.T) {
	file := func(name string) string { return testenv.Data(t, "trec-eval-fixtures", name) }
	for want, args := range map[string][]string{
		"out.test":         {"--qrels", file("qrels.test"), "--run", file("results.test")},
		"out.comment.test": {"--qrels", file("qrels.comment.test"), "--run", file("results.comment.test.gz")},
	} {
		text, err := os.ReadFile(file(want))
		if err != nil {
			t.Fatal(err)
		}
		got := succeed(t, "", append([]string{"eval", "--format", "trec_eval"}, args...)...)
		if diff := cmp.Diff(string(text), got); diff != "" {
			t.Errorf("%s (-trec_eval +rerank)\n%s", want, diff)
		}
	}
	got := succeed(t, "", "eval", "--format", "trec_eval", "--qrels", file("qrels.test"), "--run", file("results.trunc"),
		"--measures", "P.5,map", "-c", "-M", "100", "--per-query")
	want, err := os.ReadFile(file("out.test.aqcM"))
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	for line := range strings.Lines(got) {
		if lines++; !strings.HasPrefix(line, "runid") && !strings.Contains(string(want), line) {
			t.Errorf("trec_eval does not print %q", line)
		}
	}
	if lines < 6 {
		t.Errorf("only %d lines: %s", lines, got)
	}
}

const (
	someQrels = "q1 0 a 1\nq1 0 b 0\nq2 0 c 2\n"
	someRun   = "q1 Q0 b 1 9 x\nq1 Q0 a 2 8 x\nq2 Q0 c 1 1 x\n"
)

func TestEvalRuns(t *testing.T) {
	dir := t.TempDir()
	qrels := write(t, filepath.Join(dir, "qrels"), someQrels)
	one := write(t, filepath.Join(dir, "one.run"), someRun)
	two := write(t, filepath.Join(dir, "two.run"), `{"qid":"q1","docid":"a","score":1}`+"\n"+`{"qid":"q2","docid":"c","rank":1}`+"\n")
	r := decode[experiment.Report](t, succeed(t, "", "eval", "--qrels", qrels, "--run", one, "--run", two, "--measures", "MRR", "--json"))
	if len(r.Systems) != 2 || r.Systems[0].Name != "one.run" || r.Systems[0].Values[0].Mean != 0.75 || r.Systems[1].Values[0].Mean != 1 || len(r.Comparisons) != 1 {
		t.Errorf("%+v", r)
	}
	text := succeed(t, "", "eval", "--qrels", qrels, "--run", one, "--measures", "MRR")
	if !strings.Contains(text, "0.7500") || strings.Contains(text, "p50") {
		t.Errorf("as text: %s", text)
	}
	page := filepath.Join(dir, "r.html")
	succeed(t, "", "eval", "--qrels", qrels, "--run", one, "--run", two, "--html", page)
	if info, err := os.Stat(page); err != nil || info.Size() == 0 {
		t.Errorf("the page: %v", err)
	}
}

// TestEvalBadInput: the error names the file, and the line where there is one.
func TestEvalBadInput(t *testing.T) {
	zipped := func(text string, cut int) string {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		if _, err := z.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.String()[:b.Len()-cut]
	}
	for name, c := range map[string]struct{ qrels, run, want string }{
		"a document twice":     {someQrels, someRun + "q1 Q0 a 3 7 x\n", `run:4: document "a" appears twice for query "q1", first on line 2`},
		"a score of NaN":       {someQrels, someRun + "q1 Q0 c 3 NaN x\n", "run:4: the score is not a number: NaN"},
		"a score in words":     {someQrels, someRun + "q1 Q0 c 3 high x\n", `run:4: the score is not a number: "high"`},
		"too few columns":      {someQrels, "q1 a 1 2\n", "run:1: 4 columns, not 6"},
		"no known query":       {someQrels, "q9 Q0 a 1 1 x\n", "1 query in the run: no query has both judgments and results"},
		"judged twice":         {someQrels + "q1 0 a 0\n", someRun, `qrels:4: document "a" is judged twice for query "q1"`},
		"a bad grade":          {"q1 0 a yes\n", someRun, "qrels:1: the grade is not a whole number"},
		"no judgments":         {"# none\n", someRun, "qrels: it has no judgments"},
		"no results":           {someQrels, "\n", "run: it has no results"},
		"a truncated gzip":     {someQrels, zipped(strings.Repeat(someRun, 500), 10), ": unexpected EOF"},
		"a truncated gzip too": {zipped(someQrels, 3), someRun, "qrels:4: unexpected EOF"},
	} {
		dir := t.TempDir()
		qrels, run := write(t, filepath.Join(dir, "qrels"), c.qrels), write(t, filepath.Join(dir, "run"), c.run)
		for _, format := range []string{"trec_eval", "text"} {
			if name == "no known query" && format == "text" {
				c.want = "no query of the runs has judgments"
			}
			a := command(t, "", "eval", "--qrels", qrels, "--run", run, "--format", format)
			if a.code != exitFailure || !strings.Contains(a.stderr, c.want) || a.stdout != "" {
				t.Errorf("%s, %s: ended with %d, %q, want %q", name, format, a.code, a.stderr, c.want)
			}
		}
	}
	// What trec_eval takes, we take: mixed line ends, ranks in disorder,
	// unjudged queries, judged queries without results, unknown documents.
	dir := t.TempDir()
	qrels := write(t, filepath.Join(dir, "qrels"), "q1 0 a 1\r\nq1 0 b 0\nq2 0 c 2\r\nq3 0 d 1")
	run := write(t, filepath.Join(dir, "run"), "q2 Q0 c 7 1 x\r\nq1 Q0 a 2 8 x\nq1 Q0 b 1 9 x\r\nq9 Q0 a 1 1 x\nq2 Q0 zz 1 0 x")
	got := succeed(t, "", "eval", "--qrels", qrels, "--run", run, "--format", "trec_eval", "--measures", "recip_rank")
	if want := "runid                 \tall\tx\nrecip_rank            \tall\t0.7500\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestEvalUsage(t *testing.T) {
	dir := judged(t)
	for words, args := range map[string][]string{
		"nothing to evaluate":                         {},
		"--qrels and --run must be given together":    {"--qrels", "x"},
		"--first is about searching":                  {"--qrels", "x", "--run", "y", "--first", "bm25"},
		"x.yaml cannot be combined with --run":        {"x.yaml", "--qrels", "x", "--run", "y"},
		"--max must be at least 0":                    {"--qrels", "x", "--run", "y", "-M", "-1"},
		"--format trec_eval is for":                   {"--data", dir, "--format", "trec_eval"},
		`--format: unknown value "pdf"`:               {"--data", dir, "--format", "pdf"},
		"must end in .svg or .png":                    {"--data", dir, "--plot", "x.gif"},
		`--price minilm=dear: "dear" is not a number`: {"--data", dir, "--price", "minilm=dear"},
		`--price minilm=3,5: "3,5" is not a number`:   {"--data", dir, "--price", `"minilm=3,5"`},
		`--price minilm=3x: "3x" is not a number`:     {"--data", dir, "--price", "minilm=3x"},
		"depth[0]: 0 is not between":                  {"--data", dir, "--depth", "0"},
		"measures[0]":                                 {"--data", dir, "--measures", "quality"},
	} {
		fail(t, exitUsage, words, "", append([]string{"eval"}, args...)...)
	}
	fail(t, exitFailure, "none", "", "eval", "--data", filepath.Join(dir, "none"))
	fail(t, exitFailure, "no/folder", "", "eval", "--data", dir, "--html", "no/folder/x.html")
}

func TestCompare(t *testing.T) {
	testenv.Native(t)
	dir := filepath.Join(t.TempDir(), "index")
	succeed(t, corpus, "index", "-o", dir, "--vectors", "-")
	o := decode[compared](t, succeed(t, "", "compare", dir, "the lease of the flat", "--rerank", "minilm,minilm-cosine,no/such/model", "-n", "2", "--json"))
	var names []string
	for _, m := range o.Methods {
		names = append(names, m.Name)
		if len(m.Hits) == 0 || m.Hits[0].ID != "lease" || *m.Hits[0].First != 1 || m.Elapsed <= 0 || len(m.Stages) == 0 {
			t.Errorf("method %+v", m)
		}
	}
	if want := []string{"bm25", "tfidf", "dense", "hybrid", "bm25 → minilm", "bm25 → minilm-cosine", "hybrid → minilm", "hybrid → minilm-cosine"}; !slices.Equal(names, want) {
		t.Errorf("methods %q, want %q", names, want)
	}
	if len(o.Unavailable) != 2 || o.Unavailable[0].Name != "bm25 → no/such/model" {
		t.Errorf("unavailable %+v", o.Unavailable)
	}
	text := succeed(t, "", "compare", dir, "the lease of the flat", "-n", "2")
	for _, words := range []string{"bm25", "hybrid", "lease", "not among its candidates"} {
		if !strings.Contains(text, words) {
			t.Errorf("%q is not in\n%s", words, text)
		}
	}
	bare := filepath.Join(t.TempDir(), "bare")
	succeed(t, corpus, "index", "-o", bare, "-")
	o = decode[compared](t, succeed(t, "", "compare", bare, "lease", "--json"))
	if len(o.Unavailable) != 2 || !strings.Contains(o.Unavailable[0].Why, "the index has no vectors") {
		t.Errorf("without vectors: unavailable %+v", o.Unavailable)
	}
	// No configuration and no index: the collection in the program.
	o = decode[compared](t, succeed(t, "", "compare", "why is the sky blue", "--corpus", "builtin", "--json"))
	if len(o.Methods) < 3 || o.Documents == 0 {
		t.Errorf("without an index: %+v", o)
	}
	fail(t, exitUsage, "-n must be above 0", "", "compare", dir, "lease", "-n", "0")
	fail(t, exitUsage, "a query", "", "compare")
}

// TestEvalOfAnotherCollection: a run none of whose results is judged is an
// error, not a row of zeros.
func TestEvalOfAnotherCollection(t *testing.T) {
	dir := t.TempDir()
	qrels, run := filepath.Join(dir, "qrels.txt"), filepath.Join(dir, "tabs.run")
	write(t, qrels, "q1\t0\ta\t1\nq1\t0\tb\t0\n")
	write(t, run, "q0\tQ0\tz\t1\t10\tt\nq1\tQ0\ta x\t1\t9\tt\nq1\tQ0\tb x\t2\t8\tt\n")
	for _, format := range []string{"trec_eval", "text", "json"} {
		fail(t, exitFailure, run+`:2: document "a x" has no judgment for query "q1", and neither has any other result of the run; judged is "a" for example`, "",
			"eval", "--qrels", qrels, "--run", run, "--format", format)
	}
}

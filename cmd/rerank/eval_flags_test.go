package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/flashrerank/rerank/experiment"
)

// flagCase is what a flag of eval does in each way of evaluating.
type flagCase struct {
	value string            // "" for a switch; "OUT/…" is a place for output
	with  []string          // further arguments that it needs to have an effect
	modes map[string]string // by mode: words of the refusal, or "" where it has an effect
}

const (
	data, file, runs, trec = "data", "file", "runs", "trec_eval"
	toWrite                = "write the key "
	noSearch               = "is about searching, and has no effect on --run"
)

// evalFlagCases has every flag of eval.
var evalFlagCases = map[string]flagCase{
	"data":     {"OTHER", nil, map[string]string{data: "", file: toWrite + "data", runs: noSearch, trec: noSearch}},
	"split":    {"dev", nil, map[string]string{data: "", file: toWrite + "split", runs: noSearch, trec: noSearch}},
	"analyzer": {"split", nil, map[string]string{data: "", file: toWrite + "analyzer", runs: noSearch, trec: noSearch}},
	"model":    {"fp32:minilm", nil, map[string]string{data: "--model has no effect on --first bm25", file: toWrite + "model", runs: noSearch, trec: noSearch}},
	"vectors":  {"", nil, map[string]string{data: "", file: toWrite + "vectors", runs: noSearch, trec: noSearch}},
	"first":    {"tfidf", nil, map[string]string{data: "", file: toWrite + "first", runs: noSearch, trec: noSearch}},
	"bm25":     {"lucene:k1=30,b=0", nil, map[string]string{data: "", file: toWrite + "bm25", runs: noSearch, trec: noSearch}},
	"rerank":   {"bm25", nil, map[string]string{data: "", file: toWrite + "rerank", runs: noSearch, trec: noSearch}},
	"depth":    {"1", []string{"--rerank", "minilm-cosine"}, map[string]string{data: "", file: toWrite + "depth", runs: noSearch, trec: noSearch}},
	"measures": {"P(rel=2)@2,AP", nil, map[string]string{data: "", file: toWrite + "measures", runs: "", trec: ""}},
	"queries":  {"1", nil, map[string]string{data: "", file: toWrite + "queries", runs: noSearch, trec: noSearch}},
	"price":    {"minilm-cosine=3", []string{"--rerank", "minilm-cosine"}, map[string]string{data: "", file: toWrite + "prices", runs: noSearch, trec: noSearch}},
	"format":   {"csv", nil, map[string]string{data: "", file: "", runs: "", trec: ""}},
	"html": {"OUT/r.html", nil, map[string]string{data: "", file: "", runs: "",
		trec: "--html cannot be combined with --format trec_eval"}},
	"plot":        {"OUT/p.svg", nil, map[string]string{data: "", file: "", runs: noSearch, trec: noSearch}},
	"save-runs":   {"OUT/runs", nil, map[string]string{data: "", file: "", runs: noSearch, trec: noSearch}},
	"cache":       {"OUT/cache", nil, map[string]string{data: "", file: "", runs: noSearch, trec: noSearch}},
	"qrels":       {"OTHER/qrels/dev.tsv", nil, map[string]string{data: "--qrels and --run must be given together", file: "--qrels and --run must be given together", runs: "", trec: ""}},
	"run":         {"OTHER/other.run", nil, map[string]string{data: "--qrels and --run must be given together", file: "--qrels and --run must be given together", runs: "", trec: "prints one --run, not 2"}},
	"per-query":   {"", nil, map[string]string{data: "", file: "", runs: "", trec: ""}},
	"complete":    {"", nil, map[string]string{data: "", file: toWrite + "rules.complete", runs: "", trec: ""}},
	"level":       {"2", nil, map[string]string{data: "", file: toWrite + "rules.level", runs: "", trec: ""}},
	"max":         {"1", nil, map[string]string{data: "", file: toWrite + "rules.max", runs: "", trec: ""}},
	"judged-only": {"", nil, map[string]string{data: "", file: toWrite + "rules.judged_only", runs: "", trec: ""}},
	"no-self":     {"", nil, map[string]string{data: "", file: toWrite + "rules.no_self", runs: "", trec: ""}},
	"json":        {"", nil, map[string]string{data: "", file: "", runs: "", trec: "--json cannot be combined with --format trec_eval"}},
}

// TestEveryEvalFlag: in each way of evaluating a flag has an effect, or is
// refused with an error that names it and what it does not go with.
func TestEveryEvalFlag(t *testing.T) {
	if testing.Short() {
		t.Skip("it evaluates a hundred times")
	}
	dir := judgedForFlags(t)
	modes := map[string][]string{
		data: {"eval", "--data", dir, "--rerank", "none"},
		file: {"eval", filepath.Join(dir, "x.yaml")},
		runs: {"eval", "--qrels", filepath.Join(dir, "qrels", "test.tsv"), "--run", filepath.Join(dir, "one.run")},
		trec: {"eval", "--qrels", filepath.Join(dir, "qrels", "test.tsv"), "--run", filepath.Join(dir, "one.run"), "--format", "trec_eval"},
	}
	before := map[string]answer{}
	plain := func(args []string) answer {
		key := strings.Join(args, " ")
		if _, ok := before[key]; !ok {
			before[key] = command(t, "", args...)
		}
		return before[key]
	}
	for mode, args := range modes {
		if args = withoutCache(mode, args); timeless(plain(args)) != timeless(command(t, "", args...)) {
			t.Fatalf("%s: the same twice gives different output: the test cannot tell an effect", mode)
		}
	}
	var flags []string
	(&app{}).root().PersistentFlags().VisitAll(func(f *pflag.Flag) { flags = append(flags, f.Name) })
	(&app{}).evalCommand().Flags().VisitAll(func(f *pflag.Flag) { flags = append(flags, f.Name) })
	for _, name := range flags {
		if name == "quiet" || name == "help" { // they are about no evaluation
			continue
		}
		c, ok := evalFlagCases[name]
		if !ok {
			t.Errorf("--%s: no test says what it does in each way of evaluating", name)
			continue
		}
		for mode, words := range c.modes {
			out := t.TempDir()
			args := slices.Clone(modes[mode])
			if mode == data { // where systems are declared, what goes with the flag
				args = append(args, c.with...)
			}
			flag := "--" + name
			if c.value != "" {
				flag += "=" + strings.NewReplacer("OUT", out, "OTHER", filepath.Join(dir, "other")).Replace(c.value)
			}
			if name != "cache" {
				args = withoutCache(mode, args)
			}
			checkFlag(t, mode, name, words, plain(args), command(t, "", append(args, flag)...), out)
		}
	}
}

func withoutCache(mode string, args []string) []string {
	if mode == data || mode == file {
		args = append(args, "--cache", "none", "-q") // progress tells times
	}
	return slices.Clip(args)
}

// checkFlag compares what a command line gave without a flag and with it.
func checkFlag(t *testing.T, mode, name, words string, plain, flagged answer, out string) {
	t.Helper()
	if words != "" {
		if flagged.code != exitUsage || !strings.Contains(flagged.stderr, words) || !strings.Contains(flagged.stderr, "--"+name) {
			t.Errorf("%s, --%s: ended with %d, %q, want %q", mode, name, flagged.code, flagged.stderr, words)
		}
		return
	}
	if plain.code != exitOK || flagged.code != exitOK {
		t.Errorf("%s, --%s: ended with %d, without with %d: %s %s", mode, name, flagged.code, plain.code, flagged.stderr, plain.stderr)
		return
	}
	written, err := os.ReadDir(out)
	if err != nil {
		t.Fatal(err)
	}
	if len(written) == 0 && timeless(plain) == timeless(flagged) {
		t.Errorf("%s, --%s changes nothing: %s", mode, name, flagged.stdout)
	}
}

// timed are the numbers that tell times and memory: those with three decimals
// or one; measures have four.
var timed = regexp.MustCompile(`\b\d+\.(\d{3}|\d)\b`)

// timeless is what was written without times, and without what hangs on them.
func timeless(a answer) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(timed.ReplaceAllString(a.stdout+" "+a.stderr, "T"), "*", "")), " ")
}

// judgedForFlags is a collection on which every flag makes a difference, with
// another beside it.
func judgedForFlags(t *testing.T) string {
	t.Helper()
	dir := judged(t)
	write(t, filepath.Join(dir, "corpus.jsonl"), corpus+`{"_id":"q1","text":"when does the lease of the flat end"}`+"\n"+
		`{"_id":"long","text":"lease lease flat and flats, ends and ending, with many other words in the same long document about nothing at all"}`+"\n")
	write(t, filepath.Join(dir, "qrels", "test.tsv"), "query-id\tcorpus-id\tscore\nq1\tlease\t2\nq1\trent\t1\nq2\tbread\t1\nq7\tbread\t1\n")
	write(t, filepath.Join(dir, "qrels", "dev.tsv"), "q1\trent\t1\n")
	write(t, filepath.Join(dir, "one.run"), "q1 Q0 q1 1 9 x\nq1 Q0 zzz 2 8 x\nq1 Q0 rent 3 7 x\nq1 Q0 lease 4 6 x\nq2 Q0 bread 1 1 x\n")
	write(t, filepath.Join(dir, "x.yaml"), "data: .\nrerank: [none]\n")
	other := filepath.Join(dir, "other")
	write(t, filepath.Join(other, "corpus.jsonl"), corpus)
	write(t, filepath.Join(other, "queries.jsonl"), `{"_id":"q1","text":"bread"}`+"\n")
	write(t, filepath.Join(other, "qrels", "test.tsv"), "q1\tbread\t1\n")
	write(t, filepath.Join(other, "qrels", "dev.tsv"), "q1\tlease\t1\n")
	write(t, filepath.Join(other, "other.run"), "q1 Q0 lease 1 9 x\n")
	return dir
}

// TestEvalFlagsTogether: what goes with some flags only.
func TestEvalFlagsTogether(t *testing.T) {
	dir := judgedForFlags(t)
	for words, args := range map[string][]string{
		"--complete cannot be combined with --queries": {"--data", dir, "-c", "--queries", "1"},
		"--json cannot be combined with --format csv":  {"--data", dir, "--json", "--format", "csv"},
		"--bm25 has no effect on --first dense":        {"--data", dir, "--bm25", "atire", "--first", "dense", "--rerank", "none"},
		"--bm25 has no effect on --first tfidf":        {"--data", dir, "--bm25", "atire", "--first", "tfidf", "--rerank", "none"},
		"is given twice":                               {"--qrels", "x", "--run", "y", "--run", "y"},
		`there is no stage "minlm"`:                    {"--data", dir, "--price", "minlm=1"},
		"--data cannot be combined with":               {filepath.Join(dir, "x.yaml"), "--data", dir},
		"alpha_nDCG is not computed here":              {"--data", dir, "--measures", "alpha_nDCG@10"},
		"--level at least 1":                           {"--data", dir, "-l", "0"},
	} {
		fail(t, exitUsage, words, "", append([]string{"eval"}, args...)...)
	}
	r := decode[experiment.Report](t, succeed(t, "", "eval", "--data", dir, "--cache", "none", "--rerank", "none", "--json", "-q",
		"--measures", "nDCG@10, P(rel=2,judged_only=True)@2,map_cut_10", "--measures", "Judged@10"))
	if want := []string{"nDCG@10", "P(rel=2,judged_only=True)@2", "map_cut_10", "Judged@10"}; !slices.Equal(r.Measures, want) {
		t.Errorf("measures %q, want %q", r.Measures, want)
	}
}

// TestNoSelfInEveryFormat: reports name the rule.
func TestNoSelfInEveryFormat(t *testing.T) {
	dir := judgedForFlags(t)
	page := filepath.Join(t.TempDir(), "r.html")
	systems := []string{"eval", "--data", dir, "--cache", "none", "--rerank", "none", "--measures", "RR@10", "--no-self", "-q"}
	finished := []string{"eval", "--qrels", filepath.Join(dir, "qrels", "test.tsv"), "--run", filepath.Join(dir, "one.run"), "--measures", "RR@10", "--no-self", "-q"}
	for _, args := range [][]string{systems, finished} {
		for _, format := range []string{"text", "markdown", "csv", "json"} {
			text := succeed(t, "", append(args, "--format", format, "--html", page)...)
			if !strings.Contains(text, "no-self") && !strings.Contains(text, "no_self") {
				t.Errorf("%s does not name the rule: %s", format, text)
			}
		}
		if text, err := os.ReadFile(page); err != nil || !strings.Contains(string(text), "no-self") {
			t.Errorf("the page does not name the rule: %v", err)
		}
	}
	got := succeed(t, "", append(finished, "--format", "trec_eval", "--per-query")...)
	if want := "RR@10                 \tq1\t0.5000\nRR@10                 \tq2\t1.0000\nrunid                 \tall\tx\n" +
		"RR@10                 \tall\t0.7500\nrule                  \tall\tno-self\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

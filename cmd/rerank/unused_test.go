package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/internal/testenv"
)

// alwaysUsed are flags that have an effect wherever their command does
// anything; those of eval are in evalFlagCases.
var alwaysUsed = map[string]string{
	"rerank search":     "first rerank depth n explain filter pipeline early within timeout",
	"rerank sort":       "n rerank scores jsonl lines early within",
	"rerank compare":    "n depth rerank model",
	"rerank demo":       "n depth rerank corpus vectors no-cache early within",
	"rerank index":      "output append overwrite vectors skip-bad go sync",
	"rerank bench":      "time model all levels short",
	"rerank serve":      "url-prefix metrics default-prompt default-prompt-name served-model-name config print-config listen tls-cert tls-key keys-file index models max-body max-bodies max-documents max-tokens timeout concurrent queue workers idle origins hosts profiles traces cache",
	"rerank model list": "known",
	"rerank delete":     "filter purge",
	"rerank export":     "filter",
}

// TestUnusedFlags: a flag that would have no effect is refused by name. Every
// flag has a case here, or is known to have an effect always.
func TestUnusedFlags(t *testing.T) {
	dir := t.TempDir()
	x := filepath.Join(dir, "index")
	succeed(t, corpus, "index", "-o", x, "-")
	tsv, text := write(t, filepath.Join(dir, "a.tsv"), "a\tb\n"), write(t, filepath.Join(dir, "a.md"), "text\n")
	lines := write(t, filepath.Join(dir, "a.jsonl"), corpus)
	write(t, filepath.Join(dir, "p.yaml"), "first: {kind: bm25}\n")
	pipeline := []string{"search", "--pipeline", filepath.Join(dir, "p.yaml"), x, "lease"}
	out := filepath.Join(dir, "new")
	cases := []struct {
		flag string // with its value
		args []string
	}{
		{"--model=minilm", []string{"search", x, "lease", "--first", "bm25"}},
		{"--bm25=atire", []string{"search", x, "lease", "--first", "tfidf", "--rerank", "none"}},
		{"--within=1s", []string{"search", x, "lease", "--rerank", "none"}},
		{"--partial", []string{"search", x, "lease"}},
		{"--timeout=1s", pipeline},
		{"--partial", pipeline},
		{"--first=bm25", pipeline},
		{"--rerank=none", pipeline},
		{"--depth=3", pipeline},
		{"--model=minilm", pipeline},
		{"--bm25=atire", pipeline},
		{"--early", pipeline},
		{"--within=1s", pipeline},
		{"--depth=3", []string{"sort", "lease", "--rerank", "none"}},
		{"--field=text", []string{"sort", "lease", "--lines"}},
		{"--field=text", []string{"sort", "lease"}}, // the input is no JSON
		{"--corpus=builtin", []string{"compare", x, "lease"}},
		{"--model=minilm", []string{"index", "-o", out, text}},
		{"--model=minilm", []string{"index", "-o", x, "--append", text}},
		{"--analyzer=split", []string{"index", "-o", x, "--append", text}},
		{"--format=tsv", []string{"index", "-o", out, text}},
		{"--header", []string{"index", "-o", out, text, lines}},
		{"--header", []string{"index", "-o", out, "--format", "jsonl", "-"}},
		{"--chunk=9", []string{"index", "-o", out, tsv, lines}},
		{"--overlap=9", []string{"index", "-o", out, "-"}},
		{"--no-ignore", []string{"index", "-o", out, text}},
		{"--go", []string{"index", "-o", out, "-"}},
		{"--id=x", []string{"index", "-o", out, text}},
		{"--title=x", []string{"index", "-o", out, tsv}},
		{"--text=x", []string{"index", "-o", out, "--format", "tsv", "-"}},
		{"--attr=x", []string{"index", "-o", out, "-"}}, // the input is TSV
		{"--analyzer=split", []string{"serve"}},
		{"--read-only", []string{"serve"}},
		{"--bulk-timeout=1s", []string{"serve"}},
		{"--protect-all", []string{"serve"}},
		{"--create", []string{"serve"}},
		{"--lazy", []string{"serve"}},
		{"--key-concurrent=1", []string{"serve"}},
		{"--key-per-minute=1", []string{"serve"}},
		{"--json", []string{"serve"}},
	}
	known := map[string]bool{}
	for _, c := range cases {
		name, _, _ := strings.Cut(c.flag, "=")
		known["rerank "+c.args[0]+" "+strings.TrimPrefix(name, "--")] = true
		a := command(t, "plain\tlines\n", append(c.args, c.flag)...)
		if a.code != exitUsage || !strings.Contains(a.stderr, name) {
			t.Errorf("%q %s: ended with %d, %q", c.args, c.flag, a.code, a.stderr)
		}
	}
	for path, flags := range alwaysUsed {
		for name := range strings.FieldsSeq(flags) {
			known[path+" "+name] = true
		}
	}
	visit((&app{}).root(), func(c *cobra.Command) {
		if !c.HasParent() || c.Name() == "eval" || c.Name() == "completion" || c.Parent().Name() == "completion" {
			return
		}
		c.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
			if !known[c.CommandPath()+" "+f.Name] {
				t.Errorf("%s --%s: no test says where it has no effect, and it is not known to have one always", c.CommandPath(), f.Name)
			}
		})
	})
}

func visit(c *cobra.Command, each func(*cobra.Command)) {
	each(c)
	for _, sub := range c.Commands() {
		visit(sub, each)
	}
}

// TestEarlyOverVectors: where the vectors in the index are compared, no text can be left
// out, and the person is told what to do instead.
func TestEarlyOverVectors(t *testing.T) {
	testenv.Native(t)
	x := filepath.Join(t.TempDir(), "index")
	succeed(t, corpus, "index", "-o", x, "--vectors", "-")
	for _, c := range []struct{ flags, want string }{
		{"--early", "leave them out"},
		{"--within=1s", "leave them out"},
		{"--early --rerank=minilm-cosine", "leave them out"},
		{"--early --rerank=best", "use --within alone"},
		{"--early --within=1s --rerank=best", "use --within alone"},
		{"--early --rerank=cohere:any@http://localhost:1", "a service reads every text in full"},
	} {
		fail(t, exitUsage, c.want, "", append([]string{"search", x, "lease"}, strings.Fields(c.flags)...)...)
	}
	fail(t, exitUsage, "leave them out", "", "demo", "--corpus", "builtin", "--no-cache", "--vectors", "--early")
	for _, flags := range []string{"--within=1m --rerank=best", "--early --rerank=cross"} {
		succeed(t, "", append([]string{"search", x, "lease"}, strings.Fields(flags)...)...)
	}
}

// TestTimeout: a search whose time is up is an error that names --partial, which shows
// what was found.
func TestTimeout(t *testing.T) {
	testenv.Native(t)
	x := filepath.Join(t.TempDir(), "index")
	succeed(t, corpus, "index", "-o", x, "-")
	search := []string{"search", x, "lease", "--timeout", "1ns"}
	fail(t, exitFailure, "add --partial to see what it found in time", "", search...)
	out := decode[struct {
		Hits   []rerank.Hit
		Stages []struct{ Partial bool }
	}](t, succeed(t, "", append(search, "--partial", "--json")...))
	if len(out.Stages) == 0 || !out.Stages[0].Partial {
		t.Errorf("%+v", out)
	}
	if a := command(t, "", "search", x, "lease", "--timeout", "1m", "--partial"); a.code != exitOK || a.stdout == "" || strings.Contains(a.stderr, "stopped") {
		t.Errorf("with time enough: %+v", a)
	}
}

// TestMovesSinceTheFirstStage: the marks of a search count from the rank in the first
// stage, not in one of the lists that it is made of.
func TestMovesSinceTheFirstStage(t *testing.T) {
	testenv.Native(t)
	x := filepath.Join(t.TempDir(), "index")
	succeed(t, corpus, "index", "-o", x, "--vectors", "-")
	if out := succeed(t, "", "search", x, "lease", "--rerank", "none"); strings.ContainsAny(out, "▲▼=") {
		t.Errorf("nothing was re-ranked:\n%s", out)
	}
	if out := succeed(t, "", "search", x, "lease"); strings.Contains(out, "▼2") || !strings.Contains(out, "=") {
		t.Errorf("re-ranked:\n%s", out)
	}
}

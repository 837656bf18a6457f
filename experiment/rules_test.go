package experiment_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/flashrerank/rerank/dataset"
	"github.com/flashrerank/rerank/eval"
	"github.com/flashrerank/rerank/experiment"
	"github.com/flashrerank/rerank/pipeline"
)

// selfMatching is a collection whose queries are documents of it, under the
// same IDs, as in ArguAna.
func selfMatching(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "corpus.jsonl"), `{"_id":"d1","text":"the lease ends in May"}
{"_id":"q1","text":"when does the lease end"}
{"_id":"d2","text":"bread and butter, and when"}
`)
	write(t, filepath.Join(dir, "queries.jsonl"), `{"_id":"q1","text":"when does the lease end"}`+"\n")
	write(t, filepath.Join(dir, "qrels", "test.tsv"), "query-id\tcorpus-id\tscore\nq1\td1\t1\n")
	return dir
}

// TestNoSelf: the document with the query's ID is not found, by no stage, and
// the same cache serves both ways.
func TestNoSelf(t *testing.T) {
	dir, cache := selfMatching(t), t.TempDir()
	c := experiment.Config{Data: dir, Rerank: []string{"none", pipeline.MiniLM}, Depth: []int{1}, Measures: []string{"RR@10", "nDCG@1"}}
	for _, noSelf := range []bool{false, true, false, true} {
		c.Rules.NoSelf = noSelf
		report := run(t, c, experiment.Options{Cache: cache})
		want := 0.5
		if noSelf {
			want = 1
		}
		for _, s := range report.Systems {
			if s.Values[0].Mean != want {
				t.Errorf("no-self %t: %s has %v, want %v", noSelf, s.Name, s.Values[0].Mean, want)
			}
		}
		if report.Rules.NoSelf != noSelf || noSelf != strings.Contains(report.Rules.String(), "no-self") {
			t.Errorf("rules %+v, %q", report.Rules, report.Rules)
		}
		if reranked := report.Systems[1].Stages[1]; reranked.Given != 1 {
			t.Errorf("no-self %t: the re-ranker was given %d hits, want 1", noSelf, reranked.Given)
		}
	}
}

func TestRules(t *testing.T) {
	dir := collection(t)
	c := experiment.Config{Data: dir, Rerank: []string{"none"}, Measures: []string{"P@5", "P(rel=2)@5"}}
	plain := run(t, c, experiment.Options{})
	c.Rules.Level = 2
	level := run(t, c, experiment.Options{})
	if level.Systems[0].Values[0].Mean != plain.Systems[0].Values[1].Mean || level.Data.Relevant != 4 || plain.Data.Relevant != 12 {
		t.Errorf("level 2: %+v with %d relevant, rel=2 is %+v", level.Systems[0].Values, level.Data.Relevant, plain.Systems[0].Values)
	}
	c.Rules = experiment.Rules{Max: 1}
	if cut := run(t, c, experiment.Options{}); cut.Systems[0].Values[0].Mean > 0.2 {
		t.Errorf("first document only: P@5 is %v", cut.Systems[0].Values[0].Mean)
	}
	c.Rules = experiment.Rules{Level: -1, Max: -1, Complete: true}
	c.Queries = 1
	err := c.Validate()
	for _, words := range []string{"rules.level: -1", "rules.max: -1", "rules.complete cannot be combined with queries"} {
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("error %v lacks %q", err, words)
		}
	}
	parsed, err := experiment.Parse([]byte("data: x\nrules: {level: 2, max: 10, judged_only: true, complete: true, no_self: true}\n"))
	if err != nil || parsed.Rules != (experiment.Rules{Level: 2, Max: 10, JudgedOnly: true, Complete: true, NoSelf: true}) {
		t.Errorf("%+v, %v", parsed.Rules, err)
	}
}

// TestLevelZero: grade 0 is not relevant, and cannot be made so.
func TestLevelZero(t *testing.T) {
	if _, err := experiment.Parse([]byte("data: x\nrules: {level: 0}\n")); err == nil || !strings.Contains(err.Error(), "level") {
		t.Errorf("error %v", err)
	}
}

// TestSaveRuns: the files hold the order of each system, and evaluating them
// gives the figures of the report.
func TestSaveRuns(t *testing.T) {
	dir, out := collection(t), filepath.Join(t.TempDir(), "new", "runs")
	c := experiment.Config{
		Data: dir, Depth: []int{2, 10}, Measures: []string{"nDCG@10", "AP", "RR"},
		Systems: []experiment.Declared{{Name: "a/b c: BM25"}, {Name: "a?b C, bm25"}, {Name: "…"}},
		First:   []pipeline.Kind{"bm25"}, Rerank: []string{"none", "minilm"},
	}
	report := run(t, c, experiment.Options{SaveRuns: out})
	files := []string{"bm25.run", "bm25-minilm@2.run", "bm25-minilm@10.run", "a-b-c-BM25.run", "a-b-C-bm25-2.run", "system.run"}
	entries, err := os.ReadDir(out)
	if err != nil || len(entries) != len(files) {
		t.Errorf("files %v, %v", entries, err)
	}
	qrels, err := os.Open(filepath.Join(dir, "qrels", "test.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer qrels.Close()
	judged, err := dataset.ReadQrels(qrels, "test.tsv")
	if err != nil {
		t.Fatal(err)
	}
	measures, err := eval.ParseMeasures(c.Measures...)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range report.Systems {
		f, err := os.Open(filepath.Join(out, files[i]))
		if err != nil {
			t.Error(err)
			continue
		}
		defer f.Close()
		saved, tag, err := dataset.ReadRun(f, files[i])
		if err != nil || tag+".run" != files[i] {
			t.Errorf("%s: tag %q, %v", files[i], tag, err)
			continue
		}
		e, err := eval.Evaluate(judged, saved, measures, eval.Options{TrecEval9: true})
		if err != nil {
			t.Fatal(err)
		}
		for q, id := range report.Data.Queries {
			at, _ := slices.BinarySearch(e.Queries, id)
			if !slices.Equal(e.Values[at], s.PerQuery[q]) {
				t.Errorf("%s, query %s: %v saved, %v reported", s.Name, id, e.Values[at], s.PerQuery[q])
			}
		}
	}
}

// TestSaveRunsWithBlanks: IDs with blanks make files with tabs, which is told.
func TestSaveRunsWithBlanks(t *testing.T) {
	dir, out := collection(t), t.TempDir()
	appendTo(t, filepath.Join(dir, "corpus.jsonl"), `{"_id":"My birds.md","text":"birds fly"}`+"\n")
	report := run(t, experiment.Config{Data: dir, Rerank: []string{"none"}}, experiment.Options{SaveRuns: out})
	text, err := os.ReadFile(filepath.Join(out, "bm25.run"))
	if err != nil || !strings.Contains(string(text), "\tQ0\tMy birds.md\t") {
		t.Errorf("%s, %v", text, err)
	}
	if !strings.Contains(strings.Join(report.Notes, "\n"), "tabs between their columns") {
		t.Errorf("notes %q", report.Notes)
	}
}

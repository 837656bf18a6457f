package experiment_test

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flashrerank/rerank/eval"
	"github.com/flashrerank/rerank/experiment"
)

// TestUnmatched: judgments, queries and documents that do not fit together are
// counted and told, and Complete counts the queries that cannot be asked.
func TestUnmatched(t *testing.T) {
	dir := collection(t)
	appendTo(t, filepath.Join(dir, "queries.jsonl"), `{"_id":"empty","text":" "}`+"\n")
	appendTo(t, filepath.Join(dir, "qrels", "test.tsv"), "q1\tlost one\t1\nq1\tlost two\t0\nabsent\tq1-a\t1\nempty\tq1-a\t1\n")
	report := run(t, experiment.Config{Data: dir, Rerank: []string{"none"}}, experiment.Options{})
	want := experiment.Unmatched{QueriesWithoutText: 2, QueriesWithoutJudgments: 1, JudgmentsWithoutDocument: 2, RelevantWithoutDocument: 1}
	if diff := cmp.Diff(want, report.Data.Unmatched); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	notes := []string{
		`2 of 6 judged queries without text (not counted; 1 not in the file of queries, 1 empty there), such as "absent"`,
		"1 of 6 queries without judgments (not counted)",
		`2 of 18 judgments about documents that are not in the corpus, such as "lost one"; 1 of them relevant`,
	}
	if diff := cmp.Diff(notes, report.Notes); diff != "" {
		t.Errorf("notes (-want +got)\n%s", diff)
	}
	if len(report.Data.Texts) != 4 || report.Data.Texts[0] != topics[0].query {
		t.Errorf("texts %q", report.Data.Texts)
	}
	all := run(t, experiment.Config{Data: dir, Rerank: []string{"none"}, Rules: experiment.Rules{Complete: true}}, experiment.Options{})
	if got := all.Data.Queries; !slices.Equal(got[4:], []string{"absent", "empty"}) || len(all.Data.Texts) != 6 || len(all.Systems[0].PerQuery) != 6 {
		t.Errorf("complete: queries %q, texts %q", got, all.Data.Texts)
	}
	if a, b := report.Systems[0].Values[0].Mean, all.Systems[0].Values[0].Mean; !near(b, a*4/6) || all.Systems[0].Coverage.QueriesWithoutResults != 2 {
		t.Errorf("complete: %v, without %v; %+v", b, a, all.Systems[0].Coverage)
	}
}

func near(a, b float64) bool { return a-b < 1e-12 && b-a < 1e-12 }

// TestRunsCoverage: what of a finished run meets no judgment.
func TestRunsCoverage(t *testing.T) {
	qrels := eval.Qrels{"q1": {"a": 1, "b": -1}, "q2": {"c": 1}}
	runs := []experiment.NamedRun{
		{Name: "one", Run: eval.Run{"q1": {{Document: "a", Score: 2}, {Document: "b", Score: 1}}, "q2": {{Document: "c", Score: 1}}, "q3": {{Document: "c", Score: 1}}}},
		{Name: "two", Run: eval.Run{"q1": {{Document: "A", Score: 1}}}},
	}
	report, err := experiment.Runs(qrels, runs, []string{"RR"}, eval.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []experiment.Coverage{
		{Results: 3, UnjudgedResults: 1, QueriesWithoutJudgments: 1},
		{Results: 1, UnjudgedResults: 1, QueriesWithoutResults: 1},
	}
	for i, s := range report.Systems {
		if s.Coverage != want[i] {
			t.Errorf("%s: %+v, want %+v", s.Name, s.Coverage, want[i])
		}
	}
	notes := []string{
		"one: 1 of 3 queries without judgments (not counted)",
		"two: 1 of 2 queries without results (counted as 0)",
		"two: none of its results is judged; do the judgments use other document IDs?",
	}
	if diff := cmp.Diff(notes, report.Notes); diff != "" {
		t.Errorf("notes (-want +got)\n%s", diff)
	}
}

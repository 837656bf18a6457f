package experiment_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flashrerank/rerank/experiment"
	"github.com/flashrerank/rerank/internal/testenv"
	"github.com/flashrerank/rerank/pipeline"
)

// TestPackageCommentIsYAML reads the example of the package comment.
func TestPackageCommentIsYAML(t *testing.T) {
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	var yaml strings.Builder
	for line := range strings.Lines(string(text)) {
		if code, ok := strings.CutPrefix(line, "//\t"); ok {
			yaml.WriteString(code)
		}
	}
	got, err := experiment.Parse([]byte(yaml.String()))
	if err != nil {
		t.Fatal(err)
	}
	want := experiment.Config{
		Data: "cranfield", Analyzer: "english", First: []pipeline.Kind{"bm25", "hybrid"},
		Rerank: []string{"none", "minilm-cosine", "minilm", "models/my-cross-encoder"}, Depth: []int{20, 100},
		Measures: []string{"nDCG@10", "MAP", "MRR@10"}, Prices: map[string]experiment.Price{"minilm": {MTokens: 0.02}},
		Systems: []experiment.Declared{{
			Name: "two re-rankers", First: pipeline.First{Kind: "hybrid", Depth: 200},
			Stages: []pipeline.Stage{{Rerank: "minilm", Depth: 200}, {Rerank: "models/my-cross-encoder", Depth: 20}},
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("configuration (-want +got)\n%s", diff)
	}
	if err := got.Validate(); err != nil {
		t.Error(err)
	}
}

// TestLoadIsRelativeToTheFile: a file can be used from anywhere.
func TestLoadIsRelativeToTheFile(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "x.yaml")
	write(t, name, "data: d\nmodel: m/n\nrerank: [minilm, a/b]\nsystems:\n- {name: s, stages: [{rerank: c/d}]}\n")
	c, err := experiment.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{c.Data, c.Model, c.Rerank[0], c.Rerank[1], c.Systems[0].Stages[0].Rerank}
	want := []string{filepath.Join(dir, "d"), filepath.Join(dir, "m/n"), "minilm", filepath.Join(dir, "a/b"), filepath.Join(dir, "c/d")}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestRefusedConfigurations(t *testing.T) {
	for yaml, want := range map[string]string{
		"":                                         "data: it must name a folder",
		"data: x\ndeth: [1]":                       "deth",
		"data: x\ndata: y":                         "data",
		"data: x\nanalyzer: klingon":               "analyzer: ",
		"data: x\ndepth: [0]":                      "depth[0]: 0 is not between 1 and 100000",
		"data: x\ndepth: [100001]":                 "depth[0]: 100001",
		"data: x\nqueries: -1":                     "queries: -1 is negative",
		"data: x\nmeasures: [nDCG@]":               "measures[0]: ",
		"data: x\nmeasures: [map, gm_map]":         "measures[1]: gm_map is no mean over queries",
		"data: x\nprices: {a: {query: -1}}":        "prices[a]: a price must be a number of at least 0",
		"data: x\nprices: {a: {query: .nan}}":      "prices[a]: a price must be a number of at least 0",
		"data: x\nsystems: [{}]":                   "systems[0]: it has no name",
		"data: x\nsystems: [{name: a}, {name: a}]": `there are two systems "a"`,
	} {
		c, err := experiment.Parse([]byte(yaml))
		if err == nil {
			err = c.Validate()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", yaml, err, want)
		}
	}
}

// TestRefusedData: every error names the file, and where it can the line.
func TestRefusedData(t *testing.T) {
	for name, c := range map[string]struct {
		file, text string
		want       string
	}{
		"a query twice":        {"queries.jsonl", `{"_id":"q1","text":"again"}`, `queries.jsonl: there are two queries "q1"`},
		"a malformed query":    {"queries.jsonl", `{"_id":`, "queries.jsonl:6: not JSON"},
		"a malformed document": {"corpus.jsonl", `{"text":"x"}`, `corpus.jsonl:17: no "_id" or "id"`},
		"judged twice":         {"qrels/test.tsv", "q1\tq1-a\t2\n", `test.tsv:18: document "q1-a" is judged twice for query "q1"`},
		"a bad grade":          {"qrels/test.tsv", "q1\tx\tgood\n", "test.tsv:18: the grade is not a whole number"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := collection(t)
			appendTo(t, filepath.Join(dir, filepath.FromSlash(c.file)), c.text)
			_, err := experiment.Run(t.Context(), experiment.Config{Data: dir}, experiment.Options{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
	dir := collection(t)
	for want, c := range map[string]experiment.Config{
		"none: ":                {Data: filepath.Join(dir, "none")},
		`unknown split "train"`: {Data: dir, Split: "train"},
	} {
		if _, err := experiment.Run(t.Context(), c, experiment.Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	write(t, filepath.Join(dir, "qrels", "other.tsv"), "x\ty\t1\n")
	if _, err := experiment.Run(t.Context(), experiment.Config{Data: dir, Split: "other"}, experiment.Options{}); err == nil || !strings.Contains(err.Error(), "no query has judgments in") {
		t.Errorf("error %v", err)
	}
}

// TestNotes: what is left out is told.
func TestNotes(t *testing.T) {
	dir := collection(t)
	appendTo(t, filepath.Join(dir, "qrels", "test.tsv"), "absent\tq1-a\t1\nunjudged\tq1-a\t0\n")
	report := run(t, experiment.Config{Data: dir}, experiment.Options{})
	want := []string{
		`1 of 6 judged queries without text (not counted; 1 not in the file of queries, 0 empty there), such as "absent"`,
		"1 of 5 queries without a relevant document (counted as 0)",
	}
	if diff := cmp.Diff(want, report.Notes); diff != "" {
		t.Errorf("notes (-want +got)\n%s", diff)
	}
	report = run(t, experiment.Config{Data: dir, Queries: 2}, experiment.Options{})
	if len(report.Data.Queries) != 2 || !slices.Contains(report.Notes, "evaluated the first 2 judged queries only") {
		t.Errorf("queries %q, notes %q", report.Data.Queries, report.Notes)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("data: x\nfirst: [bm25]\nsystems: [{name: a, stages: [{rerank: b}]}]\nprices: {a: {query: 1}}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		defer testenv.Bound(t, len(data))()
		if c, err := experiment.Parse(data); err == nil {
			_ = c.Validate() // it must come back
		}
	})
}

package experiment_test

import (
	"context"
	"errors"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/dataset"
	"github.com/flashrerank/rerank/eval"
	"github.com/flashrerank/rerank/experiment"
	"github.com/flashrerank/rerank/index"
	"github.com/flashrerank/rerank/internal/testenv"
	"github.com/flashrerank/rerank/pipeline"
)

// everything crosses all first stages with all re-rankers of the program.
func everything(dir string) experiment.Config {
	return experiment.Config{
		Data:   dir,
		First:  []pipeline.Kind{pipeline.KindBM25, pipeline.KindTFIDF, pipeline.KindDense, pipeline.KindHybrid},
		Rerank: []string{pipeline.None, pipeline.MiniLM, "minilm-cosine"},
		Depth:  []int{4, 2},
		Prices: map[string]experiment.Price{"minilm-cosine": {Query: 1, Document: 0.5, MTokens: 1e6}},
		Systems: []experiment.Declared{{Name: "two stages", First: pipeline.First{Kind: pipeline.KindBM25}, Stages: []pipeline.Stage{
			{Rerank: "minilm-cosine", Depth: 4}, {Rerank: pipeline.MiniLM, Depth: 2},
		}}},
	}
}

func run(t *testing.T, c experiment.Config, o experiment.Options) experiment.Report {
	t.Helper()
	report, err := experiment.Run(t.Context(), c, o)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// find returns a system of a report.
func find(t *testing.T, r experiment.Report, name string) experiment.System {
	t.Helper()
	i := slices.IndexFunc(r.Systems, func(s experiment.System) bool { return s.Name == name })
	if i < 0 {
		t.Fatalf("there is no system %q", name)
	}
	return r.Systems[i]
}

func TestSystems(t *testing.T) {
	testenv.Native(t)
	report := run(t, everything(collection(t)), experiment.Options{})
	var names []string
	for _, s := range report.Systems {
		names = append(names, s.Name)
	}
	var want []string
	for _, kind := range []string{"bm25", "tfidf", "dense", "hybrid"} {
		want = append(want, kind, kind+" → minilm @2", kind+" → minilm @4", kind+" → minilm-cosine @2", kind+" → minilm-cosine @4")
	}
	if diff := cmp.Diff(append(want, "two stages"), names); diff != "" {
		t.Errorf("systems (-want +got)\n%s", diff)
	}
	if d := report.Data; d.Documents != 16 || len(d.Queries) != 4 || d.Judgments != 16 || d.Relevant != 12 || d.Vectors == "" || d.Split != "test" {
		t.Errorf("data %+v", d)
	}
	if n := (len(report.Systems) - 1) * len(report.Measures); len(report.Comparisons) != n || len(report.Differences) != len(report.Systems)-1 {
		t.Errorf("%d comparisons and %d differences, want %d and %d", len(report.Comparisons), len(report.Differences), n, len(report.Systems)-1)
	}
	for _, s := range report.Systems {
		checkSystem(t, report, s)
	}
	if s := find(t, report, "two stages"); s.Rerank != "minilm-cosine → minilm" || s.Depth != 2 || len(s.Stages) != 3 || s.Stages[1].Scored != 16 || s.Stages[2].Scored != 8 {
		t.Errorf("system of two stages: %+v", s)
	}
}

// checkSystem checks what holds for every system.
func checkSystem(t *testing.T, r experiment.Report, s experiment.System) {
	t.Helper()
	if len(s.Values) != len(r.Measures) || len(s.PerQuery) != len(r.Data.Queries) {
		t.Errorf("%s: %d values, %d queries", s.Name, len(s.Values), len(s.PerQuery))
		return
	}
	for m, v := range s.Values {
		sum := 0.0
		for _, row := range s.PerQuery {
			sum += row[m]
		}
		if math.Abs(v.Mean-sum/float64(len(s.PerQuery))) > 1e-12 || !(v.Low <= v.Mean && v.Mean <= v.High) {
			t.Errorf("%s, %s: %+v, where the queries sum to %v", s.Name, r.Measures[m], v, sum)
		}
	}
	if l := s.Latency; !(0 < l.P50 && l.P50 <= l.P95 && l.P95 <= l.P99 && l.Mean > 0) {
		t.Errorf("%s: latency %+v", s.Name, l)
	}
	tokens, cost := 0, 0.0
	for _, stage := range s.Stages {
		tokens, cost = tokens+stage.Tokens, cost+stage.Cost
		if stage.Scored > stage.Given || stage.Latency.P50 <= 0 {
			t.Errorf("%s: stage %+v", s.Name, stage)
		}
	}
	if lexical := s.Rerank == "none" && (s.First == "bm25" || s.First == "tfidf"); (tokens == 0) != lexical {
		t.Errorf("%s: %d tokens", s.Name, tokens)
	}
	if want := 1000 * cost / float64(len(r.Data.Queries)); math.Abs(s.Cost-want) > 1e-9 {
		t.Errorf("%s: %v for 1000 queries, want %v", s.Name, s.Cost, want)
	}
	if priced := strings.Contains(s.Rerank, "minilm-cosine"); (s.Cost > 0) != priced {
		t.Errorf("%s costs %v", s.Name, s.Cost)
	}
	for _, stage := range s.Stages {
		if want := 4 + 0.5*float64(stage.Scored) + float64(stage.Tokens); stage.Cost > 0 && math.Abs(stage.Cost-want) > 1e-9 {
			t.Errorf("%s: the stage costs %v, want %v", s.Name, stage.Cost, want)
		}
	}
}

// TestAgainstPipeline computes two systems without the package.
func TestAgainstPipeline(t *testing.T) {
	dir := collection(t)
	report := run(t, experiment.Config{Data: dir, Depth: []int{3}}, experiment.Options{})
	files, err := dataset.OpenCollection(dir)
	if err != nil {
		t.Fatal(err)
	}
	x, err := index.Memory(index.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	fill(t, x, files)
	s, err := x.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i, stages := range [][]pipeline.Stage{{{Rerank: pipeline.None}}, {{Rerank: pipeline.MiniLM, Depth: 3}}} {
		p, err := pipeline.New(t.Context(), s, pipeline.Config{Stages: stages})
		if err != nil {
			t.Fatal(err)
		}
		want := measure(t, p, files)
		if got := report.Systems[i].Values[0].Mean; math.Abs(got-want) > 1e-12 {
			t.Errorf("%s: %v, want %v", report.Systems[i].Name, got, want)
		}
	}
}

func fill(t *testing.T, x *index.Index, files dataset.Collection) {
	t.Helper()
	w, err := x.Writer()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	var b index.Batch
	for d, err := range files.ReadDocuments(dataset.Options{}) {
		if err != nil {
			t.Fatal(err)
		}
		b.Put(index.Entry{Document: d})
	}
	if _, err := w.Commit(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
}

// measure returns a pipeline's nDCG@10.
func measure(t *testing.T, p *pipeline.Pipeline, files dataset.Collection) float64 {
	t.Helper()
	qrels, err := files.ReadQrels("test")
	if err != nil {
		t.Fatal(err)
	}
	lists := eval.Run{}
	for q, err := range files.ReadQueries(dataset.Options{}) {
		if err != nil {
			t.Fatal(err)
		}
		result, err := p.Retrieve(t.Context(), rerank.Search{Query: q, K: 100})
		if err != nil {
			t.Fatal(err)
		}
		lists[q.ID] = []eval.Scored{}
		for i, h := range result.Hits {
			lists[q.ID] = append(lists[q.ID], eval.Scored{Document: h.Document.ID, Score: -float64(i)})
		}
	}
	e, err := eval.Evaluate(qrels, lists, []eval.Measure{eval.NDCG(10)}, eval.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return e.Summary[0]
}

// TestNothingIsComputedTwice: a second run gives the report of the first, times
// included, and leaves the files as they are.
func TestNothingIsComputedTwice(t *testing.T) {
	testenv.Native(t)
	c, o := everything(collection(t)), experiment.Options{Cache: t.TempDir()}
	first := run(t, c, o)
	before := outputs(t, o.Cache)
	second := run(t, c, o)
	if diff := cmp.Diff(before, outputs(t, o.Cache)); diff != "" {
		t.Errorf("what is kept has changed (-first +second)\n%s", diff)
	}
	if diff := cmp.Diff(steady(first), steady(second)); diff != "" {
		t.Errorf("reports (-first +second)\n%s", diff)
	}
	// One file for each first stage, for each re-ranker over it at each depth,
	// and for the second of the declared stages; the first one is shared.
	if want := 4 + 4*2*2 + 1; len(before) != want {
		t.Errorf("%d outputs are kept, want %d", len(before), want)
	}
}

// steady leaves out what is measured anew in every run.
func steady(r experiment.Report) experiment.Report {
	r.Systems = slices.Clone(r.Systems)
	for i := range r.Systems {
		r.Systems[i].PeakMemory = 0
	}
	return r
}

// values leaves only what does not depend on time.
func values(r experiment.Report) []any {
	var list []any
	for _, s := range r.Systems {
		list = append(list, s.Name, s.Values, s.PerQuery)
	}
	return append(list, r.Comparisons, r.Differences)
}

// outputs returns the content of the files that keep what stages made.
func outputs(t *testing.T, cache string) map[string]string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(cache, "*", "*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(name)] = string(text)
	}
	return files
}

// TestStopAndGoOn stops a run at every place where it tells its progress.
func TestStopAndGoOn(t *testing.T) {
	c := experiment.Config{Data: collection(t), First: []pipeline.Kind{pipeline.KindDense}, Rerank: []string{pipeline.None, pipeline.MiniLM}}
	want := values(run(t, c, experiment.Options{}))
	o := experiment.Options{Cache: t.TempDir()}
	var kept map[string]string
	for stops := 1; ; stops++ {
		ctx, cancel := context.WithCancel(t.Context())
		steps := 0
		o.Progress = func(experiment.Progress) {
			if steps++; steps >= stops {
				cancel()
			}
		}
		report, err := experiment.Run(ctx, c, o)
		stopped := ctx.Err() != nil
		cancel()
		now := outputs(t, o.Cache)
		for name, text := range kept {
			if !strings.HasPrefix(now[name], text) {
				t.Fatalf("stop %d: %s was begun anew", stops, name)
			}
		}
		kept = now
		if err == nil {
			if stops < 5 {
				t.Errorf("the run was stopped %d times only", stops-1)
			}
			if diff := cmp.Diff(want, values(report)); diff != "" {
				t.Errorf("report (-without a stop +with stops)\n%s", diff)
			}
			return
		}
		if !stopped || !errors.Is(err, context.Canceled) {
			t.Fatalf("stop %d: %v", stops, err)
		}
	}
}

// TestTornLine: a crash in the middle of writing costs that line only.
func TestTornLine(t *testing.T) {
	c, o := experiment.Config{Data: collection(t)}, experiment.Options{Cache: t.TempDir()}
	want := steady(run(t, c, o))
	for name, text := range outputs(t, o.Cache) {
		folders, err := filepath.Glob(filepath.Join(o.Cache, "*", name))
		if err != nil || len(folders) != 1 {
			t.Fatal(folders, err)
		}
		lines := slices.Collect(strings.Lines(text))
		write(t, folders[0], text+lines[0][:len(lines[0])/2])
	}
	if diff := cmp.Diff(want, steady(run(t, c, o))); diff != "" {
		t.Errorf("reports (-before +after)\n%s", diff)
	}
	for name, text := range outputs(t, o.Cache) {
		text = text[:len(text)-10]
		write(t, only(t, filepath.Join(o.Cache, "*", name)), text)
	}
	if diff := cmp.Diff(values(want), values(run(t, c, o))); diff != "" {
		t.Errorf("values (-before +after)\n%s", diff)
	}
}

func only(t *testing.T, pattern string) string {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) != 1 {
		t.Fatalf("%s: %q, %v", pattern, names, err)
	}
	return names[0]
}

func TestBusy(t *testing.T) {
	c, o := experiment.Config{Data: collection(t)}, experiment.Options{Cache: t.TempDir()}
	asked := false
	inner := o
	o.Progress = func(experiment.Progress) {
		if asked {
			return
		}
		asked = true
		if _, err := experiment.Run(t.Context(), c, inner); !errors.Is(err, experiment.ErrBusy) {
			t.Errorf("a second run at the same time: %v", err)
		}
	}
	run(t, c, o)
	if !asked {
		t.Error("no progress was told")
	}
}

// TestChangedData: what was kept for other data is not used.
func TestChangedData(t *testing.T) {
	dir := collection(t)
	c, o := experiment.Config{Data: dir}, experiment.Options{Cache: t.TempDir()}
	first := run(t, c, o)
	appendTo(t, filepath.Join(dir, "corpus.jsonl"), `{"_id":"q1-c","text":"how birds fly, how birds fly"}`+"\n")
	second := run(t, c, o)
	if first.Data.Fingerprint == second.Data.Fingerprint || second.Systems[0].Values[0].Mean <= first.Systems[0].Values[0].Mean {
		t.Errorf("after a change of the data: %+v, before: %+v", second.Systems[0].Values[0], first.Systems[0].Values[0])
	}
	if second.Data.Documents != 16 || !slices.Contains(second.Notes, "1 document replaced by a later one with the same ID") {
		t.Errorf("%d documents, notes %q", second.Data.Documents, second.Notes)
	}
}

// TestOldIndex: an index of the cache that another program made is made again.
func TestOldIndex(t *testing.T) {
	c, o := experiment.Config{Data: collection(t)}, experiment.Options{Cache: t.TempDir()}
	want := values(run(t, c, o))
	manifest := only(t, filepath.Join(o.Cache, "*", "index-*", "manifest"))
	text, err := os.ReadFile(manifest)
	if err != nil {
		t.Fatal(err)
	}
	text[8] = 1 // the version
	write(t, manifest, string(text))
	if diff := cmp.Diff(want, values(run(t, c, o))); diff != "" {
		t.Errorf("values (-before +after)\n%s", diff)
	}
}

// TestLostIndex: an index of the cache that is gone is made again, whatever is kept
// about it.
func TestLostIndex(t *testing.T) {
	c, o := experiment.Config{Data: collection(t)}, experiment.Options{Cache: t.TempDir()}
	want := values(run(t, c, o))
	lost := []string{filepath.Dir(only(t, filepath.Join(o.Cache, "*", "index-*", "manifest")))}
	for name := range outputs(t, o.Cache) {
		lost = append(lost, only(t, filepath.Join(o.Cache, "*", name)))
	}
	for _, path := range lost {
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want, values(run(t, c, o))); diff != "" {
		t.Errorf("values (-before +after)\n%s", diff)
	}
}

func TestUnavailable(t *testing.T) {
	c := experiment.Config{Data: collection(t), Rerank: []string{pipeline.None, "no/such/model"}}
	report := run(t, c, experiment.Options{})
	if len(report.Systems) != 1 || len(report.Unavailable) != 1 || !strings.Contains(report.Unavailable[0].Why, "no/such/model") {
		t.Errorf("systems %v, unavailable %+v", report.Systems, report.Unavailable)
	}
	c.Rerank = []string{"no/such/model"}
	if _, err := experiment.Run(t.Context(), c, experiment.Options{}); err == nil || !strings.Contains(err.Error(), "no system could be opened; bm25 → model: ") {
		t.Errorf("error %v", err)
	}
}

func TestDifferences(t *testing.T) {
	report := run(t, experiment.Config{Data: collection(t), Rerank: []string{pipeline.None, "minilm-cosine"}, Measures: []string{"MAP"}}, experiment.Options{})
	a, b := report.Systems[1].PerQuery, report.Systems[0].PerQuery
	d := report.Differences[0]
	last := math.Inf(1)
	seen := map[string]bool{}
	for _, q := range d.Queries {
		i := slices.Index(report.Data.Queries, q.ID)
		if i < 0 || q.System.Value != a[i][0] || q.Baseline.Value != b[i][0] || len(q.System.Hits) == 0 || q.System.Hits[0].Title == "" {
			t.Errorf("query %+v", q)
		}
		gap := math.Abs(q.System.Value - q.Baseline.Value)
		if gap == 0 || gap > last {
			t.Errorf("query %s differs by %v, the one before by %v", q.ID, gap, last)
		}
		last, seen[q.ID] = gap, true
	}
	for i, id := range report.Data.Queries {
		if (a[i][0] != b[i][0]) != seen[id] {
			t.Errorf("query %s: %v and %v, listed: %t", id, a[i], b[i], seen[id])
		}
	}
	if len(seen) == 0 {
		t.Error("no query differs: the collection tests nothing")
	}
	c := report.Comparisons[0]
	if c.Wins+c.Ties+c.Losses != 4 || c.Wins+c.Losses != len(seen) {
		t.Errorf("comparison %+v", c)
	}
}

func TestRuns(t *testing.T) {
	qrels := eval.Qrels{"1": {"a": 1, "b": 0}, "2": {"a": 2}, "3": {"c": 1}, "4": {"d": 1}}
	runs := []experiment.NamedRun{
		{Name: "x", Run: eval.Run{"1": {{Document: "a", Score: 1}}, "2": {{Document: "b", Score: 1}}}},
		{Name: "y", Run: eval.Run{"1": {{Document: "b", Score: 2}, {Document: "a", Score: 1}}, "3": {{Document: "c", Score: 1}}, "9": nil}},
	}
	for complete, want := range map[bool]map[string][][]float64{
		false: {"x": {{1}, {0}, {0}}, "y": {{0.5}, {0}, {1}}},
		true:  {"x": {{1}, {0}, {0}, {0}}, "y": {{0.5}, {0}, {1}, {0}}},
	} {
		report, err := experiment.Runs(qrels, runs, []string{"MRR"}, eval.Options{Complete: complete})
		if err != nil {
			t.Fatal(err)
		}
		got := map[string][][]float64{}
		for _, s := range report.Systems {
			got[s.Name] = s.PerQuery
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("complete: %t: values (-want +got)\n%s", complete, diff)
		}
		if diff := cmp.Diff(slices.Sorted(maps.Keys(qrels))[:len(want["x"])], report.Data.Queries); diff != "" {
			t.Errorf("complete: %t: queries (-want +got)\n%s", complete, diff)
		}
	}
	for name, c := range map[string]struct {
		runs     []experiment.NamedRun
		measures []string
		want     string
	}{
		"no run":       {nil, nil, "no run"},
		"no query":     {[]experiment.NamedRun{{Name: "x", Run: eval.Run{"9": {{Document: "a"}}}}}, nil, "no query of the runs has judgments"},
		"a bad name":   {runs, []string{"nDCG@x"}, "measures[0]"},
		"a sum":        {runs, []string{"MAP", "num_rel"}, "measures[1]: num_rel is no mean over queries"},
		"a duplicate":  {[]experiment.NamedRun{{Name: "x", Run: eval.Run{"1": {{Document: "a"}, {Document: "a"}}}}}, nil, `x: eval: query "1": document "a"`},
		"not a number": {[]experiment.NamedRun{{Name: "x", Run: eval.Run{"1": {{Document: "a", Score: math.NaN()}}}}}, nil, `document "a": the score is not a number`},
	} {
		if _, err := experiment.Runs(qrels, c.runs, c.measures, eval.Options{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
}

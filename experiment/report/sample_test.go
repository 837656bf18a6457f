package report_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/flashrerank/rerank/experiment"
	"github.com/flashrerank/rerank/pipeline"
)

// hostile is text that would break a page, a table or a spreadsheet that did
// not expect it.
const hostile = `<script>alert("x")</script> | *a* _b_ [c](d) 'e' & ]]> <img src=https://example.com/x.png>`

// sample is a small report that has everything a report can have.
func sample() experiment.Report {
	relevant, not := 2, 0
	latency := func(x float64) experiment.Latency {
		return experiment.Latency{Mean: 1.0625 * x, P50: x, P95: 1.5 * x, P99: 2 * x}
	}
	stage := func(name string, x float64) experiment.Stage {
		return experiment.Stage{
			Name: name, Model: name + "-model", Latency: latency(x), Given: 12, Scored: 11, Tokens: 345, Truncated: 6, Skipped: 7, Degraded: 1,
			Units: 2.5, Cost: 0.03125,
		}
	}
	return experiment.Report{
		Data: experiment.Data{
			Name: "tales", Split: "test", Fingerprint: "0123abcd", Documents: 1234, Queries: []string{"q1", "q2"},
			Judgments: 17, Relevant: 9, Analyzer: "english", Vectors: "a model",
		},
		Environment: experiment.Environment{Version: "v1.2.3", Go: "go1.26", OS: "linux", Arch: "amd64", CPUs: 3, SIMD: "avx2"},
		Measures:    []string{"ndcg_cut_10", "map"},
		Systems: []experiment.System{
			{
				Name: "bm25", First: "bm25", Rerank: "none", Depth: 100,
				Values: []experiment.Value{{Mean: 0.5, Low: 0.4375, High: 0.5625}, {Mean: 0.25, Low: 0.125, High: 0.375}},
				Stages: []experiment.Stage{stage("bm25", 0.5)}, Latency: latency(0.5), PeakMemory: 12_345_678,
				PerQuery: [][]float64{{0.625, 0.125}, {0.375, 0.375}},
			},
			{
				Name: "bm25 → " + hostile + " @10", First: "bm25", Rerank: hostile, Depth: 10,
				Values: []experiment.Value{{Mean: 0.75, Low: 0.6875, High: 0.8125}, {Mean: 0.5, Low: 0.40625, High: 0.59375}},
				Stages: []experiment.Stage{stage("bm25", 0.5), stage("x", 20)}, Latency: latency(20.5), PeakMemory: 98_765_432, Cost: 1234.5,
				PerQuery: [][]float64{{0.8125, 0.4375}, {0.6875, 0.5625}},
			},
			{
				Name: "bm25 → x @20", First: "bm25", Rerank: hostile, Depth: 20,
				Values: []experiment.Value{{Mean: 0.71875, Low: 0.6875, High: 0.8125}, {Mean: 0.5, Low: 0.40625, High: 0.59375}},
				Stages: []experiment.Stage{stage("bm25", 0.5), stage("x", 40)}, Latency: latency(40.5), PeakMemory: 98_765_432, Cost: 2345.5,
				PerQuery: [][]float64{{0.78125, 0.4375}, {0.65625, 0.5625}},
			},
		},
		Comparisons: []experiment.Comparison{
			{System: "bm25 → " + hostile + " @10", Baseline: "bm25", Measure: "ndcg_cut_10", Diff: 0.25, Low: 0.1875, High: 0.3125, P: 0.03125, Adjusted: 0.0625, PT: 1.25e-9, PW: 0.015625, Wins: 2},
			{System: "bm25 → x @20", Baseline: "bm25", Measure: "ndcg_cut_10", Diff: -0.0625, Low: -0.125, High: 0.03125, P: 0.5, Adjusted: 0.75, PT: 1, PW: 0.625, Ties: 1, Losses: 1},
		},
		Differences: []experiment.Difference{{
			System: "bm25 → " + hostile + " @10", Baseline: "bm25",
			Queries: []experiment.QueryDifference{{
				ID: "q2", Text: hostile,
				System:   experiment.Side{Value: 0.6875, Hits: []experiment.Hit{{ID: "d1", Title: hostile, Grade: &relevant}, {ID: "d2", Grade: &not}}},
				Baseline: experiment.Side{Value: 0.375, Hits: []experiment.Hit{{ID: "d3", Title: "unjudged"}}},
			}},
		}},
		Unavailable: []experiment.Unavailable{{Name: "bm25 → none of this", Why: "no such model"}},
		Notes:       []string{"1 of 3 judged queries are not among the queries"},
	}
}

// experimented is the report of a real experiment over a few documents.
func experimented(t *testing.T) experiment.Report {
	t.Helper()
	dir := t.TempDir()
	line := func(id, text string) string {
		record, err := json.Marshal(map[string]string{"_id": id, "text": text})
		if err != nil {
			t.Fatal(err)
		}
		return string(record) + "\n"
	}
	for name, text := range map[string]string{
		"corpus.jsonl": line("d1", "Night birds: "+hostile) + line("d2", "An owl flies at night.") + line("d3", "Birds of the day. Birds!") +
			line("d4", "A novel about a night train.") + line(hostile, "Night night night birds "+hostile),
		"queries.jsonl":  line("q1", "night birds "+hostile) + line("q2", "trains at night") + line("q3", "birds"),
		"qrels/test.tsv": "q1\td2\t2\nq1\td1\t1\nq1\td3\t0\nq2\td4\t1\nq3\td3\t1\n",
	} {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r, err := experiment.Run(t.Context(), experiment.Config{
		Data:   dir,
		First:  []pipeline.Kind{pipeline.KindBM25, pipeline.KindHybrid},
		Rerank: []string{pipeline.None, "minilm-cosine", pipeline.MiniLM, "no/such/model"},
		Depth:  []int{2, 4},
		Prices: map[string]experiment.Price{"minilm-cosine": {MTokens: 0.02, Document: 0.001}},
	}, experiment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

package report_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
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

// crowded is a report of a dozen systems with long names by five measures, as
// an experiment over a large collection gives.
func crowded() experiment.Report {
	rerankers := []string{
		"none", "minilm", "best", "minilm-cosine", "mixedbread-ai/mxbai-rerank-large-v1 → Alibaba-NLP/gte-multilingual-reranker-base",
		"cross-encoder-ms-marco-MiniLM-L-12-v2-quantized-int8-avx512-vnni-with-a-very-long-folder-name",
	}
	r := experiment.Report{
		Data: experiment.Data{
			Name: "beir-scifact-with-abstracts", Split: "test", Fingerprint: strings.Repeat("0123456789abcdef", 4), Documents: 5183, Judgments: 339,
			Relevant: 339, Analyzer: "lucene-english", Vectors: "sentence-transformers/all-MiniLM-L6-v2", Unmatched: experiment.Unmatched{QueriesWithoutJudgments: 809},
		},
		Rules:       experiment.Rules{NoSelf: true},
		Environment: experiment.Environment{Go: "go1.26", OS: "linux", Arch: "amd64", CPUs: 8, SIMD: "avx512vnni"},
		Measures:    []string{"nDCG@10", "AP(rel=2,judged_only=True)@1000", "RR@10", "P@10", "R@100"},
	}
	const queries = 40
	for q := range queries {
		r.Data.Queries = append(r.Data.Queries, fmt.Sprintf("query-%04d", 37*q))
		r.Data.Texts = append(r.Data.Texts, "Does the expression of the gene change how a cell answers to heat, and for how long after the first exposure?"[:40+q])
	}
	for i := range 2 * len(rerankers) {
		first, reranker := []string{"bm25", "hybrid"}[i/len(rerankers)], rerankers[i%len(rerankers)]
		s := experiment.System{Name: first + " → " + reranker + " @100", First: first, Rerank: reranker, Depth: 100}
		ms := 0.8 * math.Pow(3.1, float64(i%len(rerankers))) * (1 + float64(i)/20)
		s.Latency = experiment.Latency{Mean: 1.1 * ms, P50: ms, P95: 2 * ms, P99: 3.5 * ms}
		s.PeakMemory, s.Cost = int64(300_000_000+i*123_456_789), float64(i)*0.0123
		s.Coverage = experiment.Coverage{Results: 100 * queries, UnjudgedResults: 96 * queries}
		for _, name := range []string{first, reranker} {
			s.Stages = append(s.Stages, experiment.Stage{
				Name: name, Model: "sentence-transformers/" + name, Latency: s.Latency, Given: 100 * queries, Scored: 100 * queries, Tokens: 1_234_567 * i,
				Truncated: 17 * i, Units: float64(i) * 1000.5, Cost: float64(i) * 0.0123,
			})
		}
		for m := range r.Measures {
			mean := 0.55 + 0.012*float64(i%len(rerankers)) + 0.02*float64(i/len(rerankers)) - 0.05*float64(m)
			s.Values = append(s.Values, experiment.Value{Mean: mean, Low: mean - 0.03, High: mean + 0.03})
		}
		for q := range queries {
			row := make([]float64, len(r.Measures))
			for m := range row {
				row[m] = math.Abs(math.Sin(float64(q*7+i+m))) * s.Values[m].Mean
			}
			s.PerQuery = append(s.PerQuery, row)
		}
		r.Systems = append(r.Systems, s)
		if i == 0 {
			continue
		}
		for _, m := range r.Measures {
			r.Comparisons = append(r.Comparisons, experiment.Comparison{
				System: s.Name, Baseline: r.Systems[0].Name, Measure: m, Diff: 0.012 * float64(i), Low: -0.01, High: 0.05, P: 1e-5 * float64(i),
				Adjusted: 0.003, PT: 0.0004, PW: 0.0007, Wins: 20, Ties: 12, Losses: 8,
			})
		}
	}
	return r
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

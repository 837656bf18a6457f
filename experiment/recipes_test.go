package experiment_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flashrerank/rerank/experiment"
	"github.com/flashrerank/rerank/internal/testenv"
	"github.com/flashrerank/rerank/pipeline"
)

// TestRowsStandForThemselves holds that a system does the same whatever other systems are
// evaluated beside it, and that the report tells which recipe ran.
func TestRowsStandForThemselves(t *testing.T) {
	testenv.Native(t)
	dir := collection(t)
	over := func(vectors bool, first ...pipeline.Kind) experiment.Report {
		return run(t, experiment.Config{
			Data: dir, First: first, Rerank: []string{pipeline.None, pipeline.MiniLM, pipeline.MiniLMCosine, pipeline.LexicalBM25}, Vectors: vectors,
		}, experiment.Options{})
	}
	alone, beside := over(false, pipeline.KindBM25), over(false, pipeline.KindBM25, pipeline.KindHybrid)
	kept := over(true, pipeline.KindBM25)
	for _, s := range alone.Systems {
		other := find(t, beside, s.Name)
		if diff := cmp.Diff(s.PerQuery, other.PerQuery); diff != "" {
			t.Errorf("%s changes when others are added (-alone +beside)\n%s", s.Name, diff)
		}
		for i, stage := range s.Stages {
			if stage.Name != other.Stages[i].Name || stage.Tokens != other.Stages[i].Tokens {
				t.Errorf("%s: %s computes %d tokens, beside others %s %d", s.Name, stage.Name, stage.Tokens, other.Stages[i].Name, other.Stages[i].Tokens)
			}
		}
	}
	for _, test := range []struct {
		report       experiment.Report
		system, want string
	}{
		{alone, "bm25 → minilm", "bm25, minilm over texts"},
		{beside, "bm25 → minilm", "bm25, minilm over texts"},
		{beside, "bm25 → minilm-cosine", "bm25, minilm-cosine over texts"},
		{beside, "hybrid → minilm", "hybrid, minilm over vectors"},
		{beside, "hybrid → bm25", "hybrid, bm25"},
		{kept, "bm25 → minilm", "bm25, minilm over vectors"},
	} {
		var names []string
		for _, s := range find(t, test.report, test.system).Stages {
			names = append(names, s.Name)
		}
		if got := strings.Join(names, ", "); got != test.want {
			t.Errorf("%s: %s ran, want %s", test.system, got, test.want)
		}
	}
}

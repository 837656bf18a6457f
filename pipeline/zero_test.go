package pipeline_test

import (
	"strings"
	"testing"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/index"
	"github.com/flashrerank/rerank/pipeline"
)

// TestExplicitZero: in YAML a zero that was written is honoured or refused with its
// place and never taken for one that was not.
func TestExplicitZero(t *testing.T) {
	for yaml, refused := range map[string]string{
		"first: {depth: 0}":                                            "[1:16] depth: 0 is not possible; leave it out for the default, 100",
		"first: {depth: 0.0}":                                          "depth: 0 is not possible",
		"stages: [{rerank: bm25, depth: 0}]":                           "[1:32] depth: 0 is not possible",
		"stages:\n- rerank: minilm\n  early: {tokens: 0}":              "[3:19] tokens: 0 is not possible; leave it out for the default, 48",
		"stages: [{rerank: minilm, early: {best: 0}}]":                 "best: 0 is not possible",
		"first: {kind: hybrid, fusion: {lexical: 0, dense: 0}}":        "both weights are 0",
		"first: {depth: null}":                                         "",
		"first: {depth: 1}":                                            "",
		"first: {bm25: {k1: 0, b: 0}}":                                 "",
		"first: {kind: hybrid, fusion: {lexical: 0}}":                  "",
		"first: {kind: hybrid, fusion: {method: rrf, k: 0, dense: 0}}": "",
		"timeout: 0s": "",
		"stages: [{rerank: minilm, timeout: 0s, early: {within: 0s, budget: 0}}]": "", // no bound, as without them
	} {
		c, err := pipeline.Parse([]byte(yaml))
		if err == nil {
			c.Index = "somewhere"
			err = c.Validate()
		}
		if refused == "" && err != nil || refused != "" && (err == nil || !strings.Contains(err.Error(), refused)) {
			t.Errorf("%s: error %v, want %q", yaml, err, refused)
		}
	}
}

// TestZeroValues: in Go the zero value is the default.
func TestZeroValues(t *testing.T) {
	s := embedded(t, index.Options{Analyzer: "bm25s-english"}, entries(animals...))
	search := func(c pipeline.Config, k int) []rerank.Hit {
		t.Helper()
		result, err := open(t, s, c).Retrieve(t.Context(), rerank.Search{Query: rerank.Query{Text: "cat"}, K: k})
		if err != nil {
			t.Fatal(err)
		}
		return result.Hits
	}
	hybrid := func(f pipeline.Fusion) pipeline.Config {
		return pipeline.Config{First: pipeline.First{Kind: pipeline.KindHybrid, Fusion: f}, Stages: []pipeline.Stage{}}
	}
	for _, same := range []struct {
		what      string
		one, said []rerank.Hit
	}{
		{"K", search(pipeline.Config{}, 0), search(pipeline.Config{}, rerank.DefaultK)},
		{"K below zero", search(pipeline.Config{}, -3), search(pipeline.Config{}, rerank.DefaultK)},
		{"weights", search(hybrid(pipeline.Fusion{}), 5), search(hybrid(pipeline.Fusion{Lexical: new(1.0), Dense: new(1.0)}), 5)},
		{"rrf", search(hybrid(pipeline.Fusion{Method: pipeline.MethodRRF}), 5), search(hybrid(pipeline.Fusion{Method: pipeline.MethodRRF, K: new(60.0)}), 5)},
		{"no words", search(hybrid(pipeline.Fusion{Lexical: new(0.0)}), 5), search(pipeline.Config{First: pipeline.First{Kind: pipeline.KindDense}, Stages: []pipeline.Stage{}}, 5)},
	} {
		if len(same.one) == 0 || len(same.one) != len(same.said) {
			t.Errorf("%s: %d hits and %d", same.what, len(same.one), len(same.said))
			continue
		}
		for i := range same.one {
			if same.one[i].Document.ID != same.said[i].Document.ID {
				t.Errorf("%s: hit %d is %s and %s", same.what, i, same.one[i].Document.ID, same.said[i].Document.ID)
			}
		}
	}
}

// TestPartial: a pipeline that says so, or a search, answers with what there is when
// the time is up.
func TestPartial(t *testing.T) {
	s := memory(t, index.Options{}, entries(animals...))
	for yaml, fails := range map[string]bool{"timeout: 1ns": true, "timeout: 1ns\npartial: true": false} {
		c, err := pipeline.Parse([]byte(yaml))
		if err != nil {
			t.Fatal(err)
		}
		p := open(t, s, c)
		got, err := p.Search(t.Context(), "cat", 3)
		if (err != nil) != fails || err == nil && !got.Stages[0].Partial {
			t.Errorf("%q: %+v, %v", yaml, got.Stages, err)
		}
		if _, err = p.Retrieve(t.Context(), rerank.Search{Query: rerank.Query{Text: "cat"}, Partial: true}); err != nil {
			t.Errorf("%q: asked for, %v", yaml, err)
		}
	}
}

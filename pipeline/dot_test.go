package pipeline_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/index"
	"github.com/flashrerank/rerank/pipeline"
)

// byDotProduct is a tiny model whose vectors are compared by their dot product and are of
// different lengths.
func byDotProduct(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../biencoder/testdata/tiny")); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]struct{ from, to string }{
		"config_sentence_transformers.json": {`"cosine"`, `"dot"`},
		"modules.json":                      {`,\s*\{[^{]*Normalize"\s*\}`, ""},
	} {
		name = filepath.Join(dir, name)
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text := regexp.MustCompile(change.from).ReplaceAllString(string(data), change.to)
		if text == string(data) {
			t.Fatalf("%s is not as this test expects: %s", name, data)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestHybridByDotProduct: documents that only BM25 finds get the score that the list of
// vectors would have, so that what is found does not depend on how deep that list is.
func TestHybridByDotProduct(t *testing.T) {
	model := byDotProduct(t)
	e, err := pipeline.OpenEmbedder(model)
	if err != nil {
		t.Fatal(err)
	}
	if by := e.Model().Similarity; by != rerank.SimilarityDot {
		t.Fatalf("the model compares by %s", by)
	}
	list := entries(animals...)
	if _, err := pipeline.Embed(t.Context(), e, list, nil); err != nil {
		t.Fatal(err)
	}
	s := memory(t, index.Options{Model: e.Model()}, list)
	const query = "cat sat on a mat"
	scores := map[string]float64{} // by the list of vectors
	dense := open(t, s, pipeline.Config{Model: model, First: pipeline.First{Kind: pipeline.KindDense}, Stages: noStages})
	all, err := dense.Search(t.Context(), query, 0)
	if err != nil || len(all.Hits) != len(animals) {
		t.Fatalf("%v, %+v", err, all)
	}
	for _, h := range all.Hits {
		if scores[h.Document.ID] = h.Score; h.Scale != rerank.ScaleDot {
			t.Errorf("%s has a score on the scale %s", h.Document.ID, h.Scale)
		}
	}
	for _, rerankers := range [][]pipeline.Stage{noStages, {{Rerank: model}}, {{Rerank: "cosine:" + model}}} {
		completed := 0
		for depth := 1; depth <= len(animals); depth++ {
			p := open(t, s, pipeline.Config{Model: model, First: pipeline.First{Kind: pipeline.KindHybrid, Depth: depth}, Stages: rerankers})
			got, err := p.Search(t.Context(), query, 0)
			if err != nil {
				t.Fatalf("depth %d: %v", depth, err)
			}
			for _, h := range got.Hits {
				for _, seen := range h.Trace {
					if seen.Stage != "dense" {
						continue
					}
					if seen.Rank < 0 {
						completed++
					}
					if seen.Score != scores[h.Document.ID] || seen.Scale != rerank.ScaleDot {
						t.Errorf("depth %d: %s has %v (%s), the list has %v", depth, h.Document.ID, seen.Score, seen.Scale, scores[h.Document.ID])
					}
				}
			}
		}
		if completed == 0 {
			t.Errorf("%v: no document was found by BM25 alone", rerankers)
		}
	}
}

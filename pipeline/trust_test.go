package pipeline_test

import (
	"strings"
	"testing"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/index"
	"github.com/flashrerank/rerank/internal/testenv"
	"github.com/flashrerank/rerank/pipeline"
)

var (
	danish = []string{
		"Biblioteket åbner klokken ni om morgenen, også på lørdage.", "Nøglen til det gamle skur ligger på hylden ved døren.",
		"Brødet bages i fyrre minutter, og så køler det på køkkenbordet.", "Lejemålet udløber i maj, når lejeren flytter ud.",
	}
	plain = []string{
		"The library opens at nine in the morning.", "The key of the old shed is on the shelf.", "Bake the bread for forty minutes.",
		"The lease of the flat ends in May, says Søren, and Søren knows.",
	}
)

// halved counts the notes of reports that say that a model counts half.
func halved(stages []rerank.StageReport) int {
	n := 0
	for _, s := range stages {
		for _, note := range s.Notes {
			if strings.Contains(note, "counts 0.5 of its weight") {
				n++
			}
		}
	}
	return n
}

// TestTrustInTexts: over given texts the models have half their weight where most of the
// texts are in a language that they know in part.
func TestTrustInTexts(t *testing.T) {
	testenv.Native(t)
	for name, test := range map[string]struct {
		texts  []string
		halved bool
	}{
		"Danish":           {danish, true},
		"English":          {plain, false},
		"mostly Danish":    {append([]string{plain[0]}, danish...), true},
		"half and half":    {append(append([]string{}, plain...), danish...), false},
		"one of no letter": {append([]string{"12:30", ""}, plain...), false},
	} {
		docs := make([]rerank.Document, len(test.texts))
		for i, text := range test.texts {
			docs[i].Text = text
		}
		for reranker, models := range map[string]int{pipeline.MiniLM: 1, pipeline.Best: 2, pipeline.MiniLMCosine: 0} {
			r, err := pipeline.NewReranker(reranker)
			if err != nil {
				t.Fatal(err)
			}
			got, err := r.Rerank(t.Context(), rerank.Request{Query: rerank.Query{Text: "hvor ligger lejemålet"}, Hits: rerank.Hits(docs)})
			if err != nil {
				t.Fatal(err)
			}
			if !test.halved {
				models = 0
			}
			if n := halved(got.Stages); n != models {
				t.Errorf("%s, %s: %d of %d models have half their weight: %+v", name, reranker, n, models, got.Stages)
			}
		}
	}
}

// TestTrustInVectors is the same over an index with vectors, of which a search for IDs alone
// reads no texts otherwise. A weight that is given stays as it is.
func TestTrustInVectors(t *testing.T) {
	testenv.Native(t)
	e, err := pipeline.OpenEmbedder(pipeline.MiniLM)
	if err != nil {
		t.Fatal(err)
	}
	opened := func(texts []string, c pipeline.Config) *pipeline.Pipeline {
		docs := make([]rerank.Document, len(texts))
		for i, text := range texts {
			docs[i] = rerank.Document{ID: string(rune('a' + i)), Text: text}
		}
		list := entries(docs...)
		if _, err := pipeline.Embed(t.Context(), e, list, nil); err != nil {
			t.Fatal(err)
		}
		return open(t, memory(t, index.Options{Model: e.Model()}, list), c)
	}
	given := pipeline.Config{First: pipeline.First{Kind: pipeline.KindHybrid, Fusion: pipeline.Fusion{Dense: new(1.0)}}, Stages: noStages}
	for name, test := range map[string]struct {
		texts  []string
		config pipeline.Config
		halved int
	}{
		"Danish":         {danish, pipeline.Config{}, 2},
		"English":        {plain, pipeline.Config{}, 0},
		"a weight given": {danish, given, 0},
	} {
		p := opened(test.texts, test.config)
		for _, only := range []bool{false, true} {
			got, err := p.Retrieve(t.Context(), rerank.Search{Query: rerank.Query{Text: "hvor ligger lejemålet, may, shed"}, IDsOnly: only})
			if err != nil {
				t.Fatal(err)
			}
			if n := halved(got.Stages); n != test.halved || len(got.Hits) != 4 {
				t.Errorf("%s, IDs only %v: %d reports say that a model counts half: %+v", name, only, n, got.Stages)
			}
		}
	}
}

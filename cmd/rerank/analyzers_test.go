package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/flashrerank/rerank/analysis"
)

// TestDocsTellWhichAnalyzersStem compares what rerank index --help and
// docs/cli.md list with what the presets do.
func TestDocsTellWhichAnalyzersStem(t *testing.T) {
	var stem, whole []string
	for _, name := range analysis.Names() {
		a, err := analysis.New(name)
		if err != nil {
			t.Fatal(err)
		}
		if a.Stems() {
			stem = append(stem, name)
		} else {
			whole = append(whole, name)
		}
	}
	if got, want := analyzers(), strings.Join(stem, ", ")+"; without stemming: "+strings.Join(whole, ", "); got != want {
		t.Errorf("the help lists %q, want %q", got, want)
	}
	docs, err := os.ReadFile("../../docs/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	page := strings.Join(strings.Fields(string(docs)), " ")
	if got := quoted(page, "Presets that stem words: ", "Presets that keep words whole: "); !slices.Equal(got, stem) {
		t.Errorf("docs/cli.md lists %q as stemming, want %q", got, stem)
	}
	if got := quoted(page, "Presets that keep words whole: ", "[Package analysis]"); !slices.Equal(got, whole) {
		t.Errorf("docs/cli.md lists %q as not stemming, want %q", got, whole)
	}
}

// quoted returns what stands in backquotes between two marks of a text, sorted.
func quoted(text, after, before string) []string {
	_, text, _ = strings.Cut(text, after)
	text, _, _ = strings.Cut(text, before)
	var names []string
	for i, part := range strings.Split(text, "`") {
		if i%2 == 1 {
			names = append(names, part)
		}
	}
	slices.Sort(names)
	return names
}

package analysis_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/flashrerank/rerank/analysis"
)

func ExampleAnalyzer_Query() {
	a, err := analysis.New("english")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, query := range []string{"the winter of our discontent", "to be or not to be"} {
		terms, aside := a.Query(query)
		for i := range terms {
			terms[i] = analysis.Word(terms[i])
		}
		fmt.Println(terms, aside)
	}
	// Output:
	// [winter our discont] false
	// [to be or not to be] true
}

// TestAllIsTokensAndWordsSetAside: they stand where they are in the text, and
// the other tokens are untouched.
func TestAllIsTokensAndWordsSetAside(t *testing.T) {
	const text = "The Winter of ΤΗΣ Our it's its THE discontent"
	a := analyzer(t, "english")
	var rest, aside []token
	for got := range a.All(text) {
		entry := token{string(got.Term), got.Start, got.End, got.Position}
		if got.Aside == 0 {
			rest = append(rest, entry)
			continue
		}
		aside = append(aside, entry)
		if !analysis.IsAside(entry.Term) || analysis.Word(entry.Term) != strings.ToLower(text[got.Start:got.End]) {
			t.Errorf("%q is set aside as %q", text[got.Start:got.End], entry.Term)
		}
	}
	if want := tokens(a, text); !slices.Equal(rest, want) {
		t.Errorf("the others are %v, want %v", rest, want)
	}
	if want := tokens(analyzer(t, "unicode|cjk|fold|stop:english|snowball:english"), text); !slices.Equal(rest, want) {
		t.Errorf("the others are %v, words dropped leave %v", rest, want)
	}
	if len(aside) != 3 || aside[0].Position != 0 || aside[0].Term == "the" || aside[2].Term != aside[0].Term {
		t.Errorf("set aside: %v", aside)
	}
}

// TestQuery: presets of our own fall back to words set aside, those that equal
// somebody else's give what the other gives.
func TestQuery(t *testing.T) {
	for _, test := range []struct {
		name, query, want string
		aside             bool
	}{
		{"english", "The Who, and to be", "who", false},
		{"english", "of — the", "of the", true},
		{"english", "— ?", "", false},
		{"english", "its", "it", false},
		{"german", "Sein oder nicht SEIN", "sein oder nicht sein", true},
		{"french", "qu’il y a", "il y a", false},
		{"standard", "to be", "to be", false},
		{"lucene-english", "to be or not to be", "", false},
		{"bm25s-stop", "to be or not to be", "", false},
		{"unicode|lower|stop:german|aside:english|aside:english", "die the", "the", true},
	} {
		terms, aside := analyzer(t, test.name).Query(test.query)
		for i := range terms {
			terms[i] = analysis.Word(terms[i])
		}
		if got := strings.Join(terms, " "); aside != test.aside || test.name != "french" && got != test.want {
			t.Errorf("%s: %q becomes %q, %v", test.name, test.query, got, aside)
		}
	}
}

func TestWordsSetAsideStopWhenAsked(t *testing.T) {
	n := 0
	for range analyzer(t, "english").All("the of and winter") {
		if n++; n == 2 {
			break
		}
	}
	if n != 2 {
		t.Errorf("%d tokens", n)
	}
}

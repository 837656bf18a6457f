package analysis_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/flashrerank/rerank/analysis"
	"github.com/flashrerank/rerank/internal/testenv"
)

// corpus returns the documents of a shared collection, title and text.
func corpus(t testing.TB, name string) []string {
	t.Helper()
	file, err := os.ReadFile(testenv.Data(t, name, "corpus.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for dec := json.NewDecoder(bytes.NewReader(file)); dec.More(); {
		var d struct{ Title, Text string }
		if err := dec.Decode(&d); err != nil {
			t.Fatal(err)
		}
		texts = append(texts, d.Title+" "+d.Text)
	}
	return texts
}

// ask passes values to the peers and returns their answers.
func ask[T any](t *testing.T, what string, values []string) []T {
	t.Helper()
	var in bytes.Buffer
	enc := json.NewEncoder(&in)
	for _, v := range values {
		if err := enc.Encode(v); err != nil {
			t.Fatal(err)
		}
	}
	var answers []T
	for dec := json.NewDecoder(bytes.NewReader(testenv.Python(t, in.Bytes(), "testdata/peers.py", what))); dec.More(); {
		var answer T
		if err := dec.Decode(&answer); err != nil {
			t.Fatal(err)
		}
		answers = append(answers, answer)
	}
	return answers
}

func TestParityWithPythonOnCranfield(t *testing.T) {
	texts := corpus(t, "cranfield")
	analyzers := map[string]*analysis.Analyzer{}
	for i, want := range ask[map[string][]string](t, "texts", texts) {
		for name, terms := range want {
			if analyzers[name] == nil {
				analyzers[name] = analyzer(t, name)
			}
			if got := analyzers[name].Terms(texts[i]); !slices.Equal(got, terms) {
				t.Fatalf("%s of document %d:\n got %q\nwant %q", name, i, got, terms)
			}
		}
	}
}

// TestParityOfEnglishStems stems the whole vocabulary of the collections.
func TestParityOfEnglishStems(t *testing.T) {
	vocabulary := map[string]bool{}
	splitter := analyzer(t, "words")
	for _, name := range []string{"cranfield", "medline", "cacm", "time"} {
		for _, text := range corpus(t, name) {
			for _, term := range splitter.Terms(text) {
				vocabulary[term] = true
			}
		}
	}
	words := slices.Sorted(maps.Keys(vocabulary))
	if len(words) < 30000 {
		t.Errorf("only %d words", len(words))
	}
	stemmer := analyzer(t, "space|snowball:english")
	for i, want := range ask[string](t, "stems", words) {
		if got := strings.Join(stemmer.Terms(words[i]), " "); got != want {
			t.Errorf("%q becomes %q, PyStemmer has %q", words[i], got, want)
		}
	}
}

package analysis_test

import (
	"bufio"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/flashrerank/rerank/analysis"
)

// readLines parses a file of one JSON value a line.
func readLines[T any](t *testing.T, name string) []T {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var values []T
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var v T
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		values = append(values, v)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return values
}

func analyzer(t testing.TB, name string) *analysis.Analyzer {
	t.Helper()
	a, err := analysis.New(name)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestPythonGolden: the presets named for Python peers give their terms,
// exactly. The one difference is MaxTokenLength, which the peers have not.
func TestPythonGolden(t *testing.T) {
	analyzers := map[string]*analysis.Analyzer{}
	lines := readLines[string](t, "testdata/lines.jsonl")
	for i, want := range readLines[map[string][]string](t, "testdata/python.jsonl") {
		if longest(lines[i]) > analysis.MaxTokenLength {
			continue
		}
		for name, terms := range want {
			if analyzers[name] == nil {
				analyzers[name] = analyzer(t, name)
			}
			if got := analyzers[name].Terms(lines[i]); !slices.Equal(got, terms) {
				t.Errorf("%s of %q:\n got %q\nwant %q", name, lines[i], got, terms)
			}
		}
	}
}

func longest(line string) int {
	n := 0
	for _, f := range strings.Fields(line) {
		n = max(n, utf8.RuneCountInString(f))
	}
	return n
}

// luceneToken is [term, start, end, position] with offsets in UTF-16 units.
type luceneToken []any

type token struct {
	Term                 string
	Start, End, Position int
}

func tokens(a *analysis.Analyzer, text string) []token {
	var list []token
	for t := range a.Tokens(text) {
		list = append(list, token{string(t.Term), t.Start, t.End, t.Position})
	}
	return list
}

// TestLuceneGolden: the presets named for Lucene give its terms, offsets and
// positions. There are two differences. CJK pairs keep marks and invisible
// characters with their letter, where Lucene pairs these too. A pictograph after
// a zero-width joiner stays with what is before it (rule WB3c of the annex),
// where Lucene demands that this be a pictograph too.
func TestLuceneGolden(t *testing.T) {
	analyzers := map[string]*analysis.Analyzer{}
	lines := readLines[string](t, "testdata/lines.jsonl")
	for i, want := range readLines[map[string][]luceneToken](t, "testdata/lucene.jsonl") {
		if strings.Contains(lines[i], "ς\u200d👍") || strings.Contains(lines[i], "İ\u200d👍") {
			continue
		}
		offsets := utf16Offsets(lines[i])
		for name, list := range want {
			if strings.Contains(name, "cjk") && strings.ContainsAny(lines[i], "\u0301\u00ad\u200d") {
				continue
			}
			var expected []token
			for _, l := range list {
				expected = append(expected, token{l[0].(string), offsets[int(l[1].(float64))], offsets[int(l[2].(float64))], int(l[3].(float64))})
			}
			if analyzers[name] == nil {
				analyzers[name] = analyzer(t, name)
			}
			if diff := cmp.Diff(expected, tokens(analyzers[name], lines[i])); diff != "" {
				t.Errorf("%s of %q (-lucene +got)\n%s", name, lines[i], diff)
			}
		}
	}
}

// utf16Offsets maps offsets in UTF-16 units to offsets in bytes.
func utf16Offsets(text string) []int {
	var offsets []int
	for i, r := range text {
		offsets = append(offsets, i)
		if r > 0xFFFF {
			offsets = append(offsets, i)
		}
	}
	return append(offsets, len(text))
}

// TestStems: the English and the Indonesian stemmer give the stems of PyStemmer
// 3.1, the others those of Snowball in 2018.
func TestStems(t *testing.T) {
	text, err := os.ReadFile("testdata/stems.json")
	if err != nil {
		t.Fatal(err)
	}
	var languages map[string]map[string]string
	if err := json.Unmarshal(text, &languages); err != nil {
		t.Fatal(err)
	}
	if len(languages) < 18 {
		t.Fatalf("only %d languages", len(languages))
	}
	for language, stems := range languages {
		filter := "snowball:"
		if language == "indonesian" {
			filter = "light:"
		}
		a := analyzer(t, "space|"+filter+language)
		for word, stem := range stems {
			if got := strings.Join(a.Terms(word), " "); got != stem {
				t.Errorf("%s: %q becomes %q, want %q", language, word, got, stem)
			}
		}
	}
}

package analysis_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/flashrerank/rerank/analysis"
	"github.com/flashrerank/rerank/dataset/godoc"
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
func ask[T, V any](t *testing.T, what string, values []V) []T {
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

// TestPorter2IsPyStemmers stems the words of the collections and of Go's own
// documentation, those words with other endings, and all short words of a few
// letters.
func TestPorter2IsPyStemmers(t *testing.T) {
	real := vocabulary(t)
	words := slices.Concat(real, inflected(real), spelled("aeybtlsdin'Yé", 4), spelled("aoytlsxg", 5))
	slices.Sort(words)
	words = slices.Compact(words)
	if len(words) < 300_000 {
		t.Errorf("only %d words", len(words))
	}
	stems := make([]string, len(words)) // of "'s" nothing is left
	for token := range analyzer(t, "space|snowball:english").Tokens(strings.Join(words, " ")) {
		stems[token.Position] = string(token.Term)
	}
	for i, want := range ask[[]string](t, "stems", [][]string{words})[0] {
		if stems[i] != want {
			t.Errorf("%q becomes %q, PyStemmer has %q", words[i], stems[i], want)
		}
	}
}

// vocabulary returns the words of the collections and of the comments in Go's
// standard library, in lower case.
func vocabulary(t *testing.T) []string {
	t.Helper()
	var texts []string
	for _, name := range []string{"cranfield", "medline", "cacm", "time"} {
		texts = append(texts, corpus(t, name)...)
	}
	texts = append(texts, goComments(t)...)
	seen := map[string]bool{}
	splitter := analyzer(t, "unicode|lower")
	for _, text := range texts {
		for _, term := range splitter.Terms(text) {
			seen[term] = !strings.ContainsFunc(term, unicode.IsSpace) // narrow no-break spaces are part of words
		}
	}
	maps.DeleteFunc(seen, func(_ string, whole bool) bool { return !whole })
	return slices.Sorted(maps.Keys(seen))
}

// goComments returns the comment lines of the standard library.
func goComments(t *testing.T) []string {
	t.Helper()
	src, err := godoc.Standard()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	err = filepath.WalkDir(src, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && (d.Name() == "cmd" || d.Name() == "vendor" || d.Name() == "syscall" || d.Name() == "runtime") {
			return filepath.SkipDir // long, and mostly names
		}
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for line := range strings.Lines(string(text)) {
			if _, comment, ok := strings.Cut(line, "// "); ok {
				lines = append(lines, comment)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// inflected gives each word four endings in turn, every second time without its
// last letter.
func inflected(words []string) []string {
	endings := strings.Fields("s ed ing ly edly ingly ied ies eed eedly 's 's' ' y ational tional enci anci abli entli izer ization" +
		" ation ator alism aliti alli fulness ousli ousness iveness iviti biliti bli ogist logi ogi fulli lessli li alize icate" +
		" iciti ical ful ness ative al ance ence er ic able ible ant ement ment ent ism ate iti ous ive ize ion sion tion e l ll" +
		" sses us ss ying inning past paste proceed ationally tionally ousnesses")
	var result []string
	for i, word := range words {
		letters := []rune(word)
		for j := range 4 {
			stem := letters[:max(1, len(letters)-j%2)]
			result = append(result, string(stem)+endings[(4*i+j)%len(endings)])
		}
	}
	return result
}

// spelled returns the words of 1 to n of the letters.
func spelled(letters string, n int) []string {
	words, last := []string{}, []string{""}
	for range n {
		var next []string
		for _, prefix := range last {
			for _, letter := range letters {
				next = append(next, prefix+string(letter))
			}
		}
		words, last = append(words, next...), next
	}
	return words
}

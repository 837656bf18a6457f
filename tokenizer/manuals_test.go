package tokenizer_test

import (
	"compress/gzip"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/flashrerank/rerank/internal/testenv"
)

// manuals are lines of translated manual pages, about as many of each language, of
// which there must be twenty.
func manuals(t *testing.T, n int) []string {
	t.Helper()
	dir := testenv.Manuals(t)
	languages, err := filepath.Glob(filepath.Join(dir, "*", "man*"))
	if err != nil {
		t.Fatal(err)
	}
	byLanguage := map[string][]string{}
	for _, folder := range languages {
		language := filepath.Base(filepath.Dir(folder))
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() && strings.HasSuffix(path, ".gz") && len(byLanguage[language]) < 20*n {
				byLanguage[language] = append(byLanguage[language], pageLines(t, path)...)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(byLanguage) < 20 {
		t.Fatalf("manual pages of %d languages in %s", len(byLanguage), dir)
	}
	var all []string
	s := &sample{state: 23}
	each := n/len(byLanguage) + 1
	for _, language := range slices.Sorted(maps.Keys(byLanguage)) {
		lines := byLanguage[language]
		for range min(each, len(lines)) {
			all = append(all, lines[s.intn(len(lines))])
		}
	}
	return all
}

// pageLines are those of a page that are long enough to say something.
func pageLines(t *testing.T, path string) []string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	var lines []string
	for line := range strings.Lines(strings.ToValidUTF8(string(data), "\ufffd")) {
		if len(line) > 40 && !strings.HasPrefix(line, `.\"`) {
			lines = append(lines, line)
		}
	}
	return lines
}

// TestManualsLikeHuggingFace compares ids and offsets on manual pages in twenty and more
// languages: 500 lines, and 20,000 if RERANK_SLOW asks for it.
func TestManualsLikeHuggingFace(t *testing.T) {
	n := 500
	if os.Getenv("RERANK_SLOW") != "" {
		n = 20_000
	}
	all := manuals(t, n)
	if len(all) < n*9/10 {
		t.Fatalf("%d lines", len(all))
	}
	tokenizers := map[string]string{"minilm": testenv.PeerModel(t, "tokenizer.json")}
	for _, name := range kinds(t) {
		tokenizers[name] = "testdata/kinds/" + name + ".json"
	}
	for name, path := range tokenizers {
		t.Run(name, func(t *testing.T) {
			data, _ := load(t, path)
			compare(t, data, all)
		})
	}
}

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flashrerank/rerank/internal/testenv"
)

// TestLanguagesKeepUp holds that no default is below BM25 in other languages than English,
// over vectors and, in Danish, over texts. All but two are for .ci/nightly-tests.
func TestLanguagesKeepUp(t *testing.T) {
	if os.Getenv("RERANK_SLOW") == "" {
		t.Skip("RERANK_SLOW is not set: embedding hundreds of pages takes a minute")
	}
	testenv.Native(t)
	manuals, data := testenv.Manuals(t), filepath.Dir(testenv.Data(t, "jaquad-dev"))
	for name, bench := range map[string]bench{
		"jaquad-dev": {queries: 100},
		"da":         {},
		"cs":         {},
		"es":         {queries: 150},
		"fi":         {},
		"fr":         {queries: 150},
		"hu":         {},
		"pl":         {},
		"ru":         {},
		"sr":         {},
		"sv":         {},
		"tr":         {},
		"zh_CN":      {queries: 150},
		"texts-da":   {queries: 30, texts: true, depth: 20},
	} {
		t.Run(name, func(t *testing.T) {
			wanted := strings.TrimPrefix(name, "texts-")
			folders, err := collections(manuals, data, t.TempDir(), func(name string) bool { return name == wanted })
			if err != nil || len(folders) != 1 {
				t.Fatalf("%q, %v", folders, err)
			}
			report, err := bench.measure(t.Context(), folders[0])
			if err != nil {
				t.Fatal(err)
			}
			words := report.Systems[0].Values[0].Mean
			for _, s := range report.Systems[1:] {
				got := s.Values[0].Mean
				t.Logf("%s: %.4f, BM25 alone %.4f", s.Name, got, words)
				if got < words {
					t.Errorf("%s: nDCG@10 is %.4f, and BM25 alone has %.4f", s.Name, got, words)
				}
			}
			if words < 0.3 || len(report.Data.Queries) < 30 {
				t.Errorf("BM25 has %.4f over %d questions", words, len(report.Data.Queries))
			}
		})
	}
}

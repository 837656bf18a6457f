package analysis_test

import (
	"testing"

	"github.com/flashrerank/rerank/analysis"
	"github.com/flashrerank/rerank/internal/testenv"
)

// FuzzNew: what is an analyzer reads a text, and its name makes it again.
func FuzzNew(f *testing.F) {
	for _, s := range append(analysis.Names(), "unicode|lower", "words | stop:english | stem:porter", "space|", "|", "unicode|gram:2:3") {
		f.Add(s, "The lease ends in Straßenbahn 日本")
	}
	f.Fuzz(func(t *testing.T, spec, text string) {
		defer testenv.Bound(t, len(spec)+len(text))()
		a, err := analysis.New(spec)
		if err != nil {
			return
		}
		for range a.Tokens(text) {
			continue
		}
		again, err := analysis.New(a.Name())
		if err != nil || again.Fingerprint() != a.Fingerprint() {
			t.Errorf("%q is called %q, which is another: %v", spec, a.Name(), err)
		}
	})
}

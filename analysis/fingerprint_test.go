package analysis

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"
)

func newAnalyzer(t testing.TB, name string) *Analyzer {
	t.Helper()
	a, err := New(name)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestFingerprintIsOfTheSpecification: what an analyzer is called and how its
// specification is spaced does not matter, nor who asks and how often.
func TestFingerprintIsOfTheSpecification(t *testing.T) {
	want := newAnalyzer(t, "english").Fingerprint()
	if len(want) != 16 || strings.Trim(want, "0123456789abcdef") != "" {
		t.Errorf("fingerprint %q, want 16 hexadecimal digits", want)
	}
	spaced := newAnalyzer(t, strings.ReplaceAll(presets()["english"], "|", " | "))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if got := spaced.Fingerprint(); got != want {
				t.Errorf("fingerprint %s of the specification, %s of the preset", got, want)
			}
		})
	}
	wg.Wait()
	seen := map[string]string{}
	for name, spec := range presets() {
		if got := newAnalyzer(t, name).Fingerprint(); seen[got] != "" && seen[got] != spec {
			t.Errorf("%q and %q have the same fingerprint", spec, seen[got])
		} else {
			seen[got] = spec
		}
	}
}

// TestFingerprintIsOfTheBehavior: an analyzer of the same specification whose
// filters, stop words or splitter do something else has another fingerprint.
func TestFingerprintIsOfTheBehavior(t *testing.T) {
	without := func(name string, gone ...int) string {
		a := newAnalyzer(t, name)
		for _, i := range gone {
			a.filters = slices.Delete(slices.Clone(a.filters), i, i+1)
		}
		return a.Fingerprint()
	}
	for stem := range stemmers() {
		if name := "unicode|normalize|" + stem; without(name) == without(name, 1) {
			t.Errorf("%s: not stemming at all gives the same fingerprint", name)
		}
	}
	for _, name := range []string{"unicode|fold", "unicode|normalize", "unicode|lower", "unicode|normalize:turkish", "unicode|possessive", "unicode|porter"} {
		if without(name) == without(name, 0) {
			t.Errorf("%s: no filter gives the same fingerprint", name)
		}
	}
	for _, change := range []func(a *Analyzer){
		func(a *Analyzer) { a.cjk = false },
		func(a *Analyzer) { a.split = splitWords },
		func(a *Analyzer) { a.filters[0] = normalize(unicode.ToLower) },
		func(a *Analyzer) { a.filters[0] = lower },
	} {
		a := newAnalyzer(t, "english")
		change(a)
		if a.Fingerprint() == newAnalyzer(t, "english").Fingerprint() {
			t.Error("a changed analyzer has the same fingerprint")
		}
	}
}

// TestFingerprintKnowsEveryStopWord takes each word off each list in turn.
func TestFingerprintKnowsEveryStopWord(t *testing.T) {
	for _, language := range []string{"english", "german", "russian"} {
		whole := newAnalyzer(t, "unicode|lower|stop:"+language)
		for i, word := range whole.stopWords {
			less := newAnalyzer(t, whole.Name())
			less.filters[1] = stop(slices.Delete(slices.Clone(whole.stopWords), i, i+1))
			if less.Fingerprint() == whole.Fingerprint() {
				t.Errorf("%s: the list without %q gives the same fingerprint", language, word)
			}
		}
	}
}

func BenchmarkFingerprint(b *testing.B) {
	a := newAnalyzer(b, Default)
	for b.Loop() {
		a.takeFingerprint()
	}
}

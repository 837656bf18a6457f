package analysis

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/clipperhouse/uax29/v2/words"

	"github.com/flashrerank/rerank/internal/testenv"
)

// TestASCIIWordsAreTheLibrarys compares the short way for ASCII with the
// library's general one on random text.
func TestASCIIWordsAreTheLibrarys(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	parts := []string{"a", "Z", "0", "9", "_", ".", "'", ":", ",", ";", " ", "\r", "\n", "-", "\"", "é", "\u0301", "\u200d", "日", "א", "\xff", "\ufe0f\u20e3", "#"}
	for range 20000 {
		var b strings.Builder
		for range random.IntN(12) {
			b.WriteString(parts[random.IntN(len(parts))])
		}
		text := b.String()
		var got, want []word
		splitUnicode(text, func(w word) bool { got = append(got, w); return true })
		for it := words.FromString(text); it.Next(); {
			if w, ok := classify(text, it.Start(), it.End()); ok {
				want = append(want, w)
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%q: got %v, the library has %v", text, got, want)
		}
	}
}

// TestCharactersAreAsInPython compares what Python takes for a word character,
// for white space and for lower case, character by character. The two may know
// different versions of Unicode: new characters, and the few whose properties
// changed, are left out as both must have been assigned.
func TestCharactersAreAsInPython(t *testing.T) {
	n := 0
	for dec := json.NewDecoder(bytes.NewReader(testenv.Python(t, nil, "testdata/peers.py", "characters"))); dec.More(); n++ {
		var row []any
		if err := dec.Decode(&row); err != nil {
			t.Fatal(err)
		}
		r, lower := rune(row[0].(float64)), rune(row[3].(float64))
		if !unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z, unicode.C) {
			continue
		}
		if got := isPythonWord(r); got != row[1] {
			t.Errorf("%U: word character: %v, Python says %v", r, got, row[1])
		}
		if got := isPythonSpace(r); got != row[2] {
			t.Errorf("%U: white space: %v, Python says %v", r, got, row[2])
		}
		if got := unicode.ToLower(r); got != lower && r != 'İ' {
			t.Errorf("%U: lower case %U, Python says %U", r, got, lower)
		}
	}
	if n < 100000 {
		t.Errorf("only %d characters", n)
	}
}

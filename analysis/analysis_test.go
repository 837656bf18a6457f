package analysis_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/flashrerank/rerank/analysis"
	"github.com/flashrerank/rerank/internal/testenv"
)

func ExampleAnalyzer_Terms() {
	a, err := analysis.New("english")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%q\n", a.Terms("The café’s readers were reading 日本語 quickly."))
	// Output: ["cafe" "reader" "were" "read" "日本" "本語" "quick"]
}

func ExampleAnalyzer_Tokens() {
	a, err := analysis.New("unicode|lower|stop:english")
	if err != nil {
		fmt.Println(err)
		return
	}
	for t := range a.Tokens("Into the Woods") {
		fmt.Printf("%s [%d,%d) at %d\n", t.Term, t.Start, t.End, t.Position)
	}
	// Output: woods [9,14) at 2
}

func ExampleNew() {
	_, err := analysis.New("unicode|snowbal:english")
	fmt.Println(err)
	// Output:
	// analyzer "unicode|snowbal:english": unknown filter "snowbal:english"; did you mean "snowball"?
}

func TestEveryNameGivesAnAnalyzerOfThatName(t *testing.T) {
	names := analysis.Names()
	if len(names) < 40 || !slices.IsSorted(names) {
		t.Errorf("names %q", names)
	}
	for _, name := range append(names, "unicode", "words|porter", "space|normalize:turkish | stop:german|snowball:turkish") {
		if got := analyzer(t, name).Name(); got != name {
			t.Errorf("analyzer %q calls itself %q", name, got)
		}
	}
	if got := analyzer(t, "").Name(); got != analysis.Default {
		t.Errorf("the empty name gives %q", got)
	}
}

func TestUnknownNames(t *testing.T) {
	for name, reason := range map[string]string{
		"klingon":                  "neither a preset (arabic, ",
		"unicode|":                 `unknown filter ""`,
		"unicode|stop:klingon":     `no stop words for "klingon": there are lists for danish, `,
		"unicode|stop:../x":        `no stop words for "../x"`,
		"unicode|light:greek":      `no stemmer "light:greek": there are light:czech, light:hindi, light:indonesian, porter, snowball:arabic, `,
		"unicode|snowball:czech":   `no stemmer "snowball:czech": there are light:czech, `,
		"unicode|snowball:klingon": `no stemmer "snowball:klingon": there are light:czech, `,
		"unicode|elision:klingon":  `no elisions of "klingon": there are those of catalan, `,
		"unicode|lower:turkish":    `unknown filter "lower:turkish"`,
		"lower|unicode":            "neither a preset",
	} {
		if _, err := analysis.New(name); err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("%q: error %v, want one with %q", name, err, reason)
		}
	}
}

func TestFilters(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"space|fold", "ÉCOLE Straße Łódź ŒUVRE Þór smørrebrød ﬁn ① Ⅷ ｶﾞ が 각 й ё Ἀθῆναι ὈΔΥΣΣΕΎΣ שָׁלוֹם مُحَمَّد हिन्दी İI",
			"ecole strasse lodz oeuvre thor smorrebrod fin 1 viii ガ が 각 й е αθηναι οδυσσευσ שלום محمد हिन्दी ii"},
		{"space|normalize", "ÉCOLE Straße ﬁn don’t ｶﾞ ΟΔΟΣ", "école strasse fin don't ガ οδοσ"},
		{"space|lower", "ÉCOLE Straße ΣΑΣ İ", "école straße σασ i"},
		{"space|normalize:turkish", "İSTANBUL I\u0307stanbul ISPARTA Isı IŞIK ＩＬＩＫ", "istanbul istanbul ısparta ısı ışık ılık"},
		{"space|possessive", "fox's FOX'S fox’s fox＇s s 's fox'", "fox FOX fox fox s fox'"},
		{"unicode|cjk", "中a中b 日 本 日本", "中 a 中 b 日 本 日本"},
		{"unicode|cjk", "が\u3099ー한\u1112\u1161\u11ab국", "が\u3099ー ー한 한\u1112\u1161\u11ab \u1112\u1161\u11ab국"},
		{"german", "Die Häuser der Städte", "haus stadt"},
		{"french", "L’école des élèves", "écol élev"},
		{"turkish", "KAPILAR IŞIK", "kapı ışık"},
		{"standard", "ภาษาไทย 👍🏽 🇩🇪 🇩 © … —", "ภาษาไทย 👍🏽 🇩🇪"},
		{"unicode|fold", "a\xffb\xc3", "a b"},
		{"space|lower", "A\xffB", "a\ufffdb"},
	} {
		if got := strings.Join(analyzer(t, test.name).Terms(test.text), " "); got != test.want {
			t.Errorf("%s of %q:\n got %q\nwant %q", test.name, test.text, got, test.want)
		}
	}
}

func TestLongWordsAreCut(t *testing.T) {
	for _, text := range []string{strings.Repeat("x", 600), strings.Repeat("é", 600)} {
		var lengths []int
		for token := range analyzer(t, "standard").Tokens(text) {
			lengths = append(lengths, utf8.RuneCount(token.Term))
			if part := text[token.Start:token.End]; utf8.RuneCountInString(part) != utf8.RuneCount(token.Term) {
				t.Errorf("the offsets of a piece are those of %q", part)
			}
		}
		if !slices.Equal(lengths, []int{255, 255, 90}) {
			t.Errorf("pieces of %d characters", lengths)
		}
	}
}

// TestManyGoroutines: an analyzer is used by many at once, each stopping
// somewhere else, and gives each what it gives one.
func TestManyGoroutines(t *testing.T) {
	a := analyzer(t, "english")
	text := "The runners' running 日本語 café " + strings.Repeat("readers reading ", 20)
	want := a.Terms(text)
	var wg sync.WaitGroup
	for stop := range 32 {
		wg.Go(func() {
			var got []string
			for token := range a.Tokens(text) {
				got = append(got, string(token.Term))
				if len(got) == stop+1 {
					break
				}
			}
			if !slices.Equal(got, want[:min(stop+1, len(want))]) {
				t.Errorf("the first %d terms are %q", stop+1, got)
			}
		})
	}
	wg.Wait()
}

func TestTokensWithinTokens(t *testing.T) {
	a := analyzer(t, "english")
	for outer := range a.Tokens("reading writers") {
		before := string(outer.Term)
		for range a.Tokens("other words here") {
			continue
		}
		if string(outer.Term) != before {
			t.Errorf("%q became %q", before, outer.Term)
		}
	}
}

func TestASCIIDoesNotAllocatePerToken(t *testing.T) {
	for _, name := range []string{"standard", "lucene-english", "split", "bm25s-stop"} {
		a := analyzer(t, name)
		allocations := func(text string) float64 {
			return testing.AllocsPerRun(20, func() {
				for range a.Tokens(text) {
					continue
				}
			})
		}
		short, long := "The Runners running", strings.Repeat("The Runners running's 3.14 times ", 500)
		// A garbage collection may take the state an analyzer keeps.
		if a, b := allocations(short), allocations(long); b > a+8 {
			t.Errorf("%s: %v allocations for 3 tokens, %v for 2500", name, a, b)
		}
	}
}

func FuzzTokens(f *testing.F) {
	names := []string{"english", "standard", "lucene-english", "bm25s-english", "split", "german", "turkish", "hindi", "arabic", "czech", "indonesian", "romanian", "tamil", "sklearn", "unicode|cjk"}
	var analyzers []*analysis.Analyzer
	for _, name := range names {
		analyzers = append(analyzers, analyzer(f, name))
	}
	f.Add("The fox's don’t 3.14 日本語 ｶﾞ 한국어 İΣ \xff🇩🇪👍🏽 ภาษา", 0)
	f.Add(strings.Repeat("\u1161", 300)+"a\u0301\u200d", 10)
	f.Fuzz(func(t *testing.T, text string, which int) {
		defer testenv.Bound(t, len(text))()
		a := analyzers[uint(which)%uint(len(analyzers))]
		start, end, position := 0, 0, -1
		for token := range a.Tokens(text) {
			if len(token.Term) == 0 || !utf8.Valid(token.Term) {
				t.Errorf("%s: bad term %q", a.Name(), token.Term)
			}
			if token.Start < start || token.End < end || token.End > len(text) || token.Start >= token.End {
				t.Errorf("%s: offsets [%d,%d) after [%d,%d) in %d bytes", a.Name(), token.Start, token.End, start, end, len(text))
			}
			if token.Position <= position {
				t.Errorf("%s: position %d after %d", a.Name(), token.Position, position)
			}
			start, end, position = token.Start, token.End, token.Position
		}
	})
}

func BenchmarkTokens(b *testing.B) {
	ascii := strings.Repeat("The Quick brown fox's jumped over 2 lazy dogs, reading an experimental investigation of the aerodynamics. ", 500)
	mixed := strings.Repeat("Müller über Straße, 日本語テキスト и съешь ещё этих мягких; the Quick brown fox. ", 500)
	for _, name := range []string{"english", "standard", "lucene-english", "bm25s-english", "split"} {
		a := analyzer(b, name)
		for what, text := range map[string]string{"ascii": ascii, "mixed": mixed} {
			b.Run(name+"/"+what, func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				b.ReportAllocs()
				for b.Loop() {
					for range a.Tokens(text) {
						continue
					}
				}
			})
		}
	}
}

// TestTwoStemmersKeepApart runs a word through two stemmers that share words:
// what one remembers must not pass for the other's stem.
func TestTwoStemmersKeepApart(t *testing.T) {
	const text = "generously dying generously dying"
	both, err := analysis.New("words|snowball:german|snowball:english")
	if err != nil {
		t.Fatal(err)
	}
	first, err := analysis.New("words|snowball:german")
	if err != nil {
		t.Fatal(err)
	}
	second, err := analysis.New("words|snowball:english")
	if err != nil {
		t.Fatal(err)
	}
	want := second.Terms(strings.Join(first.Terms(text), " "))
	for range 2 {
		if got := both.Terms(text); !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// BenchmarkStems stems more words than the cache holds.
func BenchmarkStems(b *testing.B) {
	words := strings.Join(spelled("aeingslytr", 4), " ") + strings.Join(inflected(strings.Fields(
		"analyse relation condition communism generate hope run university inter organ past electric triplicate formal happy")), " ")
	for _, name := range []string{"space|snowball:english", "space|porter", "space|snowball:german"} {
		a := analyzer(b, name)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(words)))
			b.ReportAllocs()
			for b.Loop() {
				for range a.Tokens(words) {
					continue
				}
			}
		})
	}
}

func TestStemsTellsWhatStems(t *testing.T) {
	for name, text := range map[string][2]string{
		"english": {"houses", "hous"}, "lucene-english": {"houses", "hous"}, "bm25s-english": {"houses", "hous"}, "space|porter": {"houses", "hous"},
		"german": {"häuser", "haus"}, "romanian": {"națiunilor", "naţiun"}, "russian": {"надёжная", "надежн"}, "space|snowball:dutch_porter": {"huizen", "huiz"},
		"standard": {"houses", "houses"}, "bm25s-stop": {"houses", "houses"}, "greek": {"ανθρωποι", "ανθρωποι"}, "catalan": {"llibres", "llibres"},
	} {
		a := analyzer(t, name)
		if got := strings.Join(a.Terms(text[0]), " "); got != text[1] {
			t.Errorf("%s makes %q of %q, want %q", name, got, text[0], text[1])
		}
		if a.Stems() != (text[0] != text[1]) {
			t.Errorf("%s: Stems is %v", name, a.Stems())
		}
	}
}

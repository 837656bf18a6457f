package analysis

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// ownPresets are the presets that need not equal anybody else's.
func ownPresets() []string {
	return slices.DeleteFunc(Names(), func(name string) bool {
		return strings.HasPrefix(name, "lucene-") || strings.HasPrefix(name, "bm25s") || name == "sklearn" || name == "split"
	})
}

// TestSpellingsOfOneWord: what readers take for the same word are the same
// terms, in every preset of ours.
func TestSpellingsOfOneWord(t *testing.T) {
	spellings := [][2]string{
		{"co\u00adoperation", "cooperation"}, {"alpha\u200e", "alpha"}, {"\u200fשלום\u200f", "שלום"}, {"gam\ufeffma", "gamma"},
		{"del\u2060ta", "delta"}, {"می\u200cخواهم", "میخواهم"}, {"کـــتاب", "کتاب"}, {"क\u094d\u200dष", "क\u094dष"}, {"e\u200d\u0301t", "\u00e9t"},
		{"x\u034fy", "xy"}, {"\u202bאבג\u202c", "אבג"}, {"\U000E0061b\U000E007F", "b"}, {"한\u3164국", "한국"},
		{"❤\ufe0f", "❤"}, {"葛\U000E0100城", "葛城"}, {"葛\ufe00城市", "葛城市"}, {"#\ufe0f\u20e3", "#\u20e3"},
		{"۱۳۵۷", "1357"}, {"१३५७", "1357"}, {"௧௩௫௭", "1357"}, {"１３５７", "1357"}, {"٣٫٥", "3.5"}, {"١٬٠٠٠", "1,000"}, {"𝟙𝟛", "13"},
		{"ΟΔΟΣ", "οδος"}, {"STRASSE", "straße"}, {"STRAẞE", "strasse"}, {"i\u0307ki", "iki"}, {"ﬁne", "fine"}, {"ＡＢＣ＇ｓ", "abc's"},
		{"ｶﾞｷﾞ", "ガギ"}, {"Å", "å"}, {"צה״ל", `צה"ל`}, {"don’t", "don't"}, {"և", "եւ"},
	}
	for _, name := range ownPresets() {
		a := newAnalyzer(t, name)
		for _, s := range spellings {
			if name == "turkish" && strings.ContainsAny(s[0], "ISİ") {
				continue // another i than that of the other spelling
			}
			if one, other := a.Terms(s[0]), a.Terms(s[1]); !slices.Equal(one, other) {
				t.Errorf("%s: %+q becomes %+q, and %+q %+q", name, s[0], one, s[1], other)
			}
		}
	}
}

// TestNormalForms: composed and decomposed text has the same terms.
func TestNormalForms(t *testing.T) {
	texts := append(strings.Split(probe, "\n"), probeInvisible,
		"İSTANBUL ISPARTA ırmak", "Ì́ i̇̀ Į̇ tĩ", "ΆΛΦΑ ᾴ Ἀθῆναι", "가각 각하 ㅋㅋ", "パーティー ばびぶ", "คำ ຄຳ", "Ω Å K", "naïve Résumé ậ")
	for _, name := range ownPresets() {
		a := newAnalyzer(t, name)
		for _, text := range texts {
			composed := a.Terms(norm.NFC.String(text))
			if got := a.Terms(norm.NFD.String(text)); !slices.Equal(got, composed) {
				t.Errorf("%s: decomposed %q becomes %q, composed %q", name, text, got, composed)
			}
		}
	}
}

// TestInvisibleCharacters: none of them is left in a term, none is made of
// others, and the terms are what they are without it.
func TestInvisibleCharacters(t *testing.T) {
	s := new(state)
	filters := map[string]filter{"fold": fold(), "normalize": normalize(unicode.ToLower), "normalize:turkish": normalize(unicode.TurkishCase.ToLower)}
	n := 0
	for r := rune(0x80); r <= unicode.MaxRune; r++ {
		if !unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point) {
			continue
		}
		for name, f := range filters {
			s.term = append(s.term[:0], "a"+string(r)+"b"...)
			term := string(f(s, s.term))
			if isInvisible(r) {
				n++
				if term != "ab" {
					t.Errorf("%s: %U is left in %+q", name, r, term)
				}
			} else if strings.ContainsFunc(term, isInvisible) {
				t.Errorf("%s: of %U becomes %+q, which has something invisible", name, r, term)
			}
		}
	}
	if n < 3*400 {
		t.Errorf("only %d invisible characters seen", n)
	}
}

// TestFilteringTwiceIsFilteringOnce: a folded word is in its last form already.
func TestFilteringTwiceIsFilteringOnce(t *testing.T) {
	s := new(state)
	for _, f := range []filter{fold(), normalize(unicode.ToLower)} {
		for r := rune(0x80); r <= 0x2FFFF; r++ {
			if !unicode.In(r, unicode.L, unicode.M, unicode.N) {
				continue
			}
			s.term = append(s.term[:0], "a"+string(r)...)
			once := string(f(s, s.term))
			s.term = append(s.term[:0], once...)
			if twice := string(f(s, s.term)); twice != once {
				t.Errorf("%U becomes %+q, and that %+q", r, once, twice)
			}
		}
	}
}

// TestDigits: every decimal digit of every script is one of 0 to 9.
func TestDigits(t *testing.T) {
	s, n := new(state), 0
	for r := rune(0x80); r <= unicode.MaxRune; r++ {
		if !unicode.Is(unicode.Nd, r) {
			continue
		}
		n++
		zero := r
		for unicode.Is(unicode.Nd, zero-1) {
			zero--
		}
		want := fmt.Sprint((r - zero) % 10)
		for _, f := range []filter{fold(), normalize(unicode.ToLower)} {
			s.term = utf8Append(s.term[:0], r)
			if got := string(f(s, s.term)); got != want {
				t.Errorf("%U becomes %q, want %s", r, got, want)
			}
		}
	}
	if n < 600 {
		t.Errorf("only %d digits", n)
	}
}

func utf8Append(dst []byte, r rune) []byte { return append(dst, string(r)...) }

func TestElisions(t *testing.T) {
	for _, test := range []struct{ preset, elided, plain string }{
		{"catalan", "l'home", "home"}, {"catalan", "D’aigua", "aigua"}, {"catalan", "s’havia", "havia"},
		{"french", "L’école", "école"}, {"french", "qu'elle jusqu'ici lorsqu’arrivent", "elle ici arrivent"},
		{"italian", "dell’università", "università"}, {"italian", "un'acqua", "acqua"},
		{"irish", "d’ól m'athair", "ól athair"}, {"irish", "b'fhearr", "fhearr"},
		{"portuguese", "d'água", "água"}, {"esperanto", "l'mondo", "mondo"},
		{"turkish", "İstanbul'un Türkiye’nin", "İstanbul Türkiye"},
		{"greek", "ΑΘΗΝΑ", "Αθήνα"},
	} {
		a := newAnalyzer(t, test.preset)
		if got, want := a.Terms(test.elided), a.Terms(test.plain); !slices.Equal(got, want) {
			t.Errorf("%s: %q becomes %q, and %q %q", test.preset, test.elided, got, test.plain, want)
		}
	}
	french := newAnalyzer(t, "unicode|normalize|elision:french")
	if got := strings.Join(french.Terms("aujourd'hui prud'homme l' entr'ouvert"), " "); got != "aujourd'hui prud'homme l entr'ouvert" {
		t.Errorf("words with an apostrophe of their own become %q", got)
	}
}

// TestStopWordsMeetFilteredText: a stop list applies whatever filters come first.
func TestStopWordsMeetFilteredText(t *testing.T) {
	for _, test := range []struct{ name, text string }{
		{"unicode|fold|stop:french", "étant à MÊME"}, {"german", "daß DASS für"}, {"unicode|fold|stop:german", "für FUR daß"}, {"unicode|fold|stop:russian", "ещё еще"},
	} {
		if got := newAnalyzer(t, test.name).Terms(test.text); len(got) > 0 {
			t.Errorf("%s: %q are left of %q", test.name, got, test.text)
		}
	}
}

// TestLetterwise: of a word of European letters a filter makes the same as of its letters,
// each alone, and accents reach it as before.
func TestLetterwise(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for name, f := range map[string]filter{
		"fold": foldAny, "normalize": normalizeAny(unicode.ToLower), "normalize:turkish": normalizeAny(unicode.TurkishCase.ToLower),
	} {
		fast := letterwise(f)
		for range 100_000 {
			var word []byte
			for range 1 + random.IntN(4) {
				word = utf8.AppendRune(word, random.Int32N(european))
			}
			want := string(f(new(state), bytes.Clone(word)))
			if got := string(fast(new(state), bytes.Clone(word))); got != want {
				t.Fatalf("%s: of %q is made %q, not %q", name, word, got, want)
			}
		}
	}
}

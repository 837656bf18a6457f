package language_test

import (
	"strings"
	"testing"

	"github.com/flashrerank/rerank/dataset"
	"github.com/flashrerank/rerank/internal/language"
	"github.com/flashrerank/rerank/internal/testenv"
)

func TestAccented(t *testing.T) {
	for text, want := range map[string]bool{
		"Biblioteka miejska otwiera się o dziewiątej.":     true,
		"Biblioteket åbner klokken ni, også om lørdagen.":  true,
		"La bibliothèque de la ville ouvre à neuf heures.": true,
		"La biblioteca della citta\u0300 e\u0300 aperta":   true, // decomposed
		"Şehir kütüphanesi saat dokuzda açılır.":           true,
		"Thư viện thành phố mở cửa lúc chín giờ.":          true,
		"Библиотека открывается в девять.":                 true,
		"図書館は九時に開き、夜は閉まります。":                               true,
		"":                                       false,
		"Beyoncé sings":                          false, // a name
		"Beyoncé: all songs of Beyoncé":          false,
		"The library opens at nine.":             false,
		"De bibliotheek gaat om negen uur open.": false, // few accents
		"The library — it’s “old” — opens at 9 €… or so they say ✓.":                                           false,
		"great 😀 movie ❤️ and more ❤️ for it 👩‍🚀":                                                              false,
		"α-helices and β-sheets of a 5 µm net, and Δ < λ":                                                      false,
		"𝑥 + 𝑦 = 𝑧, for all 𝑥 ∈ ℝ and 𝒇":                                                                       false,
		"the ﬁrst ﬂight was shown in the ofﬁcial ﬁlm":                                                          false,
		"ｗｉｄｅ ｌｅｔｔｅｒｓ":                                                                                         false,
		"library /ˈlaɪbrəri/ a place for books":                                                                false,
		"func größe() is a name that Go allows; most of what stands around it here is in plain English words":  false,
		strings.Repeat("The poet Bjørn wrote of the sea and of the old town where he had lived for long. ", 9): false,
	} {
		if got := language.Accented(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	// What lies behind the part that is looked at does not count, even if a letter is cut.
	if language.Accented(strings.Repeat("word ", 409) + "abéé éé éé éé éé éé éé éé éé") {
		t.Error("the end of a long text was looked at")
	}
}

// TestEnglishIsNotAccented holds that no text of the English collections is taken for one
// that is not English, so that results there are what they are without the measure.
func TestEnglishIsNotAccented(t *testing.T) {
	for _, name := range []string{"cranfield", "medline", "time", "cacm", "godoc"} {
		c, err := dataset.OpenCollection(testenv.Data(t, name))
		if err != nil {
			t.Fatal(err)
		}
		for d, err := range c.ReadDocuments(dataset.Options{}) {
			if err != nil {
				t.Fatal(err)
			}
			if language.Accented(d.Content()) {
				t.Errorf("%s: %q is taken for another language", name, d.Content())
			}
		}
	}
}

func FuzzAccented(f *testing.F) {
	f.Add("é", "the sea")
	f.Fuzz(func(t *testing.T, a, b string) {
		defer testenv.Bound(t, len(a)+len(b))()
		if language.Accented(a) && len(a) < 1000 && !language.Accented(a+" "+a) {
			t.Errorf("%q is accented, and twice is not", a)
		}
		if language.Accented(strings.ToLower(b)) && !strings.ContainsFunc(b, func(r rune) bool { return r >= 0x80 }) {
			t.Errorf("%q is accented", b)
		}
	})
}

func BenchmarkAccented(b *testing.B) {
	text := strings.Repeat("the library opens at nine in the morning ", 50)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		language.Accented(text)
	}
}

package language_test

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/flashrerank/rerank/dataset"
	"github.com/flashrerank/rerank/internal/language"
	"github.com/flashrerank/rerank/internal/testenv"
	"github.com/flashrerank/rerank/models/minilm"
	"github.com/flashrerank/rerank/tokenizer"
)

// english is the embedded vocabulary.
func english(t testing.TB) (*tokenizer.Tokenizer, *language.Vocabulary) {
	t.Helper()
	data, err := fs.ReadFile(minilm.Files(), "tokenizer.json")
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenizer.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	v := language.New(tok.Size(), tok.IDToToken)
	if v == nil {
		t.Fatal("the vocabulary was not read")
	}
	return tok, v
}

func TestForeign(t *testing.T) {
	tok, v := english(t)
	for text, want := range map[string]bool{
		"где хранится ключ от сарая":           true,
		"коли відчиняється бібліотека":         true,
		"πότε ανοίγει η βιβλιοθήκη":            true,
		"متى تفتح المكتبة أبوابها":             true,
		"מתי נפתחת הספרייה":                    true,
		"पुस्तकालय कब खुलता है":                true,
		"图书馆几点开门":                              true,
		"図書館は何時に開きますか":                         true,
		"도서관은 언제 문을 여나요":                       true,
		"ห้องสมุดเปิดเมื่อไหร่":                true,
		"kapının anahtarı kırık, kilit sağlam": true,
		"猫": true,

		"":                                   false,
		"12:30 – 14:00":                      false,
		"when does the library open":         false,
		"a naïve señor in the café":          false,
		"α-helices, β-sheets and a 5 µm net": false,
		"λ":                                  false,
		"the poet Bjørn wrote of the sea":    false,
		"what 京 means in a name of a place":  false,
		"Ωm and Δt":                          false,
		// Pictures are unknown, and no words.
		"great 😀 movie 😍":             false,
		"🎉":                           false,
		"it runs ✓ and it fails ✗":    false,
		"⌘ + ⇧ + P opens the palette": false,
		"∀x ∃y: x ∈ A ⇒ y ∉ B":        false,
		"├── cmd\n│   └── go.mod\n└── web": false,
		"הספרייה 😀 נפתחת 😀":                true,
		// Other languages in these letters are covered by pieces; blends are not below BM25
		// there (docs/languages.md).
		"wann öffnet die Bücherei":        false,
		"quand ouvre la bibliothèque":     false,
		"cuándo abre la biblioteca":       false,
		"kiedy otwiera się biblioteka":    false,
		"kdy otevírá městská knihovna":    false,
		"mikor nyit ki a városi könyvtár": false,
	} {
		ids, _, _ := tok.Append(nil, nil, text, 0)
		if got := v.ForeignQuery(text, ids); got != want {
			t.Errorf("%q: foreign %v, by %+v", text, got, v.Count(text, ids))
		}
	}
	if none := (*language.Vocabulary)(nil); none.ForeignQuery("", []int32{1, 2}) || none.ForeignText("", []int32{1, 2}) {
		t.Error("nothing is foreign to a vocabulary that is not known")
	}
	v.ForeignText("", []int32{-1, 1 << 30}) // of another vocabulary
}

// TestForeignTexts: texts quote other languages, which queries do not.
func TestForeignTexts(t *testing.T) {
	tok, v := english(t)
	for text, want := range map[string]bool{
		"Текст целиком на другом языке.":                                                                         true,
		"The town of Lviv (Львів in Ukrainian) has an old library in its middle, which opens at nine every day.": false,
		strings.Repeat("La plus vieille bibliothèque de la ville ouvre à neuf heures tous les jours. ", 9):       false,
	} {
		ids, _, _ := tok.Append(nil, nil, text, 256)
		if got := v.ForeignText(text, ids); got != want {
			t.Errorf("%.60q: foreign %v, by %+v", text, got, v.Count(text, ids))
		}
	}
}

// TestOtherVocabularies: what lacks whole words and unknown pieces tells nothing.
func TestOtherVocabularies(t *testing.T) {
	words := []string{"Ġthe", "Ġof", "а", "[UNK]"}
	if v := language.New(len(words), func(id int32) (string, bool) { return words[id], true }); v != nil {
		t.Error("a vocabulary without continuations was taken for one of WordPiece")
	}
}

// TestEnglishCollections holds that in the judged English collections no query and no text
// is taken for foreign, so that results there are what they are without the measure.
func TestEnglishCollections(t *testing.T) {
	tok, v := english(t)
	for _, name := range []string{"cranfield", "medline", "time", "cacm"} {
		c, err := dataset.OpenCollection(testenv.Data(t, name))
		if err != nil {
			t.Fatal(err)
		}
		read := 0
		foreign := func(text string, is func(string, []int32) bool) {
			ids, _, _ := tok.Append(nil, nil, text, 256)
			if read++; is(text, ids) {
				t.Errorf("%s: %q is taken for foreign", name, text)
			}
		}
		for q, err := range c.ReadQueries(dataset.Options{}) {
			if err != nil {
				t.Fatal(err)
			}
			foreign(q.Text, v.ForeignQuery)
		}
		for d, err := range c.ReadDocuments(dataset.Options{}) {
			if err != nil {
				t.Fatal(err)
			}
			foreign(d.Content(), v.ForeignText)
		}
		if read < 400 {
			t.Errorf("%s: only %d texts", name, read)
		}
	}
}

// TestJapanese holds that every question of the Japanese collection is.
func TestJapanese(t *testing.T) {
	tok, v := english(t)
	c, err := dataset.OpenCollection(testenv.Data(t, "jaquad-dev"))
	if err != nil {
		t.Fatal(err)
	}
	for q, err := range c.ReadQueries(dataset.Options{}) {
		if err != nil {
			t.Fatal(err)
		}
		if ids, _, _ := tok.Append(nil, nil, q.Text, 256); !v.ForeignQuery(q.Text, ids) {
			t.Errorf("%q is taken for English", q.Text)
		}
	}
}

func TestOfCard(t *testing.T) {
	for card, want := range map[string]string{
		"":                                    "",
		"# A model\nlanguage: en\n":           "",
		"---\nlanguage: en\n---\n# A model\n": "en",
		"---\r\nlicence: mit\r\nlanguage: \"EN\"\r\n---\r\n": "en",
		"---\nlanguage:\n- en\ntags:\n- de\n---\n":           "en",
		"---\nlanguage:\n  - en\n  - de\n---\n":              "",
		"---\nlanguage: [en]\n---\n":                         "en",
		"---\nlanguage: [en, de]\n---\n":                     "",
		"---\nlanguage: multilingual\n---\n":                 "multilingual",
		"---\ntags:\n- en\n---\nlanguage: de\n":              "",
		"---\nlanguage_creators: en\n---\n":                  "",
		"---\nlanguage: en\n" + strings.Repeat("x\n", 1<<20): "",
	} {
		if got := language.OfCard(fstest.MapFS{"README.md": {Data: []byte(card)}}); got != want {
			t.Errorf("%.60q: %q, want %q", card, got, want)
		}
	}
	if got := language.OfCard(fstest.MapFS{}); got != "" {
		t.Errorf("without a card: %q", got)
	}
}

func FuzzOfCard(f *testing.F) {
	f.Add([]byte("---\nlanguage:\n- en\n---\n"))
	f.Fuzz(func(t *testing.T, card []byte) {
		defer testenv.Bound(t, len(card))()
		if got := language.OfCard(fstest.MapFS{"README.md": {Data: card}}); strings.Contains(got, "\n") {
			t.Errorf("%q names the language %q", card, got)
		}
	})
}

func ExampleVocabulary_ForeignQuery() {
	pieces := []string{"[UNK]", "the", "##s", "д", "##а"}
	v := language.New(len(pieces), func(id int32) (string, bool) { return pieces[id], true })
	fmt.Println(v.ForeignQuery("the thes", []int32{1, 2, 1}), v.ForeignQuery("да", []int32{3, 4}))
	// Output: false true
}

func BenchmarkForeign(b *testing.B) {
	tok, v := english(b)
	text := strings.Repeat("the library opens at nine in the morning ", 30)
	ids, _, _ := tok.Append(nil, nil, text, 256)
	for b.Loop() {
		v.ForeignText(text, ids)
	}
}

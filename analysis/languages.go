package analysis

import (
	"strings"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/arabic"
	"github.com/blevesearch/snowballstem/danish"
	"github.com/blevesearch/snowballstem/dutch"
	"github.com/blevesearch/snowballstem/finnish"
	"github.com/blevesearch/snowballstem/french"
	"github.com/blevesearch/snowballstem/german"
	"github.com/blevesearch/snowballstem/hungarian"
	"github.com/blevesearch/snowballstem/irish"
	"github.com/blevesearch/snowballstem/italian"
	"github.com/blevesearch/snowballstem/norwegian"
	"github.com/blevesearch/snowballstem/portuguese"
	"github.com/blevesearch/snowballstem/romanian"
	"github.com/blevesearch/snowballstem/russian"
	"github.com/blevesearch/snowballstem/spanish"
	"github.com/blevesearch/snowballstem/swedish"
	"github.com/blevesearch/snowballstem/tamil"
	"github.com/blevesearch/snowballstem/turkish"
)

// stemmers returns the filters that stem, by their name in specifications.
func stemmers() map[string]func() filter {
	makers := map[string]func() filter{
		"porter":           func() filter { return stemEnglish(porterStem) },
		"snowball:english": func() filter { return stemEnglish(porter2Stem) }, // of today; the others are of 2018
		"light:czech":      func() filter { return stemRunes(czechStem) },
		"light:hindi":      func() filter { return stemRunes(hindiStem) },
		"light:indonesian": func() filter { return stemRunes(indonesianStem) },
	}
	for language, stem := range snowballStemmers() {
		makers["snowball:"+language] = func() filter { return snowballFilter(stem, respelled()[language]) }
	}
	return makers
}

func snowballStemmers() map[string]func(*snowballstem.Env) bool {
	return map[string]func(*snowballstem.Env) bool{
		"arabic":       arabic.Stem,
		"danish":       danish.Stem,
		"dutch":        dutch.Stem,
		"dutch_porter": dutch.Stem, // what Snowball calls the same stemmer today
		"finnish":      finnish.Stem,
		"french":       french.Stem,
		"german":       german.Stem,
		"hungarian":    hungarian.Stem,
		"irish":        irish.Stem,
		"italian":      italian.Stem,
		"norwegian":    norwegian.Stem,
		"portuguese":   portuguese.Stem,
		"romanian":     romanian.Stem,
		"russian":      russian.Stem,
		"spanish":      spanish.Stem,
		"swedish":      swedish.Stem,
		"tamil":        tamil.Stem,
		"turkish":      turkish.Stem,
	}
}

// respelled returns the letters that texts have and stemmers do not know, each
// followed by what the stemmer takes in its place: Russian seldom writes ё, and
// Romanian had no comma below before Unicode 3.
func respelled() map[string]*strings.Replacer {
	return map[string]*strings.Replacer{
		"romanian": strings.NewReplacer("ș", "ş", "ț", "ţ"),
		"russian":  strings.NewReplacer("ё", "е"),
	}
}

// unstemmed returns the languages that have a preset and no stemmer.
func unstemmed() []string {
	return strings.Fields("armenian basque catalan esperanto estonian greek lithuanian nepali persian polish serbian sesotho yiddish")
}

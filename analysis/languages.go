package analysis

import (
	"github.com/flashrerank/rerank/analysis/internal/snowball"
	"github.com/flashrerank/rerank/analysis/internal/snowball/arabic"
	"github.com/flashrerank/rerank/analysis/internal/snowball/armenian"
	"github.com/flashrerank/rerank/analysis/internal/snowball/basque"
	"github.com/flashrerank/rerank/analysis/internal/snowball/catalan"
	"github.com/flashrerank/rerank/analysis/internal/snowball/czech"
	"github.com/flashrerank/rerank/analysis/internal/snowball/danish"
	"github.com/flashrerank/rerank/analysis/internal/snowball/dutch"
	"github.com/flashrerank/rerank/analysis/internal/snowball/dutchporter"
	"github.com/flashrerank/rerank/analysis/internal/snowball/english"
	"github.com/flashrerank/rerank/analysis/internal/snowball/esperanto"
	"github.com/flashrerank/rerank/analysis/internal/snowball/estonian"
	"github.com/flashrerank/rerank/analysis/internal/snowball/finnish"
	"github.com/flashrerank/rerank/analysis/internal/snowball/french"
	"github.com/flashrerank/rerank/analysis/internal/snowball/german"
	"github.com/flashrerank/rerank/analysis/internal/snowball/greek"
	"github.com/flashrerank/rerank/analysis/internal/snowball/hindi"
	"github.com/flashrerank/rerank/analysis/internal/snowball/hungarian"
	"github.com/flashrerank/rerank/analysis/internal/snowball/indonesian"
	"github.com/flashrerank/rerank/analysis/internal/snowball/irish"
	"github.com/flashrerank/rerank/analysis/internal/snowball/italian"
	"github.com/flashrerank/rerank/analysis/internal/snowball/lithuanian"
	"github.com/flashrerank/rerank/analysis/internal/snowball/nepali"
	"github.com/flashrerank/rerank/analysis/internal/snowball/norwegian"
	"github.com/flashrerank/rerank/analysis/internal/snowball/persian"
	"github.com/flashrerank/rerank/analysis/internal/snowball/polish"
	"github.com/flashrerank/rerank/analysis/internal/snowball/porter"
	"github.com/flashrerank/rerank/analysis/internal/snowball/portuguese"
	"github.com/flashrerank/rerank/analysis/internal/snowball/romanian"
	"github.com/flashrerank/rerank/analysis/internal/snowball/russian"
	"github.com/flashrerank/rerank/analysis/internal/snowball/serbian"
	"github.com/flashrerank/rerank/analysis/internal/snowball/sesotho"
	"github.com/flashrerank/rerank/analysis/internal/snowball/spanish"
	"github.com/flashrerank/rerank/analysis/internal/snowball/swedish"
	"github.com/flashrerank/rerank/analysis/internal/snowball/tamil"
	"github.com/flashrerank/rerank/analysis/internal/snowball/turkish"
	"github.com/flashrerank/rerank/analysis/internal/snowball/yiddish"
)

// stemmers returns the Snowball stemmers by name. The name of a language names
// a preset too. The Porter stemmer of Snowball's authors is here for the
// record: it differs from the filter "porter", which is Lucene's.
func stemmers() map[string]func(*snowball.Env) bool {
	return map[string]func(*snowball.Env) bool{
		"arabic":       arabic.Stem,
		"armenian":     armenian.Stem,
		"basque":       basque.Stem,
		"catalan":      catalan.Stem,
		"czech":        czech.Stem,
		"danish":       danish.Stem,
		"dutch":        dutch.Stem,
		"dutch_porter": dutchporter.Stem,
		"english":      english.Stem,
		"esperanto":    esperanto.Stem,
		"estonian":     estonian.Stem,
		"finnish":      finnish.Stem,
		"french":       french.Stem,
		"german":       german.Stem,
		"greek":        greek.Stem,
		"hindi":        hindi.Stem,
		"hungarian":    hungarian.Stem,
		"indonesian":   indonesian.Stem,
		"irish":        irish.Stem,
		"italian":      italian.Stem,
		"lithuanian":   lithuanian.Stem,
		"nepali":       nepali.Stem,
		"norwegian":    norwegian.Stem,
		"persian":      persian.Stem,
		"polish":       polish.Stem,
		"porter":       porter.Stem,
		"portuguese":   portuguese.Stem,
		"romanian":     romanian.Stem,
		"russian":      russian.Stem,
		"serbian":      serbian.Stem,
		"sesotho":      sesotho.Stem,
		"spanish":      spanish.Stem,
		"swedish":      swedish.Stem,
		"tamil":        tamil.Stem,
		"turkish":      turkish.Stem,
		"yiddish":      yiddish.Stem,
	}
}

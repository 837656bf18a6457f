package analysis

import (
	"strings"
	"unicode/utf8"
)

// The light stemmers are for languages that the dependency lacks. Each is from a
// paper that showed that it helps searches, and takes lower-case letters.

// stemRunes makes a filter of a light stemmer, which may change the word it gets.
func stemRunes(stem func(word []rune) []rune) filter {
	return cached(func(_ *state, term []byte) []byte {
		dst := term[:0]
		for _, r := range stem([]rune(string(term))) {
			dst = utf8.AppendRune(dst, r)
		}
		return dst
	})
}

// endings are suffixes that a word loses if it is long enough.
type endings struct {
	least    int // the fewest letters that the word must have
	suffixes []string
}

// find returns the first suffix in the tables that the word ends in.
func find(tables []endings, word []rune) (suffix string, ok bool) {
	for _, t := range tables {
		if len(word) < t.least {
			continue
		}
		for _, suffix := range t.suffixes {
			if runesEnd(word, suffix) {
				return suffix, true
			}
		}
	}
	return "", false
}

func runesEnd(word []rune, suffix string) bool {
	n := utf8.RuneCountInString(suffix)
	return len(word) >= n && string(word[len(word)-n:]) == suffix
}

// without returns the word but for a suffix that it has.
func without(word []rune, suffix string) []rune {
	return word[:len(word)-utf8.RuneCountInString(suffix)]
}

var czechCases = []endings{
	{8, strings.Fields("atech")},
	{7, strings.Fields("ětem atům")},
	{6, strings.Fields("ech ich ích ého ěmi emi ému ete eti iho ího ími imu ách ata aty ých ama ami ové ovi ými")},
	{5, strings.Fields("em es ém ím ům at ám os us ým mi ou")},
	{4, strings.Fields("e i í ě u y ů a o á é ý")},
}

var czechPossessives = []endings{{6, []string{"ov", "ův", "in"}}}

// czechStem takes off the endings of cases and possessives: the light stemmer of
// L. Dolamic and J. Savoy, "Indexing and stemming approaches for the Czech
// language", Information Processing and Management 45(6), 2009. A consonant is
// hardened before í too, so that all cases of aplikace have one stem.
func czechStem(word []rune) []rune {
	for _, tables := range [][]endings{czechCases, czechPossessives} {
		if suffix, ok := find(tables, word); ok {
			vowel, _ := utf8.DecodeRuneInString(suffix)
			word = czechHarden(without(word, suffix), vowel)
		}
	}
	return word
}

// czechHarden gives the end of a stem back the consonant that a vowel after it
// had softened: of ruce, ruk stays, as of ruka.
func czechHarden(stem []rune, vowel rune) []rune {
	n := len(stem)
	if n == 0 {
		return stem
	}
	switch {
	case strings.ContainsRune("ěií", vowel) && runesEnd(stem, "čt"):
		return append(stem[:n-2], 'c', 'k')
	case strings.ContainsRune("ěií", vowel) && runesEnd(stem, "št"):
		return append(stem[:n-2], 's', 'k')
	case !strings.ContainsRune("eií", vowel):
	case stem[n-1] == 'c', stem[n-1] == 'č':
		stem[n-1] = 'k'
	case stem[n-1] == 'z', stem[n-1] == 'ž':
		stem[n-1] = 'h'
	}
	return stem
}

// hindiEndings are by length, the longest first; of each word two letters stay.
var hindiEndings = []endings{
	{7, strings.Fields("ाएंगी ाएंगे ाऊंगी ाऊंगा ाइयाँ ाइयों ाइयां")},
	{6, strings.Fields("ाएगी ाएगा ाओगी ाओगे एंगी ेंगी एंगे ेंगे ूंगी ूंगा ातीं नाओं नाएं ताओं ताएं ियाँ ियों ियां")},
	{5, strings.Fields("ाकर ाइए ाईं ाया ेगी ेगा ोगी ोगे ाने ाना ाते ाती ाता तीं ाओं ाएं ुओं ुएं ुआं")},
	{4, strings.Fields("कर ाओ िए ाई ाए ने नी ना ते ीं ती ता ाँ ां ों ें")},
	{3, strings.Fields("ो े ू ु ी ि ा")},
}

// hindiStem takes off the longest ending: A. Ramanathan and D. D. Rao, "A
// lightweight stemmer for Hindi", EACL workshop on computational linguistics for
// South Asian languages, 2003.
func hindiStem(word []rune) []rune {
	if suffix, ok := find(hindiEndings, word); ok {
		return without(word, suffix)
	}
	return word
}

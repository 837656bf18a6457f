package analysis

import "strings"

// indonesianStem takes off particles, possessives, prefixes and suffixes as long
// as more than two syllables are left: F. Z. Tala, "A study of stemming effects
// on information retrieval in Bahasa Indonesia", University of Amsterdam, 2003.
func indonesianStem(runes []rune) []rune {
	w := indonesian{word: string(runes)}
	w.cutSuffix("kah", "lah", "pun")
	w.cutSuffix("ku", "mu", "nya")
	if w.cutFirstPrefix() {
		if w.cutDerivation() {
			w.cutSecondPrefix()
		}
	} else {
		w.cutSecondPrefix()
		w.cutDerivation()
	}
	return []rune(w.word)
}

// indonesian is a word being stemmed.
type indonesian struct {
	word   string
	prefix string // the kind of the prefix that it lost: di, ter, meng, peng, ke, ber, per
}

// short reports whether the word has no more than two syllables, which is as
// many as a root has.
func (w *indonesian) short() bool {
	vowels := 0
	for i := range len(w.word) {
		if indonesianVowel(w.word[i:]) {
			vowels++
		}
	}
	return vowels <= 2
}

func indonesianVowel(s string) bool { return s != "" && strings.IndexByte("aeiou", s[0]) >= 0 }

func (w *indonesian) cutSuffix(suffixes ...string) bool {
	for _, suffix := range suffixes {
		if before, ok := strings.CutSuffix(w.word, suffix); ok && !w.short() {
			w.word = before
			return true
		}
	}
	return false
}

// indonesianPrefix is a prefix and what it becomes.
type indonesianPrefix struct {
	prefix, kind string
	vowel        bool   // only before a vowel
	by           string // the letter of the root that the prefix swallowed
}

// Of prefixes that begin alike, the longest stands first.
var indonesianPrefixes = []indonesianPrefix{
	{"di", "di", false, ""}, {"ter", "ter", false, ""}, {"ke", "ke", false, ""},
	{"meng", "meng", false, ""}, {"meny", "meng", true, "s"}, {"men", "meng", false, ""},
	{"mem", "meng", true, "p"}, {"mem", "meng", false, ""}, {"me", "meng", false, ""},
	{"peng", "peng", false, ""}, {"peny", "peng", true, "s"}, {"pen", "peng", false, ""},
	{"pem", "peng", true, "p"}, {"pem", "peng", false, ""},
}

// cutFirstPrefix takes off a prefix of the first order.
func (w *indonesian) cutFirstPrefix() bool {
	if w.short() {
		return false
	}
	for _, p := range indonesianPrefixes {
		root, ok := strings.CutPrefix(w.word, p.prefix)
		if ok && (!p.vowel || indonesianVowel(root)) {
			w.word, w.prefix = p.by+root, p.kind
			return true
		}
	}
	return false
}

// cutSecondPrefix takes off a prefix of the second order.
func (w *indonesian) cutSecondPrefix() {
	if w.short() {
		return
	}
	switch {
	case w.word == "belajar", w.word == "pelajar":
		w.word = "ajar"
	case strings.HasPrefix(w.word, "ber"), strings.HasPrefix(w.word, "per"):
		w.prefix, w.word = w.word[:3], w.word[3:]
	case strings.HasPrefix(w.word, "be") && len(w.word) > 5 && !indonesianVowel(w.word[2:]) && w.word[3:5] == "er":
		w.prefix, w.word = "ber", w.word[2:]
	case strings.HasPrefix(w.word, "pe"):
		w.prefix, w.word = "per", w.word[2:]
	}
}

// cutDerivation takes off a suffix that goes with the prefix.
func (w *indonesian) cutDerivation() bool {
	switch p := w.prefix; {
	case p != "ke" && p != "peng" && p != "per" && w.cutSuffix("kan"):
	case p != "di" && p != "meng" && p != "ter" && w.cutSuffix("an"):
	case p != "ber" && p != "ke" && p != "peng" && !strings.HasSuffix(w.word, "si") && w.cutSuffix("i"):
	default:
		return false
	}
	return true
}

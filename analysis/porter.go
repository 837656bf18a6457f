package analysis

import "unicode/utf8"

// porterStem stems with the algorithm of M. F. Porter, "An algorithm for suffix
// stripping", Program 14(3), 1980, with the changes of his own later programs
// (words of two letters stay, -bli for -abli, -logi), as in Lucene's
// PorterStemmer.
func porterStem(s *state, term []byte) []byte {
	if isASCII(term) {
		w := porterWord[byte]{letters: term}
		return w.stem()
	}
	w := porterWord[rune]{letters: []rune(string(term))}
	dst := term[:0]
	for _, r := range w.stem() {
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}

func isASCII(term []byte) bool {
	for _, c := range term {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// porterWord is a word being stemmed, letter by letter.
type porterWord[T byte | rune] struct {
	letters []T
}

func (w *porterWord[T]) stem() []T {
	if len(w.letters) <= 2 {
		return w.letters
	}
	w.plurals()
	w.pastTense()
	w.terminalY()
	w.replaceFirst(porterStep2)
	w.replaceFirst(porterStep3)
	w.removeSuffix()
	w.finalE()
	return w.letters
}

type porterRule struct{ suffix, replacement string }

// The suffixes that steps 2 and 3 replace after a measure of at least one.
// Where one suffix ends in another, the longer stands first.
var (
	porterStep2 = []porterRule{
		{"ational", "ate"}, {"tional", "tion"}, {"enci", "ence"}, {"anci", "ance"}, {"izer", "ize"},
		{"bli", "ble"}, {"alli", "al"}, {"entli", "ent"}, {"eli", "e"}, {"ousli", "ous"},
		{"ization", "ize"}, {"ation", "ate"}, {"ator", "ate"}, {"alism", "al"}, {"iveness", "ive"},
		{"fulness", "ful"}, {"ousness", "ous"}, {"aliti", "al"}, {"iviti", "ive"}, {"biliti", "ble"},
		{"logi", "log"},
	}
	porterStep3 = []porterRule{
		{"icate", "ic"}, {"ative", ""}, {"alize", "al"}, {"iciti", "ic"}, {"ical", "ic"}, {"ful", ""}, {"ness", ""},
	}
	porterStep4 = []string{
		"al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent",
		"ou", "ism", "ate", "iti", "ous", "ive", "ize",
	}
)

// plurals is step 1a.
func (w *porterWord[T]) plurals() {
	switch {
	case w.ends("sses"), w.ends("ies"):
		w.cut(2)
	case w.ends("s") && !w.ends("ss"):
		w.cut(1)
	}
}

// pastTense is step 1b.
func (w *porterWord[T]) pastTense() {
	if w.ends("eed") {
		if w.measure(3) > 0 {
			w.cut(1)
		}
		return
	}
	switch {
	case w.ends("ed") && w.hasVowel(2):
		w.cut(2)
	case w.ends("ing") && w.hasVowel(3):
		w.cut(3)
	default:
		return
	}
	n := len(w.letters)
	switch {
	case w.ends("at"), w.ends("bl"), w.ends("iz"):
		w.letters = append(w.letters, 'e')
	case n >= 2 && w.letters[n-1] == w.letters[n-2] && w.consonant(n-1):
		if c := w.letters[n-1]; c != 'l' && c != 's' && c != 'z' {
			w.cut(1)
		}
	case w.measure(0) == 1 && w.shortSyllable(n):
		w.letters = append(w.letters, 'e')
	}
}

// terminalY is step 1c.
func (w *porterWord[T]) terminalY() {
	if w.ends("y") && w.hasVowel(1) {
		w.letters[len(w.letters)-1] = 'i'
	}
}

// replaceFirst is steps 2 and 3: the first rule that fits decides.
func (w *porterWord[T]) replaceFirst(rules []porterRule) {
	for _, r := range rules {
		if !w.ends(r.suffix) {
			continue
		}
		if w.measure(len(r.suffix)) > 0 {
			w.cut(len(r.suffix))
			for _, c := range []byte(r.replacement) {
				w.letters = append(w.letters, T(c))
			}
		}
		return
	}
}

// removeSuffix is step 4.
func (w *porterWord[T]) removeSuffix() {
	if n := len(w.letters) - 3; w.ends("ion") && n > 0 && (w.letters[n-1] == 's' || w.letters[n-1] == 't') {
		if w.measure(3) > 1 {
			w.cut(3)
		}
		return
	}
	for _, suffix := range porterStep4 {
		if !w.ends(suffix) {
			continue
		}
		if w.measure(len(suffix)) > 1 {
			w.cut(len(suffix))
		}
		return
	}
}

// finalE is step 5.
func (w *porterWord[T]) finalE() {
	if w.ends("e") {
		if m := w.measure(1); m > 1 || m == 1 && !w.shortSyllable(len(w.letters)-1) {
			w.cut(1)
		}
	}
	if w.ends("ll") && w.measure(1) > 1 {
		w.cut(1)
	}
}

func (w *porterWord[T]) cut(n int) { w.letters = w.letters[:len(w.letters)-n] }

// ends reports whether the word ends in a suffix. Nothing need stand before it:
// an empty stem has measure zero and no vowel.
func (w *porterWord[T]) ends(suffix string) bool {
	offset := len(w.letters) - len(suffix)
	if offset < 0 {
		return false
	}
	for i := range len(suffix) {
		if w.letters[offset+i] != T(suffix[i]) {
			return false
		}
	}
	return true
}

// consonant reports whether letter i is one: y is, but after a consonant.
func (w *porterWord[T]) consonant(i int) bool {
	switch w.letters[i] {
	case 'a', 'e', 'i', 'o', 'u':
		return false
	case 'y':
		return i == 0 || !w.consonant(i-1)
	}
	return true
}

// measure counts the sequences of vowels followed by consonants in the word
// without its last n letters.
func (w *porterWord[T]) measure(n int) int {
	count, vowel := 0, false
	for i := range len(w.letters) - n {
		consonant := w.isConsonantAfter(i, vowel)
		if consonant && vowel {
			count++
		}
		vowel = !consonant
	}
	return count
}

// isConsonantAfter is consonant for a caller that knows the letter before.
func (w *porterWord[T]) isConsonantAfter(i int, vowelBefore bool) bool {
	if w.letters[i] == 'y' {
		return i == 0 || vowelBefore
	}
	return w.consonant(i)
}

func (w *porterWord[T]) hasVowel(n int) bool {
	for i := range len(w.letters) - n {
		if !w.consonant(i) {
			return true
		}
	}
	return false
}

// shortSyllable reports whether the first n letters end in consonant, vowel,
// consonant, the last of them none of w, x and y.
func (w *porterWord[T]) shortSyllable(n int) bool {
	if n < 3 || !w.consonant(n-1) || w.consonant(n-2) || !w.consonant(n-3) {
		return false
	}
	c := w.letters[n-1]
	return c != 'w' && c != 'x' && c != 'y'
}

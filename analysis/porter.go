package analysis

// porterStem stems with the algorithm of M. F. Porter, "An algorithm for suffix
// stripping", Program 14(3), 1980, with the changes of his own later programs
// (words of two letters stay, -bli for -abli, -logi), as in Lucene's
// PorterStemmer.
func porterStem(word letters) letters {
	if len(word) <= 2 {
		return word
	}
	w := porter{word}
	w.plurals()
	w.pastTense()
	w.terminalY()
	w.replaceFirst(porterStep2)
	w.replaceFirst(porterStep3)
	w.removeSuffix()
	w.finalE()
	return w.letters
}

// porter is a word being stemmed.
type porter struct{ letters }

// The suffixes that steps 2 and 3 replace after a measure of at least one.
// Where one suffix ends in another, the longer stands first.
var (
	porterStep2 = []replacement{
		{"ational", "ate"}, {"tional", "tion"}, {"enci", "ence"}, {"anci", "ance"}, {"izer", "ize"},
		{"bli", "ble"}, {"alli", "al"}, {"entli", "ent"}, {"eli", "e"}, {"ousli", "ous"},
		{"ization", "ize"}, {"ation", "ate"}, {"ator", "ate"}, {"alism", "al"}, {"iveness", "ive"},
		{"fulness", "ful"}, {"ousness", "ous"}, {"aliti", "al"}, {"iviti", "ive"}, {"biliti", "ble"},
		{"logi", "log"},
	}
	porterStep3 = []replacement{
		{"icate", "ic"}, {"ative", ""}, {"alize", "al"}, {"iciti", "ic"}, {"ical", "ic"}, {"ful", ""}, {"ness", ""},
	}
	porterStep4 = removals("al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent",
		"ou", "ism", "ate", "iti", "ous", "ive", "ize")
)

// plurals is step 1a.
func (w *porter) plurals() {
	switch {
	case w.ends("sses"), w.ends("ies"):
		w.letters = w.cut(2)
	case w.ends("s") && !w.ends("ss"):
		w.letters = w.cut(1)
	}
}

// pastTense is step 1b.
func (w *porter) pastTense() {
	if w.ends("eed") {
		if w.measure(3) > 0 {
			w.letters = w.cut(1)
		}
		return
	}
	switch {
	case w.ends("ed") && w.hasVowel(2):
		w.letters = w.cut(2)
	case w.ends("ing") && w.hasVowel(3):
		w.letters = w.cut(3)
	default:
		return
	}
	n := len(w.letters)
	switch {
	case w.ends("at"), w.ends("bl"), w.ends("iz"):
		w.letters = append(w.letters, 'e')
	case n >= 2 && w.letters[n-1] == w.letters[n-2] && w.consonant(n-1):
		if c := w.letters[n-1]; c != 'l' && c != 's' && c != 'z' {
			w.letters = w.cut(1)
		}
	case w.measure(0) == 1 && w.shortSyllable(n):
		w.letters = append(w.letters, 'e')
	}
}

// terminalY is step 1c.
func (w *porter) terminalY() {
	if w.ends("y") && w.hasVowel(1) {
		w.letters[len(w.letters)-1] = 'i'
	}
}

// replaceFirst is steps 2 and 3: the longest suffix decides.
func (w *porter) replaceFirst(rules []replacement) {
	if r, ok := longest(rules, w.letters); ok && w.measure(len(r.suffix)) > 0 {
		w.letters = append(w.cut(len(r.suffix)), r.by...)
	}
}

// removeSuffix is step 4.
func (w *porter) removeSuffix() {
	if n := len(w.letters) - 3; w.ends("ion") && n > 0 && (w.letters[n-1] == 's' || w.letters[n-1] == 't') {
		if w.measure(3) > 1 {
			w.letters = w.cut(3)
		}
		return
	}
	if r, ok := longest(porterStep4, w.letters); ok && w.measure(len(r.suffix)) > 1 {
		w.letters = w.cut(len(r.suffix))
	}
}

// finalE is step 5.
func (w *porter) finalE() {
	if w.ends("e") {
		if m := w.measure(1); m > 1 || m == 1 && !w.shortSyllable(len(w.letters)-1) {
			w.letters = w.cut(1)
		}
	}
	if w.ends("ll") && w.measure(1) > 1 {
		w.letters = w.cut(1)
	}
}

// consonant reports whether letter i is one: y is, but after a consonant.
func (w *porter) consonant(i int) bool {
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
func (w *porter) measure(n int) int {
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
func (w *porter) isConsonantAfter(i int, vowelBefore bool) bool {
	if w.letters[i] == 'y' {
		return i == 0 || vowelBefore
	}
	return w.consonant(i)
}

func (w *porter) hasVowel(n int) bool {
	for i := range len(w.letters) - n {
		if !w.consonant(i) {
			return true
		}
	}
	return false
}

// shortSyllable reports whether the first n letters end in consonant, vowel,
// consonant, the last of them none of w, x and y.
func (w *porter) shortSyllable(n int) bool {
	if n < 3 || !w.consonant(n-1) || w.consonant(n-2) || !w.consonant(n-3) {
		return false
	}
	c := w.letters[n-1]
	return c != 'w' && c != 'x' && c != 'y'
}

package analysis

// porter2Stem stems English with Porter2, the successor of M. F. Porter's
// algorithm of 1980, as snowballstem.org/algorithms/english/stemmer.html
// describes it, with the exceptions that Snowball 3.1 has.
func porter2Stem(w letters) letters {
	if stem, ok := porter2Exception(w); ok {
		return stem
	}
	if len(w) <= 2 {
		return w
	}
	if w[0] == '\'' {
		w = w[1:]
	}
	p := porter2{letters: w}
	p.markY()
	p.findRegions()
	p.apostrophe()
	p.plural()
	p.verb()
	p.finalY()
	p.replaceSuffix(porter2Step2)
	p.replaceSuffix(porter2Step3)
	p.removeSuffix()
	p.finalLetter()
	return p.unmarkY()
}

// porter2 is a word being stemmed. A y that is a consonant is written Y.
type porter2 struct {
	letters
	marked bool // there is a Y
	r1, r2 int  // where the regions R1 and R2 begin, in letters
}

// porter2Exception returns the stem of a word that no rule is right for.
func porter2Exception(w letters) (stem letters, ok bool) {
	switch string(w) {
	case "sky", "news", "howe", "atlas", "cosmos", "bias", "andes":
		return w, true
	case "skis", "idly", "gently", "singly":
		return w.cut(1), true
	case "ugly", "early", "only":
		return append(w.cut(1), 'i'), true
	case "skies":
		return append(w.cut(3), 'y'), true
	}
	return nil, false
}

// markY marks the letters y that are consonants: at the beginning of the word
// and after a vowel.
func (p *porter2) markY() {
	for i, c := range p.letters {
		if c == 'y' && (i == 0 || isVowel(p.letters[i-1])) {
			p.letters[i], p.marked = 'Y', true
		}
	}
}

func (p *porter2) unmarkY() letters {
	if p.marked {
		for i, c := range p.letters {
			if c == 'Y' {
				p.letters[i] = 'y'
			}
		}
	}
	return p.letters
}

// R1 of a word that begins with one of these is what follows.
var porter2Prefixes = []string{"gener", "commun", "arsen", "past", "univers", "later", "emerg", "organ", "inter"}

func (p *porter2) findRegions() {
	p.r1 = p.region(0)
	for _, prefix := range porter2Prefixes {
		if p.letters[0] == prefix[0] && p.begins(prefix) {
			p.r1 = len(prefix)
		}
	}
	p.r2 = p.region(p.r1)
}

// region returns the place after the first consonant that follows a vowel, not
// before start.
func (p *porter2) region(start int) int {
	for i := start + 1; i < len(p.letters); i++ {
		if isVowel(p.letters[i-1]) && !isVowel(p.letters[i]) {
			return i + 1
		}
	}
	return len(p.letters)
}

// apostrophe is step 0.
func (p *porter2) apostrophe() {
	for _, suffix := range []string{"'s'", "'s", "'"} {
		if p.ends(suffix) {
			p.letters = p.cut(len(suffix))
			return
		}
	}
}

// plural is step 1a.
func (p *porter2) plural() {
	n := len(p.letters)
	switch {
	case p.ends("sses"), n > 4 && (p.ends("ied") || p.ends("ies")):
		p.letters = p.cut(2)
	case p.ends("ied"), p.ends("ies"):
		p.letters = p.cut(1)
	case p.ends("us"), p.ends("ss"):
	case p.ends("s") && n > 2 && hasVowel(p.cut(2)):
		p.letters = p.cut(1)
	}
}

// verb is step 1b.
func (p *porter2) verb() {
	for _, suffix := range []string{"eed", "ed", "ing", "eedly", "edly", "ingly"} {
		if !p.ends(suffix) {
			continue
		}
		before := p.cut(len(suffix))
		switch {
		case suffix[:2] == "ee":
			p.agreed(before)
		case suffix == "ing" && p.exceptionalIng(before):
		case hasVowel(before):
			p.letters = before
			p.restoreVerb()
		}
		return
	}
}

// agreed leaves ee of eed and eedly, but for proceed, exceed and succeed.
func (p *porter2) agreed(before letters) {
	switch string(before) {
	case "proc", "exc", "succ":
		return
	}
	if len(before) >= p.r1 {
		p.letters = p.letters[:len(before)+2]
	}
}

// exceptionalIng deals with words where ing is no ending of a verb, and with
// those like dying.
func (p *porter2) exceptionalIng(before letters) bool {
	switch string(before) {
	case "inn", "out", "cann", "herr", "earr", "even":
		return true
	}
	if len(before) == 2 && before[1] == 'y' && !isVowel(before[0]) {
		p.letters = append(before[:1], "ie"...)
		return true
	}
	return false
}

// restoreVerb gives a verb that lost ed or ing its final e, or takes a letter
// that was doubled for the ending.
func (p *porter2) restoreVerb() {
	n := len(p.letters)
	switch {
	case p.ends("at"), p.ends("bl"), p.ends("iz"):
		p.letters = append(p.letters, 'e')
	case p.endsDouble():
		if c := p.letters[0]; n != 3 || c != 'a' && c != 'e' && c != 'o' {
			p.letters = p.cut(1)
		}
	case n <= p.r1 && endsShort(p.letters):
		p.letters = append(p.letters, 'e')
	}
}

func (p *porter2) endsDouble() bool {
	n := len(p.letters)
	if n < 2 || p.letters[n-1] != p.letters[n-2] {
		return false
	}
	switch p.letters[n-1] {
	case 'b', 'd', 'f', 'g', 'm', 'n', 'p', 'r', 't':
		return true
	}
	return false
}

// finalY is step 1c.
func (p *porter2) finalY() {
	n := len(p.letters)
	if n > 2 && (p.ends("y") || p.ends("Y")) && !isVowel(p.letters[n-2]) {
		p.letters[n-1] = 'i'
	}
}

// The suffixes that steps 2 and 3 replace in R1.
var (
	porter2Step2 = []replacement{
		{"ational", "ate"}, {"tional", "tion"}, {"enci", "ence"}, {"anci", "ance"}, {"abli", "able"}, {"entli", "ent"},
		{"izer", "ize"}, {"ization", "ize"}, {"ation", "ate"}, {"ator", "ate"}, {"alism", "al"}, {"aliti", "al"},
		{"alli", "al"}, {"fulness", "ful"}, {"ousli", "ous"}, {"ousness", "ous"}, {"iveness", "ive"}, {"iviti", "ive"},
		{"biliti", "ble"}, {"bli", "ble"}, {"ogist", "og"}, {"ogi", "og"}, {"fulli", "ful"}, {"lessli", "less"}, {"li", ""},
	}
	porter2Step3 = []replacement{
		{"ational", "ate"}, {"tional", "tion"}, {"alize", "al"}, {"icate", "ic"}, {"iciti", "ic"}, {"ical", "ic"},
		{"ful", ""}, {"ness", ""}, {"ative", ""},
	}
	porter2Step4 = removals("al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent",
		"ism", "ate", "iti", "ous", "ive", "ize", "ion")
)

// replaceSuffix is steps 2 and 3: the longest suffix decides.
func (p *porter2) replaceSuffix(rules []replacement) {
	rule, ok := longest(rules, p.letters)
	if !ok {
		return
	}
	before := p.cut(len(rule.suffix))
	if len(before) < p.r1 || !p.replaceable(rule.suffix, before) {
		return
	}
	p.letters = append(before, rule.by...)
}

// replaceable reports whether what stands before a suffix lets a rule of steps
// 2 and 3 replace it.
func (p *porter2) replaceable(suffix string, before letters) bool {
	switch suffix {
	case "ogi":
		return before.ends("l")
	case "ative":
		return len(before) >= p.r2
	case "li":
		switch before[len(before)-1] {
		case 'c', 'd', 'e', 'g', 'h', 'k', 'm', 'n', 'r', 't':
			return true
		}
		return false
	}
	return true
}

// removeSuffix is step 4.
func (p *porter2) removeSuffix() {
	rule, ok := longest(porter2Step4, p.letters)
	if !ok {
		return
	}
	before := p.cut(len(rule.suffix))
	if len(before) >= p.r2 && (rule.suffix != "ion" || before.ends("s") || before.ends("t")) {
		p.letters = before
	}
}

// finalLetter is step 5.
func (p *porter2) finalLetter() {
	n := len(p.letters) - 1
	switch {
	case p.ends("e") && (n >= p.r2 || n >= p.r1 && !endsShort(p.cut(1))):
		p.letters = p.cut(1)
	case p.ends("ll") && n >= p.r2:
		p.letters = p.cut(1)
	}
}

// endsShort reports whether a word ends in a short syllable: past, consonant,
// vowel, consonant (none of w, x and Y), or a vowel and a consonant alone.
func endsShort(w letters) bool {
	n := len(w)
	if n < 2 || isVowel(w[n-1]) || !isVowel(w[n-2]) {
		return w.ends("past")
	}
	if n == 2 {
		return true
	}
	last := w[n-1]
	return !isVowel(w[n-3]) && last != 'w' && last != 'x' && last != 'Y'
}

func hasVowel(w letters) bool {
	for _, c := range w {
		if isVowel(c) {
			return true
		}
	}
	return false
}

func isVowel(c byte) bool {
	switch c {
	case 'a', 'e', 'i', 'o', 'u', 'y':
		return true
	}
	return false
}

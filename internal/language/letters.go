package language

import (
	"unicode"
	"unicode/utf8"
)

// AccentShare is the share of words with a letter beyond a to z from which a text is taken
// for one that is not English. There must be two different ones: one is a name, which a
// query may have found in all of its texts.
const AccentShare = 1. / 16

// accentBytes is how much of a text is looked at, about what a model reads of it.
const accentBytes = 2048

// Accented reports whether a text is in a language that is written with more letters than
// a to z, accented or of another script. English has such letters in names and as symbols.
// That a text is not accented does not make it English: Dutch has few accents.
func Accented(text string) bool {
	if len(text) > accentBytes {
		text = text[:accentBytes]
	}
	if ASCII(text) {
		return false
	}
	var n accents
	var w letters
	begin := 0
	for i, r := range text {
		if w.all == 0 {
			begin = i
		}
		if !w.add(r) {
			n.count(text[begin:i], w)
			w = letters{}
		}
	}
	n.count(text[begin:], w)
	return n.several && float64(n.accented) >= AccentShare*float64(n.words)
}

// accents are the words of a text.
type accents struct {
	words, accented int
	first           string // of those that are accented
	several         bool   // not all of these are the first
}

func (n *accents) count(word string, w letters) {
	if w.all == 0 {
		return
	}
	n.words++
	if w.beyond == 0 || w.all == 1 && w.greek == 1 { // a Greek letter alone is a symbol
		return
	}
	if n.accented++; n.first == "" {
		n.first = word
	}
	n.several = n.several || word != n.first
}

// ASCII reports whether a text has no other letters than a to z, so that nothing in it is
// foreign and it need not be cut into tokens to tell.
func ASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// letters is what a word is made of.
type letters struct{ all, beyond, greek int }

// add takes a letter in, and reports whether it is one.
func (w *letters) add(r rune) bool {
	switch {
	case r|0x20 >= 'a' && r|0x20 <= 'z':
	case r < utf8.RuneSelf, r == utf8.RuneError:
		return false
	case unicode.IsMark(r) && w.all > 0:
		w.beyond++
		return true
	case !unicode.IsLetter(r):
		return false
	case unicode.Is(unicode.Greek, r):
		w.beyond, w.greek = w.beyond+1, w.greek+1
	case !isForm(r):
		w.beyond++
	}
	w.all++
	return true
}

// isForm reports whether a letter is one from a to z in another form, or stands for a
// sound: mathematical ones, ligatures of typesetters, wide letters, phonetic script.
func isForm(r rune) bool {
	return unicode.Is(unicode.Common, r) || r >= 0x250 && r <= 0x2af || r >= 0xfb00 && r <= 0xfb06 || r >= 0xff21 && r <= 0xff5a
}

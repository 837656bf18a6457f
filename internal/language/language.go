// Package language tells whether a text is one that a model for English can read, by the
// tokens that its vocabulary makes of it.
//
// The measure is the share of foreign pieces among those that have letters: words that
// the vocabulary does not know and pieces in other letters than those from a to z. Emoji,
// arrows and the like are unknown too, and no words. A
// vocabulary for English has other scripts only letter by letter; of languages in Latin
// letters, accents are gone before the text is cut, and only letters that are none with an
// accent are left (the dotless ı, ø, ł). English has such pieces in names and quotations.
//
// The bounds were fitted on English and foreign texts by bench/languages, which prints how
// many of each are taken for foreign: no query and no text of the judged English
// collections.
package language

import (
	"strings"
	"unicode"
)

// English is the code of the language that is told from others.
const English = "en"

// A query is foreign from this share of foreign pieces on, and so is a text: texts quote,
// and name things as others write them.
const (
	QueryShare = 1. / 8
	TextShare  = 1. / 4
)

// least is how many foreign pieces there must be, where there are others: one is a name,
// or a symbol.
const least = 2

// class is what kind of piece a token is.
type class uint8

const (
	other   class = iota // without letters
	native               // with a letter from a to z
	foreign              // with letters, but none of these
	symbol               // a Greek letter, which stands for a quantity where no other follows
	unknown              // not in the vocabulary: a word, or a picture
)

// Vocabulary tells the pieces of a vocabulary for English apart. It is immutable and safe
// for concurrent use.
type Vocabulary struct {
	class     []class
	continues []bool // a word that the piece before began
}

// New reads a vocabulary of size tokens. It returns nil where the vocabulary is none of
// WordPiece, as others do not show what they lack.
func New(size int, token func(id int32) (string, bool)) *Vocabulary {
	v := &Vocabulary{class: make([]class, size), continues: make([]bool, size)}
	hasUnknown, continued := false, false
	for id := range size {
		s, _ := token(int32(id))
		rest, inner := strings.CutPrefix(s, "##")
		inner = inner && rest != ""
		if inner {
			s = rest
		}
		v.class[id], v.continues[id] = classOf(s, inner), inner
		hasUnknown, continued = hasUnknown || s == unknownToken, continued || inner
	}
	if !hasUnknown || !continued {
		return nil
	}
	return v
}

const unknownToken = "[UNK]"

func classOf(piece string, inner bool) class {
	switch {
	case piece == unknownToken:
		return unknown
	case len(piece) > 2 && piece[0] == '[' && piece[len(piece)-1] == ']':
		return other // a special token
	}
	letters := false
	for _, r := range piece {
		if r|0x20 >= 'a' && r|0x20 <= 'z' {
			return native
		}
		letters = letters || r >= 0x80 && (unicode.IsLetter(r) || unicode.IsMark(r))
	}
	switch {
	case !letters:
		return other
	case !inner && isSymbol(piece):
		return symbol
	}
	return foreign
}

// isSymbol reports whether a piece is a single Greek letter.
func isSymbol(piece string) bool {
	r := []rune(piece)
	return len(r) == 1 && (unicode.Is(unicode.Greek, r[0]) || r[0] == 'µ')
}

// Count is what there is in a text.
type Count struct {
	Letters int // pieces with letters, unknown ones among them
	Foreign int // of these, those that are none of a vocabulary for English
}

// Count counts the pieces of a text; ids are its tokens, or the first of them. Special
// tokens do not count.
func (v *Vocabulary) Count(text string, ids []int32) Count {
	var n Count
	strangers := 0
	for i, id := range ids {
		if id < 0 || int(id) >= len(v.class) {
			continue
		}
		switch v.class[id] {
		case other:
			continue
		case unknown:
			strangers++
			continue
		case foreign:
			n.Foreign++
		case symbol:
			if v.goesOn(ids[i+1:]) {
				n.Foreign++
			}
		}
		n.Letters++
	}
	if strangers > 0 {
		strangers = min(strangers, otherWords(text))
	}
	return Count{n.Letters + strangers, n.Foreign + strangers}
}

// goesOn reports whether a token goes on with the word before, in letters like it.
func (v *Vocabulary) goesOn(ids []int32) bool {
	return len(ids) > 0 && ids[0] >= 0 && int(ids[0]) < len(v.continues) && v.continues[ids[0]] && v.class[ids[0]] == foreign
}

// otherWords counts the words of a text that are not in Latin letters. Each Chinese
// character is one, as for the tokenizer.
func otherWords(text string) int {
	words, within := 0, false
	for _, r := range text {
		switch {
		case unicode.Is(unicode.Han, r):
			words, within = words+1, false
		case r >= 0x80 && unicode.IsLetter(r) && !unicode.Is(unicode.Latin, r):
			if !within {
				words++
			}
			within = true
		case !unicode.IsLetter(r) && !unicode.IsMark(r):
			within = false
		}
	}
	return words
}

// ForeignQuery reports whether a query, of which the tokens are given, is not English. A
// nil Vocabulary takes nothing for foreign.
func (v *Vocabulary) ForeignQuery(text string, ids []int32) bool {
	return v != nil && v.Count(text, ids).strange(QueryShare)
}

// ForeignText is the same of a text; ids may be the first of its tokens.
func (v *Vocabulary) ForeignText(text string, ids []int32) bool {
	return v != nil && v.Count(text, ids).strange(TextShare)
}

// strange reports whether foreign pieces have a share.
func (n Count) strange(share float64) bool {
	return n.Foreign > 0 && (n.Foreign >= least || n.Foreign == n.Letters) && float64(n.Foreign) >= share*float64(n.Letters)
}

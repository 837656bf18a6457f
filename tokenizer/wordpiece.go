package tokenizer

import "unicode/utf8"

// A model turns words into ids.
type model interface {
	// tokenize appends the tokens of the word text.text[start:end]. It holds no
	// state of its own: s is the caller's.
	tokenize(dst *pieces, s *scratch, text *normalized, start, end int)
	// id returns the id of a token, or -1.
	id(token string) int32
	// token returns the token of an id.
	token(id int32) (string, bool)
	// size returns the number of tokens.
	size() int
}

// wordPiece is longest match first (Schuster and Nakajima 2012, "Japanese and
// Korean voice search", as BERT applies it): a word that cannot be covered
// whole is one unknown token.
type wordPiece struct {
	named
	prefix   string // of tokens that continue a word
	inner    uint64 // hash of prefix
	unknown  int32
	maxChars int // longer words are unknown
}

func (w *wordPiece) tokenize(dst *pieces, s *scratch, text *normalized, start, end int) {
	word := text.text[start:end]
	mark := dst.mark()
	if len(word) <= w.maxChars || utf8.RuneCount(word) <= w.maxChars {
		if w.cover(dst, s, text, start, word) {
			return
		}
		dst.rewind(mark)
	}
	dst.add(w.unknown, text.origin(start, end))
}

// cover appends the tokens of a word that begins at byte start of the text,
// and reports whether they cover it.
func (w *wordPiece) cover(dst *pieces, s *scratch, text *normalized, start int, word []byte) bool {
	h, prefix := w.vocab.seed, ""
	for at := 0; at < len(word); h, prefix = w.inner, w.prefix {
		limit := max(w.vocab.longest-len(prefix), 0)
		rest := word[at:min(at+limit, len(word))]
		hashes := s.prefixes(len(rest))
		for i, b := range rest {
			h = (h ^ uint64(b)) * hashPrime
			hashes[i] = h
		}
		id, n := int32(-1), len(hashes)
		for ; n > 0; n-- {
			if id = w.vocab.find(hashes[n-1], prefix, rest[:n]); id >= 0 {
				break
			}
		}
		if id < 0 {
			return false
		}
		dst.add(id, text.origin(start+at, start+at+n))
		at += n
	}
	return true
}

// named is the vocabulary of a model.
type named struct{ vocab vocabulary }

func (m *named) id(token string) int32 { return m.vocab.lookup(token) }

func (m *named) token(id int32) (string, bool) {
	v := &m.vocab
	if id < 0 || int(id) >= len(v.byID) || v.byID[id] < 0 {
		return "", false
	}
	return string(v.token(int(v.byID[id]))), true
}

func (m *named) size() int { return m.vocab.count }

package analysis

import (
	"hash/maphash"
	"strings"

	"github.com/blevesearch/snowballstem"
)

// The stem cache holds the stems of recent short words, one per slot.
const (
	cacheSlots  = 2048 // a power of two
	cacheLength = 27   // longest word and stem held, in bytes
)

type cacheEntry struct {
	by               *byte // the filter that stemmed it: one analyzer may have two
	word, stem       [cacheLength]byte
	wordLen, stemLen uint8
}

// stemCache remembers stems; the zero value is ready to use.
type stemCache struct {
	entries []cacheEntry
	env     *snowballstem.Env
}

// cacheSeed decides which slot a word takes, and nothing that can be seen.
var cacheSeed = maphash.MakeSeed()

// cached makes a filter of a stemming function. The function may return its
// argument's memory.
func cached(stem func(s *state, term []byte) []byte) filter {
	self := new(byte)
	return func(s *state, term []byte) []byte {
		if len(term) > cacheLength {
			return stem(s, term)
		}
		if s.stems.entries == nil {
			s.stems.entries = make([]cacheEntry, cacheSlots)
		}
		e := &s.stems.entries[maphash.Bytes(cacheSeed, term)%cacheSlots]
		if e.by == self && string(e.word[:e.wordLen]) == string(term) {
			return append(term[:0], e.stem[:e.stemLen]...)
		}
		e.by, e.wordLen = self, uint8(copy(e.word[:], term))
		stemmed := stem(s, term)
		if len(stemmed) > cacheLength {
			e.wordLen, e.stemLen = 0, 0
			return stemmed
		}
		e.stemLen = uint8(copy(e.stem[:], stemmed))
		return stemmed
	}
}

// snowballFilter makes a filter of a Snowball stemmer and what is respelled for
// it; letters may be nil.
func snowballFilter(stemmer func(*snowballstem.Env) bool, letters *strings.Replacer) filter {
	return cached(func(s *state, term []byte) []byte {
		if s.stems.env == nil {
			s.stems.env = snowballstem.NewEnv("")
		}
		word := string(term)
		if letters != nil {
			word = letters.Replace(word)
		}
		s.stems.env.SetCurrent(word)
		stemmer(s.stems.env)
		return append(term[:0], s.stems.env.Current()...)
	})
}

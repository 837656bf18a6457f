package tokenizer

import (
	"errors"
	"fmt"
	"math/bits"
)

// vocabulary maps tokens to ids by an open-addressed hash table over one block
// of text. The hash runs on byte by byte, so that one pass over a word gives
// the hash of each of its prefixes: what longest match first asks for.
type vocabulary struct {
	text    []byte   // the tokens, end to end
	ends    []uint32 // where each ends in text
	ids     []int32  // of each token
	byID    []int32  // the token of an id, or -1
	slots   []slot
	shift   uint
	seed    uint64
	longest int // bytes of the longest token
	count   int // distinct tokens
}

// slot has all that a look-up needs in one place: most of its time is waiting
// for memory.
type slot struct {
	tag   uint32
	token uint32 // 1 + its number; 0 marks a free slot
	start uint32 // of the token in text
	size  uint16
	_     uint16
}

const (
	hashSeed  = 0xcbf29ce484222325 // FNV-1a, 64 bit
	hashPrime = 0x100000001b3
	spread    = 0x9e3779b97f4a7c15 // takes the high bits of the hash
	maxProbes = 256                // no honest vocabulary comes near it
)

// add appends a token; build completes the table.
func (v *vocabulary) add(token []byte, id int32) {
	v.text = append(v.text, token...)
	v.ends = append(v.ends, uint32(len(v.text)))
	v.ids = append(v.ids, id)
	v.longest = max(v.longest, len(token))
}

func (v *vocabulary) token(i int) []byte {
	start := uint32(0)
	if i > 0 {
		start = v.ends[i-1]
	}
	return v.text[start:v.ends[i]]
}

// build makes the table. A token that comes twice keeps its last id, as in any
// JSON object; an id that two tokens share is an error.
func (v *vocabulary) build() error {
	size := 1 << bits.Len(uint(2*len(v.ids)+1))
	v.shift = uint(64 - bits.TrailingZeros(uint(size)))
	v.slots = make([]slot, size)
	// Another seed parts tokens made to collide under the first.
	for try := range uint64(8) {
		v.seed = hashSeed + try*spread
		if v.fill() {
			return v.invert()
		}
		clear(v.slots)
	}
	return errors.New("the tokens defeat the hash table")
}

// fill puts every token into the table and reports whether they spread well.
func (v *vocabulary) fill() bool {
	for i := range v.ids {
		token := v.token(i)
		h := v.hash(v.seed, token)
		at := h * spread >> v.shift
		for probes := 0; ; probes++ {
			s := &v.slots[at]
			if s.token == 0 || s.tag == uint32(h) && string(v.token(int(s.token-1))) == string(token) {
				*s = slot{tag: uint32(h), token: uint32(i + 1), start: v.ends[i] - uint32(len(token)), size: uint16(len(token))}
				break
			}
			if probes == maxProbes {
				return false
			}
			at = (at + 1) & uint64(len(v.slots)-1)
		}
	}
	return true
}

// invert makes the way back from ids to tokens.
func (v *vocabulary) invert() error {
	top := int32(-1)
	for _, id := range v.ids {
		top = max(top, id)
	}
	v.byID = make([]int32, top+1)
	for i := range v.byID {
		v.byID[i] = -1
	}
	for _, s := range v.slots {
		if s.token == 0 {
			continue
		}
		i := int32(s.token - 1)
		if other := v.byID[v.ids[i]]; other >= 0 {
			a, b := min(i, other), max(i, other)
			return fmt.Errorf("tokens %q and %q share the id %d", v.token(int(a)), v.token(int(b)), v.ids[i])
		}
		v.byID[v.ids[i]] = i
		v.count++
	}
	return nil
}

// hash continues the hash h over b.
func (v *vocabulary) hash(h uint64, b []byte) uint64 {
	for _, c := range b {
		h = (h ^ uint64(c)) * hashPrime
	}
	return h
}

// find returns the id of the token prefix+rest, whose hash is h, or -1.
func (v *vocabulary) find(h uint64, prefix string, rest []byte) int32 {
	size := len(prefix) + len(rest)
	at := h * spread >> v.shift
	for {
		s := &v.slots[at&uint64(len(v.slots)-1)]
		if s.token == 0 {
			return -1
		}
		if s.tag == uint32(h) && int(s.size) == size {
			token := v.text[s.start:][:size]
			if string(token[len(prefix):]) == string(rest) && string(token[:len(prefix)]) == prefix {
				return v.ids[s.token-1]
			}
		}
		at++
	}
}

// lookup returns the id of a token, or -1.
func (v *vocabulary) lookup(token string) int32 {
	return v.find(v.hash(v.seed, []byte(token)), "", []byte(token))
}

package tokenizer

import (
	"errors"
	"fmt"
	"math"
	"unicode/utf8"
)

// unigram takes the most probable of all ways to cut a word into tokens (Kudo
// 2018, "Subword Regularization"), found by Viterbi's algorithm.
type unigram struct {
	named
	scores   []float64 // of tokens by their number
	trie     *trie
	unknown  int32 // -1 for none
	unlikely float64
	bytes    *[256]int32 // tokens of single bytes that an unknown text is written with; nil for none
}

// step is the best way to a place of a word.
type way struct {
	score float64
	start int32 // of its last token; -1 for no way
	id    int32
}

func newUnigram(m *modelFile) (*unigram, error) {
	u := &unigram{named: named{m.vocab}, scores: m.scores, unknown: -1}
	if len(m.vocab.ids) == 0 {
		return nil, errors.New("vocab: missing")
	}
	if len(m.scores) != len(m.vocab.ids) {
		return nil, errors.New("vocab: no list of tokens and scores")
	}
	lowest := math.Inf(1)
	for _, s := range u.scores {
		lowest = min(lowest, s)
	}
	const penalty = 10
	u.unlikely = lowest - penalty
	var fallback bool
	if err := errors.Join(optional(m.unknownID, "unk_id", &u.unknown), optional(m.byteFallback, "byte_fallback", &fallback)); err != nil {
		return nil, err
	}
	if int(u.unknown) >= len(u.scores) || u.unknown < -1 {
		return nil, fmt.Errorf("unk_id: %d of %d tokens", u.unknown, len(u.scores))
	}
	if fallback {
		u.bytes = byteTokens(&u.vocab)
	}
	u.trie = newTrie(&u.vocab)
	return u, nil
}

// byteTokens are the tokens <0x00> to <0xFF>, -1 where one is missing.
func byteTokens(v *vocabulary) *[256]int32 {
	list := new([256]int32)
	for b := range list {
		list[b] = v.lookup(fmt.Sprintf("<0x%02X>", b))
	}
	return list
}

func (u *unigram) tokenize(dst *pieces, s *scratch, text *normalized, start, end int) {
	word := text.text[start:end]
	u.search(s, word)
	// Back from the end; the tokens come out last first.
	stack := s.path[:0]
	for at := int32(len(word)); at > 0; {
		w := s.ways[at]
		if n := len(stack); n > 0 && w.id == u.unknown && stack[n-1].id == u.unknown {
			stack[n-1].start = w.start // unknown ones go together
		} else {
			stack = append(stack, pathPart{w.start, at, w.id})
		}
		at = w.start
	}
	s.path = stack
	for i := len(stack) - 1; i >= 0; i-- {
		u.add(dst, text, word, start, stack[i])
	}
}

// pathPart is a token of the best way.
type pathPart struct{ start, end, id int32 }

// add adds a token; an unknown text may be one after all, or bytes.
func (u *unigram) add(dst *pieces, text *normalized, word []byte, base int, p pathPart) {
	at := text.origin(base+int(p.start), base+int(p.end))
	if p.id == u.unknown {
		part := word[p.start:p.end]
		if id := u.vocab.find(u.vocab.hash(u.vocab.seed, part), "", part); id >= 0 {
			p.id = id
		} else if spell(dst, u.bytes, part, at) {
			return
		}
	}
	if p.id >= 0 {
		dst.add(p.id, at)
	}
}

// spell adds a text as the tokens of its bytes, if there are all of them.
func spell(dst *pieces, tokens *[256]int32, part []byte, at span) bool {
	if tokens == nil {
		return false
	}
	for _, b := range part {
		if tokens[b] < 0 {
			return false
		}
	}
	for _, b := range part {
		dst.add(tokens[b], at)
	}
	return true
}

// search fills s.ways with the best ways to every place of a word.
func (u *unigram) search(s *scratch, word []byte) {
	s.ways = s.ways[:0]
	for range len(word) + 1 {
		s.ways = append(s.ways, way{start: -1})
	}
	ways := s.ways
	for at := 0; at < len(word); {
		_, size := utf8.DecodeRune(word[at:])
		here, single := ways[at].score, false
		node := u.trie.roots[word[at]]
		for i := at + 1; node >= 0; i++ {
			if token := u.trie.tokens[node]; token >= 0 {
				ways[i].offer(u.scores[token]+here, at, token)
				single = single || i == at+size
			}
			if i == len(word) {
				break
			}
			node = u.trie.child(node, word[i])
		}
		if !single {
			ways[at+size].offer(u.unlikely+here, at, u.unknown)
		}
		at += size
	}
}

// offer takes a better way.
func (w *way) offer(score float64, start int, id int32) {
	if w.start < 0 || score > w.score {
		*w = way{score, int32(start), id}
	}
}

package tokenizer

import (
	"errors"
	"fmt"
	"math/bits"
	"unicode/utf8"
)

// bpe merges the pair of neighbours that was merged first in training, until no
// pair is left (Sennrich et al. 2016).
type bpe struct {
	named
	merges  mergeTable
	signs   *byteSigns // the tokens are of signs for bytes; nil for characters
	bytes   *[256]int32
	unknown int32 // -1 for none
	fuse    bool  // neighbouring unknown characters are one
	whole   bool  // a word that is a token is that, whatever its merges
	prefix  string
	suffix  string
}

// byteSigns are the characters that stand for bytes in byte-level vocabularies
// (GPT-2's bytes_to_unicode): what is printable stands for itself, the others
// for characters from 256 on.
type byteSigns struct {
	of  [256]rune
	ids [256]int32 // of the token of a byte, -1 for none
}

func newByteSigns(v *vocabulary) *byteSigns {
	b := &byteSigns{of: signsOfBytes()}
	for i := range b.of {
		b.ids[i] = v.lookup(string(b.of[i]))
	}
	return b
}

func signsOfBytes() (of [256]rune) {
	next := rune(256)
	for i := range of {
		if i >= '!' && i <= '~' || i >= 0xA1 && i <= 0xAC || i >= 0xAE {
			of[i] = rune(i)
		} else {
			of[i] = next
			next++
		}
	}
	return of
}

// mergeTable is an open-addressed hash table of pairs of ids.
type mergeTable struct {
	slots []mergeSlot
	shift uint
}

type mergeSlot struct {
	pair uint64 // 1 + the ids; 0 marks a free slot
	rank int32
	id   int32 // of what they make
}

func newMergeTable(n int) mergeTable {
	size := 1 << bits.Len(uint(2*n+1))
	return mergeTable{slots: make([]mergeSlot, size), shift: uint(64 - bits.TrailingZeros(uint(size)))}
}

func (t *mergeTable) at(a, b int32) *mergeSlot {
	pair := 1 + (uint64(uint32(a))<<32 | uint64(uint32(b)))
	for at := pair * spread >> t.shift; ; at++ {
		s := &t.slots[at&uint64(len(t.slots)-1)]
		if s.pair == pair || s.pair == 0 {
			return s
		}
	}
}

func (t *mergeTable) add(a, b, rank, id int32) {
	*t.at(a, b) = mergeSlot{1 + (uint64(uint32(a))<<32 | uint64(uint32(b))), rank, id}
}

// find returns the rank of a merge and what it makes.
func (t *mergeTable) find(a, b int32) (rank, id int32, ok bool) {
	s := t.at(a, b)
	return s.rank, s.id, s.pair != 0
}

// newBPE makes the model; byteLevel says that a ByteLevel pre-tokenizer writes
// signs for bytes.
func newBPE(m *modelFile, byteLevel bool) (*bpe, error) {
	b := &bpe{named: named{m.vocab}, unknown: -1}
	if len(m.vocab.ids) == 0 || m.listed {
		return nil, errors.New("vocab: missing")
	}
	var unknown string
	var dropout float64
	var fallback bool
	if err := errors.Join(
		optional(m.unknown, "unk_token", &unknown), optional(m.prefix, "continuing_subword_prefix", &b.prefix),
		optional(m.suffix, "end_of_word_suffix", &b.suffix), optional(m.fuse, "fuse_unk", &b.fuse), optional(m.dropout, "dropout", &dropout),
		optional(m.byteFallback, "byte_fallback", &fallback), optional(m.ignoreMerges, "ignore_merges", &b.whole),
	); err != nil {
		return nil, err
	}
	if dropout != 0 {
		return nil, fmt.Errorf("dropout: %v is not supported", dropout)
	}
	if unknown != "" {
		if b.unknown = b.vocab.lookup(unknown); b.unknown < 0 {
			return nil, fmt.Errorf("unk_token: %q is not in the vocabulary", unknown)
		}
	}
	if byteLevel {
		b.signs = newByteSigns(&b.vocab)
	}
	if fallback {
		b.bytes = byteTokens(&b.vocab)
	}
	b.merges = newMergeTable(len(m.merges))
	for rank, pair := range m.merges {
		var ids [3]int32
		for i, token := range []string{pair[0], pair[1], ""} {
			if i == 2 {
				if len(pair[1]) < len(b.prefix) {
					return nil, fmt.Errorf("merges: %q and %q: no prefix %q", pair[0], pair[1], b.prefix)
				}
				token = pair[0] + pair[1][len(b.prefix):]
			}
			if ids[i] = b.vocab.lookup(token); ids[i] < 0 {
				return nil, fmt.Errorf("merges: %d: %q is not in the vocabulary", rank, token)
			}
		}
		b.merges.add(ids[0], ids[1], int32(rank), ids[2])
	}
	return b, nil
}

// symbol is a part of a word; those merged into the one before have the end of
// their place.
type symbol struct {
	id         int32
	start, end int32 // bytes of the word
	prev, next int32 // its neighbours, -1 for none
}

// merge is one that waits to be done.
type merge struct{ rank, at, id int32 }

func (b *bpe) tokenize(dst *pieces, s *scratch, text *normalized, start, end int) {
	word := text.text[start:end]
	if b.whole {
		if id := b.lookupWord(s, word); id >= 0 {
			dst.add(id, text.origin(start, end))
			return
		}
	}
	s.symbols = b.symbols(s.symbols[:0], word)
	b.merge(s)
	for at := int32(0); at >= 0 && len(s.symbols) > 0; at = s.symbols[at].next {
		x := s.symbols[at]
		dst.add(x.id, text.origin(start+int(x.start), start+int(x.end)))
	}
}

// lookupWord returns the token of a whole word, -1 for none.
func (b *bpe) lookupWord(s *scratch, word []byte) int32 {
	if b.signs != nil {
		s.spelt = s.spelt[:0]
		for _, c := range word {
			s.spelt = utf8.AppendRune(s.spelt, b.signs.of[c])
		}
		word = s.spelt
	}
	return b.vocab.find(b.vocab.hash(b.vocab.seed, word), "", word)
}

// symbols are the bytes or characters of a word.
func (b *bpe) symbols(list []symbol, word []byte) []symbol {
	add := func(id int32, start, end int) {
		n := int32(len(list))
		list = append(list, symbol{id, int32(start), int32(end), n - 1, n + 1})
	}
	unknown := -1 // where a run of unknown characters begins
	flush := func(at int) {
		if unknown >= 0 {
			add(b.unknown, unknown, at)
			unknown = -1
		}
	}
	for at := 0; at < len(word); {
		id, size := b.first(word, at)
		switch {
		case id >= 0:
			flush(at)
			add(id, at, at+size)
		case b.hasBytes(word[at : at+size]):
			for i, c := range word[at : at+size] {
				add(b.bytes[c], at+i, at+i+1)
			}
		case b.unknown >= 0:
			if !b.fuse {
				flush(at)
			}
			if unknown < 0 {
				unknown = at
			}
		}
		at += size
	}
	flush(len(word))
	if n := len(list); n > 0 {
		list[n-1].next = -1
	}
	return list
}

// first returns the token of the byte or character at a place, -1 for none, and
// its size.
func (b *bpe) first(word []byte, at int) (id int32, size int) {
	if b.signs != nil {
		return b.signs.ids[word[at]], 1
	}
	_, size = utf8.DecodeRune(word[at:])
	char := word[at : at+size]
	if b.suffix != "" && at+size == len(word) {
		char = append(char[:size:size], b.suffix...)
	}
	prefix := b.prefix
	if at == 0 {
		prefix = ""
	}
	h := b.vocab.hash(b.vocab.hash(b.vocab.seed, []byte(prefix)), char)
	return b.vocab.find(h, prefix, char), size
}

func (b *bpe) hasBytes(char []byte) bool {
	if b.bytes == nil {
		return false
	}
	for _, c := range char {
		if b.bytes[c] < 0 {
			return false
		}
	}
	return true
}

// merge merges the symbols of a word.
func (b *bpe) merge(s *scratch) {
	list, heap := s.symbols, s.merges[:0]
	push := func(at int32) {
		if next := list[at].next; next >= 0 {
			if rank, id, ok := b.merges.find(list[at].id, list[next].id); ok {
				heap = pushMerge(heap, merge{rank, at, id})
			}
		}
	}
	for i := range list {
		push(int32(i))
	}
	for len(heap) > 0 {
		var top merge
		top, heap = popMerge(heap)
		left := &list[top.at]
		if left.id < 0 || left.next < 0 {
			continue
		}
		right := &list[left.next]
		// One that a merge in between has made void, or another.
		if _, id, ok := b.merges.find(left.id, right.id); !ok || id != top.id {
			continue
		}
		left.id, left.end, left.next = top.id, right.end, right.next
		right.id = -1
		if left.next >= 0 {
			list[left.next].prev = top.at
		}
		if left.prev >= 0 {
			push(left.prev)
		}
		push(top.at)
	}
	s.merges = heap
}

func (m merge) before(other merge) bool {
	return m.rank < other.rank || m.rank == other.rank && m.at < other.at
}

// pushMerge and popMerge keep a binary heap, the first merge on top.
func pushMerge(heap []merge, m merge) []merge {
	heap = append(heap, m)
	for i := len(heap) - 1; i > 0; {
		up := (i - 1) / 2
		if !heap[i].before(heap[up]) {
			break
		}
		heap[i], heap[up] = heap[up], heap[i]
		i = up
	}
	return heap
}

func popMerge(heap []merge) (merge, []merge) {
	top, last := heap[0], len(heap)-1
	heap[0] = heap[last]
	heap = heap[:last]
	for i := 0; ; {
		down := 2*i + 1
		if down >= last {
			break
		}
		if down+1 < last && heap[down+1].before(heap[down]) {
			down++
		}
		if !heap[down].before(heap[i]) {
			break
		}
		heap[i], heap[down] = heap[down], heap[i]
		i = down
	}
	return top, heap
}

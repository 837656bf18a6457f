package tokenizer

import (
	"bytes"
	"cmp"
	"slices"
)

// trie finds the tokens that a text begins with. The children of a node lie side
// by side, in the order of their bytes.
type trie struct {
	labels []byte  // of each node
	first  []int32 // where a node's children begin; the next node's begin where they end
	tokens []int32 // what ends at a node, -1 for nothing
	roots  [256]int32
}

// newTrie returns the trie of a vocabulary, with tokens by their number.
func newTrie(v *vocabulary) *trie {
	sorted := make([]int32, 0, v.count)
	for _, s := range v.slots {
		if s.token > 0 && s.size > 0 {
			sorted = append(sorted, int32(s.token-1))
		}
	}
	slices.SortFunc(sorted, func(a, b int32) int { return bytes.Compare(v.token(int(a)), v.token(int(b))) })
	t := &trie{}
	level := t.grow(v, sorted, []branch{{0, len(sorted)}}, 0)
	for b := range t.roots {
		t.roots[b] = -1
	}
	for i, label := range t.labels {
		t.roots[label] = int32(i)
	}
	for depth := 1; len(level) > 0; depth++ {
		level = t.grow(v, sorted, level, depth)
	}
	t.first = append(t.first, int32(len(t.labels)))
	return t
}

// branch is a range of sorted tokens that begin alike.
type branch struct{ from, to int }

// grow adds the children of the nodes of a level, which are at a depth, and
// returns the tokens below each.
func (t *trie) grow(v *vocabulary, sorted []int32, level []branch, depth int) (next []branch) {
	for _, b := range level {
		if depth > 0 {
			t.first = append(t.first, int32(len(t.labels)))
		}
		for i := b.from; i < b.to; {
			token := v.token(int(sorted[i]))
			if len(token) == depth { // it ends at the node itself
				i++
				continue
			}
			label, end := token[depth], i+1
			for end < b.to && v.token(int(sorted[end]))[depth] == label {
				end++
			}
			ends := int32(-1)
			if len(token) == depth+1 {
				ends = sorted[i]
			}
			t.labels, t.tokens = append(t.labels, label), append(t.tokens, ends)
			next = append(next, branch{i, end})
			i = end
		}
	}
	return next
}

// child returns the child of a node by a byte, -1 for none.
func (t *trie) child(node int32, b byte) int32 {
	from, to := t.first[node], t.first[node+1]
	labels := t.labels[from:to]
	if len(labels) <= 8 {
		for i, l := range labels {
			if l == b {
				return from + int32(i)
			}
		}
		return -1
	}
	i, ok := slices.BinarySearchFunc(labels, b, cmp.Compare[byte])
	if !ok {
		return -1
	}
	return from + int32(i)
}

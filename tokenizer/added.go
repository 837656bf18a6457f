package tokenizer

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// addedToken is a token that is found in the text before any model sees it.
// Special ones are found like all others.
type addedToken struct {
	ID         int32  `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"`
	LStrip     bool   `json:"lstrip"`
	RStrip     bool   `json:"rstrip"`
	Normalized bool   `json:"normalized"`
	Special    bool   `json:"special"`
}

// matcher finds added tokens, leftmost and longest first.
type matcher struct {
	nodes  []trieNode // the first is the root
	tokens []addedToken
	first  [256]bool // the bytes that tokens begin with
	only   int       // the one such byte, or -1 if there are several
}

type trieNode struct {
	next  map[byte]int32
	token int32 // index of the token that ends here, or -1
}

// newMatcher returns a matcher of tokens by their patterns, nil for none.
func newMatcher(tokens []addedToken, patterns []string) (*matcher, error) {
	if len(tokens) == 0 {
		return nil, nil
	}
	m := &matcher{nodes: []trieNode{{token: -1}}, tokens: tokens, only: -1}
	for i, p := range patterns {
		if p == "" {
			return nil, fmt.Errorf("added token %q: nothing of it is left by the normalizer", tokens[i].Content)
		}
		at := int32(0)
		for _, b := range []byte(p) {
			next, ok := m.nodes[at].next[b]
			if !ok {
				next = int32(len(m.nodes))
				m.nodes = append(m.nodes, trieNode{token: -1})
				if m.nodes[at].next == nil {
					m.nodes[at].next = map[byte]int32{}
				}
				m.nodes[at].next[b] = next
			}
			at = next
		}
		if other := m.nodes[at].token; other >= 0 {
			return nil, fmt.Errorf("added tokens %q and %q are the same to the normalizer", tokens[other].Content, tokens[i].Content)
		}
		m.nodes[at].token = int32(i)
		m.first[p[0]] = true
		m.only = int(p[0])
	}
	for b, starts := range m.first {
		if starts && b != m.only {
			m.only = -1
			break
		}
	}
	return m, nil
}

// found is an added token in a text.
type found struct {
	id         int32
	start, end int
}

// next returns the first added token of text that begins at or after from.
// Tokens may take white space around them, but not before floor, where the
// token before ended. The second result is where to search on.
func (m *matcher) next(text string, from, floor int) (found, int, bool) {
	for at := from; at < len(text); {
		if m.only >= 0 {
			skip := strings.IndexByte(text[at:], byte(m.only))
			if skip < 0 {
				break
			}
			at += skip
		} else if !m.first[text[at]] {
			at++
			continue
		}
		i, n := m.longest(text[at:])
		if i < 0 {
			at++
			continue
		}
		if f, ok := m.accept(&m.tokens[i], text, at, at+n, floor); ok {
			return f, at + n, true
		}
		at += n // a token that was turned down still covers its text
	}
	return found{}, len(text), false
}

// longest returns the longest token that text begins with, and its length.
func (m *matcher) longest(text string) (token, length int) {
	token = -1
	at := int32(0)
	for i := 0; i < len(text); i++ {
		next, ok := m.nodes[at].next[text[i]]
		if !ok {
			break
		}
		at = next
		if t := m.nodes[at].token; t >= 0 {
			token, length = int(t), i+1
		}
	}
	return token, length
}

// accept applies a token's conditions to a match.
func (m *matcher) accept(t *addedToken, text string, start, end, floor int) (found, bool) {
	if t.SingleWord {
		before, size := utf8.DecodeLastRuneInString(text[:start])
		if size > 0 && classOf(before)&classWord != 0 {
			return found{}, false
		}
		after, size := utf8.DecodeRuneInString(text[end:])
		if size > 0 && classOf(after)&classWord != 0 {
			return found{}, false
		}
	}
	if t.LStrip {
		for start > floor {
			r, size := utf8.DecodeLastRuneInString(text[:start])
			if classOf(r)&classSplit == 0 {
				break
			}
			start -= size
		}
		start = max(start, floor)
	}
	if t.RStrip {
		// The token before may have taken this white space already: what lies
		// before floor need not be looked at twice.
		end = max(end, floor)
		for end < len(text) {
			r, size := utf8.DecodeRuneInString(text[end:])
			if classOf(r)&classSplit == 0 {
				break
			}
			end += size
		}
	}
	return found{t.ID, start, max(start, end)}, true
}

package index

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
	"unsafe"

	"github.com/flashrerank/rerank/analysis"
)

// inverter turns texts into postings. For each term it keeps one growing slice
// of bytes: the distance to the document before, and how often the term occurs.
type inverter struct {
	numbers map[string]uint32
	terms   []termPostings
	aside   []uint32 // by Token.Aside: place in terms plus one, 0 where there is none yet
	lengths []uint32
	base    uint32 // number of the first document
}

type termPostings struct {
	term  string
	bytes []byte
	last  uint32 // document of the latest posting, plus one
	freq  uint32 // in that document; not in bytes yet
	prev  uint32 // document of the posting before, plus one
}

// add analyses the next document.
func (v *inverter) add(ctx context.Context, a *analysis.Analyzer, text string) error {
	doc := v.base + uint32(len(v.lengths)) + 1 // plus one, so that 0 is none
	length := uint64(0)
	for token := range a.All(text) {
		if token.Aside > 0 {
			v.asideTerm(token).count(doc)
			continue
		}
		if length++; length%longList == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		n, known := v.numbers[string(token.Term)]
		if !known {
			if len(token.Term) > MaxTermLength {
				return fmt.Errorf("a term of %d bytes; at most %d can be indexed", len(token.Term), MaxTermLength)
			}
			n = v.newTerm(string(token.Term))
		}
		v.terms[n].count(doc)
	}
	if length > math.MaxUint32 {
		return fmt.Errorf("%d terms", length)
	}
	v.lengths = append(v.lengths, uint32(length))
	return nil
}

func (v *inverter) newTerm(term string) uint32 {
	n := uint32(len(v.terms))
	v.numbers[term] = n
	v.terms = append(v.terms, termPostings{term: term, prev: v.base})
	return n
}

// asideTerm returns the postings of a word set aside. There are few such words,
// and each is seen often, so their places are looked up by number.
func (v *inverter) asideTerm(token analysis.Token) *termPostings {
	for len(v.aside) <= token.Aside {
		v.aside = append(v.aside, 0)
	}
	if v.aside[token.Aside] == 0 {
		v.aside[token.Aside] = v.newTerm(string(token.Term)) + 1
	}
	return &v.terms[v.aside[token.Aside]-1]
}

// count takes one more occurrence, in a document or one before the next.
func (t *termPostings) count(doc uint32) {
	if t.last != doc {
		t.flush()
		t.last = doc
	}
	t.freq++
}

// flush puts the latest posting into bytes.
func (t *termPostings) flush() {
	if t.freq == 0 {
		return
	}
	delta := uint64(t.last-t.prev) << 1
	if t.freq == 1 {
		t.bytes = binary.AppendUvarint(t.bytes, delta|1)
	} else {
		t.bytes = binary.AppendUvarint(t.bytes, delta)
		t.bytes = binary.AppendUvarint(t.bytes, uint64(t.freq))
	}
	t.prev, t.freq = t.last, 0
}

// inverted walks what an inverter gathered, in the order of terms.
type inverted struct {
	terms []termPostings
	base  uint32
	at    int
}

// cursor ends the gathering.
func (v *inverter) cursor() *inverted {
	v.numbers = nil
	for i := range v.terms {
		v.terms[i].flush()
	}
	slices.SortFunc(v.terms, func(a, b termPostings) int { return strings.Compare(a.term, b.term) })
	return &inverted{terms: v.terms, base: v.base, at: -1}
}

func (c *inverted) next() (bool, error) {
	c.at++
	return c.at < len(c.terms), nil
}

func (c *inverted) current() []byte {
	term := c.terms[c.at].term
	return unsafe.Slice(unsafe.StringData(term), len(term)) // read only
}

func (c *inverted) postings(add func(doc, freq uint32)) error {
	doc := c.base
	for b := c.terms[c.at].bytes; len(b) > 0; {
		delta, n := binary.Uvarint(b)
		b = b[n:]
		freq := uint64(1)
		if delta&1 == 0 {
			freq, n = binary.Uvarint(b)
			b = b[n:]
		}
		doc += uint32(delta >> 1)
		add(doc-1, uint32(freq))
	}
	c.terms[c.at].bytes = nil // written; let go of it
	return nil
}

// invert analyses the texts of documents base, base+1, ….
func invert(ctx context.Context, a *analysis.Analyzer, base uint32, puts []Entry) (*inverted, []uint32, error) {
	v := &inverter{numbers: map[string]uint32{}, base: base, lengths: make([]uint32, 0, len(puts))}
	for i := range puts {
		if i%64 == 0 && ctx.Err() != nil {
			return nil, nil, context.Cause(ctx)
		}
		if err := v.add(ctx, a, puts[i].Document.Content()); err != nil {
			return nil, nil, fmt.Errorf("document %q: %w", puts[i].Document.ID, err)
		}
	}
	return v.cursor(), v.lengths, nil
}

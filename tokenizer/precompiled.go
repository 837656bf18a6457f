package tokenizer

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
)

// charsmap is SentencePiece's precompiled normalisation, as Hugging Face's
// Precompiled applies it: a double-array trie (Darts-clone) from sequences of
// characters to places in a block of texts that end with a zero byte.
type charsmap struct {
	units []uint32
	texts []byte
	ascii [utf8.RuneSelf]bool // characters that stay, unless a mark follows
}

const maxCharsmap = 16 << 20

func newCharsmap(encoded string) (*charsmap, error) {
	data, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, err
	}
	if len(data) < 4 || len(data) > maxCharsmap {
		return nil, fmt.Errorf("%d bytes", len(data))
	}
	size := binary.LittleEndian.Uint32(data)
	if size%4 != 0 || size == 0 || uint64(size) > uint64(len(data)-4) {
		return nil, fmt.Errorf("a trie of %d bytes in %d", size, len(data))
	}
	c := &charsmap{texts: data[4+size:]}
	for at := 4; at < int(4+size); at += 4 {
		c.units = append(c.units, binary.LittleEndian.Uint32(data[at:]))
	}
	if !utf8.Valid(c.texts) {
		return nil, errors.New("the texts are not UTF-8")
	}
	for b := range c.ascii {
		_, ok := c.find([]byte{byte(b)})
		c.ascii[b] = !ok
	}
	return c, nil
}

// find returns the text of the shortest key that a text begins with.
func (c *charsmap) find(text []byte) ([]byte, bool) {
	at := c.children(0, c.units[0])
	for _, b := range text {
		if b == 0 {
			return nil, false
		}
		at ^= uint32(b)
		if at >= uint32(len(c.units)) {
			return nil, false
		}
		unit := c.units[at]
		if unit&(1<<31|0xff) != uint32(b) {
			return nil, false
		}
		at = c.children(at, unit)
		if unit>>8&1 == 0 {
			continue
		}
		if at >= uint32(len(c.units)) {
			return nil, false
		}
		from := c.units[at] & (1<<31 - 1)
		if from > uint32(len(c.texts)) {
			return nil, false
		}
		to, _, _ := bytes.Cut(c.texts[from:], []byte{0})
		return to, true
	}
	return nil, false
}

func (c *charsmap) children(at, unit uint32) uint32 {
	return at ^ unit>>10<<(unit&(1<<9)>>6)
}

// maxKey is the most bytes of a grapheme that is looked up as a whole.
const maxKey = 5

func (c *charsmap) rewrite(dst, src *normalized, _ *scratch) {
	w := rewrite(dst, src)
	if c.plain(src.text) {
		w.keep(len(src.text))
		return
	}
	for g := graphemes.FromBytes(src.text); g.Next(); {
		whole := g.Value()
		if len(whole) <= maxKey {
			if to, ok := c.find(whole); ok {
				w.exchange(utf8.RuneCount(whole), to)
				continue
			}
		}
		for len(whole) > 0 {
			r, n := utf8.DecodeRune(whole)
			if to, ok := c.find(whole[:n]); ok {
				w.exchange(1, to)
			} else {
				w.later(r, 0)
			}
			whole = whole[n:]
		}
	}
	w.flush()
}

// plain reports whether a text is of ASCII that stays as it is.
func (c *charsmap) plain(text []byte) bool {
	for _, b := range text {
		if b >= utf8.RuneSelf || !c.ascii[b] {
			return false
		}
	}
	return true
}

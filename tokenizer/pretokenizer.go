package tokenizer

import "unicode/utf8"

// A preTokenizer cuts normalized text into the words that a model sees.
type preTokenizer interface {
	// next returns the first word of text at or after from; start == end ends
	// the text.
	next(text []byte, from int) (start, end int)
}

// bertPreTokenizer is Hugging Face's BertPreTokenizer: words end at white
// space, and every punctuation character is a word of its own.
type bertPreTokenizer struct {
	ascii [utf8.RuneSelf]uint8 // classSplit and classPunct
}

func newBertPreTokenizer() *bertPreTokenizer {
	p := &bertPreTokenizer{}
	for b := range p.ascii {
		p.ascii[b] = classOf(rune(b)) & (classSplit | classPunct)
	}
	return p
}

func (p *bertPreTokenizer) next(text []byte, from int) (start, end int) {
	start = -1
	for i := from; i < len(text); {
		size, class := 1, uint8(0)
		if b := text[i]; b < utf8.RuneSelf {
			class = p.ascii[b]
		} else {
			var r rune
			r, size = utf8.DecodeRune(text[i:])
			class = classOf(r) & (classSplit | classPunct)
		}
		switch {
		case class == 0:
			if start < 0 {
				start = i
			}
		case start >= 0:
			return start, i
		case class&classPunct != 0:
			return i, i + size
		}
		i += size
	}
	if start < 0 {
		start = len(text)
	}
	return start, len(text)
}

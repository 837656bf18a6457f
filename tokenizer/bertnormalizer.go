package tokenizer

import (
	"slices"
	"unicode/utf8"
)

// bertNormalizer is Hugging Face's BertNormalizer. Its four steps (clean,
// set Chinese apart, strip accents, lower) run over the text one character at a
// time instead of one after the other, which gives the same text: none of them
// looks at a neighbour but NFD, whose reordering is held in a run of marks.
type bertNormalizer struct {
	clean, chinese, strip, lower bool
	// ascii is what each ASCII byte becomes; dropped ones are asciiDrop.
	ascii [utf8.RuneSelf]byte
}

const asciiDrop = 0xFF

func newBertNormalizer(clean, chinese, strip, lower bool) *bertNormalizer {
	n := &bertNormalizer{clean: clean, chinese: chinese, strip: strip, lower: lower}
	for b := range n.ascii {
		class, out := classOf(rune(b)), byte(b)
		switch {
		case clean && class&classRemove != 0:
			out = asciiDrop
		case clean && class&classSpace != 0:
			out = ' '
		case lower && 'A' <= b && b <= 'Z':
			out += 'a' - 'A'
		}
		n.ascii[b] = out
	}
	return n
}

func (n *bertNormalizer) normalize(dst *normalized, s *scratch, text string, base int) {
	run := &s.marks
	run.reset()
	for i := 0; i < len(text); {
		if text[i] < utf8.RuneSelf {
			run.flush(n, dst)
			i = n.asciiRun(dst, text, i, base)
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		n.add(dst, run, r, text[i:i+size], span{base + i, base + i + size})
		i += size
	}
	run.flush(n, dst)
}

// asciiRun normalizes ASCII from i on and returns where it ends.
func (n *bertNormalizer) asciiRun(dst *normalized, text string, i, base int) int {
	out := dst.text
	start := i
	for ; i < len(text) && text[i] < utf8.RuneSelf; i++ {
		if b := n.ascii[text[i]]; b != asciiDrop {
			out = append(out, b)
		}
	}
	dst.text = out
	if dst.aligned {
		for j := start; j < i; j++ {
			if n.ascii[text[j]] != asciiDrop {
				dst.at = append(dst.at, span{base + j, base + j + 1})
			}
		}
	}
	return i
}

// add normalizes one character beyond ASCII, whose bytes are raw.
func (n *bertNormalizer) add(dst *normalized, run *markRun, r rune, raw string, at span) {
	class := classOf(r)
	if n.clean && class&(classRemove|classSpace) != 0 {
		if class&classRemove != 0 {
			return
		}
		r, raw, class = ' ', " ", classOf(' ')
	}
	if n.chinese && isChinese(r) {
		run.flush(n, dst)
		dst.appendString(" ", at)
		if n.strip {
			n.decompose(dst, run, r, at)
		} else {
			n.emit(dst, r, at)
		}
		dst.appendString(" ", at)
		return
	}
	const special = classMapped | classMark | classNonstarter
	switch {
	case r == utf8.RuneError: // raw may be a byte that is not UTF-8
		run.flush(n, dst)
		dst.appendRune(r, at)
	case class&special == 0:
		run.flush(n, dst)
		dst.appendString(raw, at)
	case !n.strip:
		n.emit(dst, r, at)
	default:
		n.decompose(dst, run, r, at)
	}
}

// decompose adds the canonical decomposition of a character.
func (n *bertNormalizer) decompose(dst *normalized, run *markRun, r rune, at span) {
	if s := r - hangulBase; 0 <= s && s < hangulCount {
		run.flush(n, dst)
		n.emit(dst, hangulLead+s/(hangulV*hangulT), at)
		n.emit(dst, hangulVowel+s%(hangulV*hangulT)/hangulT, at)
		if t := s % hangulT; t > 0 {
			n.emit(dst, hangulTrail+t, at)
		}
		return
	}
	full, ok := lookup(decompositions[:], r)
	if !ok {
		n.part(dst, run, r, at, true)
		return
	}
	for i, d := range full {
		n.part(dst, run, d, at, i == 0)
	}
}

// part adds one character of a decomposition; first tells that it is the one
// that takes the place of the original character.
func (n *bertNormalizer) part(dst *normalized, run *markRun, r rune, at span, first bool) {
	if classOf(r)&classNonstarter != 0 {
		run.push(r, at, first)
		return
	}
	run.flush(n, dst)
	n.emit(dst, r, at)
	run.before = at
}

// emit adds a character of the decomposed text: accents go, capitals sink.
func (n *bertNormalizer) emit(dst *normalized, r rune, at span) {
	class := classOf(r)
	if n.strip && class&classMark != 0 {
		return
	}
	if n.lower && class&classMapped != 0 {
		if to, ok := lookup(lowerCases[:], r); ok {
			dst.appendString(to, at)
			return
		}
	}
	dst.appendRune(r, at)
}

// markRun is a run of nonstarters that waits to be put into canonical order.
// Most are accents that go anyway, but a few combining characters are no
// nonspacing marks and stay, so their order matters.
type markRun struct {
	marks   []mark
	origins []span // of the original characters in the run, in order
	before  span   // the original character whose decomposition began the run
	kept    bool   // some mark stays after accents are stripped
}

type mark struct {
	r     rune
	class uint8
	first bool // takes the next of origins; others share the place before them
}

func (m *markRun) reset() {
	m.marks, m.origins, m.before, m.kept = m.marks[:0], m.origins[:0], span{}, false
}

func (m *markRun) push(r rune, at span, first bool) {
	m.marks = append(m.marks, mark{r, combiningClass(r), first})
	if first {
		m.origins = append(m.origins, at)
	}
	m.kept = m.kept || classOf(r)&classMark == 0
}

// flush adds the run in canonical order. Each mark stands for the original
// character at its new place, as in Hugging Face's alignments.
func (m *markRun) flush(n *bertNormalizer, dst *normalized) {
	if len(m.marks) == 0 {
		return
	}
	if m.kept {
		slices.SortStableFunc(m.marks, func(a, b mark) int { return int(a.class) - int(b.class) })
		at, next := m.before, 0
		for _, k := range m.marks {
			if k.first {
				at = m.origins[next]
				next++
			}
			n.emit(dst, k.r, at)
		}
	}
	m.marks, m.origins, m.kept = m.marks[:0], m.origins[:0], false
}

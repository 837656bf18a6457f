package tokenizer

import (
	"regexp"
	"slices"
	"sync"
	"unicode/utf8"
)

// lowercase is Hugging Face's Lowercase.
type lowercase struct{}

func (lowercase) rewrite(dst, src *normalized, _ *scratch) {
	w := rewrite(dst, src)
	for w.at < len(src.text) {
		r, _ := utf8.DecodeRune(src.text[w.at:])
		if classOf(r)&classMapped == 0 {
			w.put(r, 0)
			continue
		}
		to, ok := lookup(lowerCases[:], r)
		if !ok {
			w.put(r, 0)
			continue
		}
		change := 0
		for _, l := range to {
			w.put(l, change)
			change = 1
		}
	}
}

// stripAccents takes marks away, those that take up room among them.
type stripAccents struct{}

func (stripAccents) rewrite(dst, src *normalized, _ *scratch) {
	w := rewrite(dst, src)
	for w.at < len(src.text) {
		r, n := utf8.DecodeRune(src.text[w.at:])
		if patternOf(r)&patternAccent != 0 {
			w.skip()
		} else {
			w.keep(w.at + n)
		}
	}
}

// strip takes white space away from the ends.
type strip struct{ left, right bool }

func (p strip) rewrite(dst, src *normalized, _ *scratch) {
	w := rewrite(dst, src)
	from, to := 0, len(src.text)
	for p.left && from < to {
		r, n := utf8.DecodeRune(src.text[from:])
		if classOf(r)&classSplit == 0 {
			break
		}
		from += n
	}
	for p.right && to > from {
		r, n := utf8.DecodeLastRune(src.text[:to])
		if classOf(r)&classSplit == 0 {
			break
		}
		to -= n
	}
	w.at = from
	w.keep(to)
}

// prepend puts a text before any that is not empty.
type prepend string

func (p prepend) rewrite(dst, src *normalized, _ *scratch) {
	w := rewrite(dst, src)
	if len(src.text) > 0 {
		w.before(string(p))
	}
	w.keep(len(src.text))
}

// replaceText puts one text in the place of another.
type replaceText struct {
	from []byte
	to   string
}

func (p replaceText) rewrite(dst, src *normalized, _ *scratch) {
	w := rewrite(dst, src)
	w.replace(p.from, p.to, len(src.text))
}

// replacePattern puts a text in the place of what a pattern matches.
type replacePattern struct {
	from *regexp.Regexp
	to   string
}

func (p replacePattern) rewrite(dst, src *normalized, _ *scratch) {
	w := rewrite(dst, src)
	for _, m := range p.from.FindAllIndex(src.text, -1) {
		w.keep(m[0])
		w.swap(p.to, m[1])
	}
	w.keep(len(src.text))
}

// form is one of the Unicode normalisation forms.
type form struct {
	compatible bool // NFKC and NFKD
	composed   bool // NFC and NFKC
}

// changed is a character with the change that made it, see rewriter.put.
type changed struct {
	r      rune
	class  uint8 // canonical combining class
	change int
}

func (f form) rewrite(dst, src *normalized, s *scratch) {
	w := rewrite(dst, src)
	if f.isNormal(src.text) {
		w.keep(len(src.text))
		return
	}
	list, from := s.forms[:0], 0 // from where nonstarters are not in order yet
	for i := 0; i < len(src.text); {
		r, n := utf8.DecodeRune(src.text[i:])
		i += n
		change := 0
		f.decompose(r, func(d rune) {
			c := changed{r: d, change: change}
			change = 1
			if classOf(d)&classNonstarter != 0 {
				c.class = combiningClass(d)
			} else {
				order(list[from:])
				from = len(list) + 1
			}
			list = append(list, c)
		})
	}
	order(list[min(from, len(list)):])
	s.forms = list
	if f.composed {
		list = compose(list)
	}
	for _, c := range list {
		w.put(c.r, c.change)
	}
}

// isNormal tells of most texts that they are as they should be.
func (f form) isNormal(text []byte) bool {
	for i := 0; i < len(text); {
		if text[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		if r >= 0x300 || !f.composed || f.compatible {
			return false
		}
		i += n
	}
	return true
}

func order(list []changed) {
	if len(list) > 1 {
		slices.SortStableFunc(list, func(a, b changed) int { return int(a.class) - int(b.class) })
	}
}

// decompose calls put for each character of a decomposition.
func (f form) decompose(r rune, put func(rune)) {
	if s := r - hangulBase; 0 <= s && s < hangulCount {
		put(hangulLead + s/(hangulV*hangulT))
		put(hangulVowel + s%(hangulV*hangulT)/hangulT)
		if t := s % hangulT; t > 0 {
			put(hangulTrail + t)
		}
		return
	}
	if f.compatible {
		if full, ok := lookup(compatibles[:], r); ok {
			for _, d := range full {
				put(d)
			}
			return
		}
	}
	if classOf(r)&classMapped != 0 {
		if full, ok := lookup(decompositions[:], r); ok {
			for _, d := range full {
				put(d)
			}
			return
		}
	}
	put(r)
}

type composition struct{ a, b, c rune }

// composites are the compositions by their parts.
var composites = sync.OnceValue(func() map[[2]rune]rune {
	m := make(map[[2]rune]rune, len(compositions))
	for _, c := range compositions {
		m[[2]rune{c.a, c.b}] = c.c
	}
	return m
})

// composite returns what two characters make, if they make one.
func composite(pairs map[[2]rune]rune, a, b rune) (rune, bool) {
	switch {
	case hangulLead <= a && a < hangulLead+hangulL && hangulVowel <= b && b < hangulVowel+hangulV:
		return hangulBase + ((a-hangulLead)*hangulV+b-hangulVowel)*hangulT, true
	case hangulBase <= a && a < hangulBase+hangulCount && (a-hangulBase)%hangulT == 0 && hangulTrail < b && b < hangulTrail+hangulT:
		return a + b - hangulTrail, true
	}
	c, ok := pairs[[2]rune{a, b}]
	return c, ok
}

// compose composes characters in canonical order, in place (Unicode Standard,
// section 3.11).
func compose(list []changed) []changed {
	pairs := composites()
	out := list[:0]
	starter, last := -1, -1 // places in out; the class of what stands behind the starter, -1 for nothing
	for _, c := range list {
		if starter >= 0 && last < int(c.class) {
			if r, ok := composite(pairs, out[starter].r, c.r); ok {
				out[starter].r = r
				out[starter].change += c.change - 1
				continue
			}
		}
		out = append(out, c)
		if c.class == 0 {
			starter, last = len(out)-1, -1
		} else if starter >= 0 {
			last = int(c.class)
		}
	}
	return out
}

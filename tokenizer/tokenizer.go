package tokenizer

import (
	"fmt"
	"sync"
	"unicode/utf8"
)

// Tokenizer turns text into the ids that a model was trained on. It is
// immutable and safe for concurrent use.
type Tokenizer struct {
	normalizer   normalizer
	preTokenizer preTokenizer // of BERT; nil: splitters cut the text
	splitters    []splitter
	origins      bool // splitters ask where words begin
	model        model
	template     template

	raw    *matcher // added tokens found in the text as it is; nil for none
	folded *matcher // those found in the normalized text
	ids    map[string]int32
	tokens map[int32]string // added tokens by id
	extra  int              // added tokens that the model does not have

	special  map[int32]bool           // added tokens that are no part of a text
	decoding func() (decoding, error) // read when it is first asked for

	pool sync.Pool // of *scratch
}

// Span is a range of bytes.
type Span struct {
	Start, End int
}

// span is a Span of the text as it was given.
type span = Span

// Encoding is a text, or a pair of texts, as tokens. The slices are of one
// length.
type Encoding struct {
	IDs   []int32
	Types []int32 // token types: 0 and 1 tell the texts of a pair apart
	// Offsets tells which bytes of its own text a token stands for; it is empty
	// for the special tokens that stand around the texts.
	Offsets   []Span
	Total     int  // tokens there would be without a limit
	Truncated bool // Total is above the limit
}

// scratch is what one call works with.
type scratch struct {
	norm   normalized
	marks  markRun
	hashes []uint64
	texts  [2]pieces

	old, older  normalized // between the steps of a normalizer, and of splitters
	forms       []changed
	cur         *normalized // what splitters cut
	words, more []span      // of cur
	ways        []way
	path        []pathPart
	symbols     []symbol
	merges      []merge
	spelt       []byte
}

// size is how much memory it holds, roughly and in elements.
func (s *scratch) size() int {
	return cap(s.norm.text) + cap(s.norm.at) + cap(s.marks.marks) + cap(s.texts[0].ids) + cap(s.texts[1].ids) +
		cap(s.old.text) + cap(s.old.at) + cap(s.older.text) + cap(s.older.at) + cap(s.forms) + cap(s.words) + cap(s.more) +
		cap(s.ways) + cap(s.path) + cap(s.symbols) + cap(s.merges) + cap(s.spelt)
}

// prefixes returns room for the hashes of the n prefixes of a word.
func (s *scratch) prefixes(n int) []uint64 {
	if n > len(s.hashes) {
		s.hashes = make([]uint64, max(n, 64))
	}
	return s.hashes[:n]
}

// keepScratch bounds what a scratch may hold on to between calls.
const keepScratch = 1 << 18

func (t *Tokenizer) get() *scratch {
	if s, ok := t.pool.Get().(*scratch); ok {
		return s
	}
	return &scratch{}
}

func (t *Tokenizer) put(s *scratch) {
	if s.size() <= keepScratch {
		t.pool.Put(s)
	}
}

// Encode turns a text into tokens, special tokens included, at most maxTokens
// of them; 0 or less is no limit. What the limit cuts is the end of the text:
// special tokens stay, even where the limit has no room for them. Bytes that
// are not UTF-8 count as U+FFFD each.
func (t *Tokenizer) Encode(text string, maxTokens int) Encoding {
	return t.encode(t.template.single, text, "", maxTokens)
}

// EncodePair turns a pair of texts into tokens. Where they exceed the limit,
// the longer one is cut, and both once each exceeds its half: a query shorter
// than half of the room is never cut.
func (t *Tokenizer) EncodePair(a, b string, maxTokens int) Encoding {
	return t.encode(t.template.pair, a, b, maxTokens)
}

// Append is [Tokenizer.Encode] without offsets: it appends the ids and token
// types to the given slices, which may be nil, and reports whether the limit cut
// the text. What lies beyond the limit is not made into tokens. It allocates only where
// a slice has to grow.
func (t *Tokenizer) Append(ids, types []int32, text string, maxTokens int) (_, _ []int32, cut bool) {
	s := t.get()
	defer t.put(s)
	cut = t.run(s, t.template.single, text, "", limit{tokens: maxTokens, stops: true})
	ids, types = s.assemble(ids, types, t.template.single)
	return ids, types, cut
}

// AppendPair is [Tokenizer.EncodePair] in the manner of [Tokenizer.Append].
func (t *Tokenizer) AppendPair(ids, types []int32, a, b string, maxTokens int) (_, _ []int32, cut bool) {
	s := t.get()
	defer t.put(s)
	cut = t.run(s, t.template.pair, a, b, limit{tokens: maxTokens, stops: true})
	ids, types = s.assemble(ids, types, t.template.pair)
	return ids, types, cut
}

// AppendText appends the ids of a text alone, without special tokens around it,
// in the manner of [Tokenizer.Append]: for what puts prompts together itself.
func (t *Tokenizer) AppendText(ids []int32, text string, maxTokens int) (_ []int32, cut bool) {
	s := t.get()
	defer t.put(s)
	cut = t.run(s, alone, text, "", limit{tokens: maxTokens, stops: true})
	return append(ids, s.texts[0].ids...), cut
}

// Count returns how many tokens a text has, without special tokens around it.
func (t *Tokenizer) Count(text string) int {
	s := t.get()
	defer t.put(s)
	t.run(s, alone, text, "", limit{tokens: 1})
	return s.texts[0].total
}

// PairSpecials returns the number of special tokens of a pair.
func (t *Tokenizer) PairSpecials() int { return specials(t.template.pair) }

// AssemblePair appends the ids and types of a pair whose texts are tokens already,
// as [Tokenizer.AppendText] gives them, with the special tokens.
func (t *Tokenizer) AssemblePair(ids, types, a, b []int32) (_, _ []int32) {
	return assemble(ids, types, t.template.pair, [2][]int32{a, b})
}

// alone is a text and nothing around it.
var alone = []part{{text: 0}}

func (t *Tokenizer) encode(parts []part, a, b string, maxTokens int) Encoding {
	s := t.get()
	defer t.put(s)
	e := Encoding{Truncated: t.run(s, parts, a, b, limit{tokens: maxTokens, aligned: true})}
	e.Total = specials(parts) + s.texts[0].total + s.texts[1].total
	n := specials(parts) + len(s.texts[0].ids) + len(s.texts[1].ids)
	e.IDs, e.Types = s.assemble(make([]int32, 0, n), make([]int32, 0, n), parts)
	e.Offsets = make([]Span, 0, n)
	for _, p := range parts {
		if p.ids == nil {
			e.Offsets = append(e.Offsets, s.texts[p.text].spans...)
			continue
		}
		e.Offsets = append(e.Offsets, make([]Span, len(p.ids))...)
	}
	return e
}

// limit is what is asked of a run.
type limit struct {
	tokens  int  // special ones included; 0 or less: no limit
	aligned bool // offsets are wanted
	stops   bool // the tokens beyond the limit are not counted
}

// run tokenizes both texts into s, cut to the limit, and reports whether they were.
func (t *Tokenizer) run(s *scratch, parts []part, a, b string, l limit) (cut bool) {
	room := -1
	if l.tokens > 0 {
		room = max(l.tokens-specials(parts), 0)
	}
	first, second := &s.texts[0], &s.texts[1]
	first.reset(l.aligned, room)
	second.reset(l.aligned, room)
	// Which of two long texts gives way is told by all of their tokens. Beside a text
	// that is within the limit it is enough that the other one is not.
	first.stops = l.stops && b == ""
	t.text(s, first, a)
	second.stops = l.stops && first.total <= room
	t.text(s, second, b)
	if t.template.trim && l.aligned {
		t.trim(first, a)
		t.trim(second, b)
	}
	if room < 0 {
		return false
	}
	keepA, keepB := longestFirst(first.total, second.total, room)
	first.cut(keepA)
	second.cut(keepB)
	return keepA+keepB < first.total+second.total
}

// assemble puts the texts and the special tokens in their places.
func (s *scratch) assemble(ids, types []int32, parts []part) (_, _ []int32) {
	return assemble(ids, types, parts, [2][]int32{s.texts[0].ids, s.texts[1].ids})
}

func assemble(ids, types []int32, parts []part, texts [2][]int32) (_, _ []int32) {
	for _, p := range parts {
		add := p.ids
		if add == nil {
			add = texts[p.text]
		}
		ids = append(ids, add...)
		for range add {
			types = append(types, p.kind)
		}
	}
	return ids, types
}

// text tokenizes one text: added tokens first, then what lies between them.
func (t *Tokenizer) text(s *scratch, dst *pieces, text string) {
	if t.raw == nil {
		t.between(s, dst, text, 0)
		return
	}
	floor := 0
	for from := 0; !dst.full(); {
		f, next, ok := t.raw.next(text, from, floor)
		if !ok {
			break
		}
		if floor < f.start {
			t.between(s, dst, text[floor:f.start], floor)
		}
		dst.add(f.id, span{f.start, f.end})
		floor, from = f.end, next
	}
	t.between(s, dst, text[floor:], floor)
}

// window is how much text is normalized at a time, so that memory stays small
// however long the text is.
const window = 1 << 14

// between tokenizes a stretch of text without added tokens that begins at byte
// base of the whole.
func (t *Tokenizer) between(s *scratch, dst *pieces, text string, base int) {
	for len(text) > 0 && !dst.full() {
		end := len(text)
		// Normalized added tokens may hold white space: they need it whole.
		if t.folded == nil && t.preTokenizer != nil && end > window {
			end = t.cut(text, window)
		}
		s.norm.reset(dst.aligned || t.origins)
		t.normalizer.normalize(&s.norm, s, text[:end], base)
		t.folds(s, dst)
		text, base = text[end:], base+end
	}
}

// cut returns the first place at or after from where text can be parted
// without a trace: before an ASCII character that is a word of its own or
// between words, and which no mark before it can reach, or before a Chinese one
// that the normalizer sets apart.
func (t *Tokenizer) cut(text string, from int) int {
	n, ok := t.normalizer.(*bertNormalizer)
	apart := ok && n.chinese
	for i := from; i < len(text); i++ {
		b := text[i]
		if b < utf8.RuneSelf {
			if classOf(rune(b))&(classSpace|classPunct) != 0 {
				return i
			}
			continue
		}
		if !apart {
			continue
		}
		if r, _ := utf8.DecodeRuneInString(text[i:]); isChinese(r) {
			return i
		}
	}
	return len(text)
}

// folds tokenizes the normalized text in s.
func (t *Tokenizer) folds(s *scratch, dst *pieces) {
	if t.folded == nil {
		t.words(s, dst, 0, len(s.norm.text))
		return
	}
	text, floor := string(s.norm.text), 0
	for from := 0; ; {
		f, next, ok := t.folded.next(text, from, floor)
		if !ok {
			break
		}
		if floor < f.start {
			t.words(s, dst, floor, f.start)
		}
		dst.add(f.id, s.norm.origin(f.start, f.end))
		floor, from = f.end, next
	}
	t.words(s, dst, floor, len(text))
}

// words tokenizes the words of the normalized text[from:to] in s.
func (t *Tokenizer) words(s *scratch, dst *pieces, from, to int) {
	if t.preTokenizer == nil {
		t.splits(s, dst, from, to)
		return
	}
	text := s.norm.text[:to]
	for !dst.full() {
		start, end := t.preTokenizer.next(text, from)
		if start == end {
			return
		}
		t.model.tokenize(dst, s, &s.norm, start, end)
		from = end
	}
}

// addTokens takes in the added tokens. The library numbers those that the
// model does not have itself; a file that says otherwise is in disorder.
func (t *Tokenizer) addTokens(added []addedToken) error {
	if len(added) > maxAdded {
		return fmt.Errorf("%d tokens, more than %d", len(added), maxAdded)
	}
	t.ids, t.tokens, t.special = map[string]int32{}, map[int32]string{}, map[int32]bool{}
	var raw, folded []addedToken
	var rawText, foldedText []string
	var s scratch
	for _, a := range added {
		if a.Content == "" {
			continue
		}
		if len(a.Content) > maxTokenBytes {
			return fmt.Errorf("a token of %d bytes, more than %d", len(a.Content), maxTokenBytes)
		}
		if err := checkID(a.Content, a.ID); err != nil {
			return err
		}
		if err := t.claim(a); err != nil {
			return err
		}
		if !a.Normalized {
			raw, rawText = append(raw, a), append(rawText, a.Content)
			continue
		}
		s.norm.reset(false)
		t.normalizer.normalize(&s.norm, &s, a.Content, 0)
		folded, foldedText = append(folded, a), append(foldedText, string(s.norm.text))
	}
	var err error
	if t.raw, err = newMatcher(raw, rawText); err != nil {
		return err
	}
	t.folded, err = newMatcher(folded, foldedText)
	return err
}

// claim gives an added token its id.
func (t *Tokenizer) claim(a addedToken) error {
	if _, twice := t.ids[a.Content]; twice {
		return fmt.Errorf("%q appears twice", a.Content)
	}
	if id := t.model.id(a.Content); id >= 0 && id != a.ID {
		return fmt.Errorf("%q has the id %d, but %d in the vocabulary", a.Content, a.ID, id)
	} else if id < 0 {
		if other, taken := t.IDToToken(a.ID); taken {
			return fmt.Errorf("%q has the id %d, which is that of %q", a.Content, a.ID, other)
		}
		t.extra++
	}
	t.ids[a.Content], t.tokens[a.ID] = a.ID, a.Content
	if a.Special {
		t.special[a.ID] = true
	}
	return nil
}

// Size returns the number of tokens, added ones included.
func (t *Tokenizer) Size() int { return t.model.size() + t.extra }

// TokenToID returns the id of a token, spelt as in the vocabulary ("##ing").
func (t *Tokenizer) TokenToID(token string) (int32, bool) {
	if id, ok := t.ids[token]; ok {
		return id, true
	}
	id := t.model.id(token)
	return id, id >= 0
}

// IDToToken returns the token of an id.
func (t *Tokenizer) IDToToken(id int32) (string, bool) {
	if token, ok := t.tokens[id]; ok {
		return token, true
	}
	return t.model.token(id)
}

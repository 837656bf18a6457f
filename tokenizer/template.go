package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/flashrerank/rerank/internal/exactjson"
)

// template says where special tokens stand among the texts: Hugging Face's
// TemplateProcessing, and BertProcessing put into its terms.
type template struct {
	single, pair []part

	trim  bool // offsets leave white space out
	space bool // but for one space before the text, which ByteLevel has put there
}

// part is one place of a template: special tokens, or a text.
type part struct {
	ids  []int32 // special tokens; nil for a text
	text int     // 0 for A, 1 for B
	kind int32   // token type
}

// specials returns how many special tokens a list of parts adds.
func specials(parts []part) int {
	n := 0
	for _, p := range parts {
		n += len(p.ids)
	}
	return n
}

// plain is what no post-processor means.
var plain = template{
	single: []part{{text: 0}},
	pair:   []part{{text: 0}, {text: 1, kind: 1}},
}

func parsePostProcessor(raw json.RawMessage) (template, error) {
	parts, err := sequence(raw, "processors", 0)
	if err != nil {
		return template{}, err
	}
	whole := plain
	placed := false
	for _, part := range parts {
		t, err := parseProcessor(part)
		if err != nil {
			return template{}, err
		}
		if t.trim {
			whole.trim, whole.space = true, t.space
		}
		if t.single == nil {
			continue
		}
		if placed {
			return template{}, errors.New("several parts add special tokens")
		}
		whole.single, whole.pair, placed = t.single, t.pair, true
	}
	return whole, nil
}

// parseProcessor reads one part; what adds no special tokens has no places.
func parseProcessor(raw json.RawMessage) (template, error) {
	var j struct {
		Type           string `json:"type"`
		TrimOffsets    *bool  `json:"trim_offsets"`
		AddPrefixSpace *bool  `json:"add_prefix_space"`
	}
	if err := exactjson.UnmarshalLast(raw, &j); err != nil {
		return template{}, err
	}
	trim := j.TrimOffsets == nil || *j.TrimOffsets
	space := j.AddPrefixSpace == nil || *j.AddPrefixSpace
	switch j.Type {
	case "TemplateProcessing":
		return parseTemplate(raw)
	case "BertProcessing":
		return parseBertProcessing(raw)
	case "RobertaProcessing":
		t, err := parseRobertaProcessing(raw)
		t.trim, t.space = trim, space
		return t, err
	case "ByteLevel":
		return template{trim: trim, space: space}, nil
	}
	return template{}, unsupported("post-processor", j.Type, "TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel, Sequence")
}

func parseRobertaProcessing(raw json.RawMessage) (template, error) {
	t, err := parseBertProcessing(raw)
	if err != nil {
		return t, err
	}
	cls, sep := t.single[0].ids, t.single[2].ids
	t.pair = []part{{ids: cls}, {text: 0}, {ids: sep}, {ids: sep}, {text: 1}, {ids: sep}}
	return t, nil
}

// trim takes white space out of the offsets of tokens that begin or end with it,
// as process_offsets of Hugging Face's library does: as many characters of the
// text, whatever these are.
func (t *Tokenizer) trim(p *pieces, text string) {
	for i, id := range p.ids {
		at := &p.spans[i]
		token, _ := t.model.token(id)
		if _, added := t.tokens[id]; added {
			token = text[at.Start:at.End] // with the white space it took
		}
		leading, trailing := spacesAround(token)
		if leading == 1 && (i == 0 || at.Start == 0) && t.template.space {
			leading = 0 // the one that ByteLevel has put there
		}
		for ; leading > 0 && at.Start < at.End; leading-- {
			_, n := utf8.DecodeRuneInString(text[at.Start:])
			at.Start += n
		}
		end := at.End
		for ; trailing > 0 && end > 0; trailing-- {
			_, n := utf8.DecodeLastRuneInString(text[:end])
			end -= n
		}
		if trailing == 0 {
			at.End = max(end, at.Start)
		}
	}
}

// spacesAround counts the characters of white space that a token begins and ends
// with, signs for the byte of a space among them.
func spacesAround(token string) (leading, trailing int) {
	is := func(r rune) bool { return r == 'Ġ' || isSplit(r) }
	for _, r := range token {
		if !is(r) {
			break
		}
		leading++
	}
	for len(token) > 0 {
		r, n := utf8.DecodeLastRuneInString(token)
		if !is(r) {
			break
		}
		trailing++
		token = token[:len(token)-n]
	}
	return leading, trailing
}

func parseBertProcessing(raw json.RawMessage) (template, error) {
	var b struct {
		Sep tokenAndID `json:"sep"`
		Cls tokenAndID `json:"cls"`
	}
	if err := exactjson.UnmarshalLast(raw, &b); err != nil {
		return template{}, err
	}
	cls, sep := []int32{b.Cls.id}, []int32{b.Sep.id}
	return template{
		single: []part{{ids: cls}, {text: 0}, {ids: sep}},
		pair:   []part{{ids: cls}, {text: 0}, {ids: sep}, {text: 1, kind: 1}, {ids: sep, kind: 1}},
	}, nil
}

// tokenAndID is a pair such as ["[SEP]", 102].
type tokenAndID struct {
	token string
	id    int32
}

func (t *tokenAndID) UnmarshalJSON(raw []byte) error {
	var list []json.RawMessage
	if err := exactjson.UnmarshalLast(raw, &list); err != nil {
		return err
	}
	if len(list) != 2 {
		return fmt.Errorf("%d values where a token and its id belong", len(list))
	}
	if err := exactjson.UnmarshalLast(list[0], &t.token); err != nil {
		return err
	}
	if err := exactjson.UnmarshalLast(list[1], &t.id); err != nil {
		return err
	}
	return checkID(t.token, t.id)
}

type templateJSON struct {
	Single        []partJSON                  `json:"single"`
	Pair          []partJSON                  `json:"pair"`
	SpecialTokens map[string]specialTokenJSON `json:"special_tokens"`
}

type partJSON struct {
	SpecialToken *placeJSON
	Sequence     *placeJSON
}

type placeJSON struct {
	ID     string `json:"id"`
	TypeID int32  `json:"type_id"`
}

type specialTokenJSON struct {
	IDs []int32 `json:"ids"`
}

func parseTemplate(raw json.RawMessage) (template, error) {
	var j templateJSON
	if err := exactjson.UnmarshalLast(raw, &j); err != nil {
		return template{}, err
	}
	single, err := j.parts(j.Single, "A")
	if err != nil {
		return template{}, fmt.Errorf("single template: %w", err)
	}
	pair, err := j.parts(j.Pair, "AB")
	if err != nil {
		return template{}, fmt.Errorf("pair template: %w", err)
	}
	return template{single: single, pair: pair}, nil
}

// maxSpecials bounds the special tokens of a template; real ones have four.
const maxSpecials = 256

// parts turns a template's list into parts and checks that each of the texts
// stands in it once.
func (j *templateJSON) parts(list []partJSON, texts string) ([]part, error) {
	var out []part
	seen := ""
	for i, p := range list {
		switch {
		case p.SpecialToken != nil && p.Sequence == nil:
			token, ok := j.SpecialTokens[p.SpecialToken.ID]
			if !ok || len(token.IDs) == 0 {
				return nil, fmt.Errorf("part %d: the special token %q has no id", i, p.SpecialToken.ID)
			}
			for _, id := range token.IDs {
				if err := checkID(p.SpecialToken.ID, id); err != nil {
					return nil, fmt.Errorf("part %d: %w", i, err)
				}
			}
			out = append(out, part{ids: token.IDs, kind: p.SpecialToken.TypeID})
		case p.Sequence != nil && p.SpecialToken == nil && (p.Sequence.ID == "A" || p.Sequence.ID == "B"):
			out = append(out, part{text: int(p.Sequence.ID[0] - 'A'), kind: p.Sequence.TypeID})
			seen += p.Sequence.ID
		default:
			return nil, fmt.Errorf("part %d is neither a special token nor text A or B", i)
		}
	}
	if seen != texts && (texts != "AB" || seen != "BA") {
		return nil, fmt.Errorf("its texts are %q, where each of %q stands once", seen, texts)
	}
	if n := specials(out); n > maxSpecials {
		return nil, fmt.Errorf("%d special tokens, more than %d", n, maxSpecials)
	}
	return out, nil
}

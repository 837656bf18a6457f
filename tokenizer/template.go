package tokenizer

import (
	"encoding/json"
	"fmt"
)

// template says where special tokens stand among the texts: Hugging Face's
// TemplateProcessing, and BertProcessing put into its terms.
type template struct {
	single, pair []part
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
	var head struct {
		Type string `json:"type"`
	}
	if isNull(raw) {
		return plain, nil
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		return template{}, err
	}
	switch head.Type {
	case "TemplateProcessing":
		return parseTemplate(raw)
	case "BertProcessing":
		return parseBertProcessing(raw)
	}
	return template{}, unsupported("post-processor", head.Type, "TemplateProcessing, BertProcessing")
}

func parseBertProcessing(raw json.RawMessage) (template, error) {
	var b struct {
		Sep, Cls tokenAndID
	}
	if err := json.Unmarshal(raw, &b); err != nil {
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
	if err := json.Unmarshal(raw, &list); err != nil {
		return err
	}
	if len(list) != 2 {
		return fmt.Errorf("%d values where a token and its id belong", len(list))
	}
	if err := json.Unmarshal(list[0], &t.token); err != nil {
		return err
	}
	if err := json.Unmarshal(list[1], &t.id); err != nil {
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
	if err := json.Unmarshal(raw, &j); err != nil {
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
	return template{single, pair}, nil
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

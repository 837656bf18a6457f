package wire

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/flashrerank/rerank/internal/exactjson"
)

// PredictRequest is TEI's for the scores of pairs.
type PredictRequest struct {
	Model     string   `json:"model"`
	Inputs    Pairs    `json:"inputs"`
	Truncate  Truncate `json:"truncate"`
	RawScores bool     `json:"raw_scores"`
}

// Pairs are a pair of texts, or several.
type Pairs struct {
	Pairs  [][2]string
	Single bool
}

// UnmarshalJSON reads ["a", "b"] or [["a", "b"], …].
func (p *Pairs) UnmarshalJSON(data []byte) error {
	*p = Pairs{}
	if string(bytes.TrimSpace(data)) == "null" {
		return nil
	}
	var list []json.RawMessage
	if err := exactjson.UnmarshalLast(data, &list); err != nil {
		return fmt.Errorf("it must be a pair of texts or an array of pairs")
	}
	if len(list) > 0 && bytes.HasPrefix(bytes.TrimSpace(list[0]), []byte(`"`)) {
		p.Single = true
		list = []json.RawMessage{data}
	}
	for i, raw := range list {
		var texts []string
		if err := exactjson.UnmarshalLast(raw, &texts); err != nil || len(texts) != 2 {
			return fmt.Errorf("element %d is no pair of texts", i)
		}
		p.Pairs = append(p.Pairs, [2]string{texts[0], texts[1]})
	}
	return nil
}

// JSONSchemaBytes says what pairs look like.
func (Pairs) JSONSchemaBytes() ([]byte, error) {
	return []byte(`{"type": "array", "minItems": 1, "items": {"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "string"}}}`), nil
}

// Prediction is a member of TEI's answer.
type Prediction struct {
	Score Score  `json:"score"`
	Label string `json:"label"`
}

// ScoreRequest is vLLM's for the scores of pairs: one text and others, or as many of the
// one as of the other.
type ScoreRequest struct {
	Model         string `json:"model"`
	UseActivation *bool  `json:"use_activation"`

	Text1     Inputs `json:"text_1"`
	Text2     Inputs `json:"text_2"`
	Queries   Inputs `json:"queries"`
	Documents Inputs `json:"documents"`
	Items     Inputs `json:"items"`
	Data1     Inputs `json:"data_1"`
	Data2     Inputs `json:"data_2"`
}

// Pairs makes pairs of the texts.
func (r *ScoreRequest) Pairs() ([][2]string, error) {
	pick := func(names string, from ...Inputs) ([]string, error) {
		for _, in := range from {
			if in.Set {
				if len(in.Texts) == 0 || in.Source != nil {
					return nil, fmt.Errorf("%s must be a text or an array of texts", names)
				}
				return in.Texts, nil
			}
		}
		return nil, fmt.Errorf("there is no %s", names)
	}
	one, err := pick("text_1, queries or data_1", r.Text1, r.Queries, r.Data1)
	if err != nil {
		return nil, err
	}
	other, err := pick("text_2, documents, items or data_2", r.Text2, r.Documents, r.Items, r.Data2)
	if err != nil {
		return nil, err
	}
	if len(one) != 1 && len(one) != len(other) {
		return nil, fmt.Errorf("%d texts cannot be paired with %d: there must be one, or as many", len(one), len(other))
	}
	pairs := make([][2]string, len(other))
	for i, text := range other {
		pairs[i] = [2]string{one[i%len(one)], text}
	}
	return pairs, nil
}

// ScoreResponse is the answer.
type ScoreResponse struct {
	ID      string      `json:"id"`
	Object  string      `json:"object"`
	Created int64       `json:"created"`
	Model   string      `json:"model"`
	Data    []ScoreData `json:"data"`
	Usage   Usage       `json:"usage"`
}

// ScoreData is a member of it.
type ScoreData struct {
	Index  int    `json:"index"`
	Object string `json:"object"`
	Score  Score  `json:"score"`
}

// TokenizeRequest asks for tokens: TEI by inputs, Cohere by text.
type TokenizeRequest struct {
	Model            string  `json:"model"`
	Inputs           Inputs  `json:"inputs"`
	AddSpecialTokens *bool   `json:"add_special_tokens"`
	Text             *string `json:"text"`
}

// TEIToken is a token of TEI's answer, with the characters that it stands for.
type TEIToken struct {
	ID      int32  `json:"id"`
	Text    string `json:"text"`
	Special bool   `json:"special"`
	Start   *int   `json:"start"`
	Stop    *int   `json:"stop"`
}

// CohereTokens is Cohere's answer.
type CohereTokens struct {
	Tokens       []int32  `json:"tokens"`
	TokenStrings []string `json:"token_strings"`
	Meta         Meta     `json:"meta"`
}

// These are the parts of the requests that are described.
type (
	// TEIPredictRequest is TEI's for pairs.
	TEIPredictRequest struct {
		Inputs    Pairs `json:"inputs" required:"true" nullable:"false"`
		RawScores bool  `json:"raw_scores,omitempty"`
	}

	// VLLMScoreRequest is vLLM's for a text and others.
	VLLMScoreRequest struct {
		Model string   `json:"model,omitempty"`
		Text1 string   `json:"text_1" required:"true"`
		Text2 []string `json:"text_2" required:"true" minItems:"1" nullable:"false"`
	}

	// TEITokenizeRequest is TEI's for tokens.
	TEITokenizeRequest struct {
		Inputs           []string `json:"inputs" required:"true" minItems:"1" nullable:"false"`
		AddSpecialTokens *bool    `json:"add_special_tokens,omitempty"`
	}
)

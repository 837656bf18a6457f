package wire

// Pairs are pairs of texts.
type Pairs [][2]string

// JSONSchemaBytes says what pairs look like.
func (Pairs) JSONSchemaBytes() ([]byte, error) {
	return []byte(`{"type": "array", "minItems": 1, "items": {"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "string"}}}`), nil
}

// Prediction is a member of TEI's answer.
type Prediction struct {
	Score Score  `json:"score"`
	Label string `json:"label"`
}

// ScoreResponse is the answer.
type ScoreResponse struct {
	ID      string      `json:"id"`
	Object  string      `json:"object"`
	Created int64       `json:"created"`
	Model   string      `json:"model"`
	Data    []ScoreData `json:"data"`
	Usage   Usage       `json:"usage"`
	Remarks
}

// ScoreData is a member of it.
type ScoreData struct {
	Index  int    `json:"index"`
	Object string `json:"object"`
	Score  Score  `json:"score"`
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

// VLLMTokens is vLLM's answer.
type VLLMTokens struct {
	Count        int      `json:"count"`
	MaxModelLen  int      `json:"max_model_len,omitempty"` // absent until it is known
	Tokens       []int32  `json:"tokens"`
	TokenStrings []string `json:"token_strs"` // null unless asked for
}

// VLLMText is vLLM's text of tokens.
type VLLMText struct {
	Prompt string `json:"prompt"`
}

// CohereText is Cohere's text of tokens.
type CohereText struct {
	Text string `json:"text"`
	Meta Meta   `json:"meta"`
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

	// TEIDecodeRequest is TEI's for the texts of tokens.
	TEIDecodeRequest struct {
		IDs         [][]int32 `json:"ids" required:"true" minItems:"1" nullable:"false"`
		SkipSpecial *bool     `json:"skip_special_tokens,omitempty"`
	}
	// CohereDetokenizeRequest is Cohere's for the text of tokens.
	CohereDetokenizeRequest struct {
		Tokens []int32 `json:"tokens" required:"true" minItems:"1" nullable:"false"`
		Model  string  `json:"model,omitempty"`
	}
	// TEITokenizeRequest is TEI's for tokens.
	TEITokenizeRequest struct {
		Inputs           []string `json:"inputs" required:"true" minItems:"1" nullable:"false"`
		AddSpecialTokens *bool    `json:"add_special_tokens,omitempty"`
	}
)

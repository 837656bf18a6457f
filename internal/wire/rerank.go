package wire

// Text is a document in an answer.
type Text struct {
	Text string `json:"text" required:"true"`
}

// Result is a ranked document of Cohere and those who follow it.
type Result struct {
	Index          int   `json:"index"`
	RelevanceScore Score `json:"relevance_score"`
	Document       any   `json:"document,omitempty"`

	RelevantSpans []Span `json:"relevant_spans,omitempty"` // the most relevant first
}

// Span is a part of a text, in Unicode's code points.
type Span struct {
	Start int   `json:"start"`
	End   int   `json:"end"` // behind its last
	Score Score `json:"score"`
}

// SpansWish asks for the relevant parts of texts.
type SpansWish struct {
	Mode      string   `json:"mode" required:"true" enum:"enabled,disabled"`
	Threshold *float64 `json:"threshold,omitempty" minimum:"0" maximum:"1"` // of a part's score; nil means 0.1
	MaxSpans  *Count   `json:"max_spans,omitempty"`                         // of a text; nil means all
}

// RerankResponse is the answer of Cohere, Jina, vLLM, infinity, Together and Voyage,
// each of which reads its part.
type RerankResponse struct {
	ID      string   `json:"id"`
	Object  string   `json:"object,omitempty"`
	Model   string   `json:"model,omitempty"`
	Created int64    `json:"created,omitempty"`
	Results []Result `json:"results"`
	Data    []Result `json:"data,omitempty"` // Voyage; documents are plain texts
	Usage   *Usage   `json:"usage,omitempty"`
	Meta    *Meta    `json:"meta,omitempty"`
}

// Usage counts tokens.
type Usage struct {
	PromptTokens     int  `json:"prompt_tokens"`
	CompletionTokens *int `json:"completion_tokens,omitempty"` // of rankings, where Together's clients read it
	TotalTokens      int  `json:"total_tokens"`
}

// Meta is what Cohere says beside the results.
type Meta struct {
	APIVersion  APIVersion  `json:"api_version"`
	BilledUnits BilledUnits `json:"billed_units"`
	Tokens      *Tokens     `json:"tokens,omitempty"`
	Warnings    []string    `json:"warnings,omitempty"`
}

// APIVersion is Cohere's.
type APIVersion struct {
	Version      string `json:"version"`
	Experimental bool   `json:"is_experimental"`
}

// BilledUnits are Cohere's: a unit is a query with up to 100 documents.
type BilledUnits struct {
	SearchUnits Score `json:"search_units"`
}

// Tokens are Cohere's.
type Tokens struct {
	InputTokens int `json:"input_tokens"`
}

// Remarks are the warnings of an answer that has no other place for them.
type Remarks struct {
	Meta *Warnings `json:"meta,omitempty"`
}

// Warnings are for the person behind a client.
type Warnings struct {
	Warnings []string `json:"warnings"`
}

// TEIResult is a member of TEI's answer, an array.
type TEIResult struct {
	Index int     `json:"index"`
	Score Score   `json:"score"`
	Text  *string `json:"text,omitempty"`
}

// MixedbreadResponse is Mixedbread's.
type MixedbreadResponse struct {
	Object      string             `json:"object"`
	Model       string             `json:"model"`
	Data        []MixedbreadResult `json:"data"`
	Usage       Usage              `json:"usage"`
	TopK        int                `json:"top_k"`
	ReturnInput bool               `json:"return_input"`
	Remarks
}

// MixedbreadResult is a member of it.
type MixedbreadResult struct {
	Index  int    `json:"index"`
	Score  Score  `json:"score"`
	Input  any    `json:"input"`
	Object string `json:"object"`
}

// NIMResponse is NVIDIA NIM's.
type NIMResponse struct {
	Rankings []NIMRanking `json:"rankings"`
	Usage    Usage        `json:"usage"`
	Remarks
}

// NIMRanking is a member of it.
type NIMRanking struct {
	Index int   `json:"index"`
	Logit Score `json:"logit"`
}

// WeaviateResponse is that of Weaviate's reranker-transformers, in the order of the
// request.
type WeaviateResponse struct {
	Query  string          `json:"query"`
	Scores []WeaviateScore `json:"scores"`
	Remarks
}

// WeaviateScore is a member of it.
type WeaviateScore struct {
	Document string `json:"document"`
	Score    Score  `json:"score"`
}

// CohereRequest is what Cohere and Jina are asked. Clients cap TopN at the number of
// documents, as the service refuses more.
type CohereRequest struct {
	Model           string   `json:"model"`
	Query           string   `json:"query" required:"true" pattern:"[^\\s\\x85]"`
	Documents       []string `json:"documents" required:"true" minItems:"1" nullable:"false"`
	TopN            int      `json:"top_n,omitempty" minimum:"0" maximum:"1000000"`
	MaxTokensPerDoc int      `json:"max_tokens_per_doc,omitempty" minimum:"0" maximum:"1000000"`
	ReturnDocuments *bool    `json:"return_documents,omitempty"`

	RelevantSpans *SpansWish `json:"relevant_spans,omitempty"`
}

// VoyageRequest is what Voyage is asked.
type VoyageRequest struct {
	Model      string   `json:"model"`
	Query      string   `json:"query"`
	Documents  []string `json:"documents"`
	TopK       int      `json:"top_k,omitempty" minimum:"0" maximum:"1000000"`
	Truncation bool     `json:"truncation"`
}

// TEIRequest is what TEI is asked.
type TEIRequest struct {
	Query     string   `json:"query" required:"true"`
	Texts     []string `json:"texts" required:"true" minItems:"1" nullable:"false"`
	Truncate  bool     `json:"truncate"`
	RawScores bool     `json:"raw_scores"`
}

// MixedbreadRequest is what Mixedbread is asked.
type MixedbreadRequest struct {
	Model string   `json:"model"`
	Query string   `json:"query" required:"true" pattern:"[^\\s\\x85]"`
	Input []string `json:"input" required:"true" minItems:"1" nullable:"false"`
	TopK  int      `json:"top_k,omitempty" minimum:"0" maximum:"1000000"`
}

// Asked is a query as an object.
type Asked struct {
	Text string `json:"text" required:"true" pattern:"[^\\s\\x85]"`
}

// NIMRequest is what NVIDIA NIM is asked.
type NIMRequest struct {
	Model    string `json:"model"`
	Query    Asked  `json:"query" required:"true"`
	Passages []Text `json:"passages" required:"true" minItems:"1" nullable:"false"`
	Truncate string `json:"truncate"`
}

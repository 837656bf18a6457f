package wire

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"

	"github.com/flashrerank/rerank/internal/exactjson"
)

// EmbedRequest has the fields of every dialect's request for embeddings.
type EmbedRequest struct {
	Model string `json:"model"`

	Input  Inputs    `json:"input"`  // OpenAI
	Inputs Inputs    `json:"inputs"` // TEI
	Texts  *[]string `json:"texts"`  // Cohere

	EncodingFormat string   `json:"encoding_format"` // OpenAI: float or base64
	EmbeddingTypes []string `json:"embedding_types"` // Cohere: float or base64
	InputType      string   `json:"input_type"`      // Cohere: search_query or search_document
	Dimensions     *Count   `json:"dimensions"`
	OutputDim      *Count   `json:"output_dimension"` // Cohere
	Normalize      *bool    `json:"normalize"`        // TEI
}

// Inputs are a text or several, or TEI's sentence to compare others with.
type Inputs struct {
	Texts  []string
	Single bool // whether it was a text by itself
	Set    bool

	Source    *string // of a comparison
	Sentences []string
}

// UnmarshalJSON reads a string, an array of strings, or an object of a comparison.
func (in *Inputs) UnmarshalJSON(data []byte) error {
	*in = Inputs{}
	data = bytes.TrimSpace(data)
	if string(data) == "null" {
		return nil
	}
	in.Set = true
	switch data[0] {
	case '"':
		in.Single, in.Texts = true, make([]string, 1)
		return exactjson.UnmarshalLast(data, &in.Texts[0])
	case '{':
		var o struct {
			Source    *string  `json:"source_sentence"`
			Sentences []string `json:"sentences"`
		}
		if err := exactjson.UnmarshalLast(data, &o); err != nil || o.Source == nil {
			return fmt.Errorf("it is an object that is not of source_sentence and sentences")
		}
		in.Source, in.Sentences = o.Source, o.Sentences
		return nil
	case '[':
		if inner := bytes.TrimSpace(data[1:]); len(inner) > 0 && (inner[0] == '[' || inner[0] >= '0' && inner[0] <= '9') {
			return fmt.Errorf("it is token ids: texts are needed, as models differ in their tokens")
		}
		if err := exactjson.UnmarshalLast(data, &in.Texts); err != nil {
			return fmt.Errorf("not all in the array are strings")
		}
		return nil
	}
	return fmt.Errorf("%.20s is neither a string nor an array of strings", data)
}

// Vector is written as an array of numbers, or as base64 of its float32 values, lowest
// byte first.
type Vector struct {
	Values []float32
	Base64 bool
}

// MarshalJSON writes the vector.
func (v Vector) MarshalJSON() ([]byte, error) {
	if !v.Base64 {
		return json.Marshal(v.Values)
	}
	data := make([]byte, 4*len(v.Values))
	for i, x := range v.Values {
		binary.LittleEndian.PutUint32(data[4*i:], math.Float32bits(x))
	}
	return json.Marshal(base64.StdEncoding.EncodeToString(data))
}

// EmbeddingList is OpenAI's answer.
type EmbeddingList struct {
	Object string      `json:"object"`
	Data   []Embedding `json:"data"`
	Model  string      `json:"model"`
	Usage  Usage       `json:"usage"`
}

// Embedding is a member of it.
type Embedding struct {
	Object    string `json:"object"`
	Index     int    `json:"index"`
	Embedding Vector `json:"embedding"`
}

// CohereEmbeddings is Cohere's answer.
type CohereEmbeddings struct {
	ID           string              `json:"id"`
	Embeddings   map[string][]Vector `json:"embeddings"`
	Texts        []string            `json:"texts"`
	Meta         Meta                `json:"meta"`
	ResponseType string              `json:"response_type"`
}

// OpenAIEmbedRequest, CohereEmbedRequest and TEIEmbedRequest are the parts of
// [EmbedRequest] that each dialect has.
type OpenAIEmbedRequest struct {
	Model          string   `json:"model,omitempty"`
	Input          []string `json:"input" required:"true" minItems:"1" nullable:"false"`
	EncodingFormat string   `json:"encoding_format,omitempty" enum:"float,base64"`
}

// CohereEmbedRequest is Cohere's part.
type CohereEmbedRequest struct {
	Model          string     `json:"model,omitempty"`
	Texts          []string   `json:"texts" required:"true" minItems:"1" nullable:"false"`
	InputType      string     `json:"input_type,omitempty"`
	EmbeddingTypes []Encoding `json:"embedding_types,omitempty"`
}

// Encoding is how a vector is written.
type Encoding string

// Enum lists the encodings.
func (Encoding) Enum() []any { return []any{"float", "base64"} }

// TEIEmbedRequest is TEI's part.
type TEIEmbedRequest struct {
	Inputs    []string `json:"inputs" required:"true" minItems:"1" nullable:"false"`
	Normalize *bool    `json:"normalize,omitempty"`
}

// JSONSchemaBytes says what a vector is written as.
func (Vector) JSONSchemaBytes() ([]byte, error) {
	return []byte(`{"oneOf": [{"type": "array", "items": {"type": "number"}}, {"type": "string", "description": "base64 of float32 values"}]}`), nil
}

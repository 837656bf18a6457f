package wire

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math"
)

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

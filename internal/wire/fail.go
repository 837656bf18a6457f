package wire

// Failure is an error as Cohere (message, id) and as Voyage, Jina and Xinference
// (detail) have it.
type Failure struct {
	ID      string `json:"id,omitempty"`
	Message string `json:"message"`
	Detail  string `json:"detail"`
}

// TEIFailure is TEI's, and Weaviate's.
type TEIFailure struct {
	Error     string `json:"error"`
	ErrorType string `json:"error_type"`
}

// OpenAIFailure is that of OpenAI and those who follow it.
type OpenAIFailure struct {
	Error OpenAIError `json:"error"`
}

// OpenAIError is a member of it.
type OpenAIError struct {
	Message string  `json:"message"`
	Type    string  `json:"type"`
	Param   *string `json:"param"`
	Code    int     `json:"code"`
}

// AnyFailure is one of these, where requests of several dialects come to one path.
type AnyFailure struct{}

// JSONSchemaBytes says that it is an object.
func (AnyFailure) JSONSchemaBytes() ([]byte, error) { return []byte(`{"type": "object"}`), nil }

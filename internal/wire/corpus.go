package wire

import (
	"encoding/json"

	"github.com/flashrerank/rerank"
)

// Object is a JSON object that is passed on as it is.
type Object json.RawMessage

// MarshalJSON returns the object.
func (o Object) MarshalJSON() ([]byte, error) { return json.RawMessage(o).MarshalJSON() }

// JSONSchemaBytes says that it is one.
func (Object) JSONSchemaBytes() ([]byte, error) { return []byte(`{"type": "object"}`), nil }

// Any is JSON that is passed on as it is.
type Any json.RawMessage

// MarshalJSON returns it.
func (a Any) MarshalJSON() ([]byte, error) { return json.RawMessage(a).MarshalJSON() }

// JSONSchemaBytes says that it may be anything.
func (Any) JSONSchemaBytes() ([]byte, error) { return []byte(`{}`), nil }

// Stored is a document of an index.
type Stored struct {
	ID     string `json:"id" required:"true"`
	Title  string `json:"title,omitempty"`
	Text   string `json:"text,omitempty"`
	Fields Object `json:"fields,omitempty"`
	Meta   Any    `json:"meta,omitempty"`
}

// Fields are those of a document, which filters see.
type Fields json.RawMessage

// MarshalJSON returns the fields.
func (f Fields) MarshalJSON() ([]byte, error) { return json.RawMessage(f).MarshalJSON() }

// JSONSchemaBytes says what they may be. Objects within them are read too: they become
// fields of dotted names, which must differ from the others.
func (Fields) JSONSchemaBytes() ([]byte, error) {
	const value = `{"type": ["string", "boolean", "null"]}, {"type": "number", "minimum": -9007199254740991, "maximum": 9007199254740991}`
	return []byte(`{"type": "object", "maxProperties": 1000, "propertyNames": {"minLength": 1, "maxLength": 1000, "pattern": "^[^.]+$"},
		"additionalProperties": {"anyOf": [` + value + `, {"type": "array", "items": {"anyOf": [` + value + `]}}]}}`), nil
}

// Given is a document for an index. Members of other names are ignored and counted.
type Given struct {
	ID    DocumentID `json:"id" required:"true"`
	Title string     `json:"title,omitempty"`
	Text  string     `json:"text,omitempty"`
	GivenFields

	_ struct{} `additionalProperties:"false"`
}

// GivenFields are what a document has besides its texts.
type GivenFields struct {
	Fields   Fields `json:"fields,omitempty"`
	Metadata Fields `json:"metadata,omitempty" description:"more fields, of other names"`
	Meta     Any    `json:"meta,omitempty" description:"kept and answered as it is"`
}

// DocumentPath names a document.
type DocumentPath struct {
	ID string `path:"id" required:"true" minLength:"1" pattern:"^[a-zA-Z0-9]+$"`
}

// PutRequest is a document whose ID is in the path.
type PutRequest struct {
	DocumentPath
	Title string `json:"title,omitempty"`
	Text  string `json:"text,omitempty"`
	GivenFields

	_ struct{} `additionalProperties:"false"`
}

// ChangeRequest puts and deletes documents.
type ChangeRequest struct {
	Documents []Given      `json:"documents" required:"true" minItems:"1" nullable:"false"`
	Delete    []DocumentID `json:"delete,omitempty"`

	_ struct{} `additionalProperties:"false"`
}

// DocumentID is that of a document.
type DocumentID string

// JSONSchemaBytes says what it may be.
func (DocumentID) JSONSchemaBytes() ([]byte, error) {
	return []byte(`{"type": "string", "minLength": 1, "maxLength": 16000}`), nil
}

// Changed is what became of changes.
type Changed struct {
	Generation uint64 `json:"generation"` // of the index; it grows with every change
	Added      int    `json:"added"`
	Replaced   int    `json:"replaced"`
	Deleted    int    `json:"deleted"`
	Duplicates int    `json:"duplicates"` // changes that a later one of the request overrode
	Truncated  int    `json:"truncated"`  // documents of which the vector sees only the beginning
	Foreign    int    `json:"foreign"`    // documents without a vector, as the model does not seem to know their language

	Ignored map[string]int `json:"ignored,omitempty"` // documents with a member of which nothing was made, by its name
}

// Corpus is what an index is.
type Corpus struct {
	Documents  int    `json:"documents"`
	Generation uint64 `json:"generation"`
	Segments   int    `json:"segments"`
	Analyzer   string `json:"analyzer"`
	Model      string `json:"model"` // of the vectors; "" if there are none
	ReadOnly   bool   `json:"read_only"`
}

// SearchRequest asks for documents.
type SearchRequest struct {
	Query    string `json:"query" required:"true" pattern:"[^\\s\\x85]"`
	K        int    `json:"k,omitempty" minimum:"1" maximum:"100"`
	Filter   Object `json:"filter,omitempty" description:"a condition on fields, as {\"year\": {\"$gte\": 2020}}"`
	Context  Object `json:"context,omitempty" description:"what is known of the moment of asking"`
	IDsOnly  bool   `json:"ids_only,omitempty"`
	Priority int    `json:"priority,omitempty" minimum:"0" maximum:"999"`

	_ struct{} `additionalProperties:"false"`
}

// SearchQuery asks for documents in an address.
type SearchQuery struct {
	Q string `query:"q" required:"true" pattern:"[^\\s\\x85]"`
	K int    `query:"k" minimum:"1" maximum:"100"`
}

// SearchResponse are those that were found, best first.
type SearchResponse struct {
	ID     string               `json:"id"`
	Hits   []Found              `json:"hits"`
	Stages []rerank.StageReport `json:"stages"`
}

// Found is a document at its place.
type Found struct {
	Stored
	Rank      int    `json:"rank"`
	Score     Score  `json:"score"`
	Scale     string `json:"scale"`
	Relevance *Score `json:"relevance,omitempty"`
}

package hosted

import (
	"github.com/flashrerank/rerank/internal/exactjson"
	"github.com/flashrerank/rerank/internal/wire"
)

// tei is a server of one's own that speaks the words of Hugging Face's Text Embeddings
// Inference, which takes 32 texts at a time unless told otherwise.
var tei = service{
	name: "tei", keys: []string{"TEI_API_KEY"}, most: 32, path: "/rerank",
	encode: func(r request) any {
		return wire.TEIRequest{Query: r.query, Texts: r.texts, Truncate: true}
	},
	decode: func(data []byte) (response, error) {
		var list []rated
		if err := exactjson.UnmarshalLast(data, &list); err != nil {
			return response{}, err
		}
		results, err := ratings(list)
		return response{results: results}, err
	},
}

package hosted

import (
	"encoding/json"
	"fmt"

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
		var list []struct {
			Index *int     `json:"index"`
			Score *float64 `json:"score"`
		}
		if err := json.Unmarshal(data, &list); err != nil {
			return response{}, err
		}
		r := response{results: make([]scored, len(list))}
		for i, x := range list {
			if x.Index == nil || x.Score == nil {
				return r, fmt.Errorf("result %d lacks index or score", i)
			}
			r.results[i] = scored{*x.Index, *x.Score}
		}
		return r, nil
	},
}

package hosted

import (
	"fmt"

	"github.com/flashrerank/rerank/internal/exactjson"
	"github.com/flashrerank/rerank/internal/wire"
)

// voyage is Voyage AI's.
var voyage = service{
	name: "voyage", url: "https://api.voyageai.com", keys: []string{"VOYAGE_API_KEY"}, model: "rerank-2.5", most: 1000, path: "/v1/rerank",
	encode: func(r request) any {
		return wire.VoyageRequest{Model: r.model, Query: r.query, Documents: r.texts, TopK: r.topN, Truncation: true}
	},
	decode: func(data []byte) (response, error) {
		var a struct {
			Data  []answered `json:"data"`
			Usage struct {
				TotalTokens int `json:"total_tokens"`
			} `json:"usage"`
		}
		if err := exactjson.UnmarshalLast(data, &a); err != nil {
			return response{}, err
		}
		if a.Data == nil {
			return response{}, fmt.Errorf("it has no data")
		}
		results, err := relevances(a.Data)
		return response{results: results, tokens: a.Usage.TotalTokens}, err
	},
}

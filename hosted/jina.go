package hosted

import "github.com/flashrerank/rerank/internal/wire"

// jina is Jina's. Its version 3 looks at all documents of a request together, so that
// its scores depend on the company and should not be cached.
var jina = service{
	name: "jina", url: "https://api.jina.ai", keys: []string{"JINA_API_KEY"}, model: "jina-reranker-v2-base-multilingual", most: 1000, path: "/v1/rerank",
	encode: func(r request) any {
		no := false
		return wire.CohereRequest{Model: r.model, Query: r.query, Documents: r.texts, TopN: r.topN, ReturnDocuments: &no}
	},
	decode: decodeResults,
}

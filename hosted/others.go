package hosted

import (
	"fmt"
	"math"

	"github.com/flashrerank/rerank/internal/exactjson"
	"github.com/flashrerank/rerank/internal/wire"
)

// together is Together's, which follows Cohere's version 1.
var together = service{
	name: "together", url: "https://api.together.xyz", keys: []string{"TOGETHER_API_KEY"}, model: "Salesforce/Llama-Rank-V1", most: 1000, path: "/v1/rerank",
	encode: cohere1.encode,
	decode: decodeResults,
}

// vllm is a vLLM server, and whatever else has results by Cohere's names on /v1/rerank:
// LocalAI, Xinference, infinity behind a proxy.
var vllm = service{
	name: "vllm", keys: []string{"VLLM_API_KEY"}, most: 1000, path: "/v1/rerank",
	encode: cohere1.encode,
	decode: decodeResults,
}

// llamacpp is llama.cpp's server, which gives logits.
var llamacpp = service{
	name: "llamacpp", keys: []string{"LLAMA_API_KEY"}, most: 1000, path: "/v1/rerank",
	encode: cohere1.encode,
	decode: func(data []byte) (response, error) {
		r, err := decodeResults(data)
		return r.fromLogits(), err
	},
}

// mixedbread is Mixedbread's.
var mixedbread = service{
	name: "mixedbread", url: "https://api.mixedbread.com", keys: []string{"MXBAI_API_KEY"}, model: "mixedbread-ai/mxbai-rerank-large-v2", most: 1000, path: "/v1/reranking",
	encode: func(r request) any {
		return wire.MixedbreadRequest{Model: r.model, Query: r.query, Input: r.texts, TopK: r.topN}
	},
	decode: func(data []byte) (response, error) {
		var a struct {
			Data  []rated `json:"data"`
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
		results, err := ratings(a.Data)
		return response{results: results, tokens: a.Usage.TotalTokens}, err
	},
}

// nim is a server of NVIDIA NIM, which gives logits.
var nim = service{
	name: "nim", keys: []string{"NVIDIA_API_KEY"}, model: "nvidia/nv-rerankqa-mistral-4b-v3", most: 512, path: "/v1/ranking",
	encode: func(r request) any {
		q := wire.NIMRequest{Model: r.model, Query: wire.Asked{Text: r.query}, Truncate: "END"}
		for _, text := range r.texts {
			q.Passages = append(q.Passages, wire.Text{Text: text})
		}
		return q
	},
	decode: func(data []byte) (response, error) {
		type ranking struct {
			Index *int     `json:"index"`
			Logit *float64 `json:"logit"`
		}
		var a struct {
			Rankings []ranking `json:"rankings"`
		}
		if err := exactjson.UnmarshalLast(data, &a); err != nil {
			return response{}, err
		}
		if a.Rankings == nil {
			return response{}, fmt.Errorf("it has no rankings")
		}
		results, err := scores(a.Rankings, "logit", func(r ranking) (*int, *float64) { return r.Index, r.Logit })
		return response{results: results}.fromLogits(), err
	},
}

// fromLogits makes relevance of logits.
func (r response) fromLogits() response {
	for i := range r.results {
		r.results[i].score = 1 / (1 + math.Exp(-r.results[i].score))
	}
	return r
}

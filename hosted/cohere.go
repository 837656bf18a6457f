package hosted

import (
	"fmt"

	"github.com/flashrerank/rerank/internal/exactjson"
	"github.com/flashrerank/rerank/internal/wire"
)

// cohere is version 2 of Cohere's API.
var cohere = service{
	name: "cohere", url: "https://api.cohere.com", keys: []string{"COHERE_API_KEY", "CO_API_KEY"}, model: "rerank-v3.5", most: 1000, path: "/v2/rerank",
	encode: func(r request) any {
		return wire.CohereRequest{Model: r.model, Query: r.query, Documents: r.texts, TopN: r.topN, MaxTokensPerDoc: r.maxTokens, RelevantSpans: r.spans.wish()}
	},
	decode: decodeResults,
}

// cohere1 is version 1, where documents may also be objects; they are sent as texts.
var cohere1 = service{
	name: "cohere1", url: cohere.url, keys: cohere.keys, model: cohere.model, most: 1000, path: "/v1/rerank",
	encode: func(r request) any {
		return wire.CohereRequest{Model: r.model, Query: r.query, Documents: r.texts, TopN: r.topN}
	},
	decode: decodeResults,
}

// answer is what Cohere and Jina say. Numbers are floats there, also whole ones.
type answer struct {
	Results []answered `json:"results"`
	Meta    *struct {
		BilledUnits struct {
			SearchUnits float64 `json:"search_units"`
			InputTokens float64 `json:"input_tokens"`
		} `json:"billed_units"`
		Warnings []string `json:"warnings"`
	} `json:"meta"`
	Usage *struct {
		TotalTokens float64 `json:"total_tokens"`
	} `json:"usage"`
}

type answered struct {
	Index          *int     `json:"index"`
	RelevanceScore *float64 `json:"relevance_score"`

	RelevantSpans []wire.Span `json:"relevant_spans"`
}

func decodeResults(data []byte) (response, error) {
	var a answer
	if err := exactjson.UnmarshalLast(data, &a); err != nil {
		return response{}, err
	}
	if a.Results == nil {
		return response{}, fmt.Errorf("it has no results")
	}
	r := response{}
	if a.Meta != nil {
		r.units, r.tokens, r.warnings = a.Meta.BilledUnits.SearchUnits, int(a.Meta.BilledUnits.InputTokens), a.Meta.Warnings
	}
	if a.Usage != nil {
		r.tokens = int(a.Usage.TotalTokens)
	}
	var err error
	r.results, err = relevances(a.Results)
	return r, err
}

func relevances(list []answered) ([]scored, error) {
	out, err := scores(list, "relevance_score", func(a answered) (*int, *float64) { return a.Index, a.RelevanceScore })
	if err != nil {
		return nil, err
	}
	for i, a := range list {
		out[i].spans = a.RelevantSpans
	}
	return out, nil
}

package server

import (
	"github.com/flashrerank/rerank/internal/wire"
)

// cohere2 is version 2 of Cohere's API, which LiteLLM, LangChain, LlamaIndex, Haystack,
// the AI SDK and Weaviate speak.
var cohere2 = dialect{
	name:  "cohere2",
	read:  readCohere,
	write: func(r ranking, got ranked) any { return cohereAnswer(r, got, "2") },
	fail:  failCohere,
}

// cohere1 is version 1, and what Jina, Together, vLLM, LocalAI, Xinference and SiliconFlow
// have on the same path: each reads its part of the answer.
var cohere1 = dialect{
	name: "cohere1",
	read: readCohere,
	write: func(r ranking, got ranked) any {
		a := cohereAnswer(r, got, "1")
		a.Object, a.Model, a.Usage = "list", got.model, usage(got)
		return a
	},
	fail: failCohere,
}

// infinity is that of infinity, vLLM and llama.cpp on /rerank. The one reads a document
// that comes back as a text and the other as an object, so that none does.
var infinity = dialect{
	name: "infinity",
	read: func(b *wire.RerankRequest) (ranking, error) {
		r, err := readCohere(b)
		r.texted, r.raw = false, yes(b.RawScores) || b.UseActivation != nil && !*b.UseActivation
		return r, err
	},
	write: func(r ranking, got ranked) any {
		a := cohereAnswer(r, got, "2")
		a.Object, a.Model, a.Usage, a.Created = "rerank", got.model, usage(got), got.created
		return a
	},
	fail: func(f *failure) any {
		return struct {
			wire.Failure
			wire.OpenAIFailure
		}{wire.Failure{Message: f.message, Detail: f.message}, openAIFailure(f)}
	},
}

func readCohere(b *wire.RerankRequest) (ranking, error) {
	r, err := asked(b, b.Documents, b.TopN)
	r.texted = yes(b.ReturnDocuments)
	if err == nil {
		r.spans, err = wantedSpans(b.RelevantSpans)
	}
	return r, err
}

func cohereAnswer(r ranking, got ranked, version string) *wire.RerankResponse {
	a := &wire.RerankResponse{
		ID: got.id, Results: make([]wire.Result, len(got.hits)),
		Meta: &wire.Meta{
			APIVersion:  wire.APIVersion{Version: version},
			BilledUnits: wire.BilledUnits{SearchUnits: wire.Score((len(r.texts) + 99) / 100)},
			Tokens:      &wire.Tokens{InputTokens: got.tokens},
			Warnings:    got.warnings,
		},
	}
	for i, h := range got.hits {
		a.Results[i] = wire.Result{Index: h.Index, RelevanceScore: wire.Score(got.scores[i])}
		if got.spans != nil {
			a.Results[i].RelevantSpans = got.spans[i]
		}
		if r.texted {
			a.Results[i].Document = wire.Text{Text: r.texts[h.Index]}
		}
	}
	return a
}

func usage(got ranked) *wire.Usage {
	return &wire.Usage{PromptTokens: got.tokens, TotalTokens: got.tokens}
}

func failCohere(f *failure) any { return wire.Failure{Message: f.message, Detail: f.message} }

func openAIFailure(f *failure) wire.OpenAIFailure {
	kind := "invalid_request_error"
	if f.status >= 500 {
		kind = "server_error"
	}
	return wire.OpenAIFailure{Error: wire.OpenAIError{Message: f.message, Type: kind, Code: f.status}}
}

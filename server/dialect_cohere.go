package server

import (
	"strings"

	"github.com/flashrerank/rerank/internal/loose"
	"github.com/flashrerank/rerank/internal/wire"
)

// cohere2 is version 2 of Cohere's API, which LiteLLM, LangChain, LlamaIndex, Haystack,
// the AI SDK and Weaviate speak.
var cohere2 = dialect{
	name: "cohere2",
	read: func(b *loose.Object) (ranking, error) {
		r, err := readCohere(b)
		r.texted = b.Flag("return_documents", false)
		return r, err
	},
	write: func(r ranking, got ranked) any { return cohereAnswer(r, got, "2") },
	fail:  failCohere,
}

// cohere1 is version 1, and what Jina, Together, vLLM, LocalAI, Xinference, SiliconFlow and
// Voyage have on the same path: each reads its part of the answer.
var cohere1 = dialect{
	name: "cohere1",
	read: func(b *loose.Object) (ranking, error) {
		r, err := readCohere(b)
		r.texted = b.Flag("return_documents", isJina(r.model))
		return r, err
	},
	write: func(r ranking, got ranked) any { return sharedAnswer(r, got, "1", "list") },
	fail:  failCohere,
}

// voyage is Voyage AI's, where a request has what only Voyage has. Its models read
// thousands of tokens and more, so that Weaviate asks for no truncation whatever the
// texts: one that does not fit here is told of and not refused.
var voyage = dialect{
	name: "voyage",
	read: func(b *loose.Object) (ranking, error) {
		r, err := asked(b, "documents", "top_k")
		r.texted, r.voyage = b.Flag("return_documents", false), true
		r.uncut = !b.Flag("truncation", true)
		return r, err
	},
	write: func(r ranking, got ranked) any { return sharedAnswer(r, got, "1", "list") },
	fail:  failCohere,
}

// infinity is that of infinity, vLLM and llama.cpp on /rerank. The one reads a document
// that comes back as a text and the other as an object, so that none does.
var infinity = dialect{
	name: "infinity",
	read: func(b *loose.Object) (ranking, error) {
		r, err := readCohere(b)
		scores, activated := b.Flag("raw_scores", false), b.Flag("use_activation", true)
		r.raw = scores || !activated
		return r, err
	},
	write: func(r ranking, got ranked) any { return sharedAnswer(r, got, "2", "rerank") },
	fail: func(f *failure) any {
		return struct {
			wire.Failure
			wire.OpenAIFailure
		}{wire.Failure{Message: f.message, Detail: f.message}, openAIFailure(f)}
	},
}

func readCohere(b *loose.Object) (ranking, error) {
	r, err := asked(b, "documents", "top_n")
	r.voyage = !b.Given("top_n") // which Voyage does not have
	if err == nil {
		r.spans, err = wantedSpans(b.Object("relevant_spans"))
	}
	return r, err
}

// isJina reports whether a model is one of Jina's, whose service returns documents unless
// it is told not to.
func isJina(model string) bool {
	return strings.HasPrefix(strings.ToLower(model[strings.LastIndexByte(model, '/')+1:]), "jina-")
}

// sharedAnswer is that of a path which several services have, under the names that
// their clients have for it.
func sharedAnswer(r ranking, got ranked, version, object string) any {
	a := cohereAnswer(r, got, version)
	a.Object, a.Model, a.Usage = object, got.model, usage(got)
	a.Usage.CompletionTokens = new(0)
	if object == "rerank" {
		a.Created = got.created
	}
	if r.voyage {
		a.Data = make([]wire.Result, len(a.Results))
		for i, x := range a.Results {
			a.Data[i] = wire.Result{Index: x.Index, RelevanceScore: x.RelevanceScore}
			if r.texted {
				a.Data[i].Document = r.texts[x.Index]
			}
		}
	}
	return a
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

// remarks are the warnings of an answer, where there are some.
func remarks(got ranked) wire.Remarks {
	if len(got.warnings) == 0 {
		return wire.Remarks{}
	}
	return wire.Remarks{Meta: &wire.Warnings{Warnings: got.warnings}}
}

func failCohere(f *failure) any { return wire.Failure{Message: f.message, Detail: f.message} }

func openAIFailure(f *failure) wire.OpenAIFailure {
	kind := "invalid_request_error"
	if f.status >= 500 {
		kind = "server_error"
	}
	return wire.OpenAIFailure{Error: wire.OpenAIError{Message: f.message, Type: kind, Code: f.status}}
}

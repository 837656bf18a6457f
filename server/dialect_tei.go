package server

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/flashrerank/rerank/internal/wire"
)

// tei is Hugging Face's Text Embeddings Inference, which Haystack, LlamaIndex, LiteLLM,
// Milvus and Elasticsearch speak.
var tei = dialect{
	name: "tei",
	read: func(b *wire.RerankRequest) (ranking, error) {
		if b.Texts == nil || len(*b.Texts) == 0 {
			return ranking{}, &failure{400, "Empty", "`texts` cannot be empty"}
		}
		if !b.Query.Set {
			return ranking{}, &failure{422, "Validation", "missing field `query`"}
		}
		return ranking{query: b.Query.Text, texts: *b.Texts, texted: yes(b.ReturnText), raw: yes(b.RawScores), whole: wholeTEI(b.Truncate)}, nil
	},
	write: func(r ranking, got ranked) any {
		results := make([]wire.TEIResult, len(got.hits))
		for i, h := range got.hits {
			results[i] = wire.TEIResult{Index: h.Index, Score: wire.Score(got.scores[i])}
			if r.texted {
				results[i].Text = &r.texts[h.Index]
			}
		}
		// What is equally good comes with the last first there.
		slices.SortStableFunc(results, func(a, b wire.TEIResult) int {
			return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(b.Index, a.Index))
		})
		return results
	},
	fail: func(f *failure) any { return wire.TEIFailure{Error: f.message, ErrorType: f.kind} },
}

// wholeTEI is what TEI refuses a text with that is too long.
func wholeTEI(t wire.Truncate) int {
	if t.Never {
		return http.StatusUnprocessableEntity
	}
	return 0
}

// weaviate is the service that Weaviate's module reranker-transformers asks. It wants
// all scores in the order of the documents.
var weaviate = dialect{
	name: "weaviate",
	read: func(b *wire.RerankRequest) (ranking, error) {
		r := ranking{query: b.Query.Text}
		if len(*b.Documents) == 0 {
			return r, nil
		}
		var err error
		r.texts, err = documents(b.Documents, nil)
		return r, err
	},
	write: func(r ranking, got ranked) any {
		a := wire.WeaviateResponse{Query: r.query, Scores: make([]wire.WeaviateScore, len(r.texts))}
		for i, text := range r.texts {
			a.Scores[i].Document = text
		}
		for i, h := range got.hits {
			a.Scores[h.Index].Score = wire.Score(got.scores[i])
		}
		return a
	},
	fail: tei.fail,
}

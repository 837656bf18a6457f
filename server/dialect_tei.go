package server

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/flashrerank/rerank/internal/loose"
	"github.com/flashrerank/rerank/internal/wire"
)

// tei is Hugging Face's Text Embeddings Inference, which Haystack, LlamaIndex, LiteLLM,
// Milvus and Elasticsearch speak.
var tei = dialect{
	name: "tei",
	read: func(b *loose.Object) (ranking, error) {
		r := ranking{
			query: queryOf(b), texts: b.Texts("texts"),
			texted: b.Flag("return_text", false), raw: b.Flag("raw_scores", false), whole: whole(b, http.StatusUnprocessableEntity),
			left: b.Word("truncation_direction") == "left",
		}
		switch {
		case b.Err() != nil:
			return r, b.Err()
		case len(r.texts) == 0:
			return r, &failure{http.StatusBadRequest, "Empty", "`texts` cannot be empty"}
		case !b.Has("query"):
			return r, &failure{http.StatusUnprocessableEntity, "Validation", "missing field `query`"}
		}
		return r, nil
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
	fail:  func(f *failure) any { return wire.TEIFailure{Error: f.message, ErrorType: f.kind} },
	mute:  true,
	unfit: http.StatusUnprocessableEntity,
}

// weaviate is the service that Weaviate's module reranker-transformers asks. It wants
// all scores in the order of the documents.
var weaviate = dialect{
	name: "weaviate",
	read: func(b *loose.Object) (ranking, error) {
		r := ranking{query: queryOf(b), texts: documents(b, "documents", nil)}
		return r, b.Err()
	},
	write: func(r ranking, got ranked) any {
		a := wire.WeaviateResponse{Query: r.query, Scores: make([]wire.WeaviateScore, len(r.texts)), Remarks: remarks(got)}
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

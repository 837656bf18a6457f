package rerank

import (
	"context"
	"encoding/json"
)

// Retriever finds the best documents of a corpus for a query: the first stage
// of a search. Hits come sorted by [Compare] with Index equal to Rank. Asking
// for more than the corpus holds, and finding nothing, are results, not
// errors. Implementations are safe for concurrent use.
type Retriever interface {
	Retrieve(ctx context.Context, s Search) (Result, error)
}

// Reranker orders the hits of a request by its own judgment: a later stage of
// a search. The result is a permutation of a subset of the request's hits,
// sorted by [Compare]; the request is not modified; no hits in, no hits out.
// Implementations are safe for concurrent use.
type Reranker interface {
	Rerank(ctx context.Context, r Request) (Result, error)
}

// Vectored is a [Reranker] that also hands out the vectors it judged the hits by,
// one for each hit of the request in its order; nil where it has none.
type Vectored interface {
	Reranker
	RerankVectors(ctx context.Context, r Request) (Result, [][]float32, error)
}

// BatchReranker is a [Reranker] that does several requests at once cheaper
// than one by one. The results are those of Rerank, in the order given.
type BatchReranker interface {
	Reranker
	RerankBatch(ctx context.Context, requests []Request) ([]Result, error)
}

// Pair is a query and a text to be judged together.
type Pair struct{ Query, Text string }

// PairScore is a model's judgment of a [Pair].
type PairScore struct {
	Logit     float32 // the head's raw output; higher is more relevant
	Tokens    int     // tokens of the pair as the model saw it
	Truncated bool    // whether the pair had to be cut to fit the model
}

// PairScorer judges pairs one by one, as a cross-encoder does. Pairs are flat,
// so that several queries batch together. ScorePairs fills dst, which must be
// as long as pairs. A pair's score does not depend on the pairs beside it.
type PairScorer interface {
	ScorePairs(ctx context.Context, pairs []Pair, dst []PairScore) error
	Model() ModelInfo
}

// Role tells an [Embedder] what a text is, as many models put different
// prompts before queries and documents.
type Role uint8

// The roles of a text.
const (
	RoleDocument Role = iota
	RoleQuery
)

// String returns "document" or "query".
func (r Role) String() string {
	if r == RoleQuery {
		return "query"
	}
	return "document"
}

// Embedder turns texts into vectors, one for each text, in order. A text's
// vector does not depend on the texts beside it.
type Embedder interface {
	Embed(ctx context.Context, texts []string, role Role) (Vectors, error)
	Model() ModelInfo
}

// Vectors are embeddings of equal dimension, one after another.
type Vectors struct {
	Dimensions int
	Data       []float32 // Len() × Dimensions

	Tokens    int    // tokens computed for all texts together
	Truncated []bool // which texts were cut to fit the model; nil says none
	Foreign   []bool // which seem to be in a language that the model does not know; nil says none
}

// Len returns the number of vectors.
func (v Vectors) Len() int {
	if v.Dimensions == 0 {
		return 0
	}
	return len(v.Data) / v.Dimensions
}

// At returns vector i as a view of Data.
func (v Vectors) At(i int) []float32 {
	return v.Data[i*v.Dimensions : (i+1)*v.Dimensions : (i+1)*v.Dimensions]
}

// Similarity names how two vectors of a model are compared.
type Similarity string

// The similarities of embedding models.
const (
	SimilarityCosine Similarity = "cosine"
	SimilarityDot    Similarity = "dot"
)

// ModelInfo identifies a model.
type ModelInfo struct {
	Name string `json:"name"`

	// Fingerprint changes whenever weights, tokenizer or precision do. Stores
	// of vectors keep it and refuse another model's.
	Fingerprint string `json:"fingerprint"`

	Dimensions int        `json:"dimensions,omitempty"` // of an embedding; 0 for a pair scorer
	Similarity Similarity `json:"similarity,omitempty"`
	MaxTokens  int        `json:"max_tokens"` // longest input, special tokens included
	Precision  string     `json:"precision"`  // "fp32", "int8"
}

// Explanation is a number and what it is made of.
type Explanation struct {
	Value   float64       `json:"value"`
	What    string        `json:"what"` // e.g. "idf, from 3 of 1400 documents"
	Details []Explanation `json:"details,omitempty"`
}

// MarshalJSON writes a value that is not a number, of a stage that gave no score, as null.
func (e Explanation) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Value   *float64      `json:"value"`
		What    string        `json:"what"`
		Details []Explanation `json:"details,omitempty"`
	}{finite(e.Value), e.What, e.Details})
}

// Explainer is a stage that can tell how it came to a hit's score.
type Explainer interface {
	Explain(ctx context.Context, q Query, h Hit) (Explanation, error)
}

// RetrieverFunc is a function used as a [Retriever].
type RetrieverFunc func(ctx context.Context, s Search) (Result, error)

// Retrieve calls f(ctx, s).
func (f RetrieverFunc) Retrieve(ctx context.Context, s Search) (Result, error) { return f(ctx, s) }

// RerankerFunc is a function used as a [Reranker].
type RerankerFunc func(ctx context.Context, r Request) (Result, error)

// Rerank calls f(ctx, r).
func (f RerankerFunc) Rerank(ctx context.Context, r Request) (Result, error) { return f(ctx, r) }

// TextScore is the place of a text in the answer of [Texts].
type TextScore struct {
	Index     int     // which of the texts this is
	Score     float64 // on the reranker's scale
	Relevance float64 // in [0,1]; NaN where the scale defines none
}

// Texts orders plain texts by their relevance to a query, best first.
func Texts(ctx context.Context, r Reranker, query string, texts []string) ([]TextScore, error) {
	docs := make([]Document, len(texts))
	for i, t := range texts {
		docs[i].Text = t
	}
	result, err := r.Rerank(ctx, Request{Query: Query{Text: query}, Hits: Hits(docs)})
	if err != nil {
		return nil, err
	}
	scores := make([]TextScore, len(result.Hits))
	for i, h := range result.Hits {
		scores[i] = TextScore{Index: h.Index, Score: h.Score, Relevance: h.Relevance}
	}
	return scores, nil
}

package fusion_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/fusion"
)

// entry is a document and its score in a list.
type entry struct {
	id    string
	score float64
}

// list is a first stage that always finds the same.
func list(stage string, entries ...entry) rerank.RetrieverFunc {
	return func(ctx context.Context, s rerank.Search) (rerank.Result, error) {
		hits := make([]rerank.Hit, len(entries))
		for i, e := range entries {
			hits[i] = rerank.Hit{Document: rerank.Document{ID: e.id}, Score: e.score, Scale: rerank.Scale(stage), Relevance: math.NaN()}
		}
		hits = rerank.Rank(hits, stage, 0)
		hits = hits[:min(len(hits), s.K)]
		for i := range hits {
			hits[i].Index = i
		}
		return rerank.Result{Hits: hits, Stages: []rerank.StageReport{{Stage: stage, Candidates: len(entries), Scored: len(entries)}}}, ctx.Err()
	}
}

// table is a reranker that knows scores by ID, and NaN for others.
func table(stage string, entries ...entry) rerank.RerankerFunc {
	return func(ctx context.Context, r rerank.Request) (rerank.Result, error) {
		scores := make([]float64, len(r.Hits))
		for i, h := range r.Hits {
			scores[i] = math.NaN()
			for _, e := range entries {
				if e.id == h.Document.ID {
					scores[i] = e.score
				}
			}
		}
		return rerank.Result{
			Hits:   rerank.Reorder(r, rerank.Scoring{Stage: stage, Scale: rerank.Scale(stage), Scores: scores}),
			Stages: []rerank.StageReport{{Stage: stage, Candidates: len(scores), Scored: len(scores)}},
		}, ctx.Err()
	}
}

func failing(err error) rerank.RetrieverFunc {
	return func(context.Context, rerank.Search) (rerank.Result, error) { return rerank.Result{}, err }
}

func failingReranker(err error) rerank.RerankerFunc {
	return func(context.Context, rerank.Request) (rerank.Result, error) { return rerank.Result{}, err }
}

// show renders a list as "a=1.5 b=0.25".
func show(hits []rerank.Hit) string {
	parts := make([]string, len(hits))
	for i, h := range hits {
		parts[i] = fmt.Sprintf("%s=%.4g", h.Document.ID, h.Score)
	}
	return strings.Join(parts, " ")
}

// given are unscored hits with these IDs.
func given(ids ...string) []rerank.Hit {
	docs := make([]rerank.Document, len(ids))
	for i, id := range ids {
		docs[i].ID = id
	}
	return rerank.Hits(docs)
}

func lists(retrievers ...rerank.Retriever) []fusion.List {
	out := make([]fusion.List, len(retrievers))
	for i, r := range retrievers {
		out[i].Retriever = r
	}
	return out
}

// words scores documents by a count of the query's words, or by their length.
func words(query string, d rerank.Document) float64 {
	n := 0
	for _, w := range slices.Compact(slices.Sorted(slices.Values(strings.Fields(query[:min(len(query), 200)])))) {
		n += strings.Count(d.Content(), w)
	}
	return float64(n)
}

// scan is a first stage over a corpus.
func scan(stage string, corpus []rerank.Document, score func(query string, d rerank.Document) float64) rerank.RetrieverFunc {
	return func(ctx context.Context, s rerank.Search) (rerank.Result, error) {
		var found []entry
		documents := map[string]rerank.Document{}
		for _, d := range corpus {
			if x := score(s.Query.Text, d); x > 0 && (s.Filter == nil || s.Filter.Match(d)) {
				found = append(found, entry{d.ID, x})
				documents[d.ID] = d
			}
		}
		got, err := list(stage, found...)(ctx, s)
		for i := range got.Hits {
			got.Hits[i].Document = documents[got.Hits[i].Document.ID]
		}
		return got, err
	}
}

// judge is a reranker by the same kind of score.
func judge(stage string, score func(query string, d rerank.Document) float64) rerank.RerankerFunc {
	return func(ctx context.Context, r rerank.Request) (rerank.Result, error) {
		scores := make([]float64, len(r.Hits))
		for i, h := range r.Hits {
			scores[i] = score(r.Query.Text, h.Document)
		}
		return rerank.Result{Hits: rerank.Reorder(r, rerank.Scoring{Stage: stage, Scale: rerank.Scale(stage), Scores: scores})}, ctx.Err()
	}
}

func length(_ string, d rerank.Document) float64 { return float64(len(d.Content())) }

package crossencoder

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/internal/count"
	"github.com/flashrerank/rerank/internal/language"
)

// RerankOptions say how hits are judged. The zero value is the default.
type RerankOptions struct {
	// Fields are the names of the fields that are judged, see [rerank.Document.Render]; none means
	// the document's title and text.
	Fields []string

	// MinRelevance leaves out hits that are less relevant, from 0 to 1.
	MinRelevance float64

	// TextTokens is how many tokens of a text are judged; 0 means all, as
	// Options.Long says.
	TextTokens int
}

// Reranker orders hits by the judgment of a cross-encoder, a
// [rerank.BatchReranker]. It is safe for concurrent use.
type Reranker struct {
	model   *Model
	options RerankOptions
}

// Reranker returns the reranker of a model by default options.
func (m *Model) Reranker() *Reranker { return m.NewReranker(RerankOptions{}) }

// NewReranker returns a reranker of a model.
func (m *Model) NewReranker(o RerankOptions) *Reranker {
	if o.TextTokens > 0 {
		m = m.glancing(o.TextTokens)
	}
	return &Reranker{model: m, options: o}
}

// glancing returns the model that judges the beginnings of texts.
func (m *Model) glancing(tokens int) *Model {
	short, s := *m, *m.sequences
	s.chunk, s.fills = min(s.chunk, max(tokens, leastRoom/2)), false
	short.sequences, short.long, short.glance = &s, LongFirst, s.chunk
	return &short
}

// Model returns what identifies the model.
func (r *Reranker) Model() rerank.ModelInfo { return r.model.info }

const stage = "cross-encoder"

// Rerank judges the query with every hit's content. Scores are raw logits;
// relevance is their sigmoid.
func (r *Reranker) Rerank(ctx context.Context, q rerank.Request) (rerank.Result, error) {
	results, err := r.RerankBatch(ctx, []rerank.Request{q})
	if err != nil {
		return rerank.Result{}, err
	}
	return results[0], nil
}

// RerankBatch judges the hits of several requests together.
func (r *Reranker) RerankBatch(ctx context.Context, requests []rerank.Request) ([]rerank.Result, error) {
	start := time.Now()
	var pairs []rerank.Pair
	for _, q := range requests {
		for _, h := range q.Hits {
			pairs = append(pairs, rerank.Pair{Query: q.Query.Text, Text: r.text(h.Document)})
		}
	}
	judged, foreign := make([]rerank.PairScore, len(pairs)), make([]bool, len(pairs))
	if err := r.model.judgePairs(ctx, pairs, judged, foreign); err != nil {
		return nil, named(err, requests)
	}
	results := make([]rerank.Result, len(requests))
	for i, q := range requests {
		results[i] = r.result(q, judged[:len(q.Hits)])
		r.warn(&results[i].Stages[0], q, foreign[:len(q.Hits)])
		results[i].Stages[0].Elapsed = time.Since(start)
		judged, foreign = judged[len(q.Hits):], foreign[len(q.Hits):]
	}
	return results, nil
}

// named gives an error about the score of a pair the ID of its document.
func named(err error, requests []rerank.Request) error {
	var bad *rerank.ScoreError
	if !errors.As(err, &bad) {
		return err
	}
	at := bad.Text
	for _, q := range requests {
		if at < len(q.Hits) {
			bad.Text, bad.ID = at, q.Hits[at].Document.ID
			break
		}
		at -= len(q.Hits)
	}
	return err
}

// warn tells in a report what of a request is in a language that the model does not know.
func (r *Reranker) warn(report *rerank.StageReport, q rerank.Request, foreign []bool) {
	if len(q.Hits) > 0 && r.model.foreignQuery(q.Query.Text) {
		report.Warnings = append(report.Warnings, language.OfQuery(r.model.info.Name))
	}
	for _, f := range foreign {
		if f {
			report.Foreign++
		}
	}
}

func (r *Reranker) text(d rerank.Document) string {
	if len(r.options.Fields) == 0 {
		return d.Content()
	}
	return d.Render(r.options.Fields)
}

// result orders the hits of a request.
func (r *Reranker) result(q rerank.Request, judged []rerank.PairScore) rerank.Result {
	report := rerank.StageReport{Stage: stage, Model: r.model.info.Name, Candidates: len(q.Hits), Scored: len(judged)}
	scores := make([]float64, len(judged))
	split := 0
	for i, j := range judged {
		scores[i] = float64(j.Logit)
		report.Tokens += j.Tokens
		if j.Truncated {
			report.Truncated++
		}
		if j.Tokens > r.model.info.MaxTokens {
			split++
		}
	}
	if r.model.labels.remark != "" {
		report.Notes = append(report.Notes, r.model.labels.remark)
	}
	if split > 0 {
		report.Notes = append(report.Notes, fmt.Sprintf("%d long texts were scored in parts; the best part counts", split))
	}
	hits := rerank.Reorder(q, rerank.Scoring{Stage: stage, Scale: rerank.ScaleLogit, Scores: scores, Relevance: sigmoid})
	kept := hits
	for i, h := range hits {
		if h.Relevance < r.options.MinRelevance {
			kept = hits[:i]
			break
		}
	}
	if left := len(hits) - len(kept); left > 0 {
		report.Notes = append(report.Notes, fmt.Sprintf("%s left out, with a relevance below %v", count.Of(left, "hit"), r.options.MinRelevance))
	}
	return rerank.Result{Hits: kept, Stages: []rerank.StageReport{report}}
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

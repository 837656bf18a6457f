package lexical

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/index"
)

// candidate is a document of the index whose score is wanted, and where the score goes.
type candidate struct {
	doc uint32 // in the snapshot
	hit int
}

// Rerank orders hits by the scores that a search gives them, with the statistics of the
// whole index: documents are found by their IDs, and one that the index does not have
// gets no score. It reads the postings of the query's terms, not the documents, and
// costs at most as much as a search.
func (r *Retriever) Rerank(ctx context.Context, q rerank.Request) (result rerank.Result, err error) {
	start := time.Now()
	defer r.snapshot.Guard(&err)()
	if err != nil {
		return rerank.Result{}, fmt.Errorf("lexical: %w", err)
	}
	report := rerank.StageReport{
		Stage: r.weighting.stage(), Candidates: len(q.Hits), Notes: []string{"with the statistics of the index"},
	}
	prepared, err := read(ctx, r.weighting, r, r.snapshot.Analyzer(), q.Query.Text)
	if err != nil {
		return rerank.Result{}, fmt.Errorf("lexical: %w", err)
	}
	report.Warnings = prepared.warnings()
	scores, err := r.scores(ctx, &prepared, q.Hits)
	if err != nil {
		return rerank.Result{}, err
	}
	for _, s := range scores {
		if math.IsNaN(s) {
			report.Skipped++
		}
	}
	report.Scored = len(scores) - report.Skipped
	report.Elapsed = time.Since(start)
	return rerank.Result{
		Hits: rerank.Reorder(q, rerank.Scoring{
			Stage: r.weighting.stage(), Scale: r.weighting.scale(), Scores: scores, Relevance: relevance(r.weighting),
		}),
		Stages: []rerank.StageReport{report},
	}, ctx.Err()
}

// scores returns the score of each hit, NaN where the index does not have it.
func (r *Retriever) scores(ctx context.Context, q *query, hits []rerank.Hit) ([]float64, error) {
	scores := make([]float64, len(hits))
	wanted, err := r.candidates(hits, scores)
	if err != nil {
		return nil, fmt.Errorf("lexical: %w", err)
	}
	if r.once.Do(r.computeNorms); r.err != nil {
		return nil, fmt.Errorf("lexical: %w", r.err)
	}
	for number, g := range r.snapshot.Segments() {
		end := g.Base() + uint32(g.Len())
		n, _ := slices.BinarySearchFunc(wanted, end, func(c candidate, end uint32) int { return cmp.Compare(c.doc, end) })
		for _, t := range q.terms {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if err := r.addTerm(g, number, q, t, wanted[:n], scores); err != nil {
				return nil, fmt.Errorf("lexical: %w", err)
			}
		}
		wanted = wanted[n:]
	}
	for i := range scores {
		scores[i] += q.offset
	}
	return scores, nil
}

// candidates finds the hits in the index, in the order of documents, and sets the scores
// of those that are not there.
func (r *Retriever) candidates(hits []rerank.Hit, scores []float64) ([]candidate, error) {
	wanted := make([]candidate, 0, len(hits))
	for i, h := range hits {
		doc, found, err := r.snapshot.Find(h.Document.ID)
		if err != nil {
			return nil, err
		}
		if !found {
			scores[i] = math.NaN()
			continue
		}
		wanted = append(wanted, candidate{doc, i})
	}
	slices.SortFunc(wanted, func(a, b candidate) int { return cmp.Compare(a.doc, b.doc) })
	return wanted, nil
}

// addTerm adds what a term gives to the candidates of one segment.
func (r *Retriever) addTerm(g *index.Segment, number int, q *query, t queryTerm, wanted []candidate, scores []float64) error {
	if len(wanted) == 0 {
		return nil
	}
	postings, err := g.Postings(t.text)
	if err != nil || postings == nil {
		return err
	}
	for docs, freqs := postings.NextBlock(); docs != nil && len(wanted) > 0; docs, freqs = postings.NextBlock() {
		last := g.Base() + docs[len(docs)-1]
		for len(wanted) > 0 && wanted[0].doc <= last {
			local := wanted[0].doc - g.Base()
			if at, holds := slices.BinarySearch(docs, local); holds {
				scores[wanted[0].hit] += q.weigh(r.weighting, t, float64(freqs[at]), r.norms[number][local])
			}
			wanted = wanted[1:]
		}
	}
	return postings.Err()
}

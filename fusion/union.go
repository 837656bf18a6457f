package fusion

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/flashrerank/rerank"
)

// join makes the union of the lists, in order of first sight, and counts the
// documents that a list had more than once. These are removed from found.
func (r *Retriever) join(found [][]rerank.Hit) (union []member, repeated int, err error) {
	known := make(map[string]int)
	for i, hits := range found {
		once := make([]rerank.Hit, 0, len(hits))
		for place, h := range hits {
			id := h.Document.ID
			if id == "" {
				return nil, 0, fmt.Errorf("fusion: %s: the document at place %d has no ID, by which lists are joined", r.listName(i), place+1)
			}
			at, ok := known[id]
			if !ok {
				at = len(union)
				known[id] = at
				places := slices.Repeat([]int{-1}, len(found))
				union = append(union, member{document: h.Document, places: places})
			}
			if union[at].places[i] >= 0 {
				repeated++
				continue
			}
			union[at].places[i] = len(once)
			once = append(once, h)
		}
		found[i] = once
	}
	return union, repeated, nil
}

// complete asks each list that can tell for the scores of documents which only
// others found, and appends them to the list. A list that found nothing has no
// scores to tell apart.
func (r *Retriever) complete(ctx context.Context, q rerank.Query, found [][]rerank.Hit, union []member, failed *failures) ([]rerank.StageReport, error) {
	if !r.method().complete() {
		return nil, nil
	}
	outcomes, err := gather(ctx, len(r.Lists), func(i int) (rerank.Result, error) {
		missing := missing(union, i)
		if r.Lists[i].Scores == nil || len(found[i]) == 0 || len(missing) == 0 {
			return rerank.Result{}, nil
		}
		return r.Lists[i].Scores.Rerank(ctx, rerank.Request{Query: q, Hits: missing})
	})
	if err != nil {
		return nil, fmt.Errorf("fusion: %w", err)
	}
	var stages []rerank.StageReport
	for i, o := range outcomes {
		if o.err == nil {
			found[i], o.err = r.extend(i, found[i], o.Hits, union)
		}
		if o.err != nil {
			failed.add("the scores that "+r.listName(i)+" has for documents of others", o.err)
			continue
		}
		stages = append(stages, o.Stages...)
	}
	if failed.lenient {
		return stages, nil // the lists themselves are there
	}
	return stages, failed.verdict("fusion", len(r.Lists))
}

// missing returns the documents that list i does not have; Index is the place
// in the union.
func missing(union []member, i int) []rerank.Hit {
	var hits []rerank.Hit
	for at, m := range union {
		if m.places[i] < 0 {
			hits = append(hits, rerank.Hit{Document: m.document, Index: at, Rank: len(hits), Relevance: math.NaN()})
		}
	}
	return hits
}

// extend appends scores that list i was asked for later.
func (r *Retriever) extend(i int, list, late []rerank.Hit, union []member) ([]rerank.Hit, error) {
	out := slices.Clip(list)
	for _, h := range late {
		if h.Scale != list[0].Scale {
			return list, fmt.Errorf("they are on the scale %q and the list is on %q", h.Scale, list[0].Scale)
		}
		if h.Index < 0 || h.Index >= len(union) || union[h.Index].places[i] >= 0 {
			return list, fmt.Errorf("index %d was not asked for, or came back twice", h.Index)
		}
		union[h.Index].places[i] = len(out)
		stage := r.listName(i)
		if n := len(list[0].Trace); n > 0 {
			stage = list[0].Trace[n-1].Stage
		}
		h.Trace = []rerank.StageScore{{Stage: stage, Rank: -1, Score: h.Score, Scale: h.Scale}}
		out = append(out, h)
	}
	return out, nil
}

// fuse adds up what the lists say and orders the union.
func (r *Retriever) fuse(found [][]rerank.Hit, union []member, weights []float64) []rerank.Hit {
	values := make([][]float64, len(found))
	for i, list := range found {
		values[i] = r.method().values(list)
	}
	hits := make([]rerank.Hit, len(union))
	for at, m := range union {
		h := rerank.Hit{Document: m.document, Scale: rerank.ScaleFused, Relevance: math.NaN()}
		var parts []float64
		for i, place := range m.places {
			if place < 0 {
				continue
			}
			parts = append(parts, weights[i]*r.value(i, m, found, values))
			h.Trace = append(h.Trace, r.said(i, found[i][place])...)
		}
		h.Score = sum(parts)
		hits[at] = h
	}
	return rerank.Rank(hits, r.name(), 0)
}

// value returns what list i has to say of a document that is in it: where it abstains,
// what the list in its place does.
func (r *Retriever) value(i int, m member, found [][]rerank.Hit, values [][]float64) float64 {
	place := m.places[i]
	if r.Lists[i].Else != "" && r.method().complete() && math.IsNaN(found[i][place].Score) {
		if other := r.listNamed(r.Lists[i].Else); m.places[other] >= 0 && !flat(found[other]) {
			return values[other][m.places[other]]
		}
	}
	return values[i][place]
}

// said returns the trace of a hit of list i, made up where the list keeps none.
func (r *Retriever) said(i int, h rerank.Hit) []rerank.StageScore {
	if len(h.Trace) > 0 {
		return h.Trace
	}
	return []rerank.StageScore{{Stage: r.listName(i), Rank: h.Rank, Score: h.Score, Scale: h.Scale}}
}

package lexical

import (
	"context"
	"fmt"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/analysis"
)

// Explain tells how a document's score comes about: one detail for each term of
// the query that the corpus knows, and below it the numbers that went in. The
// details add up to the value. A document that the index does not have, by its
// ID, is an error; one without any of the terms has the score 0, or what the
// variant gives to all documents.
func (r *Retriever) Explain(ctx context.Context, q rerank.Query, h rerank.Hit) (rerank.Explanation, error) {
	e, err := r.explain(ctx, q, h.Document.ID)
	if err != nil {
		return rerank.Explanation{}, fmt.Errorf("lexical: explaining %q: %w", h.Document.ID, err)
	}
	return e, nil
}

func (r *Retriever) explain(ctx context.Context, q rerank.Query, id string) (_ rerank.Explanation, err error) {
	var none rerank.Explanation
	defer r.snapshot.Guard(&err)()
	if err != nil {
		return none, err
	}
	doc, found, err := r.snapshot.Find(id)
	switch {
	case err != nil:
		return none, err
	case !found:
		return none, fmt.Errorf("the index has no such document")
	case ctx.Err() != nil:
		return none, ctx.Err()
	}
	prepared, err := read(ctx, r.weighting, r, r.snapshot.Analyzer(), q.Text)
	if err != nil {
		return none, err
	}
	if r.once.Do(r.computeNorms); r.err != nil {
		return none, r.err
	}
	stored, err := r.snapshot.Document(doc)
	if err != nil {
		return none, err
	}
	counts, length := map[string]int{}, 0
	for token := range r.snapshot.Analyzer().All(stored.Content()) {
		counts[string(token.Term)]++
		if token.Aside == 0 {
			length++
		}
	}
	return r.describe(&prepared, counts, length, r.norm(doc)), nil
}

// norm is what weigh takes as the norm of a document.
func (r *Retriever) norm(doc uint32) float64 {
	for i, g := range r.snapshot.Segments() {
		if local := doc - g.Base(); doc >= g.Base() && int(local) < g.Len() {
			return r.norms[i][local]
		}
	}
	return 1
}

// describe adds up in the order of a search, so that the sums are the same.
func (r *Retriever) describe(q *query, counts map[string]int, length int, norm float64) rerank.Explanation {
	e := rerank.Explanation{What: fmt.Sprintf("%s, the sum over the terms of the query, in a document of %d terms", r.name(), length)}
	for _, t := range q.terms {
		part := 0.0
		if tf := counts[t.text]; tf > 0 {
			part = q.weigh(r.weighting, t, float64(tf), norm)
			e.Value += part
		}
		e.Details = append(e.Details, r.describeTerm(q, t, counts[t.text], norm, part))
	}
	e.Value += q.offset
	if q.offset != 0 {
		e.Details = append(e.Details, rerank.Explanation{Value: q.offset, What: "what every document gets for the query's terms, held or not"})
	}
	return e
}

func (r *Retriever) name() string {
	p, ok := r.weighting.(BM25)
	if !ok {
		return "TF-IDF cosine"
	}
	return fmt.Sprintf("BM25 (%s, k1 %v, b %v)", p.Variant, p.K1, p.B)
}

func (r *Retriever) describeTerm(q *query, t queryTerm, tf int, norm, part float64) rerank.Explanation {
	e := rerank.Explanation{Value: part, What: fmt.Sprintf("%q, a product of:", analysis.Word(t.text))}
	if tf == 0 {
		e.What = fmt.Sprintf("%q, which is not in the document", analysis.Word(t.text))
		return e
	}
	idf := rerank.Explanation{Value: t.idf, What: fmt.Sprintf("idf: %d of %d documents have it", t.df, r.documents())}
	if t.count > 1 {
		e.Details = append(e.Details, rerank.Explanation{Value: t.count, What: "times the query says it"})
	}
	e.Details = append(e.Details, idf)
	if p, ok := r.weighting.(BM25); ok {
		what := fmt.Sprintf("saturated frequency: %d times in the document, length norm %.4g", tf, norm)
		e.Details = append(e.Details, rerank.Explanation{Value: p.term(float64(tf), norm) - p.absent(), What: what})
		return e
	}
	what := fmt.Sprintf("weight in the document: %d times, idf, over its length %.4g", tf, norm)
	e.Details = append(e.Details,
		rerank.Explanation{Value: float64(tf) * t.idf / norm, What: what},
		rerank.Explanation{Value: 1 / q.norm, What: "one over the length of the query's vector"})
	return e
}

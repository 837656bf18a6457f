package lexical

import (
	"context"
	"math"
	"slices"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/analysis"
)

// Weighting is a formula with its parameters: a [BM25] or a [TFIDF].
type Weighting interface {
	check() error
	stage() string
	scale() rerank.Scale
	everyTerm() bool // whether terms that the query lacks have a part in a score
}

// corpus is where statistics come from.
type corpus interface {
	documents() int
	averageLength() float64
	docFreq(term string) (int, error)
	meanIDF() (float64, error) // over all terms, as rank_bm25 has it
}

// queryTerm is a term of the query that the corpus knows.
type queryTerm struct {
	text  string
	count float64 // times the query says it
	df    int
	idf   float64
}

// query is a query made ready for a corpus.
type query struct {
	terms  []queryTerm // in the order the query first says them
	offset float64     // what every document gets
	norm   float64     // length of the query's vector; TF-IDF
	aside  bool        // whether the terms are of words set aside
}

// read analyses a query for a corpus.
func read(ctx context.Context, w Weighting, c corpus, a *analysis.Analyzer, text string) (query, error) {
	terms, aside := a.Query(text)
	return prepare(ctx, w, c, terms, aside)
}

// warnings tells what was done with the query that its author may not expect.
func (q *query) warnings() []string {
	if !q.aside {
		return nil
	}
	return []string{"the query has nothing but stop words; these were looked for"}
}

// few is how many terms of a query are looked through one by one: those of people's queries.
const few = 32

// counted are the terms of a query in the order it first says them, with how often it does.
func counted(terms []string) []queryTerm {
	var list []queryTerm
	find := func(term string) int { return slices.IndexFunc(list, func(x queryTerm) bool { return x.text == term }) }
	var places map[string]int // nil where there are few
	if len(terms) > few {
		places = make(map[string]int, len(terms))
		find = func(term string) int { return places[term] - 1 }
	}
	for _, t := range terms {
		if i := find(t); i >= 0 {
			list[i].count++
			continue
		}
		list = append(list, queryTerm{text: t, count: 1})
		if places != nil {
			places[t] = len(list) // from 1
		}
	}
	return list
}

// prepare weighs the terms of a query.
func prepare(ctx context.Context, w Weighting, c corpus, terms []string, aside bool) (query, error) {
	q := query{terms: counted(terms), aside: aside}
	known := q.terms[:0]
	for i, t := range q.terms {
		if i%pause == pause-1 && ctx.Err() != nil {
			return q, ctx.Err()
		}
		var err error
		if t.df, err = c.docFreq(t.text); err != nil {
			return q, err
		}
		if t.df == 0 {
			continue
		}
		switch w := w.(type) {
		case BM25:
			if t.idf, err = w.idf(t.df, c.documents(), c); err != nil {
				return q, err
			}
			q.offset += t.count * t.idf * w.absent()
		case TFIDF:
			t.idf = w.idf(t.df, c.documents())
			q.norm += t.count * t.idf * t.count * t.idf
		}
		known = append(known, t)
	}
	q.terms, q.norm = known, math.Sqrt(q.norm)
	return q, nil
}

// weigh returns what a term of the query gives to a document that holds it tf
// times: its share of the score beyond the query's offset. norm is the
// document's: of its length for BM25, of its vector for TF-IDF.
func (q *query) weigh(w Weighting, t queryTerm, tf, norm float64) float64 {
	if p, ok := w.(BM25); ok {
		return t.count * t.idf * (p.term(tf, norm) - p.absent())
	}
	return t.count * t.idf * tf * t.idf / (q.norm * norm)
}

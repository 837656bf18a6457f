package lexical

import (
	"context"
	"iter"
	"time"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/analysis"
)

// Reranker orders given texts. Statistics come from the texts of the request,
// so a score depends on the company of its text. It is immutable and safe for
// concurrent use.
type Reranker struct {
	analyzer  *analysis.Analyzer
	weighting Weighting
}

// NewReranker makes a reranker. It is an error if the weighting's parameters
// are out of range.
func NewReranker(a *analysis.Analyzer, w Weighting) (*Reranker, error) {
	if err := w.check(); err != nil {
		return nil, err
	}
	return &Reranker{analyzer: a, weighting: w}, nil
}

// Rerank orders the hits of a request.
func (r *Reranker) Rerank(ctx context.Context, request rerank.Request) (rerank.Result, error) {
	start := time.Now()
	terms, aside := r.analyzer.Query(request.Query.Text)
	tokens := r.analyzer.Tokens
	if aside {
		tokens = r.analyzer.All
	}
	texts := newTexts(r.weighting, terms, len(request.Hits))
	for _, h := range request.Hits {
		if err := texts.add(ctx, tokens(h.Document.Content())); err != nil {
			return rerank.Result{}, err
		}
	}
	q, err := prepare(ctx, r.weighting, texts, terms, aside)
	if err != nil {
		return rerank.Result{}, err
	}
	scores := make([]float64, len(request.Hits))
	for i := range scores {
		if err := ctx.Err(); err != nil {
			return rerank.Result{}, err
		}
		scores[i] = texts.score(r.weighting, &q, i)
	}
	return rerank.Result{
		Hits: rerank.Reorder(request, rerank.Scoring{
			Stage: r.weighting.stage(), Scale: r.weighting.scale(), Scores: scores, Relevance: relevance(r.weighting),
		}),
		Stages: []rerank.StageReport{{
			Stage: r.weighting.stage(), Candidates: len(scores), Scored: len(scores), Elapsed: time.Since(start), Warnings: q.warnings(),
		}},
	}, nil
}

// relevance of a TF-IDF cosine is the cosine; BM25 defines none.
func relevance(w Weighting) func(float64) float64 {
	if _, ok := w.(TFIDF); ok {
		return func(score float64) float64 { return min(1, score) }
	}
	return nil
}

// texts is a small corpus held as counts.
type texts struct {
	only    map[string]bool // the terms that are counted; nil: all
	counts  []map[string]*int
	lengths []int
	dfs     map[string]int
	order   []string // the terms in the order they came
	total   int
}

// newTexts makes room for n texts. Where the other terms of the texts have no part in a
// score, only those of the query are counted: a text may have millions of others.
func newTexts(w Weighting, query []string, n int) *texts {
	c := &texts{counts: make([]map[string]*int, 0, n), dfs: map[string]int{}}
	if w.everyTerm() {
		return c
	}
	c.only = make(map[string]bool, len(query))
	for _, term := range query {
		c.only[term] = true
	}
	return c
}

// pause is how many tokens or terms are counted between two looks at the context.
const pause = 4096

// add counts the tokens of a text.
func (c *texts) add(ctx context.Context, tokens iter.Seq[analysis.Token]) error {
	counts, length, seen := map[string]*int{}, 0, 0
	for t := range tokens {
		if seen++; seen%pause == 0 && ctx.Err() != nil {
			break
		}
		if t.Aside == 0 {
			length++
		}
		if n := counts[string(t.Term)]; n != nil {
			*n++
		} else if c.only == nil || c.only[string(t.Term)] {
			c.first(string(t.Term), counts, t.Aside == 0)
		}
	}
	c.counts = append(c.counts, counts)
	c.lengths = append(c.lengths, length)
	c.total += length
	return ctx.Err()
}

// first counts the first token of a term in a text.
func (c *texts) first(term string, counts map[string]*int, plain bool) {
	one := 1
	counts[term] = &one
	if c.dfs[term]++; c.dfs[term] == 1 && plain {
		c.order = append(c.order, term)
	}
}

func (c *texts) documents() int                   { return len(c.counts) }
func (c *texts) docFreq(term string) (int, error) { return c.dfs[term], nil }

func (c *texts) averageLength() float64 {
	return float64(c.total) / float64(max(1, len(c.counts)))
}

func (c *texts) meanIDF() (float64, error) {
	sum := 0.0
	for _, term := range c.order {
		sum += okapiIDF(c.dfs[term], len(c.counts))
	}
	return sum / float64(max(1, len(c.order))), nil
}

func (c *texts) score(w Weighting, q *query, i int) float64 {
	score := q.offset
	norm := 0.0
	for _, t := range q.terms {
		tf := c.counts[i][t.text]
		if tf == nil {
			continue
		}
		if norm == 0 {
			norm = c.norm(w, i)
		}
		score += q.weigh(w, t, float64(*tf), norm)
	}
	return score
}

func (c *texts) norm(w Weighting, i int) float64 {
	if p, ok := w.(BM25); ok {
		return p.norm(uint32(c.lengths[i]), c.averageLength())
	}
	sum := 0.0
	for _, term := range c.order {
		if tf := c.counts[i][term]; tf != nil {
			x := float64(*tf) * TFIDF{}.idf(c.dfs[term], len(c.counts))
			sum += x * x
		}
	}
	return vectorLength(sum)
}

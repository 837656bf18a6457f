package lexical

import (
	"context"
	"fmt"
	"math/bits"
	"sync"
	"time"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/index"
)

// Retriever searches the documents of an index snapshot: exhaustively, so its
// top K is exact. It is safe for concurrent use until the snapshot is closed.
//
// Documents that hold no term of the query are not found. Equal scores are
// ordered by ID, which does not depend on how the index came to be.
type Retriever struct {
	snapshot  *index.Snapshot
	weighting Weighting
	pool      sync.Pool // of *accumulator

	once  sync.Once
	norms [][]float64 // per segment and document
	err   error       // of computing norms

	meanOnce sync.Once
	mean     float64
	meanErr  error
}

// NewRetriever makes a retriever. It is an error if the weighting's parameters
// are out of range.
func NewRetriever(s *index.Snapshot, w Weighting) (*Retriever, error) {
	if err := w.check(); err != nil {
		return nil, err
	}
	r := &Retriever{snapshot: s, weighting: w}
	r.pool.New = func() any { return new(accumulator) }
	return r, nil
}

// Retrieve finds the best s.Limit() documents.
func (r *Retriever) Retrieve(ctx context.Context, s rerank.Search) (result rerank.Result, err error) {
	start := time.Now()
	defer r.snapshot.Guard(&err)()
	if err != nil {
		return rerank.Result{}, fmt.Errorf("lexical: %w", err)
	}
	q, err := read(ctx, r.weighting, r, r.snapshot.Analyzer(), s.Query.Text)
	if err != nil {
		return rerank.Result{}, fmt.Errorf("lexical: %w", err)
	}
	if r.once.Do(r.computeNorms); r.err != nil {
		return rerank.Result{}, fmt.Errorf("lexical: %w", r.err)
	}
	best := collector{k: s.Limit(), filter: s.Filter, idsOnly: s.IDsOnly, snapshot: r.snapshot, cursor: r.snapshot.Cursor()}
	for i, g := range r.snapshot.Segments() {
		if err := r.search(ctx, s, i, g, &q, &best); err != nil {
			return rerank.Result{}, err
		}
	}
	hits, err := best.hits(r.weighting)
	if err != nil {
		return rerank.Result{}, fmt.Errorf("lexical: %w", err)
	}
	warnings, err := r.snapshot.FilterWarnings(s.Filter)
	if err != nil {
		return rerank.Result{}, fmt.Errorf("lexical: %w", err)
	}
	return rerank.Result{
		Hits: hits,
		Stages: []rerank.StageReport{{
			Stage: r.weighting.stage(), Candidates: best.matched, Scored: best.matched, Elapsed: time.Since(start),
			Warnings: append(warnings, q.warnings()...), Partial: best.cut,
		}},
	}, nil
}

// search scores the documents of one segment, term by term. Where its time is up and
// that is no error, the terms that are left count for nothing.
func (r *Retriever) search(ctx context.Context, s rerank.Search, number int, g *index.Segment, q *query, best *collector) error {
	acc := r.pool.Get().(*accumulator)
	defer r.pool.Put(acc)
	acc.grow(g.Len())
	defer acc.clear()
	for _, t := range q.terms {
		if s.Enough(ctx) {
			best.cut = true
			break
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		postings, err := g.Postings(t.text)
		if err != nil {
			return fmt.Errorf("lexical: %w", err)
		}
		if postings == nil {
			continue
		}
		r.accumulate(acc, postings, q, t, r.norms[number])
		if err := postings.Err(); err != nil {
			return fmt.Errorf("lexical: %w", err)
		}
	}
	return acc.each(func(doc uint32, score float64) error {
		if g.HasDeletions() && g.Deleted(doc) {
			return nil
		}
		best.matched++
		if score += q.offset; !best.wants(score) {
			return nil
		}
		return best.offer(g.Base()+doc, score)
	})
}

// accumulate adds what one term gives to each document that holds it.
func (r *Retriever) accumulate(acc *accumulator, postings *index.Postings, q *query, t queryTerm, norms []float64) {
	p, isBM25 := r.weighting.(BM25)
	if isBM25 && (p.Variant == Lucene || p.Variant == Robertson) {
		weight, k1 := t.count*t.idf, p.K1
		for docs, freqs := postings.NextBlock(); docs != nil; docs, freqs = postings.NextBlock() {
			for i, doc := range docs {
				tf := float64(freqs[i])
				acc.add(doc, weight*(tf/(k1*norms[doc]+tf)))
			}
		}
		return
	}
	for docs, freqs := postings.NextBlock(); docs != nil; docs, freqs = postings.NextBlock() {
		for i, doc := range docs {
			acc.add(doc, q.weigh(r.weighting, t, float64(freqs[i]), norms[doc]))
		}
	}
}

// computeNorms computes for each document what weigh takes as norm.
func (r *Retriever) computeNorms() {
	defer r.snapshot.Guard(&r.err)()
	if r.err != nil {
		return
	}
	p, isBM25 := r.weighting.(BM25)
	average := r.averageLength()
	for _, g := range r.snapshot.Segments() {
		norms := make([]float64, g.Len())
		if isBM25 {
			for doc, length := range g.Lengths() {
				norms[doc] = p.norm(length, average)
			}
		} else if r.err = r.addSquares(norms, g); r.err != nil {
			return
		}
		r.norms = append(r.norms, norms)
	}
}

// addSquares computes the length of each document's TF-IDF vector.
func (r *Retriever) addSquares(norms []float64, g *index.Segment) error {
	terms, failed := g.Terms()
	for term := range terms {
		df, err := r.docFreq(term)
		if err != nil {
			return err
		}
		idf := TFIDF{}.idf(df, r.documents())
		postings, err := g.Postings(term)
		if err != nil {
			return err
		}
		for docs, freqs := postings.NextBlock(); docs != nil; docs, freqs = postings.NextBlock() {
			for i, doc := range docs {
				x := float64(freqs[i]) * idf
				norms[doc] += x * x
			}
		}
		if err := postings.Err(); err != nil {
			return err
		}
	}
	for doc := range norms {
		norms[doc] = vectorLength(norms[doc])
	}
	return failed()
}

func (r *Retriever) documents() int                   { return r.snapshot.Len() }
func (r *Retriever) docFreq(term string) (int, error) { return r.snapshot.DocFreq(term) }

func (r *Retriever) averageLength() float64 {
	return float64(r.snapshot.TotalLength()) / float64(max(1, r.snapshot.Len()))
}

// meanIDF is rank_bm25's average idf over all terms of live documents.
func (r *Retriever) meanIDF() (float64, error) {
	r.meanOnce.Do(func() { r.mean, r.meanErr = r.computeMeanIDF() })
	return r.mean, r.meanErr
}

func (r *Retriever) computeMeanIDF() (mean float64, err error) {
	defer r.snapshot.Guard(&err)()
	if err != nil {
		return 0, err
	}
	seen := map[string]struct{}{}
	sum, n := 0.0, 0
	for _, g := range r.snapshot.Segments() {
		terms, failed := g.Terms()
		for term := range terms {
			if _, twice := seen[term]; twice {
				continue
			}
			seen[term] = struct{}{}
			df, err := r.docFreq(term)
			if err != nil {
				return 0, err
			}
			if df > 0 {
				sum += okapiIDF(df, r.documents())
				n++
			}
		}
		if err := failed(); err != nil {
			return 0, err
		}
	}
	return sum / float64(max(1, n)), nil
}

// accumulator holds a score for each document of a segment and which of them
// have one. All is zero between uses.
type accumulator struct {
	scores []float64
	held   []uint64 // a bit for each document
}

func (a *accumulator) grow(n int) {
	if len(a.scores) < n {
		a.scores = make([]float64, n)
		a.held = make([]uint64, (n+63)/64)
	}
}

func (a *accumulator) add(doc uint32, x float64) {
	a.scores[doc] += x
	a.held[doc/64] |= 1 << (doc % 64)
}

// each calls f for the documents that have a score, in order.
func (a *accumulator) each(f func(doc uint32, score float64) error) error {
	for w, word := range a.held {
		for ; word != 0; word &= word - 1 {
			doc := uint32(w*64 + bits.TrailingZeros64(word))
			if err := f(doc, a.scores[doc]); err != nil {
				return err
			}
		}
	}
	return nil
}

// clear zeroes what was written.
func (a *accumulator) clear() {
	for w, word := range a.held {
		for ; word != 0; word &= word - 1 {
			a.scores[w*64+bits.TrailingZeros64(word)] = 0
		}
		a.held[w] = 0
	}
}

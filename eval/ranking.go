package eval

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"math"
	"slices"
	"strings"
)

// Grades of ranked documents that nobody judged.
const (
	absent = -1 // not in the judgments
	pooled = -2 // in the judgments with a negative grade
)

// plan is what all workers share, read-only.
type plan struct {
	measures []Measure
	options  Options   // Level at least 1
	log2     []float64 // log2[i] is the discount of the 0-based rank i: log2(i+2)
	seed     maphash.Seed
	expGain  bool // a measure needs exponential gains
	maxGrade int  // the highest grade that the measures allow
	limiting Measure
	views    []view
}

// view is what some of the measures look at: relevance by a level, and all
// documents or the judged ones.
type view struct {
	level      int
	judgedOnly bool
	measures   []int // numbers of those that look so
}

func newPlan(measures []Measure, longest int, o Options) *plan {
	p := &plan{measures: measures, options: o, seed: maphash.MakeSeed(), maxGrade: math.MaxInt}
	for i, m := range measures {
		p.see(i, cmp.Or(int(m.level), o.Level), o.JudgedOnly || m.judgedOnly)
	}
	for _, m := range measures {
		p.expGain = p.expGain || m.kind == ndcgExp
		if limit := m.maxGrade(); limit < p.maxGrade {
			p.maxGrade, p.limiting = limit, m
		}
	}
	p.log2 = make([]float64, longest)
	for i := range p.log2 {
		p.log2[i] = math.Log2(float64(i + 2))
	}
	return p
}

// see adds a measure to the view it needs.
func (p *plan) see(measure, level int, judgedOnly bool) {
	at := slices.IndexFunc(p.views, func(v view) bool { return v.level == level && v.judgedOnly == judgedOnly })
	if at < 0 {
		at = len(p.views)
		p.views = append(p.views, view{level: level, judgedOnly: judgedOnly})
	}
	p.views[at].measures = append(p.views[at].measures, measure)
}

// ranking is a query's documents in rank order, reduced to what the measures
// ask. Ranks count from 0.
type ranking struct {
	grades    []int   // of each document, below 0: unjudged
	relevant  []int32 // ranks of the relevant documents
	gaining   []int32 // ranks of the documents with a grade above 0
	unjudged  int     // documents without a judgment
	judgedRel int     // relevant documents among the judgments
	judgedNon int     // not relevant documents among the judgments
	positive  []int   // grades above 0 among the judgments, descending
	topGrade  int     // the highest grade among the judgments, at least 0

	// Sums over the first i of their kind; element 0 is 0.
	precisions []float64 // precision at the relevant documents
	dcg, ideal cumulated // over gaining, over positive
}

// cumulated is discounted cumulative gain with both gain functions.
type cumulated struct{ linear, exp []float64 }

// worker evaluates one query after another in buffers of its own.
type worker struct {
	*plan
	ranking
	order []position
	seen  []uint64
}

// position is a document of a run while it is sorted.
type position struct {
	score float64
	index int32
}

// evaluate sets row to the measures of one query.
func (w *worker) evaluate(query string, judged map[string]int, hits []Scored, row []float64) error {
	if len(hits) > math.MaxInt32 {
		return fmt.Errorf("eval: query %q: %d documents are too many", query, len(hits))
	}
	if err := w.sort(query, hits); err != nil {
		return err
	}
	if err := w.findDuplicate(query, hits); err != nil {
		return err
	}
	w.cut(query, hits)
	for _, v := range w.views {
		if err := w.judge(query, judged, v.level); err != nil {
			return err
		}
		w.rank(judged, hits, v)
		w.cumulate()
		for _, j := range v.measures {
			row[j] = w.measures[j].value(w)
		}
	}
	return nil
}

// judge takes in the judgments.
func (w *worker) judge(query string, judged map[string]int, level int) error {
	w.judgedRel, w.judgedNon, w.topGrade, w.positive = 0, 0, 0, w.positive[:0]
	for _, grade := range judged {
		switch {
		case grade >= level:
			w.judgedRel++
		case grade >= 0:
			w.judgedNon++
		}
		if grade > 0 {
			w.positive = append(w.positive, grade)
		}
	}
	slices.SortFunc(w.positive, func(a, b int) int { return cmp.Compare(b, a) })
	if len(w.positive) > 0 {
		w.topGrade = w.positive[0]
	}
	if w.topGrade > w.maxGrade {
		return tooHigh(query, judged, w.limiting)
	}
	return nil
}

func tooHigh(query string, judged map[string]int, m Measure) error {
	var worst string
	for doc, grade := range judged {
		if grade > m.maxGrade() && (worst == "" || doc < worst) {
			worst = doc
		}
	}
	return fmt.Errorf("eval: query %q, document %q: grade %d is above the highest that %v allows, %d",
		query, worst, judged[worst], m, m.maxGrade())
}

// sort sets order to trec_eval's order of the documents.
func (w *worker) sort(query string, hits []Scored) error {
	w.order = slices.Grow(w.order[:0], len(hits))[:len(hits)]
	sorted := true
	for i, hit := range hits {
		score := hit.Score
		if w.options.TrecEval9 {
			score = float64(float32(score))
		}
		if math.IsNaN(score) {
			return fmt.Errorf("eval: query %q, document %q: the score is not a number", query, hit.Document)
		}
		w.order[i] = position{score, int32(i)}
		if i > 0 && sorted {
			previous := w.order[i-1].score
			sorted = previous > score || previous == score && hits[i-1].Document > hit.Document
		}
	}
	if sorted {
		return nil
	}
	slices.SortFunc(w.order, func(a, b position) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return strings.Compare(hits[b.index].Document, hits[a.index].Document)
	})
	return nil
}

// findDuplicate looks for a document that hits holds twice, in an open hash
// table of 32 bits of hash and 32 of the document's number plus one.
func (w *worker) findDuplicate(query string, hits []Scored) error {
	size := 1
	for size < 2*len(hits) {
		size *= 2
	}
	w.seen = slices.Grow(w.seen[:0], size)[:size]
	clear(w.seen)
	mask := uint64(size - 1)
	for i := range hits {
		hash := maphash.String(w.seed, hits[i].Document)
		entry := hash&^math.MaxUint32 | uint64(i+1)
		slot := hash & mask
		for ; w.seen[slot] != 0; slot = (slot + 1) & mask {
			if other := w.seen[slot]; other>>32 == entry>>32 && hits[other&math.MaxUint32-1].Document == hits[i].Document {
				return DuplicateError{query, hits[i].Document}
			}
		}
		w.seen[slot] = entry
	}
	return nil
}

// cut drops from order what the options leave out.
func (w *worker) cut(query string, hits []Scored) {
	if w.options.NoSelf {
		w.order = slices.DeleteFunc(w.order, func(at position) bool { return hits[at.index].Document == query })
	}
	if limit := w.options.MaxDocs; limit > 0 && limit < len(w.order) {
		w.order = w.order[:limit]
	}
}

// rank sets grades and the ranks of what counts.
func (w *worker) rank(judged map[string]int, hits []Scored, v view) {
	w.grades, w.relevant, w.gaining, w.unjudged = w.grades[:0], w.relevant[:0], w.gaining[:0], 0
	for _, at := range w.order {
		grade, found := judged[hits[at.index].Document]
		switch {
		case !found:
			grade = absent
		case grade < 0:
			grade = pooled
		}
		if grade < 0 {
			if v.judgedOnly {
				continue
			}
			w.unjudged++
		}
		if grade > 0 {
			w.gaining = append(w.gaining, int32(len(w.grades)))
			if grade >= v.level {
				w.relevant = append(w.relevant, int32(len(w.grades)))
			}
		}
		w.grades = append(w.grades, grade)
	}
}

// cumulate computes the running sums that measures share.
func (w *worker) cumulate() {
	w.precisions = append(w.precisions[:0], 0)
	sum := 0.0
	for i, rank := range w.relevant {
		sum += float64(i+1) / float64(rank+1)
		w.precisions = append(w.precisions, sum)
	}
	w.dcg.reset()
	for _, rank := range w.gaining {
		w.dcg.add(w.grades[rank], w.log2[rank], w.expGain)
	}
	w.ideal.reset()
	for rank, grade := range w.positive {
		w.ideal.add(grade, w.log2[rank], w.expGain)
	}
}

func (c *cumulated) reset() {
	c.linear, c.exp = append(c.linear[:0], 0), append(c.exp[:0], 0)
}

func (c *cumulated) add(grade int, discount float64, exp bool) {
	c.linear = append(c.linear, c.linear[len(c.linear)-1]+float64(grade)/discount)
	if exp {
		c.exp = append(c.exp, c.exp[len(c.exp)-1]+(math.Ldexp(1, grade)-1)/discount)
	}
}

package eval

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/flashrerank/rerank/internal/count"
)

// Qrels are relevance judgments: for each query, the grade of each judged
// document. Higher grades are more relevant, and 0 is not relevant; a negative grade
// marks a document that was pooled but not judged.
type Qrels map[string]map[string]int

// Scored is a document of a run with its score; higher is better.
type Scored struct {
	Document string
	Score    float64
}

// Run holds a system's documents for each query, in any order: [Evaluate] sorts
// them by score and document ID, as trec_eval does. A query with an empty list is one
// for which the system found nothing; it counts as 0.
type Run map[string][]Scored

// Options change which documents and queries count. The zero value is
// trec_eval's default.
type Options struct {
	// Level is the lowest grade that binary measures count as relevant
	// (trec_eval -l). 0 means 1.
	Level int
	// Complete evaluates all judged queries, with no results for those that the
	// run lacks (trec_eval -c). As in trec_eval, the summary of num_rel then
	// counts the grades above 0, whatever Level is.
	Complete bool
	// MaxDocs is how many documents of each ranking are evaluated, from the top
	// (trec_eval -M). 0 means all.
	MaxDocs int
	// JudgedOnly removes the unjudged documents from each ranking, after
	// MaxDocs (trec_eval -J).
	JudgedOnly bool
	// NoSelf leaves out a document whose ID is the query's, before MaxDocs, as BEIR's
	// evaluation does: in some collections the queries are documents.
	NoSelf bool
	// TrecEval9 computes what trec_eval up to 9.0.8, and so pytrec_eval, computes
	// where trec_eval 10 differs: scores are compared as float32, and the recall
	// points of iprec_at_recall and 11pt_avg have 0.9 added and the fraction
	// dropped, instead of being rounded to the nearest.
	TrecEval9 bool
}

// Evaluation is what [Evaluate] found.
type Evaluation struct {
	Measures []Measure
	// Queries are the evaluated queries, sorted bytewise.
	Queries []string
	// Values holds a value for each query and measure, in the order of Queries
	// and Measures. For the geometric means gm_map and gm_bpref it is the
	// query's average precision or bpref, at least 0.00001.
	Values [][]float64
	// Summary holds for each measure the aggregate over Queries: the sum for
	// counts, the geometric mean for gm_map and gm_bpref, the mean for others.
	Summary []float64
	// Missing are the judged queries that the run lacks, sorted. Queries has them
	// only with [Options.Complete].
	Missing []string
	// Unjudged are the queries of the run without judgments, sorted. They are
	// never evaluated.
	Unjudged []string
}

// Column returns a measure's values in the order of Queries, and whether it was
// measured.
func (e Evaluation) Column(m Measure) ([]float64, bool) {
	at := slices.IndexFunc(e.Measures, m.Equal)
	if at < 0 {
		return nil, false
	}
	column := make([]float64, len(e.Values))
	for i, row := range e.Values {
		column[i] = row[at]
	}
	return column, true
}

// ErrNoQueries is the error of [Evaluate] when no query is both judged and in
// the run, or, with [Options.Complete], when there are no judgments at all.
var ErrNoQueries = errors.New("no query has both judgments and results")

// DuplicateError says that a run has a document twice for one query.
type DuplicateError struct{ Query, Document string }

func (e DuplicateError) Error() string {
	return fmt.Sprintf("eval: query %q: document %q is in the run twice", e.Query, e.Document)
}

// Evaluate computes the measures of a run, for each query and over all of them. It
// does not change its inputs. It uses all processors; neither their number nor the
// order of the documents affects the result.
//
// It is an error if an evaluated query has a document twice (a [DuplicateError]) or a
// score that is not a number, if a grade is above what a measure allows (see [ERR] and
// [NDCGExp]), or if a measure is the zero Measure. The error names the query and the
// document.
func Evaluate(q Qrels, r Run, measures []Measure, o Options) (Evaluation, error) {
	if o.Level < 0 || o.MaxDocs < 0 {
		return Evaluation{}, fmt.Errorf("eval: Level %d, MaxDocs %d: neither may be negative", o.Level, o.MaxDocs)
	}
	if o.Level == 0 {
		o.Level = 1
	}
	for i, m := range measures {
		if m.kind == none {
			return Evaluation{}, fmt.Errorf("eval: measure %d of %d is the zero Measure", i+1, len(measures))
		}
	}
	e := Evaluation{Measures: slices.Clone(measures)}
	e.match(q, r, o)
	if len(e.Queries) == 0 {
		return Evaluation{}, fmt.Errorf("eval: %s, %s in the run: %w", count.Of(len(q), "judged query"), count.Of(len(r), "query"), ErrNoQueries)
	}
	if err := e.fill(q, r, o); err != nil {
		return Evaluation{}, err
	}
	e.summarise(q, o)
	return e, nil
}

// match sets which queries are evaluated and which are not.
func (e *Evaluation) match(q Qrels, r Run, o Options) {
	for query := range q {
		_, found := r[query]
		if !found {
			e.Missing = append(e.Missing, query)
		}
		if found || o.Complete {
			e.Queries = append(e.Queries, query)
		}
	}
	for query := range r {
		if _, judged := q[query]; !judged {
			e.Unjudged = append(e.Unjudged, query)
		}
	}
	slices.Sort(e.Queries)
	slices.Sort(e.Missing)
	slices.Sort(e.Unjudged)
}

// fill computes Values, with the queries divided among the processors.
func (e *Evaluation) fill(q Qrels, r Run, o Options) error {
	width := len(e.Measures)
	all := make([]float64, len(e.Queries)*width)
	e.Values = make([][]float64, len(e.Queries))
	longest := 0
	for i, query := range e.Queries {
		e.Values[i] = all[i*width : (i+1)*width : (i+1)*width]
		longest = max(longest, len(q[query]), len(r[query]))
	}
	shared := newPlan(e.Measures, longest, o)
	errs := make([]error, len(e.Queries))
	var next atomic.Int64
	work := func() {
		w := worker{plan: shared}
		for {
			i := int(next.Add(1)) - 1
			if i >= len(e.Queries) {
				return
			}
			query := e.Queries[i]
			errs[i] = w.evaluate(query, q[query], r[query], e.Values[i])
		}
	}
	var group sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(e.Queries)) - 1 {
		group.Go(work)
	}
	work()
	group.Wait()
	for _, err := range errs { // the first in the order of queries
		if err != nil {
			return err
		}
	}
	return nil
}

// summarise aggregates Values in the order of the queries.
func (e *Evaluation) summarise(q Qrels, o Options) {
	e.Summary = make([]float64, len(e.Measures))
	for j, m := range e.Measures {
		sum := 0.0
		for _, row := range e.Values {
			if m.aggregate() == geometric {
				sum += math.Log(row[j])
			} else {
				sum += row[j]
			}
		}
		switch n := float64(len(e.Queries)); {
		case m.kind == numRel && m.level == 0 && o.Complete:
			e.Summary[j] = countPositive(q)
		case m.aggregate() == total:
			e.Summary[j] = sum
		case m.aggregate() == geometric:
			e.Summary[j] = math.Exp(sum / n)
		default:
			e.Summary[j] = sum / n
		}
	}
}

func countPositive(q Qrels) float64 {
	n := 0
	for _, judged := range q {
		for _, grade := range judged {
			if grade > 0 {
				n++
			}
		}
	}
	return float64(n)
}

package experiment

import (
	"errors"
	"fmt"
	"slices"

	"github.com/flashrerank/rerank/eval"
	"github.com/flashrerank/rerank/eval/significance"
)

// NamedRun is what some system found, from a file for example.
type NamedRun struct {
	Name string
	Run  eval.Run
}

// Runs reports on finished runs as [Run] does on systems, without what only a
// search can tell. A query counts if it has judgments and at least one run has
// it, or with o.Complete if it has judgments; a run without it gets 0.
func Runs(qrels eval.Qrels, runs []NamedRun, measures []string, o eval.Options) (Report, error) {
	if len(runs) == 0 {
		return Report{}, errors.New("experiment: no run")
	}
	parsed, err := Config{Measures: measures}.measures()
	if err != nil {
		return Report{}, fmt.Errorf("experiment: %w", err)
	}
	report := Report{Measures: names(parsed), Rules: rulesOf(o)}
	kept := eval.Qrels{}
	for query, judged := range qrels {
		if !o.Complete && !slices.ContainsFunc(runs, func(r NamedRun) bool { return len(r.Run[query]) > 0 }) {
			continue
		}
		kept[query] = judged
		report.Data.Queries = append(report.Data.Queries, query)
		report.Data.Judgments += len(judged)
		for _, grade := range judged {
			if report.Rules.relevant(grade) {
				report.Data.Relevant++
			}
		}
	}
	if len(kept) == 0 {
		return Report{}, errors.New("experiment: no query of the runs has judgments")
	}
	slices.Sort(report.Data.Queries)
	for _, r := range runs {
		s := System{Name: r.Name, First: r.Name, Rerank: "none", Coverage: cover(kept, r.Run)}
		s.Coverage.QueriesWithoutJudgments = unjudged(qrels, r.Run)
		if s.PerQuery, err = values(kept, r.Run, report.Data.Queries, parsed, o); err != nil {
			return Report{}, fmt.Errorf("experiment: %s: %w", r.Name, err)
		}
		if s.Values, err = intervals(s.PerQuery, len(parsed)); err != nil {
			return Report{}, fmt.Errorf("experiment: %s: %w", r.Name, err)
		}
		report.Systems = append(report.Systems, s)
		report.Notes = append(report.Notes, s.Coverage.notes(r.Name, len(r.Run), len(kept))...)
	}
	if err := compareAll(&report); err != nil {
		return Report{}, fmt.Errorf("experiment: %w", err)
	}
	return report, nil
}

func names(measures []eval.Measure) []string {
	list := make([]string, len(measures))
	for i, m := range measures {
		list[i] = m.String()
	}
	return list
}

// values computes every measure of every query, 0 for a query for which nothing
// was found.
func values(qrels eval.Qrels, run eval.Run, queries []string, measures []eval.Measure, o eval.Options) ([][]float64, error) {
	o.Complete = true
	e, err := eval.Evaluate(qrels, run, measures, o)
	if err != nil {
		return nil, err
	}
	byQuery := make(map[string][]float64, len(e.Queries))
	for i, q := range e.Queries {
		byQuery[q] = e.Values[i]
	}
	rows := make([][]float64, len(queries))
	for i, q := range queries {
		if rows[i] = byQuery[q]; rows[i] == nil {
			rows[i] = make([]float64, len(measures))
		}
	}
	return rows, nil
}

// intervals summarises each measure over all queries.
func intervals(rows [][]float64, measures int) ([]Value, error) {
	list := make([]Value, measures)
	for m := range list {
		ci, err := significance.BootstrapMean(column(rows, m), confidence, significance.Resampling{})
		if err != nil {
			return nil, err
		}
		list[m] = Value{ci.Mean, ci.Low, ci.High}
	}
	return list, nil
}

package experiment

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"sort"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/eval"
	"github.com/flashrerank/rerank/eval/significance"
	"github.com/flashrerank/rerank/internal/count"
	"github.com/flashrerank/rerank/internal/simd"
)

const (
	confidence       = 0.95
	differingQueries = 10 // shown for each system
	differingHits    = 5  // shown for each of them
	titleLength      = 90 // in characters
	tieMargin        = 1e-9
)

func simdLevel() string { return simd.Level() }

// measures parses the names of the measures. Those that are no mean over
// queries are refused: they have no confidence interval.
func (c Config) measures() ([]eval.Measure, error) {
	names := c.Measures
	if len(names) == 0 {
		names = DefaultMeasures()
	}
	var list []eval.Measure
	for i, name := range names {
		m, err := eval.ParseMeasure(name)
		if err != nil {
			return nil, fmt.Errorf("measures[%d]: %w", i, err)
		}
		if !m.Averaged() {
			return nil, fmt.Errorf("measures[%d]: %s is no mean over queries, which an experiment compares", i, m)
		}
		if !slices.ContainsFunc(list, m.Equal) {
			list = append(list, m)
		}
	}
	return list, nil
}

// conclude computes what the report says of systems.
func (r *run) conclude(ctx context.Context, report *Report, trials []*trial) error {
	for _, t := range trials {
		s, err := t.summary()
		if err != nil {
			return fmt.Errorf("%s: %w", t.system.name, err)
		}
		report.Systems = append(report.Systems, s)
		report.Notes = append(report.Notes, t.notes()...)
	}
	if err := compareAll(report); err != nil {
		return err
	}
	for i := range trials[1:] {
		d, err := r.differences(ctx, report, trials[0], trials[i+1], i+1)
		if err != nil {
			return err
		}
		report.Differences = append(report.Differences, d)
	}
	return nil
}

// summary evaluates what a system found.
func (t *trial) summary() (System, error) {
	s := System{
		Name: t.system.name, First: t.system.first, Rerank: t.system.rerank, Depth: t.system.depth,
		Latency: latency(t.totals), PeakMemory: t.peak,
	}
	var err error
	r := t.run
	s.Coverage = cover(r.data.qrels, t.lists)
	if s.PerQuery, err = values(r.data.qrels, t.lists, r.data.ids(), r.measures, r.config.Rules.options()); err != nil {
		return s, err
	}
	t.lists = nil
	if s.Values, err = intervals(s.PerQuery, len(r.measures)); err != nil {
		return s, err
	}
	cost := 0.0
	for i, tally := range t.tallies {
		stage := tally.summary(t.stageName(i), r.config.Prices[t.pricedAs(i)])
		cost += stage.Cost
		s.Stages = append(s.Stages, stage)
	}
	s.Cost = 1000 * cost / float64(len(t.totals))
	return s, nil
}

func (t *trial) stageName(i int) string {
	if i == 0 {
		return t.system.first
	}
	name := label(t.cascade.Stages[i-1].Name)
	if recipe := t.recipes[i-1]; recipe != "" {
		name += " over " + recipe
	}
	return name
}

// pricedAs is the name of a stage in the table of prices.
func (t *trial) pricedAs(i int) string {
	if i == 0 {
		return t.system.first
	}
	return t.cascade.Stages[i-1].Name
}

func (t *tally) summary(name string, p Price) Stage {
	return Stage{
		Name: name, Model: t.model, Latency: latency(t.times),
		Given: t.given, Scored: t.scored, Tokens: t.tokens, Truncated: t.truncated, Skipped: t.skipped, Degraded: t.degraded,
		Units: t.units,
		Cost:  p.Query*float64(len(t.times)) + p.Document*float64(t.scored) + p.MTokens*float64(t.tokens)/1e6 + p.Unit*t.units,
	}
}

// notes tells what happened to a system that a reader of its figures must know.
func (t *trial) notes() []string {
	var notes []string
	for i, s := range t.tallies {
		for _, w := range slices.Sorted(maps.Keys(s.warned)) {
			notes = append(notes, fmt.Sprintf("%s: %s warned for %d of %s: %s", t.system.name, t.stageName(i), s.warned[w], count.Of(len(t.totals), "query"), w))
		}
		if s.degraded > 0 {
			notes = append(notes, fmt.Sprintf("%s: %s failed or was late for %d of %s; the previous order was kept", t.system.name, t.stageName(i), s.degraded, count.Of(len(t.totals), "query")))
		}
	}
	return notes
}

// latency summarises times in milliseconds; a percentile is the smallest time
// that so many per cent of all do not exceed.
func latency(times []float64) Latency {
	if len(times) == 0 {
		return Latency{}
	}
	sorted := slices.Sorted(slices.Values(times))
	at := func(p float64) float64 { return sorted[max(0, int(math.Ceil(p*float64(len(sorted))))-1)] }
	sum := 0.0
	for _, x := range sorted {
		sum += x
	}
	return Latency{Mean: sum / float64(len(sorted)), P50: at(0.50), P95: at(0.95), P99: at(0.99)}
}

func column(rows [][]float64, m int) []float64 {
	values := make([]float64, len(rows))
	for i, row := range rows {
		values[i] = row[m]
	}
	return values
}

// compareAll sets every system against the first by every measure.
func compareAll(report *Report) error {
	for m := range report.Measures {
		if err := compare(report, m); err != nil {
			return err
		}
	}
	sortComparisons(report)
	return nil
}

// compare sets every system against the first by one measure.
func compare(report *Report, m int) error {
	baseline := report.Systems[0]
	b := column(baseline.PerQuery, m)
	var list []Comparison
	var ps []float64
	for _, s := range report.Systems[1:] {
		c, err := comparison(column(s.PerQuery, m), b)
		if err != nil {
			return fmt.Errorf("comparing %s with %s: %w", s.Name, baseline.Name, err)
		}
		c.System, c.Baseline, c.Measure = s.Name, baseline.Name, report.Measures[m]
		list, ps = append(list, c), append(ps, c.P)
	}
	if len(list) == 0 {
		return nil
	}
	adjusted, err := significance.Holm(ps)
	if err != nil {
		return err
	}
	for i := range list {
		list[i].Adjusted = adjusted[i]
	}
	report.Comparisons = append(report.Comparisons, list...)
	return nil
}

func comparison(a, b []float64) (Comparison, error) {
	ci, err := significance.Bootstrap(a, b, confidence, significance.Resampling{})
	if err != nil {
		return Comparison{}, err
	}
	flip, err := significance.Randomization(a, b, significance.Resampling{})
	if err != nil {
		return Comparison{}, err
	}
	t, err := significance.PairedT(a, b)
	if err != nil {
		return Comparison{}, err
	}
	w, err := significance.Wilcoxon(a, b)
	if err != nil {
		return Comparison{}, err
	}
	n, err := significance.WinTieLoss(a, b, tieMargin)
	return Comparison{
		Diff: ci.Mean, Low: ci.Low, High: ci.High, P: flip.P, PT: t.P, PW: w.P,
		Wins: n.Wins, Ties: n.Ties, Losses: n.Losses,
	}, err
}

// sortComparisons puts those of one system together.
func sortComparisons(report *Report) {
	place := map[string]int{}
	for i, s := range report.Systems {
		place[s.Name] = i
	}
	sort.SliceStable(report.Comparisons, func(i, j int) bool {
		return place[report.Comparisons[i].System] < place[report.Comparisons[j].System]
	})
}

// differences shows the queries on which system i differs most from the first.
func (r *run) differences(ctx context.Context, report *Report, baseline, t *trial, i int) (Difference, error) {
	a, b := column(report.Systems[i].PerQuery, 0), column(report.Systems[0].PerQuery, 0)
	order := make([]int, len(a))
	for q := range order {
		order[q] = q
	}
	gap := func(q int) float64 { return math.Abs(a[q] - b[q]) }
	sort.SliceStable(order, func(x, y int) bool { return gap(order[x]) > gap(order[y]) })
	d := Difference{System: t.system.name, Baseline: baseline.system.name, Queries: []QueryDifference{}}
	for _, q := range order[:min(differingQueries, len(order))] {
		if gap(q) <= tieMargin {
			break
		}
		query := r.data.queries[q]
		one := QueryDifference{ID: query.ID, Text: query.Text}
		var err error
		if one.System, err = t.side(ctx, query, a[q]); err != nil {
			return d, err
		}
		if one.Baseline, err = baseline.side(ctx, query, b[q]); err != nil {
			return d, err
		}
		d.Queries = append(d.Queries, one)
	}
	return d, nil
}

// side is the best that a system found for a query.
func (t *trial) side(ctx context.Context, q rerank.Query, value float64) (Side, error) {
	result, err := t.search(ctx, q)
	if err != nil {
		return Side{}, fmt.Errorf("query %q: %w", q.ID, err)
	}
	s := Side{Value: value, Hits: []Hit{}}
	for _, h := range result.Hits[:min(differingHits, len(result.Hits))] {
		hit := Hit{ID: h.Document.ID}
		if hit.Title, err = t.run.title(h.Document); err != nil {
			return s, err
		}
		if grade, judged := t.run.data.qrels[q.ID][h.Document.ID]; judged {
			hit.Grade = &grade
		}
		s.Hits = append(s.Hits, hit)
	}
	return s, nil
}

// title returns what stands for a document in a list.
func (r *run) title(d rerank.Document) (string, error) {
	if d.Title == "" && d.Text == "" {
		number, found, err := r.corpus.snapshot.Find(d.ID)
		if err == nil && found {
			d, err = r.corpus.snapshot.Document(number)
		}
		if err != nil {
			return "", fmt.Errorf("document %q: %w", d.ID, err)
		}
	}
	text := []rune(d.Title)
	if len(text) == 0 {
		text = []rune(d.Text)
	}
	if len(text) > titleLength {
		return string(text[:titleLength-1]) + "…", nil
	}
	return string(text), nil
}

// Package report renders what an experiment found: as a table for a terminal,
// Markdown, CSV, plots, and a page of HTML that needs nothing else.
//
// Figures are written in one way everywhere: measures, their differences and p
// values with four decimals (p values below 0.0001 with two significant digits), times in milliseconds with three, counts in whole
// numbers without separators, costs and billed units with six significant
// digits.
package report

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/flashrerank/rerank/experiment"
	"github.com/flashrerank/rerank/internal/count"
)

func measure(x float64) string { return strconv.FormatFloat(x, 'f', 4, 64) }
func signed(x float64) string {
	if x > 0 {
		return "+" + measure(x)
	}
	return measure(x)
}

// chance is a p value; a small one keeps its size.
func chance(p float64) string {
	if p > 0 && p < 0.0001 {
		return strconv.FormatFloat(p, 'e', 1, 64)
	}
	return measure(p)
}

func milliseconds(x float64) string { return strconv.FormatFloat(x, 'f', 3, 64) }
func amount(x float64) string       { return strconv.FormatFloat(x, 'g', 6, 64) }

// OnFront tells for each system whether it is on the Pareto front of quality,
// the mean of the main measure, against the median latency: no other system is
// better in one and at least as good in the other. Without latencies, as of
// finished runs, none is.
func OnFront(r experiment.Report) []bool {
	front := make([]bool, len(r.Systems))
	for i, s := range r.Systems {
		front[i] = s.Latency.P50 > 0 && len(s.Values) > 0 && !slices.ContainsFunc(r.Systems, func(other experiment.System) bool {
			return dominates(other, s)
		})
	}
	return front
}

func dominates(a, b experiment.System) bool {
	if a.Latency.P50 <= 0 || len(a.Values) == 0 {
		return false
	}
	better := a.Values[0].Mean > b.Values[0].Mean || a.Latency.P50 < b.Latency.P50
	return better && a.Values[0].Mean >= b.Values[0].Mean && a.Latency.P50 <= b.Latency.P50
}

// searched tells whether the systems were run, rather than read.
func searched(r experiment.Report) bool {
	return slices.ContainsFunc(r.Systems, func(s experiment.System) bool { return s.Latency.P50 > 0 })
}

// priced tells whether anything costs money.
func priced(r experiment.Report) bool {
	return slices.ContainsFunc(r.Systems, func(s experiment.System) bool { return s.Cost > 0 })
}

// megabytes is a number of bytes for a reader.
func megabytes(n int64) string { return strconv.FormatFloat(float64(n)/1e6, 'f', 1, 64) }

// tokens is how many a system computed for a query on average.
func tokens(s experiment.System, queries int) float64 {
	sum := 0
	for _, stage := range s.Stages {
		sum += stage.Tokens
	}
	return float64(sum) / math.Max(1, float64(queries))
}

// headline says what was evaluated, on one line.
func headline(r experiment.Report) string {
	d := r.Data
	var parts []string
	if d.Name != "" {
		parts = append(parts, d.Name)
	}
	if d.Documents > 0 {
		parts = append(parts, count.Of(d.Documents, "document"))
	}
	parts = append(parts, count.Of(len(d.Queries), "query"), fmt.Sprintf("%s, %s relevant", count.Of(d.Judgments, "judgment"), count.Thousands(d.Relevant)))
	if d.Analyzer != "" {
		parts = append(parts, "analyzer "+d.Analyzer)
	}
	if d.Vectors != "" {
		parts = append(parts, "vectors "+d.Vectors)
	}
	if rules := r.Rules.String(); rules != "" {
		parts = append(parts, rules)
	}
	return strings.Join(parts, ", ")
}

// setting says where it ran, "" if that is not known.
func setting(r experiment.Report) string {
	e := r.Environment
	if e.Go == "" {
		return ""
	}
	return fmt.Sprintf("%s, %s/%s, %s, kernels %s", e.Go, e.OS, e.Arch, count.Of(e.CPUs, "CPU"), e.SIMD)
}

// table is rows of cells under a head. Numbers are set to the right.
type table struct {
	head  []string
	left  int // how many columns, from the first, hold text
	cells [][]string
}

// interval is the head of a column of confidence intervals.
const interval = "95 % CI"

// number is the head of a column of systems' numbers.
const number = "#"

// numbered puts the numbers of the systems, by which plots call them, before
// the rows.
func numbered(t table) table {
	n := table{head: append([]string{number}, t.head...), left: t.left + 1}
	for i, row := range t.cells {
		n.add(append([]string{strconv.Itoa(i + 1)}, row...)...)
		if name, marked := strings.CutSuffix(row[0], " *"); marked {
			n.cells[i][1] = name + "\u00a0*" // the mark stays on the name's line
		}
	}
	return n
}

func (t *table) add(cells ...string) { t.cells = append(t.cells, cells) }

// summary has a row for every system.
func summary(r experiment.Report) table {
	t := table{head: []string{"system"}, left: 1}
	for _, m := range r.Measures {
		t.head = append(t.head, m, interval)
	}
	timed, costly := searched(r), priced(r)
	if timed {
		t.head = append(t.head, "p50 ms", "p95 ms", "p99 ms", "tokens/query", "peak MB")
	}
	if costly {
		t.head = append(t.head, "cost/1000 queries")
	}
	front := OnFront(r)
	for i, s := range r.Systems {
		row := []string{s.Name}
		if front[i] {
			row[0] += " *"
		}
		for _, v := range s.Values {
			row = append(row, measure(v.Mean), measure(v.Low)+"–"+measure(v.High))
		}
		if timed {
			row = append(row, milliseconds(s.Latency.P50), milliseconds(s.Latency.P95), milliseconds(s.Latency.P99), amount(tokens(s, len(r.Data.Queries))), megabytes(s.PeakMemory))
		}
		if costly {
			row = append(row, amount(s.Cost))
		}
		t.add(row...)
	}
	return t
}

// comparisons has a row for every system and measure.
func comparisons(r experiment.Report) table {
	t := table{head: []string{"system", "measure", "difference", interval, "p", "p (Holm)", "p (t)", "p (Wilcoxon)", "wins", "ties", "losses"}, left: 2}
	for _, c := range r.Comparisons {
		t.add(c.System, c.Measure, signed(c.Diff), measure(c.Low)+" to "+measure(c.High),
			chance(c.P), chance(c.Adjusted), chance(c.PT), chance(c.PW),
			strconv.Itoa(c.Wins), strconv.Itoa(c.Ties), strconv.Itoa(c.Losses))
	}
	return t
}

// stages has a row for every stage of every system.
func stages(r experiment.Report) table {
	t := table{head: []string{"system", "stage", "model", "mean ms", "p50 ms", "p95 ms", "p99 ms", "candidates", "scored", "tokens", "truncated", "skipped", "degraded", "billed units", "cost"}, left: 3}
	for _, s := range r.Systems {
		for _, g := range s.Stages {
			t.add(s.Name, g.Name, g.Model,
				milliseconds(g.Latency.Mean), milliseconds(g.Latency.P50), milliseconds(g.Latency.P95), milliseconds(g.Latency.P99),
				strconv.Itoa(g.Given), strconv.Itoa(g.Scored), strconv.Itoa(g.Tokens), strconv.Itoa(g.Truncated), strconv.Itoa(g.Skipped), strconv.Itoa(g.Degraded),
				amount(g.Units), amount(g.Cost))
		}
	}
	return t
}

// queries has a row for every query and system.
func queries(r experiment.Report) table {
	t := table{head: append([]string{"query", "system"}, r.Measures...), left: 2}
	for i, query := range r.Data.Queries {
		if text := r.Data.Text(i); text != "" {
			query += ": " + clip(text, longestText)
		}
		for _, s := range r.Systems {
			row := []string{query, s.Name}
			for _, x := range s.PerQuery[i] {
				row = append(row, measure(x))
			}
			t.add(row...)
		}
	}
	return t
}

const longestText = 60 // of a query in a table of text, in characters

// clip shortens a text to a number of characters.
func clip(text string, limit int) string {
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit-1]) + "…"
	}
	return text
}

// remarks are what a reader should know beside the figures.
func remarks(r experiment.Report) []string {
	var list []string
	if slices.Contains(OnFront(r), true) {
		list = append(list, "* on the Pareto front: no other system is better by "+r.Measures[0]+" and at least as fast, or faster and at least as good")
	}
	if len(r.Comparisons) > 0 {
		list = append(list, "differences are against "+r.Systems[0].Name+"; p is of the paired randomisation test, two-sided, and p (Holm) after correction for all systems compared by the measure")
	}
	list = append(list, r.Notes...)
	for _, u := range r.Unavailable {
		list = append(list, u.Name+" is not available: "+u.Why)
	}
	return list
}

// writer remembers the first error, so that it is looked at once.
type writer struct {
	w   io.Writer
	err error
}

func (w *writer) printf(format string, args ...any) {
	if w.err == nil {
		_, w.err = fmt.Fprintf(w.w, format, args...)
	}
}

func (w *writer) done(what string) error {
	if w.err != nil {
		return fmt.Errorf("report: %s: %w", what, w.err)
	}
	return nil
}

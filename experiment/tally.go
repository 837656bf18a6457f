package experiment

import (
	"slices"

	"github.com/flashrerank/rerank"
)

// tally counts what one stage did.
type tally struct {
	model                                               string
	given, scored, tokens, truncated, skipped, degraded int
	units                                               float64
	times                                               []float64      // milliseconds
	warned                                              map[string]int // queries, by the warning
}

// count takes stock of one query.
func (t *trial) count(query string, result rerank.Result) {
	total := 0.0
	for i, o := range t.outputs {
		e, ok := o.find(query)
		if !ok { // the stage failed or was late, and its cascade went on without it
			e = given(result.Stages)
		}
		ms := float64(e.elapsed.Nanoseconds()) / 1e6
		t.tallies[i].add(e.stages, ms)
		total += ms
	}
	t.totals = append(t.totals, total)
}

// warnings are those of the reports of one query, each once.
func warnings(stages []rerank.StageReport) []string {
	var list []string
	for _, s := range stages {
		list = append(list, s.Warnings...)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// given returns the reports of stages that gave up.
func given(stages []rerank.StageReport) entry {
	var e entry
	for _, s := range stages {
		if s.Degraded != "" {
			e.stages = append(e.stages, s)
			e.elapsed += s.Elapsed
		}
	}
	return e
}

// add counts the reports of one query. A stage of several parts has a report
// for each, and its own comes last.
func (t *tally) add(stages []rerank.StageReport, ms float64) {
	t.times = append(t.times, ms)
	for _, w := range warnings(stages) {
		if t.warned == nil {
			t.warned = map[string]int{}
		}
		t.warned[w]++
	}
	for i, s := range stages {
		t.tokens += s.Tokens
		t.truncated += s.Truncated
		t.skipped += s.Skipped
		t.units += s.BilledUnits
		if t.model == "" {
			t.model = s.Model
		}
		if i == len(stages)-1 {
			t.given += s.Candidates
			t.scored += s.Scored
			if s.Degraded != "" {
				t.degraded++
			}
		}
	}
}

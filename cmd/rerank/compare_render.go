package main

import (
	"fmt"
	"strings"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/cmd/rerank/internal/terminal"
	"github.com/flashrerank/rerank/internal/count"
)

// The columns of a comparison.
const (
	leastColumn  = 34
	betweenLists = 3
)

// renderCompared shows the lists of all methods, as many beside one another as
// there is room for.
func (a *app) renderCompared(o compared) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s in %s\n\n", a.out.Bold("“"+terminal.Clean(o.Query)+"”"), count.Of(o.Documents, "document"))
	beside := max(1, (a.out.Columns()+betweenLists)/(leastColumn+betweenLists))
	rows := (len(o.Methods) + beside - 1) / beside
	for row := range rows {
		from, to := row*len(o.Methods)/rows, (row+1)*len(o.Methods)/rows
		a.writeLists(&b, o.Methods[from:to], row == 0)
	}
	for _, u := range o.Unavailable {
		for i, line := range terminal.Wrap(u.Name+": not available: "+terminal.Clean(u.Why), a.out.Columns()-2) {
			if i > 0 {
				line = "  " + line
			}
			fmt.Fprintln(&b, a.out.Dim(line))
		}
	}
	if len(o.Methods) > 0 {
		fmt.Fprintln(&b, a.out.Dim("▲▼ places gained or lost since "+o.Methods[0].Name+"; * not among its candidates"))
	}
	return b.String()
}

// writeLists writes methods beside one another; the very first one has nothing
// to be compared with.
func (a *app) writeLists(b *strings.Builder, methods []comparedMethod, baseline bool) {
	width := (a.out.Columns()+betweenLists)/len(methods) - betweenLists
	lists := make([][]string, len(methods))
	lines := 0
	for i, m := range methods {
		lists[i] = a.comparedList(m, width, !baseline || i > 0)
		lines = max(lines, len(lists[i]))
	}
	for line := range lines {
		cells := make([]string, len(lists))
		for i, list := range lists {
			cells[i] = strings.Repeat(" ", width)
			if line < len(list) {
				cells[i] = list[line]
			}
		}
		fmt.Fprintln(b, strings.TrimRight(strings.Join(cells, " "+a.out.Dim("│")+" "), " "))
	}
	fmt.Fprintln(b)
}

// comparedList renders one method, each line exactly as wide as asked for.
func (a *app) comparedList(m comparedMethod, width int, moves bool) []string {
	lines := []string{
		a.out.Cyan(terminal.Fit(m.Name, width)),
		a.out.Dim(terminal.Fit(stageTimes(m), width)),
	}
	for _, h := range m.Hits {
		moved := ""
		switch {
		case !moves:
		case h.First == nil:
			moved = "*"
		default:
			moved = move(*h.First, h.Rank)
		}
		head := fmt.Sprintf("%2d %6s ", h.Rank, scoreOf(h.Score))
		tail := strings.Repeat(" ", max(0, 4-terminal.Width(moved)))
		name := terminal.Fit(terminal.Clean(h.ID), width-terminal.Width(head)-5)
		lines = append(lines, head+a.out.Bold(name)+" "+a.paintMove(moved)+tail)
	}
	if len(m.Hits) == 0 {
		lines = append(lines, terminal.Fit("nothing found", width))
	}
	return lines
}

// stageTimes is how long a method took, by stages where there are several, and what
// services billed for it.
func stageTimes(m comparedMethod) string {
	text := elapsed(m.Elapsed)
	if n := len(m.Stages); n > 1 {
		text += fmt.Sprintf(", of that %s %s", m.Stages[n-1].Stage, elapsed(m.Stages[n-1].Elapsed))
	}
	return text + billed(m.Stages)
}

// billed tells what services billed, nothing if they did not.
func billed(stages []rerank.StageReport) string {
	units := 0.0
	for _, s := range stages {
		units += s.BilledUnits
	}
	if units == 0 {
		return ""
	}
	return fmt.Sprintf(", %g billed", units)
}

package main

import (
	"fmt"
	"strings"

	"github.com/flashrerank/rerank/cmd/rerank/internal/terminal"
	"github.com/flashrerank/rerank/internal/count"
	"github.com/flashrerank/rerank/pipeline"
)

// sideBySide is the width from which two lists fit beside one another.
const sideBySide = 84

// renderDemo shows the outcome for a reader.
func (a *app) renderDemo(o demoRun) string {
	var b strings.Builder
	for _, q := range o.Queries {
		fmt.Fprintf(&b, "%s\n\n", a.out.Bold("“"+terminal.Clean(q.Query)+"”"))
		left, right := a.column(q.First, false), a.column(q.Reranked, true)
		heads := demoHeads(q, o)
		if a.out.Columns() < sideBySide {
			writeColumn(&b, a, heads[0], left)
			writeColumn(&b, a, heads[1], right)
			continue
		}
		left, right = append([]string{a.fit(heads[0], a.out.Cyan)}, left...), append([]string{a.fit(heads[1], a.out.Cyan)}, right...)
		for i := range max(len(left), len(right)) {
			fmt.Fprintln(&b, strings.TrimRight(a.cell(left, i)+" "+a.out.Dim("│")+" "+strings.TrimRight(a.cell(right, i), " "), " "))
		}
		fmt.Fprintln(&b)
	}
	for _, line := range terminal.Wrap(o.summary(), a.out.Columns()) {
		fmt.Fprintln(&b, a.out.Dim(line))
	}
	return b.String()
}

func writeColumn(b *strings.Builder, a *app, head string, lines []string) {
	fmt.Fprintln(b, a.out.Cyan(head))
	for _, line := range lines {
		fmt.Fprintln(b, strings.TrimRight(line, " "))
	}
	fmt.Fprintln(b)
}

// demoHeads are the headings of the two lists.
func demoHeads(q demoQuery, o demoRun) [2]string {
	name := "BM25"
	if o.First != string(pipeline.KindBM25) {
		name = o.First
	}
	last := q.Stages[len(q.Stages)-1]
	left := fmt.Sprintf("%s over %s, %s", name, count.Of(o.Corpus.Documents, "entry"), elapsed(q.firstStage(o.First).Elapsed))
	if last.Stage == o.First {
		return [2]string{left, "not re-ranked"}
	}
	return [2]string{
		left,
		fmt.Sprintf("re-ranked by %s, top %s in %s", last.Stage, count.Thousands(last.Candidates), elapsed(last.Elapsed)),
	}
}

// columnWidth is the width of one list.
func (a *app) columnWidth() int {
	if a.out.Columns() < sideBySide {
		return a.out.Columns()
	}
	return (a.out.Columns() - 3) / 2
}

func (a *app) fit(text string, paint func(string) string) string {
	return paint(terminal.Fit(text, a.columnWidth()))
}

// cell returns a line of a list, or as much empty space.
func (a *app) cell(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return strings.Repeat(" ", a.columnWidth())
}

// column renders a list, two lines a hit, each exactly as wide as the list.
func (a *app) column(hits []demoHit, moves bool) []string {
	lines := make([]string, 0, 2*len(hits))
	for _, h := range hits {
		moved := ""
		if moves {
			moved = move(h.First, h.Rank)
		}
		head := fmt.Sprintf("%2d %6s  ", h.Rank, scoreOf(h.Score))
		room := a.columnWidth() - terminal.Width(head) - 5
		name := terminal.Fit(terminal.Clean(h.ID), room)
		lines = append(lines,
			head+a.out.Bold(name)+" "+a.paintMove(moved)+strings.Repeat(" ", max(0, 4-terminal.Width(moved))),
			a.fit(strings.Repeat(" ", 3)+h.Snippet, a.out.Dim))
	}
	return lines
}

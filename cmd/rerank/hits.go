package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/cmd/rerank/internal/terminal"
	"github.com/flashrerank/rerank/internal/count"
)

// writeHit writes a hit of a search: a line with rank, score, title and how far it
// moved since the first stage, and the snippet below.
func (a *app) writeHit(b *strings.Builder, h rerank.Hit, first, snippet string) {
	moved := ""
	if found := seenBy(&h, first); h.Trace[len(h.Trace)-1].Stage != found.Stage {
		moved = move(found.Rank, h.Rank)
	}
	title, id := terminal.Clean(h.Document.Title), terminal.Clean(h.Document.ID)
	if title == "" {
		title, id = id, ""
	}
	head := fmt.Sprintf("%3d  %6s  ", h.Rank+1, score(h.Score))
	room := a.out.Columns() - terminal.Width(head) - terminal.Width(moved) - 2
	title = terminal.Truncate(title, room)
	id = terminal.Truncate(id, room-terminal.Width(title)-2)
	line := head + a.out.Bold(title)
	if id != "" {
		line += "  " + a.out.Dim(id)
	}
	fmt.Fprintln(b, strings.TrimRight(line+"  "+a.paintMove(moved), " "))
	for _, line := range firstLines(terminal.Wrap(snippet, a.out.Columns()-5), 2) {
		fmt.Fprintln(b, "     "+line)
	}
}

// firstLines returns the first n lines, the last of them marked where there
// were more.
func firstLines(lines []string, n int) []string {
	if len(lines) <= n {
		return lines
	}
	lines = lines[:n]
	lines[n-1] += "…"
	return lines
}

// move says how a rank changed: "▲3" is three places up.
func move(before, now int) string {
	switch {
	case before > now:
		return fmt.Sprintf("▲%d", before-now)
	case before < now:
		return fmt.Sprintf("▼%d", now-before)
	}
	return "="
}

func (a *app) paintMove(moved string) string {
	switch {
	case strings.HasPrefix(moved, "▲"):
		return a.out.Green(moved)
	case strings.HasPrefix(moved, "▼"):
		return a.out.Red(moved)
	}
	return a.out.Dim(moved)
}

// stageLine tells what each stage did, on one line.
func stageLine(stages []rerank.StageReport) string {
	parts := make([]string, 0, len(stages))
	for _, s := range stages {
		if s.Scored == 0 && s.Degraded == "" && len(stages) > 1 {
			continue // it used scores that were there
		}
		part := s.Stage
		if s.Model != "" && s.Model != s.Stage {
			part += " (" + s.Model + ")"
		}
		parts = append(parts, fmt.Sprintf("%s: %s scored in %s", part, count.Thousands(s.Scored), elapsed(s.Elapsed)))
	}
	return strings.Join(parts, " · ") + billed(stages)
}

// warnings tells what stages warn of, each once.
func (a *app) warnings(stages []rerank.StageReport) {
	var told []string
	tell := func(w string) {
		if !slices.Contains(told, w) {
			told = append(told, w)
			a.remark("%s", w)
		}
	}
	for _, s := range stages {
		for _, w := range s.Warnings {
			tell(w)
		}
		if s.Foreign > 0 {
			tell(fmt.Sprintf("%s of %s seem to be in a language that %s does not know", count.Thousands(s.Foreign), count.Of(s.Candidates, "text"), s.Model))
		}
	}
}

// warn tells what the stages warn of, gave up or left out.
func (a *app) warn(stages []rerank.StageReport) {
	a.warnings(stages)
	for _, s := range stages {
		name := cmp.Or(s.Stage, "a stage")
		if s.Degraded != "" {
			a.remark("%s: %s", name, s.Degraded)
		} else if s.Partial {
			a.remark("%s was stopped before it had seen everything", name)
		}
		if s.Skipped > 0 {
			a.remark("%s skipped %s", name, count.Of(s.Skipped, "hit"))
		}
		if s.Truncated > 0 {
			a.remark("%s read only the beginning of %s", name, count.Of(s.Truncated, "text"))
		}
	}
}

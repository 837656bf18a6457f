package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/flashrerank/rerank/cmd/rerank/internal/terminal"
	"github.com/flashrerank/rerank/dataset"
	"github.com/flashrerank/rerank/internal/count"
)

// mentioned is the JSON form of what a reader met in files.
type mentioned struct {
	What  string   `json:"what"`
	Count int      `json:"count"`
	Names []string `json:"names"` // of the first few
}

// addMentions adds what one source met to what others did.
func addMentions(list []mentioned, more []dataset.Mention) []mentioned {
	const maxNames = 3
	for _, m := range more {
		i := slices.IndexFunc(list, func(known mentioned) bool { return known.What == m.What })
		if i < 0 {
			i = len(list)
			list = append(list, mentioned{What: m.What})
		}
		list[i].Count += m.Count
		list[i].Names = append(list[i].Names, m.Names[:min(len(m.Names), maxNames-len(list[i].Names))]...)
	}
	return list
}

// names lists the first names, and how many there are besides.
func (m mentioned) names() string {
	var names []string
	for _, name := range m.Names {
		names = append(names, terminal.Clean(name))
	}
	return firstOf(names, m.Count)
}

// remarkLeftOut tells what was left out of folders: endings by their number,
// and by name what a reader may miss.
func (a *app) remarkLeftOut(list []mentioned) {
	const endings = 6
	var kinds []mentioned
	for _, m := range list {
		if !strings.HasPrefix(m.What, ".") && m.What != dataset.NoEnding {
			a.remark("left out, %s: %s", m.What, m.names())
			continue
		}
		kinds = append(kinds, m)
	}
	if len(kinds) == 0 {
		return
	}
	slices.SortStableFunc(kinds, func(x, y mentioned) int { return cmp.Compare(y.Count, x.Count) })
	var parts []string
	others := 0
	for i, m := range kinds {
		switch {
		case m.What == dataset.NoEnding:
			parts = append(parts, count.Thousands(m.Count)+" with no ending")
		case i < endings:
			parts = append(parts, count.Thousands(m.Count)+" "+terminal.Clean(m.What))
		default:
			others += m.Count
		}
	}
	if others > 0 {
		parts = append(parts, count.Thousands(others)+" of other kinds")
	}
	a.remark("left out, not Markdown or text: %s; a file given by its own path is read as text", strings.Join(parts, ", "))
}

// remarkIgnored tells which members of lines nothing was made of.
func (a *app) remarkIgnored(list []mentioned) {
	if len(list) == 0 {
		return
	}
	const most = 8
	var parts []string
	for _, m := range list[:min(len(list), most)] {
		parts = append(parts, fmt.Sprintf("%s in %s", terminal.Clean(m.What), count.Of(m.Count, "line")))
	}
	if more := len(list) - most; more > 0 {
		parts = append(parts, fmt.Sprintf("%s more", count.Thousands(more)))
	}
	a.remark("members left out: %s; use --text, --title and --attr to keep them", strings.Join(parts, ", "))
}

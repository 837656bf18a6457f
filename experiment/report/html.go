package report

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/flashrerank/rerank/experiment"
)

//go:embed page.html
var pageSource string

// page writes the report; it is immutable.
var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"measure": measure, "ms": milliseconds, "amount": amount, "megabytes": megabytes, "grade": grade, "mark": mark, "soft": soft,
}).Parse(pageSource))

// HTML writes one page that needs nothing else: it opens without a network, and
// forbids itself to use one. Every figure of the report's JSON form stands in
// it.
func HTML(w io.Writer, r experiment.Report) error {
	data := struct {
		experiment.Report
		Headline, Setting           string
		Front                       []bool
		Plots                       []drawing
		Summary, Compared, ByStages tableView
		Remarks                     []string
	}{
		Report: r, Headline: headline(r), Setting: setting(r), Front: OnFront(r),
		Summary: view(numbered(summary(r))), Compared: view(comparisons(r)), ByStages: view(stages(r)), Remarks: remarks(r),
	}
	for _, kind := range []Kind{Pareto, ByDepth, Differences} {
		d, err := newDrawing(r, kind)
		if errors.Is(err, ErrNothing) {
			continue
		} else if err != nil {
			return err
		}
		data.Plots = append(data.Plots, d)
	}
	if err := page.Execute(w, data); err != nil {
		return fmt.Errorf("report: HTML: %w", err)
	}
	return nil
}

// drawing is a plot for the page.
type drawing struct {
	Title string
	SVG   template.HTML
}

var drawingTitles = map[Kind]string{
	Pareto: "Quality against latency", ByDepth: "Quality by depth", Differences: "Differences by query",
}

// newDrawing draws a plot and takes off what only a file of its own needs.
func newDrawing(r experiment.Report, kind Kind) (drawing, error) {
	var b bytes.Buffer
	if err := Plot(&b, r, kind, SVG); err != nil {
		return drawing{}, err
	}
	svg := b.String()
	svg = svg[max(0, strings.Index(svg, "<svg")):]
	for _, space := range []string{` xmlns="http://www.w3.org/2000/svg"`, ` xmlns:xlink="http://www.w3.org/1999/xlink"`} {
		svg = strings.ReplaceAll(svg, space, "")
	}
	svg = strings.Replace(svg, "<svg", `<svg role="img" aria-label="`+template.HTMLEscapeString(drawingTitles[kind])+`"`, 1)
	return drawing{drawingTitles[kind], template.HTML(svg)}, nil // the plotting library escapes what it writes
}

// tableView is a table for the page.
type tableView struct {
	Head  []cell
	Rows  [][]cell
	Dense bool // it has many columns
}

// cell is a cell; an interval stands below the figure it belongs to.
type cell struct {
	Text, Below string
	Number      bool
	Class       string
}

// manyColumns is from where on a table needs smaller type.
const manyColumns = 10

// view prepares a table: its columns of intervals move below the figures before
// them.
func view(t table) tableView {
	named := slices.IndexFunc(t.head, func(head string) bool { return head != number })
	row := func(cells []string) []cell {
		var out []cell
		for i, c := range cells {
			if t.head[i] == interval && i > t.left {
				out[len(out)-1].Below = c
				continue
			}
			one := cell{Text: c, Number: i >= t.left || i < named}
			switch {
			case one.Number:
				one.Class = "n"
			case i == named:
				one.Class = "name"
			}
			out = append(out, one)
		}
		return out
	}
	v := tableView{Head: row(t.head)}
	v.Dense = len(v.Head) >= manyColumns
	for _, r := range t.cells {
		v.Rows = append(v.Rows, row(r))
	}
	return v
}

// places are where a name may go on in the next line.
var places = strings.NewReplacer(",", ",<wbr>", "_", "_<wbr>", "@", "<wbr>@", "=", "=<wbr>", "/", "/<wbr>")

// soft is text that may be broken between the words of a name.
func soft(text string) template.HTML {
	return template.HTML(places.Replace(template.HTMLEscapeString(text))) // what it adds has no place in an escape
}

// grade says how a document was judged.
func grade(g *int) string {
	switch {
	case g == nil:
		return "not judged"
	case *g > 0:
		return "grade " + strconv.Itoa(*g)
	}
	return "not relevant (" + strconv.Itoa(*g) + ")"
}

// mark is the class of a judged document.
func mark(g *int) string {
	if g != nil && *g > 0 {
		return "yes"
	}
	return "no"
}

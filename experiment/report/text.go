package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/rivo/uniseg"

	"github.com/flashrerank/rerank/experiment"
)

// Options are options of reports in text.
type Options struct {
	Columns int  // width of the terminal, for [Text]
	Queries bool // also write every query; [CSV] writes nothing else then
}

// Text writes tables for a terminal. A table that is too wide is continued
// below, with the names of its rows; no figure is cut.
func Text(w io.Writer, r experiment.Report, o Options) error {
	out, columns := &writer{w: w}, o.Columns
	out.printf("%s\n", headline(r))
	if s := setting(r); s != "" {
		out.printf("%s\n", s)
	}
	out.printf("\n")
	out.aligned(summary(r), columns)
	if len(r.Comparisons) > 0 {
		out.printf("\n")
		out.aligned(brief(r), columns)
	}
	if o.Queries {
		out.printf("\n")
		out.aligned(queries(r), columns)
	}
	if list := remarks(r); len(list) > 0 {
		out.printf("\n%s\n", strings.Join(list, "\n"))
	}
	return out.done("text")
}

// brief has a row for every system: by the main measure, without the further
// tests.
func brief(r experiment.Report) table {
	t := table{head: []string{"system", r.Measures[0], interval, "p", "p (Holm)", "wins/ties/losses"}, left: 1}
	for _, c := range r.Comparisons {
		if c.Measure == r.Measures[0] {
			t.add(c.System, signed(c.Diff), measure(c.Low)+" to "+measure(c.High), chance(c.P), chance(c.Adjusted),
				fmt.Sprintf("%d/%d/%d", c.Wins, c.Ties, c.Losses))
		}
	}
	return t
}

// aligned writes a table in columns.
func (w *writer) aligned(t table, columns int) {
	widths := make([]int, len(t.head))
	for _, row := range append([][]string{t.head}, t.cells...) {
		for i, cell := range row {
			widths[i] = max(widths[i], uniseg.StringWidth(cell))
		}
	}
	names := 0
	for _, width := range widths[:t.left] {
		names += width + 2
	}
	for from := t.left; from < len(t.head); {
		to, used := from, names
		for to < len(t.head) && (to == from || used+widths[to] <= columns) {
			used += widths[to] + 2
			to++
		}
		if from > t.left {
			w.printf("\n")
		}
		for _, row := range append([][]string{t.head}, t.cells...) {
			w.printf("%s\n", line(row, widths, t.left, from, to))
		}
		from = to
	}
}

// line is one row with its names and the columns from … to.
func line(row []string, widths []int, left, from, to int) string {
	var b strings.Builder
	for i := range left {
		b.WriteString(row[i] + strings.Repeat(" ", widths[i]-uniseg.StringWidth(row[i])+2))
	}
	for i := from; i < to; i++ {
		b.WriteString(strings.Repeat(" ", widths[i]-uniseg.StringWidth(row[i])) + row[i] + "  ")
	}
	return strings.TrimRight(b.String(), " ")
}

// Markdown writes tables in the Markdown of GitHub.
func Markdown(w io.Writer, r experiment.Report, o Options) error {
	out := &writer{w: w}
	out.printf("%s\n", escape(headline(r)))
	if s := setting(r); s != "" {
		out.printf("\n%s\n", escape(s))
	}
	out.printf("\n")
	out.piped(summary(r))
	if len(r.Comparisons) > 0 {
		out.printf("\n")
		out.piped(comparisons(r))
	}
	if searched(r) {
		out.printf("\n")
		out.piped(stages(r))
	}
	if o.Queries {
		out.printf("\n")
		out.piped(queries(r))
	}
	if list := remarks(r); len(list) > 0 {
		out.printf("\n")
		for _, l := range list {
			out.printf("- %s\n", escape(l))
		}
	}
	return out.done("Markdown")
}

// piped writes a table with bars.
func (w *writer) piped(t table) {
	rule := make([]string, len(t.head))
	for i := range rule {
		rule[i] = "---:"
		if i < t.left {
			rule[i] = "---"
		}
	}
	for i, row := range append([][]string{t.head, rule}, t.cells...) {
		cells := make([]string, len(row))
		for j, cell := range row {
			if cells[j] = cell; i != 1 {
				cells[j] = escape(cell)
			}
		}
		w.printf("| %s |\n", strings.Join(cells, " | "))
	}
}

var escaper = strings.NewReplacer("|", `\|`, "*", `\*`, "_", `\_`, "<", "&lt;", "\n", " ", "`", "\\`", "[", `\[`)

func escape(text string) string { return escaper.Replace(text) }

// CSV writes one line for every system and measure, or for every query, system
// and measure, under a head.
func CSV(w io.Writer, r experiment.Report, o Options) error {
	rows := systemRows(r)
	if o.Queries {
		rows = queryRows(r)
	}
	if err := csv.NewWriter(w).WriteAll(rows); err != nil {
		return fmt.Errorf("report: CSV: %w", err)
	}
	return nil
}

func systemRows(r experiment.Report) [][]string {
	rows := [][]string{{
		"data", "system", "first", "rerank", "depth", "measure", "mean", "low", "high", "mean_ms", "p50_ms", "p95_ms", "p99_ms",
		"tokens_per_query", "peak_memory_bytes", "cost_per_1000_queries", "rules",
	}}
	for _, s := range r.Systems {
		for i, v := range s.Values {
			rows = append(rows, []string{
				r.Data.Name, s.Name, s.First, s.Rerank, strconv.Itoa(s.Depth), r.Measures[i], exact(v.Mean), exact(v.Low), exact(v.High),
				exact(s.Latency.Mean), exact(s.Latency.P50), exact(s.Latency.P95), exact(s.Latency.P99),
				exact(tokens(s, len(r.Data.Queries))), strconv.FormatInt(s.PeakMemory, 10), exact(s.Cost), r.Rules.String(),
			})
		}
	}
	return rows
}

func queryRows(r experiment.Report) [][]string {
	rows := [][]string{{"data", "query", "text", "system", "measure", "value", "rules"}}
	for i, query := range r.Data.Queries {
		for _, s := range r.Systems {
			for m, name := range r.Measures {
				rows = append(rows, []string{r.Data.Name, query, r.Data.Text(i), s.Name, name, exact(s.PerQuery[i][m]), r.Rules.String()})
			}
		}
	}
	return rows
}

// exact is a number in as many digits as give it back.
func exact(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

package report

import (
	"errors"
	"fmt"
	"image/color"
	"io"
	"math"
	"slices"
	"sort"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/flashrerank/rerank/experiment"
)

// Kind is what a plot shows.
type Kind string

// The kinds of plots.
const (
	Pareto      Kind = "pareto"      // main measure against median latency, with the front
	ByDepth     Kind = "depth"       // main measure by the depth of re-ranking
	Differences Kind = "differences" // main measure of each query against the baseline, sorted
)

// Format is a format of plots.
type Format string

// The formats of plots.
const (
	SVG Format = "svg"
	PNG Format = "png"
)

// ErrNothing says that a report has nothing that a plot could show: no
// latencies, no system with several depths, or no second system.
var ErrNothing = errors.New("there is nothing to plot")

const (
	plotWidth   = 9 * vg.Inch // with the key
	plotHeight  = 5 * vg.Inch // at least
	titleHeight = 24          // points
	titleLength = 76          // characters
	dotsPerInch = 144
)

// Plot draws one plot. The error is [ErrNothing] where the report has nothing
// of the kind.
func Plot(w io.Writer, r experiment.Report, kind Kind, format Format) error {
	p, key, err := newPlot(r, kind)
	if err != nil {
		return fmt.Errorf("report: plot %s: %w", kind, err)
	}
	height := max(plotHeight, key.height()+2*titleHeight)
	var canvas interface {
		vg.CanvasSizer
		io.WriterTo
	}
	switch format {
	case SVG:
		canvas = vgsvg.New(plotWidth, height)
	case PNG:
		canvas = vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(plotWidth, height), vgimg.UseDPI(dotsPerInch))}
	default:
		return fmt.Errorf("report: plot: format %q is none of svg, png", format)
	}
	all := draw.New(canvas)
	p.Draw(draw.Crop(all, 0, -keyWidth, 0, 0))
	key.draw(draw.Crop(all, plotWidth-keyWidth+vg.Points(12), 0, 0, -titleHeight))
	if _, err := canvas.WriteTo(w); err != nil {
		return fmt.Errorf("report: plot %s: %w", kind, err)
	}
	return nil
}

func newPlot(r experiment.Report, kind Kind) (*plot.Plot, *key, error) {
	p, key := plot.New(), newKey()
	p.BackgroundColor = color.White
	p.Title.TextStyle.Font.Size = font.Points(12)
	p.X.Tick.Marker, p.Y.Tick.Marker = evenTicks{}, evenTicks{}
	grid := plotter.NewGrid()
	grid.Horizontal.Color, grid.Vertical.Color = color.Gray{225}, color.Gray{235}
	p.Add(grid)
	if len(r.Systems) == 0 || len(r.Measures) == 0 {
		return nil, key, ErrNothing
	}
	var err error
	switch kind {
	case Pareto:
		err = drawPareto(p, key, r)
	case ByDepth:
		err = drawDepth(p, key, r)
	case Differences:
		err = drawDifferences(p, key, r)
	default:
		err = fmt.Errorf("there is no such kind")
	}
	return p, key, err
}

// title names what is plotted, the data and the rule that changes what it is.
func title(what string, r experiment.Report) string {
	if r.Data.Name != "" {
		what += ": " + r.Data.Name
	}
	if r.Rules.NoSelf {
		what += " (no-self)"
	}
	return clip(what, titleLength)
}

// drawPareto numbers the systems, as their names would cover one another.
func drawPareto(p *plot.Plot, key *key, r experiment.Report) error {
	if !searched(r) {
		return ErrNothing
	}
	p.Title.Text = title("Quality against latency", r)
	p.X.Label.Text, p.Y.Label.Text = "median latency of a query in ms", r.Measures[0]+", with 95 % confidence intervals"
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, logTicks{}
	if err := addFront(p, r); err != nil {
		return err
	}
	var names labels
	for i, s := range r.Systems {
		if s.Latency.P50 <= 0 {
			continue
		}
		at := plotter.XY{X: s.Latency.P50, Y: s.Values[0].Mean}
		points, err := plotter.NewScatter(plotter.XYs{at})
		if err != nil {
			return err
		}
		points.GlyphStyle = glyphOf(i)
		bar, err := intervalBar(at, s.Values[0], points.Color)
		if err != nil {
			return err
		}
		p.Add(bar, points)
		key.add(strconv.Itoa(i+1)+"  "+s.Name, points)
		names.points, names.names = append(names.points, at), append(names.names, strconv.Itoa(i+1))
	}
	p.Add(names)
	p.X.Min, p.X.Max = p.X.Min/1.3, p.X.Max*1.3
	margin(p)
	return nil
}

// intervalBar is a confidence interval as a bar.
func intervalBar(at plotter.XY, v experiment.Value, c color.Color) (*plotter.YErrorBars, error) {
	bar, err := plotter.NewYErrorBars(struct {
		plotter.XYs
		plotter.YErrors
	}{plotter.XYs{at}, plotter.YErrors{{Low: at.Y - v.Low, High: v.High - at.Y}}})
	if err != nil {
		return nil, err
	}
	bar.Color, bar.Width, bar.CapWidth = c, vg.Points(0.75), vg.Points(5)
	return bar, nil
}

// margin leaves some room above and below.
func margin(p *plot.Plot) {
	room := math.Max((p.Y.Max-p.Y.Min)*0.08, 0.005)
	p.Y.Min, p.Y.Max = p.Y.Min-room, p.Y.Max+room
}

// addFront draws the Pareto front as steps.
func addFront(p *plot.Plot, r experiment.Report) error {
	var front plotter.XYs
	for i, on := range OnFront(r) {
		if on {
			front = append(front, plotter.XY{X: r.Systems[i].Latency.P50, Y: r.Systems[i].Values[0].Mean})
		}
	}
	sort.Slice(front, func(i, j int) bool { return front[i].X < front[j].X })
	if len(front) < 2 {
		return nil
	}
	line, err := plotter.NewLine(front)
	if err != nil {
		return err
	}
	line.StepStyle = plotter.PostStep
	line.Color, line.Width, line.Dashes = color.Gray{150}, vg.Points(1), []vg.Length{vg.Points(4), vg.Points(3)}
	p.Add(line)
	return nil
}

// drawDepth has a line for each first stage and re-ranker with several depths.
func drawDepth(p *plot.Plot, key *key, r experiment.Report) error {
	p.Title.Text = title(r.Measures[0]+" by depth of re-ranking", r)
	p.X.Label.Text, p.Y.Label.Text = "candidates re-ranked", r.Measures[0]
	lines := map[string]plotter.XYs{}
	var names []string
	for _, s := range r.Systems {
		name := s.First + " → " + s.Rerank
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
		lines[name] = append(lines[name], plotter.XY{X: float64(s.Depth), Y: s.Values[0].Mean})
	}
	drawn := 0
	for _, name := range names {
		points := lines[name]
		if len(points) < 2 {
			continue
		}
		sort.Slice(points, func(i, j int) bool { return points[i].X < points[j].X })
		line, dots, err := plotter.NewLinePoints(points)
		if err != nil {
			return err
		}
		dots.GlyphStyle = glyphOf(drawn)
		line.Color, line.Width = dots.Color, vg.Points(1.5)
		p.Add(line, dots)
		key.add(name, line, dots)
		drawn++
	}
	if drawn == 0 {
		return ErrNothing
	}
	margin(p)
	return nil
}

// drawDifferences has a curve for each system: its queries from worst to best.
func drawDifferences(p *plot.Plot, key *key, r experiment.Report) error {
	if len(r.Systems) < 2 || len(r.Data.Queries) == 0 {
		return ErrNothing
	}
	p.Title.Text = title(r.Measures[0]+" of each query, less that of "+clip(r.Systems[0].Name, 40), r)
	p.X.Label.Text, p.Y.Label.Text = "queries, from worst to best", "difference in "+r.Measures[0]
	p.X.Tick.Marker = evenTicks{whole: true}
	for i, s := range r.Systems[1:] {
		gaps := make([]float64, len(s.PerQuery))
		for q := range gaps {
			gaps[q] = s.PerQuery[q][0] - r.Systems[0].PerQuery[q][0]
		}
		slices.Sort(gaps)
		points := make(plotter.XYs, len(gaps))
		for q, gap := range gaps {
			points[q] = plotter.XY{X: float64(q + 1), Y: gap}
		}
		line, err := plotter.NewLine(points)
		if err != nil {
			return err
		}
		line.StepStyle, line.LineStyle = plotter.MidStep, lineOf(i+1)
		p.Add(line)
		key.add(strconv.Itoa(i+2)+"  "+s.Name, line)
	}
	margin(p)
	return nil
}

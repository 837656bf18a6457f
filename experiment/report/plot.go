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
	plotWidth   = 9 * vg.Inch
	plotHeight  = 5 * vg.Inch
	legendWidth = 2.9 * vg.Inch
	dotsPerInch = 144
)

// palette is that of Okabe and Ito, which people with any colour vision can
// tell apart.
var palette = []color.Color{
	color.RGBA{0, 114, 178, 255}, color.RGBA{213, 94, 0, 255}, color.RGBA{0, 158, 115, 255},
	color.RGBA{204, 121, 167, 255}, color.RGBA{230, 159, 0, 255}, color.RGBA{86, 180, 233, 255}, color.RGBA{90, 90, 90, 255},
}

var shapes = []draw.GlyphDrawer{draw.CircleGlyph{}, draw.SquareGlyph{}, draw.TriangleGlyph{}, draw.PyramidGlyph{}, draw.RingGlyph{}}

func colorOf(i int) color.Color { return palette[i%len(palette)] }

func glyphOf(i int) draw.GlyphStyle {
	return draw.GlyphStyle{Color: colorOf(i), Radius: vg.Points(4), Shape: shapes[i/len(palette)%len(shapes)]}
}

// Plot draws one plot. The error is [ErrNothing] where the report has nothing
// of the kind.
func Plot(w io.Writer, r experiment.Report, kind Kind, format Format) error {
	p, legend, err := newPlot(r, kind)
	if err != nil {
		return fmt.Errorf("report: plot %s: %w", kind, err)
	}
	var canvas interface {
		vg.CanvasSizer
		io.WriterTo
	}
	switch format {
	case SVG:
		canvas = vgsvg.New(plotWidth, plotHeight)
	case PNG:
		canvas = vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(plotWidth, plotHeight), vgimg.UseDPI(dotsPerInch))}
	default:
		return fmt.Errorf("report: plot: format %q is none of svg, png", format)
	}
	all := draw.New(canvas)
	p.Draw(draw.Crop(all, 0, -legendWidth, 0, 0))
	legend.Draw(draw.Crop(all, plotWidth-legendWidth+vg.Points(8), 0, 0, -vg.Points(24)))
	if _, err := canvas.WriteTo(w); err != nil {
		return fmt.Errorf("report: plot %s: %w", kind, err)
	}
	return nil
}

func newPlot(r experiment.Report, kind Kind) (*plot.Plot, plot.Legend, error) {
	p, legend := plot.New(), plot.NewLegend()
	p.BackgroundColor = color.White
	p.Title.TextStyle.Font.Size = font.Points(12)
	legend.Top, legend.Left, legend.XOffs = true, true, vg.Points(2)
	legend.TextStyle.Font.Size = font.Points(9)
	legend.ThumbnailWidth, legend.Padding = vg.Points(14), vg.Points(3)
	grid := plotter.NewGrid()
	grid.Horizontal.Color, grid.Vertical.Color = color.Gray{225}, color.Gray{235}
	p.Add(grid)
	if len(r.Systems) == 0 || len(r.Measures) == 0 {
		return nil, legend, ErrNothing
	}
	var err error
	switch kind {
	case Pareto:
		err = drawPareto(p, &legend, r)
	case ByDepth:
		err = drawDepth(p, &legend, r)
	case Differences:
		err = drawDifferences(p, &legend, r)
	default:
		err = fmt.Errorf("there is no such kind")
	}
	return p, legend, err
}

// drawPareto numbers the systems, as their names would cover one another.
func drawPareto(p *plot.Plot, legend *plot.Legend, r experiment.Report) error {
	if !searched(r) {
		return ErrNothing
	}
	p.Title.Text = "Quality against latency: " + r.Data.Name
	p.X.Label.Text, p.Y.Label.Text = "median latency of a query in ms", r.Measures[0]
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, logTicks{}
	if err := addFront(p, r); err != nil {
		return err
	}
	var labels plotter.XYLabels
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
		p.Add(points)
		legend.Add(strconv.Itoa(i+1)+"  "+s.Name, points)
		labels.XYs, labels.Labels = append(labels.XYs, at), append(labels.Labels, strconv.Itoa(i+1))
	}
	names, err := plotter.NewLabels(labels)
	if err != nil {
		return err
	}
	names.Offset = vg.Point{X: vg.Points(5), Y: vg.Points(4)}
	p.Add(names)
	p.X.Min, p.X.Max = p.X.Min/1.3, p.X.Max*1.3
	margin(p)
	return nil
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

// logTicks are 1, 2 and 5 times the powers of ten.
type logTicks struct{}

// Ticks returns the marks between two latencies.
func (logTicks) Ticks(least, most float64) []plot.Tick {
	var ticks []plot.Tick
	for e := math.Floor(math.Log10(least)); e <= math.Ceil(math.Log10(most)); e++ {
		for _, m := range []float64{1, 2, 5} {
			if x := m * math.Pow(10, e); x >= least && x <= most {
				ticks = append(ticks, plot.Tick{Value: x, Label: strconv.FormatFloat(x, 'g', 3, 64)})
			}
		}
	}
	return ticks
}

// wholeTicks are whole numbers, about five of them.
type wholeTicks struct{}

// Ticks returns the marks between two numbers of queries.
func (wholeTicks) Ticks(least, most float64) []plot.Tick {
	step := 1.0
	for _, factor := range []float64{2, 2.5, 2} { // 1, 2, 5, 10, …
		if (most-least)/step > 6 {
			step *= factor
		}
	}
	for (most-least)/step > 6 {
		step *= 2
	}
	var ticks []plot.Tick
	for x := math.Ceil(least/step) * step; x <= most; x += step {
		ticks = append(ticks, plot.Tick{Value: x, Label: strconv.FormatFloat(x, 'f', 0, 64)})
	}
	return ticks
}

// drawDepth has a line for each first stage and re-ranker with several depths.
func drawDepth(p *plot.Plot, legend *plot.Legend, r experiment.Report) error {
	p.Title.Text = r.Measures[0] + " by depth of re-ranking: " + r.Data.Name
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
		line.Color, line.Width, dots.GlyphStyle = colorOf(drawn), vg.Points(1.5), glyphOf(drawn)
		p.Add(line, dots)
		legend.Add(name, line, dots)
		drawn++
	}
	if drawn == 0 {
		return ErrNothing
	}
	margin(p)
	return nil
}

// drawDifferences has a curve for each system: its queries from worst to best.
func drawDifferences(p *plot.Plot, legend *plot.Legend, r experiment.Report) error {
	if len(r.Systems) < 2 || len(r.Data.Queries) == 0 {
		return ErrNothing
	}
	p.Title.Text = r.Measures[0] + " of each query, less that of " + r.Systems[0].Name + ": " + r.Data.Name
	p.X.Label.Text, p.Y.Label.Text = "queries, from worst to best", "difference in "+r.Measures[0]
	p.X.Tick.Marker = wholeTicks{}
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
		line.StepStyle, line.Color, line.Width = plotter.MidStep, colorOf(i+1), vg.Points(1.5)
		p.Add(line)
		legend.Add(s.Name, line)
	}
	margin(p)
	return nil
}

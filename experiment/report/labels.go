package report

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// labels writes the names of points beside them, each where it covers neither a
// point nor another name, if there is such a place.
type labels struct {
	points plotter.XYs
	names  []string
}

const (
	labelSize = 10 // points
	markRoom  = 5  // points around the middle of a mark
)

// Plot implements [plot.Plotter].
func (l labels) Plot(c draw.Canvas, p *plot.Plot) {
	style := draw.TextStyle{Font: font.From(plot.DefaultFont, labelSize), Handler: plot.DefaultTextHandler}
	style.XAlign, style.YAlign = text.XCenter, text.YCenter
	toX, toY := p.Transforms(&c)
	var taken []vg.Rectangle
	for _, at := range l.points {
		taken = append(taken, around(vg.Point{X: toX(at.X), Y: toY(at.Y)}, markRoom, markRoom))
	}
	for i, at := range l.points {
		middle := vg.Point{X: toX(at.X), Y: toY(at.Y)}
		width, height := style.Width(l.names[i])/2+1, vg.Length(labelSize)/2
		place := freePlace(middle, width, height, taken)
		taken = append(taken, place)
		c.FillText(style, vg.Point{X: (place.Min.X + place.Max.X) / 2, Y: (place.Min.Y + place.Max.Y) / 2}, l.names[i])
	}
}

// freePlace returns a rectangle near a point that meets none of those taken, or
// the nearest one.
func freePlace(middle vg.Point, width, height vg.Length, taken []vg.Rectangle) vg.Rectangle {
	var first vg.Rectangle
	for round := vg.Length(1); round < 6; round++ {
		dx, dy := width+markRoom*round, height+markRoom*round/2
		for i, offset := range []vg.Point{
			{X: dx, Y: dy}, {X: -dx, Y: dy}, {X: dx, Y: -dy}, {X: -dx, Y: -dy}, {X: dx}, {X: -dx}, {Y: dy + markRoom}, {Y: -dy - markRoom},
		} {
			place := around(middle.Add(offset), width, height)
			if round == 1 && i == 0 {
				first = place
			}
			if !meets(place, taken) {
				return place
			}
		}
	}
	return first
}

func around(p vg.Point, width, height vg.Length) vg.Rectangle {
	return vg.Rectangle{Min: vg.Point{X: p.X - width, Y: p.Y - height}, Max: vg.Point{X: p.X + width, Y: p.Y + height}}
}

func meets(r vg.Rectangle, others []vg.Rectangle) bool {
	for _, o := range others {
		if r.Min.X < o.Max.X && o.Min.X < r.Max.X && r.Min.Y < o.Max.Y && o.Min.Y < r.Max.Y {
			return true
		}
	}
	return false
}

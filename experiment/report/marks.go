package report

import (
	"image/color"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// palette is that of Okabe and Ito, which people with any colour vision can
// tell apart.
var palette = [...]color.RGBA{
	{0, 114, 178, 255}, {213, 94, 0, 255}, {0, 158, 115, 255}, {204, 121, 167, 255}, {230, 159, 0, 255}, {86, 180, 233, 255},
	{90, 90, 90, 255},
}

// shapes and dashes change with every system, as colors do. Their numbers have
// no common divisor with that of the colors, so that a pair comes again only
// after all pairs.
var (
	shapes = [...]draw.GlyphDrawer{
		draw.CircleGlyph{}, draw.SquareGlyph{}, draw.TriangleGlyph{}, draw.RingGlyph{}, draw.PyramidGlyph{},
		draw.CrossGlyph{}, draw.BoxGlyph{}, draw.PlusGlyph{},
	}
	dashes = [...][]vg.Length{nil, {7, 3}, {2, 2}, {9, 3, 2, 3}, {14, 4}}
)

// colorOf is darker for every round through all pairs of color and another
// mark, of which there are as many as kinds of it times colors.
func colorOf(i, kinds int) color.Color {
	c := palette[i%len(palette)]
	for range i / (len(palette) * kinds) {
		c.R, c.G, c.B = c.R/4*3, c.G/4*3, c.B/4*3
	}
	return c
}

func glyphOf(i int) draw.GlyphStyle {
	return draw.GlyphStyle{Color: colorOf(i, len(shapes)), Radius: vg.Points(4), Shape: shapes[i%len(shapes)]}
}

func lineOf(i int) draw.LineStyle {
	return draw.LineStyle{Color: colorOf(i, len(dashes)), Width: vg.Points(1.5), Dashes: dashes[i%len(dashes)]}
}

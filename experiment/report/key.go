package report

import (
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// key says which mark is whose, beside a plot. Names that are too long go on in
// the next line.
type key struct {
	style   draw.TextStyle
	entries []keyEntry
}

type keyEntry struct {
	lines  []string
	thumbs []plot.Thumbnailer
}

const (
	keyWidth   = 2.9 * vg.Inch
	keyThumb   = 16  // points
	keyGap     = 5   // points between entries
	keyLeading = 11  // points from line to line
	keySize    = 9   // points
	keyRoom    = 0.8 // of the width is used, as browsers may have a wider font
)

func newKey() *key {
	k := &key{style: draw.TextStyle{Font: font.From(plot.DefaultFont, keySize), Handler: plot.DefaultTextHandler}}
	k.style.YAlign = text.YTop
	return k
}

func (k *key) add(name string, thumbs ...plot.Thumbnailer) {
	room := (keyWidth - vg.Points(keyThumb+24)) * keyRoom
	k.entries = append(k.entries, keyEntry{wrap(name, func(s string) bool { return k.style.Width(s) <= room }), thumbs})
}

// height is what all entries need.
func (k *key) height() vg.Length {
	sum := vg.Length(0)
	for _, e := range k.entries {
		sum += e.height() + keyGap
	}
	return sum
}

func (e keyEntry) height() vg.Length { return vg.Length(len(e.lines)) * keyLeading }

// draw writes the entries from the top of a canvas down.
func (k *key) draw(c draw.Canvas) {
	top := c.Max.Y
	for _, e := range k.entries {
		thumb := draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{
			Min: vg.Point{X: c.Min.X, Y: top - keyLeading}, Max: vg.Point{X: c.Min.X + keyThumb, Y: top},
		}}
		for _, t := range e.thumbs {
			t.Thumbnail(&thumb)
		}
		for i, line := range e.lines {
			c.FillText(k.style, vg.Point{X: c.Min.X + keyThumb + 5, Y: top - vg.Length(i)*keyLeading}, line)
		}
		top -= e.height() + keyGap
	}
}

// wrap cuts a text into lines that fit: at blanks, else behind hyphens,
// else anywhere.
func wrap(s string, fits func(string) bool) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		space := " "
		for _, part := range strings.SplitAfter(word, "-") {
			if joined := strings.TrimLeft(line+space+part, " "); fits(joined) {
				line, space = joined, ""
				continue
			}
			if line != "" {
				lines = append(lines, line)
			}
			line, space = "", ""
			for _, c := range part {
				if line != "" && !fits(line+string(c)) {
					lines = append(lines, line)
					line = ""
				}
				line += string(c)
			}
		}
	}
	return append(lines, line)
}

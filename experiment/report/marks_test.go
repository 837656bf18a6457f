package report

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
)

// TestMarksDoNotRepeat: a hundred systems have a hundred marks, and neighbors
// differ in color and in shape.
func TestMarksDoNotRepeat(t *testing.T) {
	glyphs, lines := map[string]int{}, map[string]int{}
	for i := range 100 {
		g, l := glyphOf(i), lineOf(i)
		for mark, seen := range map[string]map[string]int{fmt.Sprintf("%v %T", g.Color, g.Shape): glyphs, fmt.Sprint(l.Color, l.Dashes): lines} {
			if other, twice := seen[mark]; twice {
				t.Errorf("systems %d and %d have the same mark %s", other, i, mark)
			}
			seen[mark] = i
		}
		next := glyphOf(i + 1)
		if fmt.Sprintf("%T", g.Shape) == fmt.Sprintf("%T", next.Shape) || g.Color == next.Color {
			t.Errorf("systems %d and %d are alike", i, i+1)
		}
		if c := g.Color.(color.RGBA); c.A != 255 || int(c.R)+int(c.G)+int(c.B) > 600 {
			t.Errorf("system %d: the color %v is hard to see on white", i, c)
		}
	}
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		ticker      plot.Ticker
		least, most float64
		want        string
	}{
		{evenTicks{}, 0, 0.7, "0.0 0.1 0.2 0.3 0.4 0.5 0.6 0.7"},
		{evenTicks{}, -0.31, 0.29, "-0.3 -0.2 -0.1 0.0 0.1 0.2"},
		{evenTicks{}, 0.4985, 0.5062, "0.499 0.500 0.501 0.502 0.503 0.504 0.505 0.506"},
		{evenTicks{}, 12, 1300, "200 400 600 800 1000 1200"},
		{evenTicks{whole: true}, 1, 3, "1 2 3"},
		{evenTicks{whole: true}, 1, 225, "50 100 150 200"},
		{evenTicks{}, 5, 5, "5"},
		{logTicks{}, 0.5, 80, "0.5 1 2 5 10 20 50"},
		{logTicks{}, 0.03, 0.4, "0.05 0.1 0.2"},
		{logTicks{}, 0.02, 90000, "0.1 1 10 100 1000 10000"},
		{logTicks{}, 2.1, 8, "3 4 5 6 7 8"},
		{logTicks{}, 2.1, 3.9, "2.5 3.0 3.5"},
		{logTicks{}, 12000, 23000, "12000 14000 16000 18000 20000 22000"},
	} {
		var labels []string
		for _, tick := range c.ticker.Ticks(c.least, c.most) {
			if tick.Label != "" {
				labels = append(labels, tick.Label)
			}
			if tick.Value < c.least-1e-9*math.Abs(c.least) || tick.Value > c.most+1e-9*math.Abs(c.most) {
				t.Errorf("%T %v to %v: a mark at %v", c.ticker, c.least, c.most, tick.Value)
			}
		}
		if got := strings.Join(labels, " "); got != c.want {
			t.Errorf("%T %v to %v: %s, want %s", c.ticker, c.least, c.most, got, c.want)
		}
	}
}

func TestWrap(t *testing.T) {
	short := func(s string) bool { return len(s) <= 10 }
	for text, want := range map[string][]string{
		"":                          {""},
		"bm25 none":                 {"bm25 none"},
		"bm25 → minilm-cosine @100": {"bm25 →", "minilm-", "cosine", "@100"},
		"abcdefghijklmnopqrstuvw":   {"abcdefghij", "klmnopqrst", "uvw"},
	} {
		if got := wrap(text, short); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestLabelsKeepApart: names of points that are close stand beside one another.
func TestLabelsKeepApart(t *testing.T) {
	middle := vg.Point{X: 100, Y: 100}
	taken := []vg.Rectangle{around(middle, markRoom, markRoom)}
	for i := range 12 {
		place := freePlace(middle.Add(vg.Point{X: vg.Length(i)}), 6, 5, taken)
		if meets(place, taken) {
			t.Errorf("name %d covers another or a point", i+1)
		}
		taken = append(taken, place)
	}
}

// TestTicksEnd: far from 0 the next multiple of a step can be the same number.
func TestTicksEnd(t *testing.T) {
	if n := len(evenTicks{}.Ticks(1e12, math.Nextafter(1e12, 2e12))); n > 10 {
		t.Errorf("%d ticks", n)
	}
}

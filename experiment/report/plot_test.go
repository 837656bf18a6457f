package report_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/flashrerank/rerank/experiment"
	"github.com/flashrerank/rerank/experiment/report"
)

func TestOnFront(t *testing.T) {
	system := func(quality, latency float64) experiment.System {
		return experiment.System{Values: []experiment.Value{{Mean: quality}}, Latency: experiment.Latency{P50: latency}}
	}
	for name, c := range map[string]struct {
		systems []experiment.System
		want    []bool
	}{
		"one":                      {[]experiment.System{system(0, 1)}, []bool{true}},
		"better and slower":        {[]experiment.System{system(1, 1), system(2, 2)}, []bool{true, true}},
		"better and faster":        {[]experiment.System{system(1, 2), system(2, 1)}, []bool{false, true}},
		"as good and slower":       {[]experiment.System{system(1, 1), system(1, 2)}, []bool{true, false}},
		"the same":                 {[]experiment.System{system(1, 1), system(1, 1)}, []bool{true, true}},
		"without times":            {[]experiment.System{system(1, 0), system(2, 0)}, []bool{false, false}},
		"only some have times":     {[]experiment.System{system(1, 1), system(2, 0)}, []bool{true, false}},
		"between the best of both": {[]experiment.System{system(1, 1), system(3, 3), system(2, 2), system(2, 2.5)}, []bool{true, true, true, false}},
	} {
		if got := report.OnFront(experiment.Report{Systems: c.systems}); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestPlots(t *testing.T) {
	for _, kind := range []report.Kind{report.Pareto, report.ByDepth, report.Differences} {
		var svg, picture bytes.Buffer
		if err := report.Plot(&svg, sample(), kind, report.SVG); err != nil {
			t.Fatal(err)
		}
		checkSVG(t, kind, svg.String())
		if err := report.Plot(&picture, sample(), kind, report.PNG); err != nil {
			t.Fatal(err)
		}
		image, err := png.Decode(&picture)
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		colors := map[[3]uint32]bool{}
		for y := range image.Bounds().Dy() {
			for x := range image.Bounds().Dx() {
				r, g, b, _ := image.At(x, y).RGBA()
				colors[[3]uint32{r, g, b}] = true
			}
		}
		if image.Bounds().Dx() < 1000 || len(colors) < 10 {
			t.Errorf("%s: %v with %d colours", kind, image.Bounds(), len(colors))
		}
	}
}

// checkSVG reads a plot as XML and looks for the names of what it shows.
func checkSVG(t *testing.T, kind report.Kind, svg string) {
	t.Helper()
	var text strings.Builder
	elements := map[string]int{}
	for d := xml.NewDecoder(strings.NewReader(svg)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		switch x := token.(type) {
		case xml.StartElement:
			elements[x.Name.Local]++
		case xml.CharData:
			text.Write(x)
		}
	}
	if elements["script"]+elements["img"]+elements["image"] > 0 || elements["path"] < 5 {
		t.Errorf("%s: elements %v", kind, elements)
	}
	for _, name := range []string{"tales", "ndcg_cut_10", hostile} {
		if !strings.Contains(spaceless(text.String()), spaceless(name)) { // long names go on in the next line
			t.Errorf("%s: the plot has no text %q", kind, name)
		}
	}
}

func spaceless(s string) string { return strings.Join(strings.Fields(s), "") }

func TestNothingToPlot(t *testing.T) {
	lone := sample()
	lone.Systems = lone.Systems[:1]
	timeless := sample()
	for i := range timeless.Systems {
		timeless.Systems[i].Latency = experiment.Latency{}
	}
	for name, c := range map[string]struct {
		report experiment.Report
		kind   report.Kind
	}{
		"no system":                  {experiment.Report{}, report.Pareto},
		"no latency":                 {timeless, report.Pareto},
		"one depth":                  {lone, report.ByDepth},
		"nothing to compare it with": {lone, report.Differences},
	} {
		if err := report.Plot(io.Discard, c.report, c.kind, report.SVG); !errors.Is(err, report.ErrNothing) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if err := report.Plot(io.Discard, sample(), report.Pareto, "gif"); err == nil || !strings.Contains(err.Error(), `"gif" is none of svg, png`) {
		t.Errorf("an unknown format: error %v", err)
	}
	if err := report.Plot(io.Discard, sample(), "pie", report.SVG); err == nil || errors.Is(err, report.ErrNothing) {
		t.Errorf("an unknown kind: error %v", err)
	}
}

func BenchmarkHTML(b *testing.B) {
	for b.Loop() {
		if err := report.HTML(io.Discard, sample()); err != nil {
			b.Fatal(err)
		}
	}
}

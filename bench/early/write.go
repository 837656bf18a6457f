package main

import (
	"fmt"
	"image/color"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/klauspost/cpuid/v2"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/flashrerank/rerank/eval/significance"
	"github.com/flashrerank/rerank/internal/simd"
)

const text = `# Early answers

What it costs, and what it saves, to answer before every candidate has been read in full. Written by

    go run ./bench/early -data DIR -o docs

BM25's top 100 are re-ranked. The index has no vectors, so the texts are embedded for each query, as in ` + "`" + `rerank sort` + "`" + `
and in ` + "`" + `rerank search` + "`" + ` over such an index. *Early* (` + "`" + `--early` + "`" + `, ` + "`" + `early: {}` + "`" + `, ` + "`" + `pipeline.NewEarlyReranker` + "`" + `) reads the
first 48 tokens of every text, then the 20 with the best blended scores in full, and blends both; *best*, the default,
then has the cross-encoder score the top 20. *In 0.5 of the time* means a deadline (` + "`" + `--within` + "`" + `) of half the time that
the same query takes in full. The beginnings are read first; then, until two thirds of the time are over, texts in
full, the best first; the cross-encoder gets the last third. Hits for which there was no time come last.

The machine: %s, %d CPUs, kernels %s, %s/%s, %s.
nDCG@10 is over all judged queries, and times are medians. *Times as fast* is the ratio of the total times over all
queries. The methods took turns on each query.
`

func write(out string, all []*collection) error {
	var b strings.Builder
	fmt.Fprintf(&b, text, cpuid.CPU.BrandName, runtime.NumCPU(), simd.Level(), runtime.GOOS, runtime.GOARCH, runtime.Version())
	for _, c := range all {
		fmt.Fprintf(&b, "\n## %s\n\n%d queries.\n\n| | nDCG@10 | against in full | p50 ms | times as fast | tokens/query | no time for |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n",
			c.name, len(c.method(words).values))
		for _, m := range c.methods {
			c.row(&b, m)
		}
	}
	if err := summary(&b, all); err != nil {
		return err
	}
	if err := draws(filepath.Join(out, "early.svg"), all); err != nil {
		return fmt.Errorf("plotting: %w", err)
	}
	return os.WriteFile(filepath.Join(out, "early.md"), []byte(b.String()), 0o644)
}

// whole is the method that judges in full what m judges early.
func (c *collection) whole(m *method) *method {
	if m.part > 0 {
		return c.method(full)
	}
	if name, ok := strings.CutSuffix(m.name, inShort); ok {
		return c.method(name)
	}
	return nil
}

func (c *collection) row(b *strings.Builder, m *method) {
	n := float64(len(m.values))
	difference, faster, late := "", "", ""
	if w := c.whole(m); w != nil {
		difference = fmt.Sprintf("%+.4f", stat.Mean(m.values, nil)-stat.Mean(w.values, nil))
		faster = fmt.Sprintf("%.2f", stat.Mean(w.seconds, nil)/stat.Mean(m.seconds, nil))
		late = fmt.Sprintf("%.1f", float64(m.late)/n)
	}
	p50 := slices.Sorted(slices.Values(m.seconds))[len(m.seconds)/2] * 1e3
	if m.name == words {
		fmt.Fprintf(b, "| %s | %.4f | | | | | |\n", m.name, stat.Mean(m.values, nil))
		return
	}
	fmt.Fprintf(b, "| %s | %.4f | %s | %.1f | %s | %.0f | %s |\n", m.name, stat.Mean(m.values, nil), difference, p50, faster, float64(m.tokens)/n, late)
}

// summary tells the differences over all collections.
func summary(b *strings.Builder, all []*collection) error {
	b.WriteString("\n## All collections\n\nThe mean over the collections of the difference from reading in full, with its 95 % interval (bootstrap over the queries of each).\n\n" +
		"| | difference | 95 % CI | times as fast |\n| --- | ---: | --- | ---: |\n")
	for i, m := range all[0].methods {
		if all[0].whole(m) == nil {
			continue
		}
		var differences [][]float64
		var with, without float64
		for _, c := range all {
			part, whole := c.methods[i], c.whole(c.methods[i])
			d := slices.Clone(part.values)
			for k := range d {
				d[k] -= whole.values[k]
			}
			differences = append(differences, d)
			with += stat.Mean(part.seconds, nil) * float64(len(d))
			without += stat.Mean(whole.seconds, nil) * float64(len(d))
		}
		interval, err := significance.BootstrapMeans(differences, 0, significance.Resampling{})
		if err != nil {
			return err
		}
		fmt.Fprintf(b, "| %s | %+.4f | %+.4f to %+.4f | %.2f |\n", m.name, interval.Mean, interval.Low, interval.High, without/with)
	}
	b.WriteString("\n![nDCG@10 by the time that a deadline leaves](early.svg)\n")
	return nil
}

// draws plots nDCG@10 under deadlines by their part of the time of judging in full,
// each collection with what judging in full gives.
func draws(file string, all []*collection) error {
	p := plot.New()
	p.Title.Text = "Under a deadline"
	p.X.Label.Text, p.Y.Label.Text = "deadline, as a part of the time that judging in full takes", "nDCG@10"
	p.X.Min, p.X.Max = 0, 1
	p.Add(plotter.NewGrid())
	palette := []color.Color{color.RGBA{0, 114, 178, 255}, color.RGBA{213, 94, 0, 255}, color.RGBA{0, 158, 115, 255}, color.RGBA{204, 121, 167, 255}}
	for i, c := range all {
		points := plotter.XYs{{X: 0, Y: stat.Mean(c.method(words).values, nil)}}
		for _, m := range c.methods {
			if m.part > 0 {
				points = append(points, plotter.XY{X: m.part, Y: stat.Mean(m.values, nil)})
			}
		}
		line, dots, err := plotter.NewLinePoints(points)
		if err != nil {
			return err
		}
		best := stat.Mean(c.method(full).values, nil)
		level, err := plotter.NewLine(plotter.XYs{{X: 0, Y: best}, {X: 1, Y: best}})
		if err != nil {
			return err
		}
		line.Color, dots.Color, level.Color = palette[i%len(palette)], palette[i%len(palette)], palette[i%len(palette)]
		dots.Shape = draw.CircleGlyph{}
		level.Dashes = []vg.Length{vg.Points(4), vg.Points(3)}
		p.Add(line, dots, level)
		p.Legend.Add(c.name, line, dots)
	}
	p.Legend.XOffs, p.Legend.YOffs = vg.Points(-8), vg.Points(8)
	return p.Save(7*vg.Inch, 4*vg.Inch, file)
}

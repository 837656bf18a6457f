package main

import (
	"fmt"
	"image/color"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/klauspost/cpuid/v2"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"github.com/flashrerank/rerank/internal/simd"
)

// fit draws the line of least squares.
func (l *line) fit() {
	l.offset, l.slope = stat.LinearRegression(l.tokens, l.seconds, nil, false)
	l.r2 = stat.RSquared(l.tokens, l.seconds, nil, l.offset, l.slope)
}

// at is what a passage of a length that was measured costs.
func (l *line) at(tokens float64) float64 {
	for i, t := range l.tokens {
		if t == tokens {
			return l.seconds[i]
		}
	}
	return 0
}

func write(folder string, r *result) error {
	if err := os.MkdirAll(filepath.Join(folder, "curves"), 0o755); err != nil {
		return err
	}
	for name, l := range r.lines {
		if err := l.plot(name, filepath.Join(folder, "curves", plotName(name))); err != nil {
			return fmt.Errorf("plotting %s: %w", name, err)
		}
	}
	return os.WriteFile(filepath.Join(folder, "curves.md"), []byte(r.markdown()), 0o644)
}

func plotName(shape string) string { return strings.ToLower(shape) + ".svg" }

func (r *result) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, `# What re-ranking costs

By the number of passages, their length, and the number of cores, written by

    go run ./bench/curves -o docs

with cross-encoders of random weights in published shapes, in int8, tokenising included. The machine: %s, %d CPUs, kernels %s,
%s/%s, %s. Medians; other machines differ.
`, cpuid.CPU.BrandName, runtime.NumCPU(), simd.Level(), runtime.GOOS, runtime.GOARCH, runtime.Version())
	for _, s := range shapes {
		r.table(&b, s.Name)
		l := r.lines[s.Name]
		fmt.Fprintf(&b, `
A passage on one core costs %.3f ms and %.2f µs a token: the line of least squares through 32 lengths from 16 to 512 tokens, R² %.4f.
A token costs %.2f times as much in a passage of 512 as in one of 64, since each attends to all.

![cost by length](curves/%s)
`, 1e3*l.offset, 1e6*l.slope, l.r2, l.at(512)/512/(l.at(64)/64), plotName(s.Name))
	}
	if r.skipped > 0 {
		fmt.Fprintf(&b, "\n– was left out: it would take more than %.0f seconds (`-full` measures all).\n", most)
	}
	b.WriteString("\n## Memory\n\nOf a process that scores passages of 64 tokens in one call, with TinyBERT's shape, in MB. The texts are the caller's, as is most of\n" +
		"what the process has before; the last column is what scoring takes: room to compute in, a score for each passage, and what the\ncollector has not collected.\n\n" +
		"| passages | texts | before | at most | scoring |\n| ---: | ---: | ---: | ---: | ---: |\n")
	for _, f := range r.memory {
		fmt.Fprintf(&b, "| %d | %.1f | %.1f | %.1f | %.1f |\n", f.Passages, f.Texts, f.Before, f.Peak, f.Peak-f.Before)
	}
	return b.String()
}

// table has a row for each number of passages and cores.
func (r *result) table(b *strings.Builder, shape string) {
	fmt.Fprintf(b, "\n## %s\n\nMilliseconds, and passages a second.\n\n| passages | cores |", shape)
	for _, n := range lengths {
		fmt.Fprintf(b, " %d tokens | |", n)
	}
	b.WriteString("\n| ---: | ---: |" + strings.Repeat(" ---: | ---: |", len(lengths)) + "\n")
	for _, n := range counts {
		for _, c := range cores {
			fmt.Fprintf(b, "| %d | %d |", n, c)
			for _, tokens := range lengths {
				b.WriteString(r.cell(shape, n, tokens, c))
			}
			b.WriteString("\n")
		}
	}
}

func (r *result) cell(shape string, passages, tokens, cores int) string {
	for _, c := range r.costs {
		if c.shape == shape && c.passages == passages && c.tokens == tokens && c.cores == cores && c.seconds > 0 {
			return fmt.Sprintf(" %.2f | %.0f |", 1e3*c.seconds, float64(passages)/c.seconds)
		}
	}
	return " – | – |"
}

// plot draws what was measured and the line.
func (l *line) plot(title, file string) error {
	p := plot.New()
	p.Title.Text = title + ", one core"
	p.X.Label.Text, p.Y.Label.Text = "tokens of a passage", "ms"
	p.X.Min, p.Y.Min = 0, 0
	points := make(plotter.XYs, len(l.tokens))
	for i := range points {
		points[i].X, points[i].Y = l.tokens[i], 1e3*l.seconds[i]
	}
	dots, err := plotter.NewScatter(points)
	if err != nil {
		return err
	}
	straight := plotter.NewFunction(func(x float64) float64 { return 1e3 * (l.offset + l.slope*x) })
	straight.Color = color.RGBA{213, 94, 0, 255}
	p.Add(plotter.NewGrid(), dots, straight)
	p.Legend.Add("measured", dots)
	p.Legend.Add("least squares", straight)
	p.Legend.Top, p.Legend.Left = true, true
	return p.Save(7*vg.Inch, 4*vg.Inch, file)
}

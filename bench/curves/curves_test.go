package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestWrite writes a page of figures that are made up.
func TestWrite(t *testing.T) {
	r := &result{lines: map[string]line{}, memory: []footprint{{100, 1, 30, 40}}, skipped: 1}
	for _, s := range shapes {
		l := line{tokens: []float64{64, 256, 512}, seconds: []float64{0.001, 0.0041, 0.0085}}
		l.fit()
		if l.r2 < 0.99 || l.slope <= 0 {
			t.Errorf("line %+v", l)
		}
		r.lines[s.Name] = l
		r.costs = append(r.costs, cost{s.Name, 10, 64, 2, 0.02})
	}
	folder := t.TempDir()
	if err := write(folder, r); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(folder, "curves.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"20.00 | 500 |", "1.06 times as much", "| 100 | 1.0 | 30.0 | 40.0 | 10.0 |", "was left out"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("no %q in\n%s", want, page)
		}
	}
	if svg, err := os.ReadFile(filepath.Join(folder, "curves", "minilm-l6.svg")); err != nil || !strings.Contains(string(svg), "<svg") {
		t.Errorf("the plot: %v", err)
	}
}

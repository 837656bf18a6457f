package report_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rivo/uniseg"

	"github.com/flashrerank/rerank/eval"
	"github.com/flashrerank/rerank/experiment"
	"github.com/flashrerank/rerank/experiment/report"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Example reports on two runs that were read from files.
func Example() {
	qrels := eval.Qrels{"q1": {"d1": 1}, "q2": {"d2": 1}}
	runs := []experiment.NamedRun{
		{Name: "first", Run: eval.Run{"q1": {{Document: "d2", Score: 2}, {Document: "d1", Score: 1}}, "q2": {{Document: "d2", Score: 1}}}},
		{Name: "second", Run: eval.Run{"q1": {{Document: "d1", Score: 1}}, "q2": {{Document: "d2", Score: 1}}}},
	}
	r, err := experiment.Runs(qrels, runs, []string{"MRR"}, eval.Options{})
	if err == nil {
		err = report.Text(os.Stdout, r, report.Options{Columns: 80})
	}
	if err != nil {
		os.Stdout.WriteString(err.Error())
	}
	// Output:
	// 2 queries, 2 judgments, 2 relevant
	//
	// system     MRR        95 % CI
	// first   0.7500  0.5000–1.0000
	// second  1.0000  1.0000–1.0000
	//
	// system      MRR           95 % CI       p  p (Holm)  wins/ties/losses
	// second  +0.2500  0.0000 to 0.5000  1.0000    1.0000             1/1/0
	//
	// differences are against first; p is of the paired randomisation test, two-sided, and p (Holm) after correction for all systems compared by the measure
}

func TestGolden(t *testing.T) {
	for name, write := range map[string]func(io.Writer) error{
		"text.txt":    func(w io.Writer) error { return report.Text(w, plain(), report.Options{Columns: 80}) },
		"markdown.md": func(w io.Writer) error { return report.Markdown(w, sample(), report.Options{}) },
	} {
		var got bytes.Buffer
		if err := write(&got); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got.String()); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

// plain is the sample with names as people give them.
func plain() experiment.Report {
	r := sample()
	r.Systems[1].Name, r.Comparisons[0].System = "bm25 → x @10", "bm25 → x @10"
	return r
}

// TestTextKeepsToTheWidth: a table is continued below, its figures are whole.
func TestTextKeepsToTheWidth(t *testing.T) {
	r := sample()
	for i := range r.Systems {
		r.Systems[i].Name = strings.Repeat("x", i+1)
	}
	r.Comparisons, r.Notes, r.Unavailable = nil, nil, nil
	for _, columns := range []int{30, 60, 200} {
		var out bytes.Buffer
		if err := report.Text(&out, r, report.Options{Columns: columns}); err != nil {
			t.Fatal(err)
		}
		heads := 0
		for line := range strings.Lines(out.String()) {
			if strings.HasPrefix(line, "system") {
				heads++
			}
			if wide := uniseg.StringWidth(strings.TrimRight(line, "\n")); wide > columns && strings.HasPrefix(line, "x") {
				t.Errorf("%d columns: a line is %d wide: %s", columns, wide, line)
			}
		}
		if (heads == 1) != (columns == 200) {
			t.Errorf("%d columns: %d tables", columns, heads)
		}
		if !strings.Contains(out.String(), "0.4062–0.5938") {
			t.Errorf("%d columns: a figure is not whole in\n%s", columns, out.String())
		}
	}
}

func TestCSV(t *testing.T) {
	var out bytes.Buffer
	if err := report.CSV(&out, sample(), report.Options{}); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&out).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 1+3*2 {
		t.Fatalf("%d rows", len(rows))
	}
	want := []string{"tales", "bm25 → " + hostile + " @10", "bm25", hostile, "10", "map", "0.5", "0.40625", "0.59375", "21.78125", "20.5", "30.75", "41", "345", "98765432", "1234.5", ""}
	if !slices.Equal(rows[4], want) {
		t.Errorf("row %q, want %q", rows[4], want)
	}
}

func TestWriterFails(t *testing.T) {
	broken := errors.New("broken")
	for name, write := range map[string]func(io.Writer) error{
		"text":     func(w io.Writer) error { return report.Text(w, sample(), report.Options{Columns: 80}) },
		"Markdown": func(w io.Writer) error { return report.Markdown(w, sample(), report.Options{}) },
		"CSV":      func(w io.Writer) error { return report.CSV(w, sample(), report.Options{}) },
		"HTML":     func(w io.Writer) error { return report.HTML(w, sample()) },
		"SVG":      func(w io.Writer) error { return report.Plot(w, sample(), report.Pareto, report.SVG) },
		"PNG":      func(w io.Writer) error { return report.Plot(w, sample(), report.Pareto, report.PNG) },
	} {
		if err := write(failing{broken}); !errors.Is(err, broken) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

package dataset_test

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flashrerank/rerank/dataset"
	"github.com/flashrerank/rerank/eval"
	"github.com/flashrerank/rerank/internal/testenv"
)

func ExampleWriteRun() {
	run := eval.Run{"q1": {{Document: "d3", Score: 0.1}, {Document: "d7", Score: 12.5}}}
	tabs, err := dataset.WriteRun(os.Stdout, run, []string{"q1"}, "mine")
	fmt.Println(tabs, err)
	// Output:
	// q1 Q0 d7 1 12.5 mine
	// q1 Q0 d3 2 0.1 mine
	// false <nil>
}

func TestWriteRunTabs(t *testing.T) {
	var b bytes.Buffer
	run := eval.Run{"#a": {{Document: "d", Score: 1. / 3}}, "b": {{Document: "My lease.md", Score: math.Inf(1)}}}
	tabs, err := dataset.WriteRun(&b, run, []string{"#a", "b", "nothing found"}, "x")
	if want := "#a\tQ0\td\t1\t0.3333333333333333\tx\nb\tQ0\tMy lease.md\t1\t+Inf\tx\n"; !tabs || err != nil || b.String() != want {
		t.Errorf("%v, %v, %q, want %q", tabs, err, b.String(), want)
	}
	for _, bad := range []string{"", "a\tb", "a\n", " a", "a\xff"} {
		if _, err := dataset.WriteRun(&b, eval.Run{"q": {{Document: bad}}}, []string{"q"}, "x"); err == nil || !strings.Contains(err.Error(), "document ID") {
			t.Errorf("document %q: %v", bad, err)
		}
	}
	for _, bad := range []string{"", "a\tb", "# a", "{", "\ufeffa"} {
		if _, err := dataset.WriteRun(&b, eval.Run{bad: {{Document: "d"}}}, []string{bad}, "x"); err == nil || !strings.Contains(err.Error(), "query ID") {
			t.Errorf("query %q: %v", bad, err)
		}
	}
	if _, err := dataset.WriteRun(&b, eval.Run{"q": {{Document: "d", Score: math.NaN()}}}, []string{"q"}, "x"); err == nil {
		t.Error("a score of NaN is written")
	}
}

// FuzzWriteRun: what is written is read back, IDs and scores to the last bit.
func FuzzWriteRun(f *testing.F) {
	f.Add("q1", "d1", "d 2", 0.1)
	f.Add("#", "a", "b", -1e-300)
	f.Add("#q x", "a\u00a0", "query", 1e300)
	f.Fuzz(func(t *testing.T, query, one, two string, score float64) {
		defer testenv.Bound(t, len(query)+len(one)+len(two))()
		run := eval.Run{query: {{Document: one, Score: score}, {Document: two, Score: score / 3}}}
		var b bytes.Buffer
		if _, err := dataset.WriteRun(&b, run, []string{query}, "x"); err != nil { // it tells what cannot be written
			return
		}
		got, _, err := dataset.ReadRun(&b, "f")
		if err != nil {
			t.Fatal(err)
		}
		if hits := got[query]; len(hits) == 2 && hits[0] != run[query][0] {
			hits[0], hits[1] = hits[1], hits[0]
		}
		if diff := cmp.Diff(run, got); diff != "" {
			t.Errorf("(-written +read)\n%s", diff)
		}
	})
}

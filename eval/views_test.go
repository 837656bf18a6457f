package eval_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/flashrerank/rerank/eval"
)

// TestNoSelf: a document with the ID of the query takes no rank, also where it
// is judged, and is gone before the ranking is cut.
func TestNoSelf(t *testing.T) {
	qrels := eval.Qrels{"q1": {"d1": 1}, "d1": {"q1": 1}}
	run := eval.Run{"q1": {{"q1", 3}, {"d1", 2}, {"d2", 1}}, "d1": {{"d1", 9}, {"q1", 1}}}
	measures := []eval.Measure{eval.MRR(0), eval.Precision(1)}
	for _, c := range []struct {
		options eval.Options
		want    string
	}{
		{eval.Options{}, "[0.5 0]"},
		{eval.Options{NoSelf: true}, "[1 1]"},
		{eval.Options{NoSelf: true, MaxDocs: 1}, "[1 1]"},
		{eval.Options{MaxDocs: 1}, "[0 0]"},
	} {
		e, err := eval.Evaluate(qrels, run, measures, c.options)
		if err != nil || fmt.Sprint(e.Summary) != c.want {
			t.Errorf("%+v: %v, %v, want %s", c.options, e.Summary, err, c.want)
		}
	}
}

// TestLevelsOfMeasures: measures of several levels give together what each gives
// alone, and what the options' level gives.
func TestLevelsOfMeasures(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 30 {
		c := randomCase(random)
		run := scored(c.Run)
		for level := 1; level <= 3; level++ {
			for _, judged := range []bool{false, true} {
				named, err := eval.ParseMeasures("P@5", fmt.Sprintf("AP(rel=%d,judged_only=%t)@20", level, judged), "RR(rel=2)", "Rprec(judged_only=True)")
				if err != nil {
					t.Fatal(err)
				}
				mixed, err := eval.Evaluate(c.Qrels, run, named, eval.Options{})
				if err != nil {
					t.Fatal(err)
				}
				plain, err := eval.Evaluate(c.Qrels, run, []eval.Measure{eval.MAP(20)}, eval.Options{Level: level, JudgedOnly: judged})
				if err != nil {
					t.Fatal(err)
				}
				for i := range mixed.Queries {
					if mixed.Values[i][1] != plain.Values[i][0] {
						t.Errorf("%v: %v, with the options %v", named[1], mixed.Values[i][1], plain.Values[i][0])
					}
				}
			}
		}
	}
}

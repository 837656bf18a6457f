package eval_test

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/flashrerank/rerank/eval"
)

// TestOfficialOutput compares the printed evaluation with trec_eval's, byte for
// byte.
func TestOfficialOutput(t *testing.T) {
	for _, c := range []struct{ qrels, run, want string }{
		{"qrels.test", "results.test", "out.test"},
		{"qrels.test.with-comments", "results.test", "out.test"},
		{"qrels.comment.test", "results.comment.test.gz", "out.comment.test"},
	} {
		t.Run(c.qrels, func(t *testing.T) {
			run, tag := readRun(t, fixture(t, c.run))
			e, err := eval.Evaluate(readQrels(t, fixture(t, c.qrels)), run, eval.Official(), eval.Options{})
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			if err := eval.WriteTrecEval(&out, e, tag, false); err != nil {
				t.Fatal(err)
			}
			if want := fixture(t, c.want); !bytes.Equal(out.Bytes(), want) {
				t.Errorf("printed\n%s\ntrec_eval prints\n%s", out.Bytes(), want)
			}
		})
	}
}

// TestAllMeasures compares every line that both print, in order: what trec_eval
// prints and we do not must be of the measures left out on purpose.
func TestAllMeasures(t *testing.T) {
	for _, c := range []struct {
		qrels, run, want string
		options          eval.Options
		perQuery         bool
	}{
		{"qrels.test", "results.test", "out.test.a", eval.Options{}, false},
		{"qrels.test", "results.test", "out.test.aq", eval.Options{}, true},
		{"qrels.test", "results.trunc", "out.test.aqc", eval.Options{Complete: true}, true},
		{"qrels.test", "results.trunc", "out.test.aqcM", eval.Options{Complete: true, MaxDocs: 100}, true},
		{"qrels.rel_level", "results.test", "out.test.aql", eval.Options{Level: 2}, true},
	} {
		t.Run(c.want, func(t *testing.T) {
			run, tag := readRun(t, fixture(t, c.run))
			e, err := eval.Evaluate(readQrels(t, fixture(t, c.qrels)), run, eval.AllTrec(), c.options)
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			if err := eval.WriteTrecEval(&out, e, tag, c.perQuery); err != nil {
				t.Fatal(err)
			}
			var want strings.Builder
			for line := range strings.Lines(string(fixture(t, c.want))) {
				switch name := strings.Fields(line)[0]; name {
				case "relstring", "relstring_20", "G", "ndcg_rel", "Rndcg":
				default:
					want.WriteString(line)
				}
			}
			sameLines(t, out.String(), want.String())
		})
	}
}

func sameLines(t *testing.T, got, want string) {
	t.Helper()
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	if len(g) != len(w) {
		t.Errorf("printed %d lines, trec_eval prints %d", len(g), len(w))
	}
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			t.Errorf("line %d: printed %q, trec_eval prints %q", i+1, g[i], w[i])
		}
	}
}

// TestParameters reads trec_eval's own way to name cutoffs and points.
func TestParameters(t *testing.T) {
	run, _ := readRun(t, fixture(t, "results.test"))
	measures := parse(t, "iprec_at_recall..10,.20,.25,.75,.50", "P.5,7,3", "recall.20,2000",
		"Rprec_mult.5.0,0.2,0.35", "ndcg_cut.10,20,23", "success.2,5,20")
	e, err := eval.Evaluate(readQrels(t, fixture(t, "qrels.test")), run, measures, eval.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := eval.WriteTrecEval(&out, e, "", true); err != nil {
		t.Fatal(err)
	}
	printed := map[string]bool{}
	for line := range strings.Lines(out.String()) {
		printed[line] = true
	}
	compared := 0
	for line := range strings.Lines(string(fixture(t, "out.test.meas_params"))) {
		switch strings.Fields(line)[0] {
		case "utility_2,-1,0,0", "11pt_avg_.25,.5,.75", "ndcg_1=3,2=9,4=4.5": // parameters we do not have
			continue
		}
		compared++
		if !printed[line] {
			t.Errorf("trec_eval prints %q, it is not among\n%s", line, out.String())
		}
	}
	if compared != len(printed) || compared != 4*len(measures) {
		t.Errorf("%d lines compared, %d printed, %d measures", compared, len(printed), len(measures))
	}
}

// TestCACM compares a real run's values, computed with pytrec_eval.
func TestCACM(t *testing.T) {
	qrels, measures := readQrels(t, fixture(t, "cacm.qrels")), []eval.Measure{}
	run, _ := readRun(t, fixture(t, "cacm-bm25.run"))
	want := map[eval.Measure]map[string]float64{}
	for _, f := range lines(t, fixture(t, "cacm-bm25.expected.tsv"), 3)[1:] {
		m, err := eval.ParseMeasure(f[0])
		if err != nil {
			t.Fatal(err)
		}
		if want[m] == nil {
			measures, want[m] = append(measures, m), map[string]float64{}
		}
		if want[m][f[1]], err = strconv.ParseFloat(f[2], 64); err != nil {
			t.Fatal(err)
		}
	}
	e, err := eval.Evaluate(qrels, run, measures, eval.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(e.Queries) != 52 || len(e.Unjudged) != 12 {
		t.Errorf("%d queries evaluated and %d unjudged, want 52 and 12", len(e.Queries), len(e.Unjudged))
	}
	for j, m := range e.Measures {
		for i, query := range e.Queries {
			near(t, m, query, e.Values[i][j], want[m][query], 1e-6)
		}
		if all, ok := want[m]["all"]; ok && m.Averaged() { // the file holds means of counts too
			near(t, m, "all", e.Summary[j], all, 1e-6)
		}
	}
}

// near compares with the tolerance that the digits of the reference allow.
func near(t *testing.T, m eval.Measure, query string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%v of query %s: %v, the reference has %v", m, query, got, want)
	}
}

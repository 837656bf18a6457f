package eval_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flashrerank/rerank/eval"
)

func Example() {
	qrels := eval.Qrels{
		"q1": {"d1": 2, "d2": 0, "d3": 1},
		"q2": {"d1": 1},
	}
	run := eval.Run{
		"q1": {{Document: "d1", Score: 9.5}, {Document: "d2", Score: 8}, {Document: "d3", Score: 7.5}},
		"q2": {{Document: "d4", Score: 3}, {Document: "d1", Score: 3}},
	}
	e, err := eval.Evaluate(qrels, run, []eval.Measure{eval.NDCG(10), eval.MRR(0)}, eval.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, query := range e.Queries {
		fmt.Printf("%s %.4f %.4f\n", query, e.Values[i][0], e.Values[i][1])
	}
	fmt.Printf("all %.4f %.4f\n", e.Summary[0], e.Summary[1])
	// Output:
	// q1 0.9502 1.0000
	// q2 0.6309 0.5000
	// all 0.7906 0.7500
}

// TestFormulas compares with values worked out by hand.
func TestFormulas(t *testing.T) {
	// Ranks 1 to 5 have the grades 3, unjudged, 0, 1, 4; 2 is not found.
	qrels := eval.Qrels{"q": {"a": 3, "c": 0, "d": 1, "e": 4, "x": 2}}
	run := eval.Run{"q": {{"a", 5}, {"b", 4}, {"c", 3}, {"d", 2}, {"e", 1}}}
	log2 := math.Log2
	for name, want := range map[string]float64{
		"nDCG":         (3 + 1/log2(5) + 4/log2(6)) / (4 + 3/log2(3) + 2/log2(4) + 1/log2(5)),
		"nDCG@1":       3.0 / 4,
		"nDCG@4":       (3 + 1/log2(5)) / (4 + 3/log2(3) + 2/log2(4) + 1/log2(5)),
		"nDCG_exp":     (7 + 1/log2(5) + 15/log2(6)) / (15 + 7/log2(3) + 3/log2(4) + 1/log2(5)),
		"nDCG_exp@2":   7 / (15 + 7/log2(3)),
		"ERR":          7.0/16 + 9.0/16*(1.0/16)/4 + 9.0/16*(15.0/16)*(15.0/16)/5,
		"ERR@1":        7.0 / 16,
		"ERR(max=5)@1": 7.0 / 32,
		"RBP(p=0.5)":   0.5 * (1 + 0.125 + 0.0625),
		"RBP(p=0.5)@2": 0.5,
		"RBP":          0.2 * (1 + 0.512 + 0.4096),
		"rbp":          0.1 * (3.0/4 + 0.729/4 + 0.6561),
		"MAP":          (1 + 2.0/4 + 3.0/5) / 4,
		"MAP@4":        (1 + 2.0/4) / 4,
		"MRR":          1,
		"P@5":          3.0 / 5,
		"P@10":         3.0 / 10,
		"R@4":          2.0 / 4,
		"Success@1":    1,
		"Rprec":        2.0 / 4,
		"bpref":        (1 + 0 + 0) / 4.0,
		"Judged@5":     4.0 / 5,
		"Judged@10":    4.0 / 5,
		"Judged@1":     1,
		"num_ret":      5,
		"num_rel":      4,
		"num_rel_ret":  3,
		// Recall 0 to 0.3 rounds to 0 or 1 relevant documents: precision 1; 0.4 to
		// 0.8 to 2 or 3: 3/5; 0.9 and 1.0 to 4: 0.
		"11pt_avg": (4*1 + 5*3.0/5) / 11,
	} {
		e, err := eval.Evaluate(qrels, run, parse(t, name), eval.Options{})
		if err != nil {
			t.Error(err)
			continue
		}
		if got := e.Summary[0]; math.Abs(got-want) > 1e-12 {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

// TestTies: equal scores are in the order of IDs, the highest first.
func TestTies(t *testing.T) {
	qrels := eval.Qrels{"q": {"d9": 1}}
	run := eval.Run{"q": {{"d1", 1}, {"d10", 1}, {"d9", 1}, {"é", 1}, {"z", 1}}}
	e, err := eval.Evaluate(qrels, run, []eval.Measure{eval.MRR(0)}, eval.Options{})
	if err != nil || e.Summary[0] != 1.0/3 {
		t.Errorf("%v, %v: d9 comes after é and z only", e.Summary, err)
	}
	close := eval.Run{"q": {{"d1", 1.00000002}, {"d9", 1.00000001}}}
	for old, want := range map[bool]float64{false: 0.5, true: 1} {
		e, err := eval.Evaluate(qrels, close, []eval.Measure{eval.MRR(0)}, eval.Options{TrecEval9: old})
		if err != nil || e.Summary[0] != want {
			t.Errorf("scores that are equal as float32, TrecEval9 %t: %v, %v, want %v", old, e.Summary, err, want)
		}
	}
	infinite := eval.Run{"q": {{"d1", math.Inf(1)}, {"d9", math.MaxFloat64}, {"d2", math.Inf(-1)}}}
	if e, err = eval.Evaluate(qrels, infinite, []eval.Measure{eval.MRR(0)}, eval.Options{}); err != nil || e.Summary[0] != 0.5 {
		t.Errorf("infinite scores: %v, %v", e.Summary, err)
	}
}

func TestQueries(t *testing.T) {
	qrels := eval.Qrels{"1": {"a": 1}, "2": {"a": 1}, "3": {"a": 0}}
	run := eval.Run{"1": {{"a", 1}}, "3": {{"a", 1}}, "9": {{"a", 1}}}
	for complete, want := range map[bool]struct {
		queries []string
		mean    float64
	}{false: {[]string{"1", "3"}, 0.5}, true: {[]string{"1", "2", "3"}, 1.0 / 3}} {
		e, err := eval.Evaluate(qrels, run, []eval.Measure{eval.MAP(0)}, eval.Options{Complete: complete})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(e.Queries, want.queries) || e.Summary[0] != want.mean {
			t.Errorf("complete %t: queries %q, mean %v", complete, e.Queries, e.Summary[0])
		}
		if !slices.Equal(e.Missing, []string{"2"}) || !slices.Equal(e.Unjudged, []string{"9"}) {
			t.Errorf("complete %t: missing %q, unjudged %q", complete, e.Missing, e.Unjudged)
		}
		column, ok := e.Column(eval.MAP(0))
		if !ok || len(column) != len(want.queries) || column[0] != 1 {
			t.Errorf("column %v, %t", column, ok)
		}
		if _, ok := e.Column(eval.MRR(0)); ok {
			t.Error("there is a column for a measure that was not asked for")
		}
	}
}

func TestRefused(t *testing.T) {
	qrels := eval.Qrels{"q": {"a": 1, "b": 5}}
	one := eval.Run{"q": {{"a", 1}}}
	for name, c := range map[string]struct {
		run     eval.Run
		measure eval.Measure
		options eval.Options
		want    string
	}{
		"a document twice":   {eval.Run{"q": {{"a", 1}, {"b", 1}, {"a", 2}}}, eval.MAP(0), eval.Options{}, `query "q": document "a" is in the run twice`},
		"not a number":       {eval.Run{"q": {{"a", math.NaN()}}}, eval.MAP(0), eval.Options{}, `query "q", document "a": the score is not a number`},
		"too high for ERR":   {one, eval.ERR(20, 4), eval.Options{}, `query "q", document "b": grade 5 is above the highest that ERR@20 allows, 4`},
		"no measure":         {one, eval.Measure{}, eval.Options{}, "measure 1 of 1 is the zero Measure"},
		"a negative level":   {one, eval.MAP(0), eval.Options{Level: -1}, "neither may be negative"},
		"a negative maximum": {one, eval.MAP(0), eval.Options{MaxDocs: -1}, "neither may be negative"},
		"no query":           {eval.Run{"other": {{"a", 1}}}, eval.MAP(0), eval.Options{}, "1 judged query, 1 query in the run: no query has both"},
	} {
		_, err := eval.Evaluate(qrels, c.run, []eval.Measure{c.measure}, c.options)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
		var twice eval.DuplicateError
		if (name == "a document twice") != errors.As(err, &twice) || (name == "no query") != errors.Is(err, eval.ErrNoQueries) {
			t.Errorf("%s: error %#v", name, err)
		}
	}
	if _, err := eval.Evaluate(eval.Qrels{}, nil, nil, eval.Options{Complete: true}); !errors.Is(err, eval.ErrNoQueries) {
		t.Errorf("nothing at all: %v", err)
	}
}

// TestProperties checks on random runs what holds for all.
func TestProperties(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 5))
	measures := eval.AllTrec()
	for range 40 {
		c := randomCase(random)
		run := scored(c.Run)
		before, err := eval.Evaluate(c.Qrels, run, measures, eval.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range before.Values {
			for j, m := range measures {
				if v := row[j]; math.IsNaN(v) || m.Averaged() && m.String() != "utility" && !(v >= 0 && v <= 1+1e-12) {
					t.Errorf("%v of %s is %v", m, before.Queries[i], v)
				}
			}
		}
		for _, hits := range run { // the order of documents means nothing
			random.Shuffle(len(hits), func(i, j int) { hits[i], hits[j] = hits[j], hits[i] })
		}
		shuffled, err := eval.Evaluate(c.Qrels, run, measures, eval.Options{})
		if diff := cmp.Diff(before.Values, shuffled.Values); err != nil || diff != "" {
			t.Errorf("%v, in another order (-before +after)\n%s", err, diff)
		}
		for i, query := range before.Queries { // nor do the other queries
			lone, err := eval.Evaluate(c.Qrels, eval.Run{query: run[query]}, measures, eval.Options{})
			if err != nil || !slices.Equal(lone.Values[0], before.Values[i]) {
				t.Errorf("query %s alone: %v, %v, with others %v", query, lone.Values, err, before.Values[i])
			}
		}
		checkPerfect(t, c.Qrels)
	}
}

// checkPerfect evaluates the best possible run.
func checkPerfect(t *testing.T, qrels eval.Qrels) {
	t.Helper()
	run := eval.Run{}
	for query, judged := range qrels {
		for d, grade := range judged {
			run[query] = append(run[query], eval.Scored{Document: d, Score: float64(grade)})
		}
	}
	measures := []eval.Measure{eval.NDCG(0), eval.NDCG(10), eval.NDCGExp(10), eval.MAP(0), eval.MRR(0), eval.Success(1)}
	e, err := eval.Evaluate(qrels, run, measures, eval.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i, query := range e.Queries {
		want := 0.0
		for _, grade := range qrels[query] {
			if grade > 0 {
				want = 1
			}
		}
		for j, m := range measures {
			if got := e.Values[i][j]; math.Abs(got-want) > 1e-12 {
				t.Errorf("%v of the best run is %v, want %v", m, got, want)
			}
		}
	}
}

func BenchmarkEvaluate(b *testing.B) {
	qrels, run := large(1000, 1000)
	measures := []eval.Measure{eval.NDCG(10), eval.MAP(0), eval.MRR(0), eval.Precision(10), eval.Recall(100)}
	b.ResetTimer()
	for b.Loop() {
		if _, err := eval.Evaluate(qrels, run, measures, eval.Options{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*1e6/b.Elapsed().Seconds(), "lines/s")
}

// large makes a run of so many queries with so many documents.
func large(queries, documents int) (eval.Qrels, eval.Run) {
	random := rand.New(rand.NewPCG(1, 1))
	qrels, run := eval.Qrels{}, eval.Run{}
	for q := range queries {
		query := fmt.Sprint(q)
		qrels[query] = map[string]int{}
		for i := range documents {
			d := fmt.Sprintf("DOC-%07d", random.IntN(10_000)*documents+i)
			run[query] = append(run[query], eval.Scored{Document: d, Score: random.Float64()})
			if random.IntN(20) == 0 {
				qrels[query][d] = random.IntN(4)
			}
		}
	}
	return qrels, run
}

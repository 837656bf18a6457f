package eval_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/flashrerank/rerank/eval"
	"github.com/flashrerank/rerank/internal/testenv"
)

func ExampleParseMeasures() {
	measures, err := eval.ParseMeasures("nDCG@10", "MAP", "P.5,10", "map")
	fmt.Println(measures, err)
	_, err = eval.ParseMeasures("P@0")
	fmt.Println(err)
	// Output:
	// [nDCG@10 MAP P_5 P_10] <nil>
	// eval: measure "P@0": the cutoff "0" is not a number from 1 to 1000000000
}

func TestSpellings(t *testing.T) {
	for want, names := range map[eval.Measure][]string{
		eval.NDCG(10):      {"ndcg_cut_10", "nDCG@10", "NDCG@10", "ndcg_10"},
		eval.NDCG(0):       {"ndcg", "nDCG"},
		eval.NDCGExp(10):   {"nDCG_exp@10", "nDCG(dcg='exp-log2')@10"},
		eval.MAP(0):        {"map", "MAP", "AP"},
		eval.MAP(100):      {"map_cut_100", "MAP@100", "AP@100"},
		eval.MRR(0):        {"recip_rank", "MRR", "RR"},
		eval.MRR(10):       {"MRR@10", "RR@10"},
		eval.Precision(5):  {"P_5", "P@5", "Precision@5"},
		eval.Recall(100):   {"recall_100", "R@100", "Recall@100"},
		eval.Success(1):    {"success_1", "Success@1"},
		eval.Judged(10):    {"Judged@10", "judged@10"},
		eval.ERR(20, 4):    {"ERR@20", "err@20"},
		eval.ERR(20, 2):    {"ERR(max=2)@20"},
		eval.RBP(0.8, 0):   {"RBP", "RBP(p=0.8)"},
		eval.RBP(0.95, 10): {"RBP(p=0.95)@10"},
	} {
		for _, name := range names {
			if got, err := eval.ParseMeasure(name); err != nil || !got.Equal(want) || got.String() != name {
				t.Errorf("%s: %v, %v, want %v", name, got, err, want)
			}
		}
		back, err := eval.ParseMeasure(want.String())
		if err != nil || back != want {
			t.Errorf("%v is read back as %v, %v", want, back, err)
		}
	}
}

// TestOptionNames: the names of trec_eval's option -m are printed as trec_eval
// prints them.
func TestOptionNames(t *testing.T) {
	for name, want := range map[string]string{"P.5": "P_5", "p.5": "P_5", "ndcg_cut.10": "ndcg_cut_10", "iprec_at_recall.0.1": "iprec_at_recall_0.10"} {
		if got, err := eval.ParseMeasure(name); err != nil || got.String() != want {
			t.Errorf("%s: %v, %v, want %s", name, got, err, want)
		}
	}
}

// TestEveryNameIsRead: what help texts list, and what evaluations print.
func TestEveryNameIsRead(t *testing.T) {
	for _, m := range eval.AllTrec() {
		if back, err := eval.ParseMeasure(m.String()); err != nil || back != m {
			t.Errorf("%v is read back as %v, %v", m, back, err)
		}
	}
	fill := strings.NewReplacer("_k", "_7", "@k", "@7", "=x", "=0.5", "_x", "_0.5", "@x", "@0.5")
	for _, name := range eval.Names() {
		m, err := eval.ParseMeasure(fill.Replace(name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if back, err := eval.ParseMeasure(m.String()); err != nil || back != m {
			t.Errorf("%s: %v is read back as %v, %v", name, m, back, err)
		}
	}
}

func TestLists(t *testing.T) {
	for name, want := range map[string]int{
		"official": 29, "all_trec": len(eval.AllTrec()), "P": 9, "ndcg_cut": 9, "recall": 9, "success": 3, "iprec_at_recall": 11, "P.3,5": 2, "map": 1,
	} {
		if got, err := eval.ParseMeasures(name); err != nil || len(got) != want {
			t.Errorf("%s: %d measures, %v, want %d", name, len(got), err, want)
		}
	}
	if got, err := eval.ParseMeasures(" P@5 ", "P(rel=2)@5", "P_5", "P(rel=2,judged_only=False)@5"); err != nil || fmt.Sprint(got) != "[P@5 P(rel=2)@5]" {
		t.Errorf("names of one measure: %v, %v", got, err)
	}
	if got, err := eval.ParseMeasures("P@5", "P_5", "official"); err != nil || len(got) != 29 {
		t.Errorf("repeated names: %d measures, %v", len(got), err)
	}
}

func TestBadNames(t *testing.T) {
	for name, want := range map[string]string{
		"":                   "unknown",
		"quality":            "unknown; known are",
		"ndgc@10":            `did you mean "ndcg" or "nDCG@k"?`,
		"racall_10":          `did you mean "recall_k"`,
		"nDCG@":              `the cutoff "" is not a number`,
		"nDCG@x":             `the cutoff "x"`,
		"nDCG@99999999999":   `the cutoff "99999999999"`,
		"P":                  "it needs a cutoff, as in P_10",
		"ndcg_cut":           "it needs a cutoff",
		"bpref@5":            "bpref takes no cutoff",
		"iprec_at_recall":    "it needs a point, as in iprec_at_recall_0.20",
		"iprec_at_recall_2":  `the point "2" is not a number from 0 to 1`,
		"rbp_p=1":            `the persistence "1" is not a number from 0 to below 1`,
		"RBP(p=NaN)":         `the persistence "NaN"`,
		"RBP(p=0.8":          "no closing parenthesis",
		"RBP(q=1)":           `unknown parameter "q" of RBP`,
		"ERR(max=0)@10":      `the grade "0" is not a number from 1 to 900`,
		"nDCG(dcg='log')@10": "unknown parameter",
		// What ir_measures computes, and we do not or not so.
		"alpha_nDCG@10":               "alpha_nDCG is not computed here",
		"ERR_IA(judged_only=True)@20": "ERR_IA is not computed here",
		"Accuracy@5":                  "Accuracy is not computed here",
		"BPM(max_rel=2)@10":           "BPM is not computed here",
		"Compat(p=0.9)":               "Compat is not computed here",
		"SetF(beta=0.5)":              "set_F is computed with beta=1 only",
		"nDCG(gains={0:0,1:2})@10":    `unknown parameter "gains" of ndcg`,
		"nDCG(rel=2)@10":              `unknown parameter "rel" of ndcg`,
		"Bpref(judged_only=True)":     `unknown parameter "judged_only" of bpref`,
		"AP(rel=0)":                   `the grade "0" is not a number from 1 to 127`,
		"P(judged_only=maybe)@5":      `"maybe" is neither True nor False`,
		"IPrec@1.5":                   `the point "1.5" is not a number from 0 to 1`,
		"Rprec(rel=2":                 "no closing parenthesis",
	} {
		if m, err := eval.ParseMeasure(name); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), fmt.Sprintf("%q", name)) {
			t.Errorf("%q: %v, error %v, want %q", name, m, err, want)
		}
	}
}

func FuzzParseMeasure(f *testing.F) {
	for _, m := range eval.AllTrec() {
		f.Add(m.String())
	}
	f.Add("RBP(p=0.8)@5")
	f.Add("ERR(max=4)@5")
	f.Add("P.5,10")
	f.Fuzz(func(t *testing.T, name string) {
		defer testenv.Bound(t, len(name))()
		m, err := eval.ParseMeasure(name)
		if err != nil {
			return
		}
		back, err := eval.ParseMeasure(m.String())
		if err != nil || back != m {
			t.Errorf("%q is %v, which is read as %v, %v", name, m, back, err)
		}
		qrels, run := eval.Qrels{"q": {"a": 1}}, eval.Run{"q": {{Document: "a", Score: 1}, {Document: "b", Score: 2}}}
		if _, err := eval.Evaluate(qrels, run, []eval.Measure{m}, eval.Options{}); err != nil {
			t.Errorf("%v: %v", m, err)
		}
	})
}

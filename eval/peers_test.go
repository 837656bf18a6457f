package eval_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/flashrerank/rerank/eval"
	"github.com/flashrerank/rerank/internal/testenv"
)

// peerCase is what the script of the peers reads.
type peerCase struct {
	Qrels eval.Qrels                    `json:"qrels"`
	Run   map[string]map[string]float64 `json:"run"`
}

// TestPeers compares random runs with pytrec_eval and ir_measures.
func TestPeers(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 11))
	cases := make([]peerCase, 60)
	for i := range cases {
		cases[i] = randomCase(random)
	}
	input, err := json.Marshal(cases)
	if err != nil {
		t.Fatal(err)
	}
	var answers []map[string]map[string]any
	if err := json.Unmarshal(testenv.Python(t, input, "testdata/peers.py"), &answers); err != nil {
		t.Fatal(err)
	}
	if len(answers) != len(cases) {
		t.Fatalf("%d answers to %d cases", len(answers), len(cases))
	}
	compared := map[string]int{}
	for i, c := range cases {
		for name, want := range answers[i] {
			switch name {
			case "runid", "relstring", "G", "ndcg_rel", "Rndcg": // see AllTrec
				continue
			}
			compared[name] += comparePeer(t, fmt.Sprintf("case %d", i), c, name, want)
		}
	}
	for name, n := range compared {
		if n < 100 {
			t.Errorf("%s: only %d values were compared", name, n)
		}
	}
	if len(compared) < 128 {
		t.Errorf("only %d measures were compared", len(compared))
	}
}

// comparePeer compares one measure of one case and returns how many values.
func comparePeer(t *testing.T, label string, c peerCase, name string, want map[string]any) int {
	t.Helper()
	m, err := eval.ParseMeasure(name)
	if err != nil {
		t.Error(err)
		return 0
	}
	e, err := eval.Evaluate(c.Qrels, scored(c.Run), []eval.Measure{m}, eval.Options{TrecEval9: true})
	if err != nil {
		t.Errorf("%s, %s: %v", label, name, err)
		return 0
	}
	if len(e.Queries) != len(want) {
		t.Errorf("%s, %s: %d queries, the reference has %d", label, name, len(e.Queries), len(want))
	}
	for i, query := range e.Queries {
		value, ok := want[query].(float64)
		if !ok {
			t.Errorf("%s, %s, query %s: the reference has %v", label, name, query, want[query])
			continue
		}
		tolerance := 1e-9
		switch name {
		case "gm_map", "gm_bpref": // the reference gives the logarithm
			value = math.Exp(value)
		case "ERR@20", "nDCG_exp@10", "nDCG(dcg='exp-log2')@10": // gdeval prints five digits
			tolerance = 0.6e-5
		}
		if got := e.Values[i][0]; !(math.Abs(got-value) <= tolerance) {
			t.Errorf("%s, %s, query %s: %v, the reference has %v", label, name, query, got, value)
		}
	}
	return len(e.Queries)
}

// randomCase has ties, queries that one side lacks, documents without a
// judgment and negative judgments; but no query has negative ones only, with
// which pytrec_eval crashes.
func randomCase(random *rand.Rand) peerCase {
	c := peerCase{Qrels: eval.Qrels{}, Run: map[string]map[string]float64{}}
	for q := range 6 {
		query := fmt.Sprint(q) // gdeval, which ir_measures runs, wants numbers
		pool := 1 + random.IntN(60)
		if q == 0 || random.IntN(6) > 0 {
			c.Qrels[query] = map[string]int{}
			for d := range pool {
				if random.IntN(2) == 0 {
					c.Qrels[query][fmt.Sprint("d", d)] = random.IntN(7) - 2
				}
			}
			c.Qrels[query]["d0"] = random.IntN(5)
		}
		if q == 0 || random.IntN(6) > 0 {
			c.Run[query] = map[string]float64{}
			for d := range pool + 20 {
				if random.IntN(3) > 0 || d == 0 {
					c.Run[query][fmt.Sprint("d", d)] = float64(random.IntN(pool)) / 8
				}
			}
		}
	}
	return c
}

func scored(run map[string]map[string]float64) eval.Run {
	r := eval.Run{}
	for query, documents := range run {
		for d, score := range documents {
			r[query] = append(r[query], eval.Scored{Document: d, Score: score})
		}
	}
	return r
}

package fusion

import (
	"fmt"
	"math"

	"github.com/flashrerank/rerank"
)

// Calibration makes relevance of what parts say of a hit: the probability
//
//	1 / (1 + exp(−(Σ Slope·score + Intercept)))
//
// over its terms that the hit is relevant, as logistic regression finds it (Platt,
// "Probabilistic outputs for support vector machines", 1999). It knows nothing of the
// hit's company, as the sum of a blend does; along the order of the sums it is made to
// fall by pooling adjacent violators (Ayer et al., 1955), so that sorting by relevance
// changes nothing.
type Calibration struct {
	Terms     []Term
	Intercept float64
}

// Term is what the score of a part counts in a [Calibration].
type Term struct {
	Part  int // its place among the parts
	Slope float64
}

func (c Calibration) check(parts int) error {
	if len(c.Terms) == 0 || math.IsInf(c.Intercept, 0) || math.IsNaN(c.Intercept) {
		return fmt.Errorf("a calibration of %d terms and %v", len(c.Terms), c.Intercept)
	}
	for _, t := range c.Terms {
		if t.Part < 0 || t.Part >= parts {
			return fmt.Errorf("a calibration of part %d, and there are %d", t.Part, parts)
		}
		if !(t.Slope > 0) || math.IsInf(t.Slope, 0) {
			return fmt.Errorf("a calibration by the slope %v", t.Slope)
		}
	}
	return nil
}

// apply sets the relevance of the hits that have none and all the scores it takes.
func (c Calibration) apply(hits []rerank.Hit, lists [][]rerank.Hit) {
	odds, known := make([]float64, len(hits)), make([]int, len(hits))
	for _, t := range c.Terms {
		for _, h := range lists[t.Part] {
			if !math.IsNaN(h.Score) {
				odds[h.Index] += float64(t.Slope * h.Score)
				known[h.Index]++
			}
		}
	}
	for i := range hits {
		if known[i] == len(c.Terms) && math.IsNaN(hits[i].Relevance) {
			hits[i].Relevance = 1 / (1 + math.Exp(-(odds[i] + c.Intercept)))
		}
	}
}

// pool makes relevance fall along a list: each run that does not gets its mean. Hits
// without are left as they are.
func pool(hits []rerank.Hit) {
	type block struct {
		sum  float64
		hits []int
	}
	var blocks []block
	mean := func(b block) float64 { return b.sum / float64(len(b.hits)) }
	for i, h := range hits {
		if math.IsNaN(h.Relevance) {
			continue
		}
		blocks = append(blocks, block{h.Relevance, []int{i}})
		for n := len(blocks); n > 1 && mean(blocks[n-1]) > mean(blocks[n-2]); n-- {
			blocks[n-2].sum += blocks[n-1].sum
			blocks[n-2].hits = append(blocks[n-2].hits, blocks[n-1].hits...)
			blocks = blocks[:n-1]
		}
	}
	for _, b := range blocks {
		for _, i := range b.hits {
			hits[i].Relevance = mean(b)
		}
	}
}

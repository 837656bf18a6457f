package fusion

import (
	"fmt"
	"math"

	"github.com/flashrerank/rerank"
)

// Calibration makes relevance of what one part says of a hit: the probability
//
//	1 / (1 + exp(−(Slope·score + Intercept)))
//
// that the hit is relevant, as logistic regression finds it (Platt, "Probabilistic
// outputs for support vector machines", 1999). It knows nothing of the hit's company,
// as the sum of a blend does; along the order of the sums it is made to fall by pooling
// adjacent violators (Ayer et al., 1955), so that sorting by relevance changes nothing.
type Calibration struct {
	Part             int // whose scores
	Slope, Intercept float64
}

func (c *Calibration) check(parts int) error {
	if c == nil {
		return nil
	}
	if c.Part < 0 || c.Part >= parts {
		return fmt.Errorf("a calibration of part %d, and there are %d", c.Part, parts)
	}
	if !(c.Slope > 0) || math.IsInf(c.Slope, 0) || math.IsNaN(c.Intercept) || math.IsInf(c.Intercept, 0) {
		return fmt.Errorf("a calibration by %v and %v", c.Slope, c.Intercept)
	}
	return nil
}

// apply sets the relevance of hits that the part has judged.
func (c *Calibration) apply(hits []rerank.Hit, judged []rerank.Hit) {
	for _, h := range judged {
		hits[h.Index].Relevance = 1 / (1 + math.Exp(-(float64(c.Slope*h.Score) + c.Intercept)))
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

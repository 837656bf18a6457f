package crossencoder

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/flashrerank/rerank/internal/nearest"
)

// labels turn the logits of a head into one.
type labels struct {
	relevant int
	remark   string // where the names do not tell which it is
}

// relevantNames are what labels that mean relevant are called.
var relevantNames = []string{"entailment", "relevant", "yes", "true"}

func newLabels(n int, names []string, wanted string) (labels, error) {
	lower := make([]string, len(names))
	for i, name := range names {
		lower[i] = strings.ToLower(name)
	}
	if wanted != "" {
		i := slices.Index(lower, strings.ToLower(wanted))
		if i < 0 {
			return labels{}, fmt.Errorf("the model has no label %q; it has %s%s", wanted, strings.Join(names, ", "), nearest.Hint(wanted, names))
		}
		return labels{relevant: i}, nil
	}
	if n == 1 {
		return labels{}, nil
	}
	for _, name := range relevantNames {
		if i := slices.Index(lower, name); i >= 0 {
			return labels{relevant: i}, nil
		}
	}
	if n == 2 {
		return labels{1, fmt.Sprintf("the labels %q do not tell which means relevant: using the second, %q", names, names[1])}, nil
	}
	return labels{}, fmt.Errorf("the head has %d labels (%s): name the one that means relevant", n, strings.Join(names, ", "))
}

// logit is the logarithm of the odds of the label that means relevant against
// all others: what the softmax gives it is the sigmoid of that.
func (l labels) logit(logits []float32) float32 {
	if len(logits) == 1 {
		return logits[0]
	}
	others := math.Inf(-1)
	for i, x := range logits {
		if i != l.relevant {
			others = max(others, float64(x))
		}
	}
	sum := 0.0
	for i, x := range logits {
		if i != l.relevant {
			sum += math.Exp(float64(x) - others)
		}
	}
	return float32(float64(logits[l.relevant]) - others - math.Log(sum))
}

package significance

import (
	"cmp"
	"fmt"
	"slices"
)

// Holm returns the p values of several comparisons, each made greater by as much
// as is needed for the chance of even one false finding among them to stay below
// what the result is held against (Holm, "A simple sequentially rejective
// multiple test procedure", Scandinavian Journal of Statistics 6(2), 1979). The
// k-th smallest of m values becomes the greatest one of (m-j+1)*p(j) for j up to
// k, and at most 1. The results are in the order of p; a value outside [0,1] is
// an error, and no values give none.
func Holm(p []float64) ([]float64, error) {
	for i, x := range p {
		if !(x >= 0 && x <= 1) {
			return nil, fmt.Errorf("significance: p[%d] is %v: it must be between 0 and 1", i, x)
		}
	}
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(p[i], p[j]) })
	adjusted := make([]float64, len(p))
	greatest := 0.0
	for k, i := range order {
		greatest = min(1, max(greatest, float64(len(p)-k)*p[i]))
		adjusted[i] = greatest
	}
	return adjusted, nil
}

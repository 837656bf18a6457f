package vector_test

import (
	"math"

	"github.com/flashrerank/rerank"
)

// measure is the definition of both similarities.
func measure(a, b []float32, s rerank.Similarity) float64 {
	var dot, aa, bb float64
	for i := range a {
		dot += float64(a[i]) * float64(b[i])
		aa += float64(a[i]) * float64(a[i])
		bb += float64(b[i]) * float64(b[i])
	}
	if s == rerank.SimilarityDot {
		return dot
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return dot / math.Sqrt(aa*bb)
}

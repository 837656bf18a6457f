package fusion

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/flashrerank/rerank/internal/simd"
)

// Neighbours lets hits take part of their score from those they are most alike:
// texts that are close to one another tend to be relevant together (van Rijsbergen's
// cluster hypothesis). With the similarity w of vectors (their cosine, if it is
// positive) and the Number nearest hits j of hit i, its score s[i] becomes
//
//	(1 − Weight)·s[i] + Weight·Σ_j w[i][j]·s[j] / Σ_j w[i][j]
//
// as in Diaz, "Regularizing ad hoc retrieval scores" (2005), with one step in the
// place of the solution. The zero value changes nothing.
type Neighbours struct {
	Weight float64 // from 0 to 1
	Number int
}

func (n Neighbours) check() error {
	if !(n.Weight >= 0 && n.Weight <= 1) || n.Number < 0 {
		return fmt.Errorf("a weight of %v for %d neighbours", n.Weight, n.Number)
	}
	return nil
}

func (n Neighbours) active() bool { return n.Weight > 0 && n.Number > 0 }

// neighbour is another hit and how much alike it is.
type neighbour struct {
	at         int
	similarity float32
}

// smooth replaces the scores. Hits without a vector keep theirs.
func (n Neighbours) smooth(scores []float64, vectors [][]float32) {
	near := make([][]neighbour, len(scores))
	units := make([][]float32, len(scores))
	for i, v := range vectors {
		units[i] = unit(v)
		for j := range i {
			if units[i] == nil || len(units[i]) != len(units[j]) {
				continue
			}
			if w := simd.Dot(units[i], units[j]); w > 0 {
				near[i] = n.admit(near[i], neighbour{j, w})
				near[j] = n.admit(near[j], neighbour{i, w})
			}
		}
	}
	given := slices.Clone(scores)
	for i, list := range near {
		sum, weight := 0.0, 0.0
		for _, x := range list {
			sum += float64(float64(x.similarity) * given[x.at])
			weight += float64(x.similarity)
		}
		if weight > 0 {
			scores[i] = float64((1-n.Weight)*given[i]) + float64(n.Weight*sum/weight)
		}
	}
}

// admit puts a neighbour into its place among the nearest, nearest first and of equal
// ones that of the lower place.
func (n Neighbours) admit(list []neighbour, x neighbour) []neighbour {
	at := len(list)
	for at > 0 && compareNear(x, list[at-1]) < 0 {
		at--
	}
	if at == n.Number {
		return list
	}
	if len(list) == n.Number {
		list = list[:n.Number-1]
	}
	return slices.Insert(list, at, x)
}

func compareNear(a, b neighbour) int {
	return cmp.Or(cmp.Compare(b.similarity, a.similarity), cmp.Compare(a.at, b.at))
}

// unit returns a vector of length 1, nil for what has no direction.
func unit(v []float32) []float32 {
	length := math.Sqrt(float64(simd.Dot(v, v)))
	if length == 0 || math.IsNaN(length) || math.IsInf(length, 0) {
		return nil
	}
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = float32(float64(x) / length)
	}
	return out
}

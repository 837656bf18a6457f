package significance

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Up to these numbers of queries the distribution of the signed ranks is
// computed exactly, with all differences distinct and not 0, or otherwise. They
// are those of scipy.stats.wilcoxon (method "auto") from version 1.15 on.
const (
	exactDistinct = 50
	exactTied     = 13
)

// SignedRank is the outcome of [Wilcoxon].
type SignedRank struct {
	// W is the smaller one of the rank sums of positive and negative differences.
	W float64
	// N is the number of queries with a difference: those that were ranked.
	N int
	// P is the two-sided p value, in [0,1].
	P float64
	// Exact tells that P comes from the exact distribution of W; otherwise it
	// comes from the normal approximation.
	Exact bool
}

// Wilcoxon is the signed-rank test (Wilcoxon, "Individual comparisons by ranking
// methods", Biometrics Bulletin 1(6), 1945) as scipy.stats.wilcoxon does it
// unless told otherwise: queries without a difference are left out, equal sizes
// of differences share their mean rank, and P is exact for up to 50 queries if
// all differences are distinct in size and none is 0, for up to 13 queries in
// any case, and else from the normal approximation with the correction for ties
// and without one for continuity.
//
// Differences are compared bit by bit, as scipy does: 0.3-0.2 and 0.1 are not
// tied. If all differences are 0, P is 1.
func Wilcoxon(a, b []float64) (SignedRank, error) {
	d, err := differences(a, b)
	if err != nil {
		return SignedRank{}, err
	}
	r := rank(d)
	limit := exactDistinct
	if r.tied || len(r.doubled) < len(d) {
		limit = exactTied
	}
	result := SignedRank{W: r.smaller(), N: len(r.doubled), Exact: len(d) <= limit}
	if result.Exact {
		result.P = r.exact()
	} else {
		result.P = r.normal()
	}
	return result, nil
}

// ranking holds the ranks of the differences that are not 0, by their size. The
// ranks are doubled, so that the mean rank of ties is an integer too.
type ranking struct {
	doubled     []int64
	plus, minus float64 // doubled rank sums; sums of float64 stay exact up to 2^53, which no memory reaches
	tied        bool
	ties        float64 // sum of t^3-t over the groups of t equal sizes
}

func rank(d []float64) ranking {
	d = slices.DeleteFunc(slices.Clone(d), func(x float64) bool { return x == 0 })
	slices.SortFunc(d, func(x, y float64) int { return cmp.Compare(math.Abs(x), math.Abs(y)) })
	r := ranking{doubled: make([]int64, len(d))}
	for start := 0; start < len(d); {
		end := start + 1
		for end < len(d) && math.Abs(d[end]) == math.Abs(d[start]) {
			end++
		}
		shared := int64(start) + 1 + int64(end) // twice the mean of the ranks start+1 … end
		for i := start; i < end; i++ {
			r.doubled[i] = shared
			if d[i] > 0 {
				r.plus += float64(shared)
			} else {
				r.minus += float64(shared)
			}
		}
		t := float64(end - start)
		r.ties += t * float64(t*t-1)
		r.tied = r.tied || t > 1
		start = end
	}
	return r
}

func (r ranking) smaller() float64 { return math.Min(r.plus, r.minus) / 2 }

// exact adds one rank after the other to the distribution of the rank sum in
// which every sign is equally likely, and returns twice its lower tail. It is
// meant for few ranks: time and memory grow with their sum.
func (r ranking) exact() float64 {
	size := 1
	chance := []float64{1} // by doubled rank sum
	for _, rank := range r.doubled {
		next := make([]float64, size+int(rank))
		for sum, c := range chance {
			next[sum] += c / 2
			next[sum+int(rank)] += c / 2
		}
		chance, size = next, len(next)
	}
	tail := 0.0
	for _, c := range chance[:int(math.Min(r.plus, r.minus))+1] {
		tail += c
	}
	return math.Min(1, 2*tail)
}

// normal returns the two-sided tail of the normal distribution that has the
// mean n(n+1)/4 and the variance n(n+1)(2n+1)/24 - ties/48 of the rank sum.
func (r ranking) normal() float64 {
	n := float64(len(r.doubled))
	if n == 0 {
		return 1
	}
	expected := n * (n + 1) / 4
	variance := (float64(n*(n+1)*(2*n+1)) - r.ties/2) / 24
	z := (r.smaller() - expected) / math.Sqrt(variance)
	return math.Min(1, 2*distuv.UnitNormal.CDF(z))
}

package significance

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

const (
	defaultSamples = 10_000
	mostSamples    = 10_000_000
	defaultLevel   = 0.95
)

// Resampling says how to draw. The zero value draws 10,000 samples with seed 0.
// The same seed gives the same draws for every pair of systems over the same
// number of queries.
type Resampling struct {
	// Samples is the number of draws, at most 10,000,000; 0 means 10,000.
	Samples int
	Seed    uint64
}

// SignFlip is the outcome of [Randomization].
type SignFlip struct {
	// Difference is the mean of a-b.
	Difference float64
	// P is the two-sided p value, in (0,1].
	P float64
	// Samples is the number of sign patterns that were looked at.
	Samples int
	// Exact tells that these were all there are.
	Exact bool
}

// Randomization is Fisher's paired randomisation test (The Design of
// Experiments, 1935; for retrieval: Smucker, Allan and Carterette, CIKM 2007).
// If both systems are equally good, a query's two values could as well be
// swapped: P is the share of swaps that give a mean difference at least as far
// from 0 as the one seen.
//
// If there are no more ways to swap than r.Samples, all of them are looked at.
// Queries without a difference do not count here, since swapping them changes
// nothing. Otherwise r.Samples swaps are drawn, and P is
// (hits+1)/(r.Samples+1), which counts what was seen as one of them (Davison and
// Hinkley, Bootstrap Methods and their Application, 1997, section 4.2).
func Randomization(a, b []float64, r Resampling) (SignFlip, error) {
	d, err := differences(a, b)
	if err != nil {
		return SignFlip{}, err
	}
	samples, err := r.samples()
	if err != nil {
		return SignFlip{}, err
	}
	result := SignFlip{Difference: mean(d), Samples: samples}
	atLeast := threshold(a, b, d)
	d = slices.DeleteFunc(d, func(x float64) bool { return x == 0 })
	hits := 0
	if len(d) < 31 && 1<<len(d) <= samples {
		result.Samples, result.Exact = 1<<len(d), true
		for pattern := range uint64(1) << len(d) {
			if math.Abs(flipped(0, d, pattern)) >= atLeast {
				hits++
			}
		}
		result.P = float64(hits) / float64(result.Samples)
		return result, nil
	}
	signs := r.generator()
	for range samples {
		sum := 0.0
		for part := range slices.Chunk(d, 64) {
			sum = flipped(sum, part, signs.Uint64())
		}
		if math.Abs(sum) >= atLeast {
			hits++
		}
	}
	result.P = float64(hits+1) / float64(samples+1)
	return result, nil
}

// flipped adds up to 64 differences to a sum, turning the sign of those whose
// bit is set.
func flipped(sum float64, d []float64, bits uint64) float64 {
	for _, x := range d {
		sum += math.Float64frombits(math.Float64bits(x) ^ bits<<63)
		bits >>= 1
	}
	return sum
}

// threshold returns the sum of differences from which on a swap counts as at
// least as far from 0 as the sum seen: a little less than that, by what the
// rounding of values, differences and sums may amount to. Without this, swaps
// that give the same sum in another order would count or not by accident.
func threshold(a, b, d []float64) float64 {
	const ulp = 1.0 / (1 << 52)
	values, sizes, sum := 0.0, 0.0, 0.0
	for i, x := range d {
		values += math.Abs(a[i]) + math.Abs(b[i])
		sizes += math.Abs(x)
		sum += x
	}
	return math.Abs(sum) - float64(ulp*values) - float64(ulp*sizes)*float64(len(d))
}

// Interval is a mean with its confidence interval.
type Interval struct {
	Mean float64
	// Low and High are the ends of the interval.
	Low, High float64
	// Level is the confidence that was asked for, in (0,1).
	Level float64
}

// Bootstrap returns the mean of a-b with its confidence interval: the paired
// percentile bootstrap (Efron, "Bootstrap methods: another look at the
// jackknife", Annals of Statistics 7(1), 1979; for retrieval: Sakai,
// "Evaluating evaluation metrics based on the bootstrap", SIGIR 2006). Queries
// are drawn with replacement, as many as there are; the ends are the quantiles
// (1-level)/2 and (1+level)/2 of the means of all draws, with linear
// interpolation. Level 0 means 0.95.
//
// The percentile interval is a little narrow for few queries, and with a single
// one it is that query's value.
func Bootstrap(a, b []float64, level float64, r Resampling) (Interval, error) {
	d, err := differences(a, b)
	if err != nil {
		return Interval{}, err
	}
	return bootstrap([][]float64{d}, level, r)
}

// BootstrapMean returns the mean of one system's values with its confidence
// interval, made as [Bootstrap] does it.
func BootstrapMean(values []float64, level float64, r Resampling) (Interval, error) {
	if err := check("values", values); err != nil {
		return Interval{}, err
	}
	return bootstrap([][]float64{values}, level, r)
}

// BootstrapMeans returns the mean of several collections' means, each counting the
// same, with its confidence interval: queries are drawn within each collection,
// which were not drawn themselves (the stratified bootstrap: Davison and Hinkley,
// Bootstrap Methods and their Application, 1997, section 3.2). For a comparison of
// two systems, give the differences of each query.
func BootstrapMeans(collections [][]float64, level float64, r Resampling) (Interval, error) {
	if len(collections) == 0 {
		return Interval{}, errors.New("significance: no collections")
	}
	for i, values := range collections {
		if err := check(fmt.Sprintf("collection %d", i+1), values); err != nil {
			return Interval{}, err
		}
	}
	return bootstrap(collections, level, r)
}

func bootstrap(collections [][]float64, level float64, r Resampling) (Interval, error) {
	if level == 0 {
		level = defaultLevel
	}
	if !(level > 0 && level < 1) {
		return Interval{}, fmt.Errorf("significance: the level is %v: it must be above 0 and below 1", level)
	}
	samples, err := r.samples()
	if err != nil {
		return Interval{}, err
	}
	draw := r.generator()
	means := make([]float64, samples)
	for i := range means {
		for _, values := range collections {
			sum := 0.0
			for range values {
				sum += values[draw.IntN(len(values))]
			}
			means[i] += sum / float64(len(values))
		}
		means[i] /= float64(len(collections))
	}
	slices.Sort(means)
	result := Interval{Level: level}
	for _, values := range collections {
		result.Mean += mean(values)
	}
	result.Mean /= float64(len(collections))
	result.Low = quantile(means, (1-level)/2)
	slices.Reverse(means)
	result.High = quantile(means, (1-level)/2) // from the other end, so that swapping a and b mirrors the interval exactly
	return result, nil
}

// quantile interpolates between the two sorted values around a share of them.
func quantile(sorted []float64, share float64) float64 {
	whole, part := math.Modf(share * float64(len(sorted)-1))
	i := int(whole)
	if i == len(sorted)-1 {
		return sorted[i]
	}
	return sorted[i] + float64(part*(sorted[i+1]-sorted[i]))
}

func (r Resampling) samples() (int, error) {
	switch {
	case r.Samples < 0 || r.Samples > mostSamples:
		return 0, fmt.Errorf("significance: %d samples: between 1 and %d can be drawn", r.Samples, mostSamples)
	case r.Samples == 0:
		return defaultSamples, nil
	}
	return r.Samples, nil
}

func (r Resampling) generator() *rand.Rand {
	const stream = 0x9e3779b97f4a7c15 // any constant
	return rand.New(rand.NewPCG(r.Seed, stream))
}

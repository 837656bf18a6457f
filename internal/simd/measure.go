package simd

import (
	"math/rand/v2"
	"time"
)

// Arithmetic is a kind of numbers that products are made of.
type Arithmetic string

// The arithmetics of the kernels.
const (
	Int8    Arithmetic = "int8"
	Int16   Arithmetic = "int16"
	Float32 Arithmetic = "float32"
)

// peakLoop does some operations, products and sums, in each of n turns.
type peakLoop struct {
	operations float64
	run        func(n int)
}

// Peak measures how many operations a second one core does at most in an
// arithmetic at a level, by a loop over registers: the best of several short
// runs. It is 0 where there is no such loop, as for generic Go.
func Peak(level string, a Arithmetic) float64 {
	loop, ok := peakLoops(level)[a]
	if !ok {
		return 0
	}
	const turns = 1 << 15
	best := 0.0
	for range 20 {
		start := time.Now()
		loop.run(turns)
		best = max(best, turns*loop.operations/time.Since(start).Seconds())
	}
	return best
}

// Trial is a kernel with something to do, to be measured.
type Trial struct {
	Kernel     string
	Arithmetic Arithmetic // empty for kernels that multiply no matrices
	Operations float64    // products and sums of a run; elements for other kernels
	Run        func()
}

// Trials are those of a level that [Levels] names, in the shapes of a small
// encoder. They are not safe for concurrent use.
func Trials(level string) []Trial {
	for i := range levels {
		if levels[i].name == level {
			return trials(&levels[i])
		}
	}
	return nil
}

func trials(l *level) []Trial {
	r := rand.New(rand.NewPCG(1, 2))
	var list []Trial
	for _, s := range []struct {
		name string
		k, n int
	}{{"int8 384×384", 384, 384}, {"int8 384×1152", 384, 1152}, {"int8 384×1536", 384, 1536}, {"int8 1536×384", 1536, 384}} {
		list = append(list, int8Trial(l, s.name, s.k, s.n, r))
	}
	return append(append(list, floatTrials(l, r)...), rowTrials(l, r)...)
}

// trialRows is how many rows are multiplied.
const trialRows = 48

func int8Trial(l *level, name string, k, n int, r *rand.Rand) Trial {
	w := &Int8Matrix{N: n, K: k, Panels: make([]int8, n*k), Scale: make([]float32, n), Bias: make([]float32, n), SaturationFree: true}
	for i := range w.Panels {
		w.Panels[i] = int8(r.IntN(129) - 64)
	}
	w.ColSum = ColSums(w.Panels, n, k)
	a, c := make([]uint8, trialRows*k), make([]float32, trialRows*n)
	for i := range a {
		a[i] = uint8(r.IntN(256))
	}
	scale, zero := make([]float32, trialRows), make([]int32, trialRows)
	return Trial{name, Int8, 2 * trialRows * float64(n*k), func() { l.mulInt8(c, n, a, scale, zero, w) }}
}

func floatTrials(l *level, r *rand.Rand) []Trial {
	const n, k, keys, width = 384, 384, 128, 32
	w := &Float32Matrix{N: n, K: k, Panels: normal(n*k, r)}
	a, c := normal(trialRows*k, r), make([]float32, trialRows*n)
	heads := Heads{Padded: keys, Bytes: make([]uint8, width*keys), Scale: make([]float32, keys), Sums: make([]int32, keys)}
	mask, scores := make([]float32, keys), make([]float32, trialRows*keys)
	weights, values := make([]int16, trialRows*keys), make([]int16, keys*width)
	return []Trial{
		{"float32 384×384", Float32, 2 * trialRows * n * k, func() { l.mulFloat32(c, n, a, k, trialRows, w) }},
		{"scores of 128 keys", Int8, 2 * trialRows * keys * width, func() { l.mulScores(scores, keys, heads, 0, trialRows, heads, width, mask) }},
		{"128 weighted values", Int16, 2 * trialRows * keys * width, func() {
			l.mulInt16(c, width, weights, keys, mask[:trialRows], values, mask[:width], keys/2, width)
		}},
	}
}

func rowTrials(l *level, r *rand.Rand) []Trial {
	x, y, wide := normal(384, r), normal(384, r), normal(1536, r)
	scores, inverse := normal(trialRows*128, r), make([]float32, trialRows)
	weights := make([]int16, len(scores))
	q, scale, zero := make([]uint8, 1536), make([]float32, 1), make([]int32, 1)
	return []Trial{
		{"norm and quantise 384", "", 384, func() { l.layerNormQuantize(q[:384], x, y, y, y, 1e-12, y, scale, zero) }},
		{"GELU and quantise 1536", "", 1536, func() { l.geluQuantize(q, wide, wide) }},
		{"softmax of 48×128", "", trialRows * 128, func() { l.expRowsInt16(weights, scores, 128, 0.2, 12, inverse) }},
		{"dot 384", "", 384, func() { l.dot(x, y) }},
	}
}

func normal(n int, r *rand.Rand) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

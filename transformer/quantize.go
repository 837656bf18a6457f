package transformer

import (
	"math"

	"github.com/flashrerank/rerank/internal/simd"
)

// The int8 scheme. Weights have a scale for each output, activations a scale
// and a zero point for each token. Before a product whose input comes from a
// layer normalisation, each input channel j is divided by
//
//	s[j] = sqrt(|beta[j]| + 4·|gamma[j]|) / sqrt(max_i |W[i][j]|)
//
// and its weights are multiplied by it, as in SmoothQuant (Xiao et al., 2023)
// but with the range of a channel taken from the normalisation itself, so that
// no data are needed. No two neighbouring weights of one sign add up to more
// than 128, so that 16-bit sums of two products never saturate and every CPU
// computes the same integers.

// quantizeLinear makes int8 of a linear layer. Without a normalisation before
// it, input is empty and channels are left as they are. Conversions keep every
// operation rounded by itself, so that all platforms make the same bytes.
func quantizeLinear(d dense, input norm) linear {
	smooth := smoothing(d, input)
	q := make([]int8, d.n*d.k)
	scale := make([]float32, d.n)
	row := make([]float64, d.k)
	for i := range d.n {
		for j, w := range d.weight[i*d.k : (i+1)*d.k] {
			row[j] = float64(w) / float64(smooth[j])
		}
		scale[i] = quantizeRow(q[i*d.k:(i+1)*d.k], row)
	}
	panels := simd.PackInt8(q, d.n, d.k)
	return linear{smooth: smooth, int8: &simd.Int8Matrix{
		N: d.n, K: d.k, Panels: panels, Scale: scale, Bias: d.bias,
		ColSum: simd.ColSums(panels, d.n, d.k), SaturationFree: true,
	}}
}

// smoothing returns 1/s[j] for each input channel.
func smoothing(d dense, input norm) []float32 {
	smooth := make([]float32, d.k)
	for j := range smooth {
		smooth[j] = 1
		if input.gamma == nil {
			continue
		}
		highest := 0.0
		for i := range d.n {
			highest = max(highest, math.Abs(float64(d.weight[i*d.k+j])))
		}
		span := math.Abs(float64(input.beta[j])) + float64(4*math.Abs(float64(input.gamma[j])))
		if s := math.Sqrt(span) / math.Sqrt(highest); s > 1e-4 && s < 1e4 {
			smooth[j] = float32(1 / s)
		}
	}
	return smooth
}

// steps is how many scales are tried for each output: from 1 to 2 times the
// smallest that covers its weights.
const steps = 33

// quantizeRow quantises the weights of one output and returns their scale: of
// those tried the one with the least squared error.
func quantizeRow(q []int8, row []float64) float32 {
	highest := 0.0
	for _, w := range row {
		highest = max(highest, math.Abs(w))
	}
	if highest == 0 {
		clear(q)
		return 1
	}
	best, least := float32(0), math.Inf(1)
	trial := make([]int8, len(row))
	for step := range steps {
		scale := float32(highest / 127 * (1 + float64(step)/(steps-1)))
		if e := roundRow(trial, row, float64(scale)); e < least {
			best, least = scale, e
			copy(q, trial)
		}
	}
	return best
}

// roundRow rounds weights to multiples of a scale without neighbours that
// saturate, and returns the squared error.
func roundRow(q []int8, row []float64, scale float64) float64 {
	sum := 0.0
	for j := 0; j+1 < len(row); j += 2 {
		a, b := roundPair(row[j]/scale, row[j+1]/scale)
		q[j], q[j+1] = int8(a), int8(b)
		da, db := row[j]-float64(a*scale), row[j+1]-float64(b*scale)
		sum += float64(da*da) + float64(db*db)
	}
	return sum
}

// roundPair rounds two neighbours. Where they have one sign and add up to more
// than 128, both give way by half of the excess.
func roundPair(a, b float64) (float64, float64) {
	a, b = clip(math.RoundToEven(a)), clip(math.RoundToEven(b))
	excess := math.Abs(a+b) - 128
	if excess <= 0 || (a < 0) != (b < 0) {
		return a, b
	}
	sign := math.Copysign(1, a)
	fromA := math.Ceil(excess / 2)
	return a - sign*fromA, b - sign*(excess-fromA)
}

func clip(x float64) float64 { return max(-127, min(127, x)) }

// quantizeTable quantises each row of a table by its own scale.
func quantizeTable(x []float32, rows, width int) table {
	t := table{width: width, int8: make([]int8, rows*width), scale: make([]float32, rows)}
	for i := range rows {
		row := x[i*width : (i+1)*width]
		highest := float32(0)
		for _, v := range row {
			highest = max(highest, float32(math.Abs(float64(v))))
		}
		t.scale[i] = 1
		if highest == 0 {
			continue
		}
		t.scale[i] = highest / 127
		for j, v := range row {
			t.int8[i*width+j] = int8(clip(math.RoundToEven(float64(v) / float64(t.scale[i]))))
		}
	}
	return t
}

package transformer

import (
	"fmt"
	"math"

	"github.com/flashrerank/rerank/internal/simd"
)

// activation is a function of single numbers.
type activation int

const (
	noActivation       activation = iota
	geluActivation                // x·½(1+erf(x/√2))
	geluTanhActivation            // its approximation by tanh (Hendrycks & Gimpel, 2016)
	reluActivation
	siluActivation // x·sigmoid(x)
	tanhActivation
)

// activationOf reads the name that a field of config.json has for a function, as
// transformers spells them.
func activationOf(field, name string) (activation, error) {
	switch name {
	case "gelu":
		return geluActivation, nil
	case "gelu_new", "gelu_pytorch_tanh", "gelu_fast":
		return geluTanhActivation, nil
	case "relu":
		return reluActivation, nil
	case "silu", "swish":
		return siluActivation, nil
	case "tanh":
		return tanhActivation, nil
	}
	return 0, fmt.Errorf("%s %q is not supported: gelu, gelu_new, gelu_pytorch_tanh, gelu_fast, relu, silu and tanh are", field, name)
}

// apply replaces each number by its function. The length is a multiple of 16.
func (a activation) apply(x []float32) {
	switch a {
	case geluActivation:
		simd.GELU(x)
	case geluTanhActivation:
		for i, v := range x {
			// ½(1+tanh(z)) is sigmoid(2z).
			v := float64(v)
			cube := float64(float64(v*v) * v)
			x[i] = float32(v * sigmoid(1.5957691216057308*float64(v+float64(0.044715*cube))))
		}
	case reluActivation:
		for i, v := range x {
			x[i] = max(v, 0)
		}
	case siluActivation:
		for i, v := range x {
			x[i] = float32(float64(v) * sigmoid(float64(v)))
		}
	case tanhActivation:
		for i, v := range x {
			x[i] = tanh(v)
		}
	}
}

// gate replaces rows of two halves by activation(first)·second, one after
// another, half as wide.
func (a activation) gate(x []float32, rows, width int) []float32 {
	for i := range rows {
		gate := x[2*i*width:][:width]
		up := x[(2*i+1)*width:][:width]
		a.apply(gate)
		dst := x[i*width:][:width]
		for j, v := range up {
			dst[j] = float32(gate[j] * v)
		}
	}
	return x[:rows*width]
}

// sigmoid is the same on every platform. Conversions keep every operation
// rounded by itself.
func sigmoid(x float64) float64 { return 1 / (1 + fastExp(-x)) }

// fastExp is e^x within 1e-11 of it relatively, for |x| < 700; beyond, e^±700.
func fastExp(x float64) float64 { return exp(max(-700, min(700, x)), taylor[5:]) }

// tanh is the same on every platform, which that of package math need not be.
func tanh(x float32) float32 {
	if x < 0 {
		return -tanh(-x)
	}
	return float32(1 - 2/(exp(2*float64(min(x, 20)), taylor[:])+1))
}

// taylor are 1/i!, lowest last: as many as count in a float64 for exponents up to
// ln 2 / 2.
var taylor = [...]float64{
	1.0 / 87178291200, 1.0 / 6227020800, 1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040,
	1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5, 1, 1,
}

// exp is e^x for |x| up to 700, by a power of two and coefficients of a polynomial
// of what is left; all of taylor give it within 1e-15 relatively. Conversions keep
// every operation rounded by itself.
func exp(x float64, coefficients []float64) float64 {
	// ln 2 in two parts, the first with so few bits that n times it is exact
	const high, low = 0x1.62e42feep-1, 0x1.a39ef35793c76p-33
	n := math.RoundToEven(float64(x * math.Log2E))
	r := float64(x-float64(n*high)) - float64(n*low)
	p := 0.0
	for _, c := range coefficients {
		p = float64(p*r) + c
	}
	return p * math.Float64frombits(uint64(1023+int64(n))<<52)
}

//go:build !purego

package simd

import (
	"runtime"

	"github.com/klauspost/cpuid/v2"
)

//go:noescape
func dotNEON(a, b *float32, sixteens int) float32

//go:noescape
func expRowsNEON(x *float32, stride, sixteens, rows int, inverse *float32, c float32)

//go:noescape
func rowMaximaNEON(x *float32, stride, sixteens, rows int, dst *float32)

//go:noescape
func geluNEON(x *float32, sixteens int)

//go:noescape
func geluQuantizeNEON(q *uint8, x, smooth *float32, sixteens int) (scale float32, zero int32)

//go:noescape
func layerNormNEON(x, y, gamma, beta *float32, n int, eps float32)

//go:noescape
func layerNormQuantizeNEON(q *uint8, x, y, gamma, beta, smooth *float32, n, rows int, scale *float32, zero *int32, eps float32)

//go:noescape
func quantizeNEON(q *uint8, x, smooth *float32, n int) (scale float32, zero int32)

//go:noescape
func dequantizeNEON(x *float32, q *int8, sixteens int, scale float32)

//go:noescape
func residualNEON(dst, x, smooth *float32, q *uint8, sixteens int, scale float32, zero int32)

//go:noescape
func addNEON(x, y *float32, sixteens int)

//go:noescape
func quantizePanelNEON(dst *uint8, step int, scale *float32, sums *int32, panel *float32, n int, limit float32, flip uint32)

//go:noescape
func quantizeValuesNEON(pairs *int16, step int, scale, rows *float32, stride, n int, limit float32)

//go:noescape
func expRowsInt16NEON(dst *int16, x *float32, sixteens, rows int, inverse *float32, c, bits float32)

// rowsNEON lacks a transposition: it only moves numbers, and Go does that as
// well.
var rowsNEON = rowRoutines{
	nil, dotNEON, expRowsNEON, rowMaximaNEON, geluNEON, geluQuantizeNEON,
	layerNormNEON, layerNormQuantizeNEON, quantizeNEON, dequantizeNEON, residualNEON, addNEON,
	quantizePanelNEON, quantizeValuesNEON, expRowsInt16NEON,
}

// nativeLevels: every arm64 CPU has NEON. Products of matrices and dot products
// of bytes are extensions.
func nativeLevels() []level {
	var found []level
	if hasDots() {
		if hasMatrices() {
			// A pair of rows at a time; a last one alone is left to the dot products.
			both := [][]routine{append(append([]routine{}, matrices[0]...), dots[0][len(dots[0])-1])}
			found = append(found, nativeLevel("i8mm", &rowsNEON, intProducts{fast: both, exact: both, pairs: pairsNEON}, floatNEON))
		}
		found = append(found, nativeLevel("dotprod", &rowsNEON, intProducts{fast: dots, exact: dots, pairs: pairsNEON}, floatNEON))
	}
	return append(found, nativeLevel("neon", &rowsNEON, intProducts{fast: longs, exact: longs, pairs: pairsNEON}, floatNEON))
}

// hasDots: every Mac with an arm64 CPU has dot products, however much of its
// features the system tells.
func hasDots() bool { return cpuid.CPU.Supports(cpuid.ASIMDDP) || runtime.GOOS == "darwin" }

func hasMatrices() bool { return cpuid.CPU.Supports(cpuid.I8MM) }

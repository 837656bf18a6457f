package simd

import "fmt"

// MulInt8 multiplies rows of quantised activations by a matrix: for row i and
// output j
//
//	c[i·ldc+j] = (Σ_k a[i·K+k]·w[k][j] − zero[i]·ColSum[j])·scale[i]·Scale[j] + Bias[j]
//
// with the sum exact in int32. The number of rows is len(scale) = len(zero).
func MulInt8(c []float32, ldc int, a []uint8, scale []float32, zero []int32, w *Int8Matrix) {
	rows := len(scale)
	if rows == 0 || w.N == 0 {
		return
	}
	check(w.N%Columns == 0 && w.K > 0 && w.K%32 == 0, "int8 matrix of shape %d × %d", w.K, w.N)
	check(len(w.Panels) >= w.N*w.K && len(w.Scale) >= w.N && len(w.Bias) >= w.N && len(w.ColSum) >= w.N, "int8 matrix with parts too short")
	check(len(zero) == rows && len(a) >= rows*w.K, "%d rows of activations", rows)
	check(ldc >= w.N && len(c) >= (rows-1)*ldc+w.N, "room for %d rows of products", rows)
	active.mulInt8(c, ldc, a, scale, zero, w)
}

// MulFloat32 multiplies rows of activations, which lie lda apart, by a matrix:
//
//	c[i·ldc+j] = Σ_k a[i·lda+k]·w[k][j] + Bias[j]
func MulFloat32(c []float32, ldc int, a []float32, lda, rows int, w *Float32Matrix) {
	if rows == 0 || w.N == 0 {
		return
	}
	check(w.N%Columns == 0 && w.K > 0, "float32 matrix of shape %d × %d", w.K, w.N)
	check(len(w.Panels) >= w.N*w.K && (w.Bias == nil || len(w.Bias) >= w.N), "float32 matrix with parts too short")
	check(lda >= w.K && len(a) >= (rows-1)*lda+w.K, "%d rows of activations", rows)
	check(ldc >= w.N && len(c) >= (rows-1)*ldc+w.N, "room for %d rows of products", rows)
	active.mulFloat32(c, ldc, a, lda, rows, w)
}

// Dot returns Σ a[i]·b[i] over len(a) elements; b must have as many.
func Dot(a, b []float32) float32 {
	check(len(b) >= len(a), "vectors of %d and %d", len(a), len(b))
	whole := len(a) &^ (lanes - 1)
	sum := float32(0)
	if whole > 0 {
		sum = active.dot(a[:whole], b[:whole])
	}
	for i := whole; i < len(a); i++ {
		sum += float32(a[i] * b[i])
	}
	return sum
}

// Softmax replaces x by e^(scale·x) over their sum. The length must be a
// multiple of 16 and scale positive: pad with values far below the others.
func Softmax(x []float32, scale float32) {
	check(len(x) > 0 && len(x)%lanes == 0, "softmax over %d", len(x))
	active.softmax(x, scale)
}

// GELU replaces each x by x·½(1+erf(x/√2)), within 1e-6 for |x| < 10. The length must be
// a multiple of 8.
func GELU(x []float32) {
	check(len(x)%8 == 0, "GELU over %d", len(x))
	if len(x) > 0 {
		active.gelu(x)
	}
}

// LayerNorm replaces x by the normalised x + y, times gamma plus beta. All have
// one length, a multiple of 16.
func LayerNorm(x, y, gamma, beta []float32, eps float32) {
	n := len(x)
	check(n > 0 && n%lanes == 0 && len(y) == n && len(gamma) == n && len(beta) == n, "layer norm over %d, %d, %d, %d", n, len(y), len(gamma), len(beta))
	active.layerNorm(x, y, gamma, beta, eps)
}

// Quantize writes x·smooth as unsigned bytes: with v = x[i]·smooth[i],
// q[i] = round(v/scale) + zero, where the range of values, widened to include
// 0, is spread over 0 … 255, and rounding is to nearest even. All have one
// length, a multiple of 32, and values are finite.
func Quantize(q []uint8, x, smooth []float32) (scale float32, zero int32) {
	n := len(x)
	check(n > 0 && n%32 == 0 && len(q) == n && len(smooth) == n, "quantisation of %d into %d by %d", n, len(q), len(smooth))
	return active.quantize(q, x, smooth)
}

func check(ok bool, format string, args ...any) {
	if !ok {
		panic(fmt.Sprintf("simd: "+format, args...))
	}
}

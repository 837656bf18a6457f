package simd

import "fmt"

// MulInt8 multiplies rows of quantised activations by a matrix: for row i and
// output j
//
//	c[i·ldc+j] = (Σ_k a[i·K+k]·w[k][j] − zero[i]·ColSum[j])·scale[i]·Scale[j] + Bias[j]
//
// with the sum exact in int32 and the last product fused with the addition. The
// number of rows is len(scale) = len(zero).
func MulInt8(c []float32, ldc int, a []uint8, scale []float32, zero []int32, w *Int8Matrix) {
	rows := len(scale)
	if rows == 0 || w.N == 0 {
		return
	}
	if !(w.N%Columns == 0 && w.K > 0 && w.K%32 == 0) {
		wrong("int8 matrix of shape %d × %d", w.K, w.N)
	}
	if !(len(w.Panels) >= w.N*w.K && len(w.Scale) >= w.N && len(w.Bias) >= w.N && len(w.ColSum) >= w.N) {
		wrong("int8 matrix with parts too short")
	}
	if !(len(zero) == rows && len(a) >= rows*w.K) {
		wrong("%d rows of activations", rows)
	}
	if !(ldc >= w.N && len(c) >= (rows-1)*ldc+w.N) {
		wrong("room for %d rows of products", rows)
	}
	active.mulInt8(c, ldc, a, scale, zero, w)
}

// MulFloat32 multiplies rows of activations, which lie lda apart, by a matrix:
//
//	c[i·ldc+j] = Σ_k a[i·lda+k]·w[k][j] + Bias[j]
//
// The sum begins at 0 with k = 0 and every step is fused.
func MulFloat32(c []float32, ldc int, a []float32, lda, rows int, w *Float32Matrix) {
	if rows == 0 || w.N == 0 {
		return
	}
	if !(w.N%Columns == 0 && w.K > 0) {
		wrong("float32 matrix of shape %d × %d", w.K, w.N)
	}
	if !(len(w.Panels) >= w.N*w.K && (w.Bias == nil || len(w.Bias) >= w.N)) {
		wrong("float32 matrix with parts too short")
	}
	if !(lda >= w.K && len(a) >= (rows-1)*lda+w.K) {
		wrong("%d rows of activations", rows)
	}
	if !(ldc >= w.N && len(c) >= (rows-1)*ldc+w.N) {
		wrong("room for %d rows of products", rows)
	}
	active.mulFloat32(c, ldc, a, lda, rows, w)
}

// MulRows multiplies rows a, which lie lda apart, by k rows of n columns, which
// lie ldb apart, as they are:
//
//	c[i·ldc+j] = (Σ_k a[i·lda+k]·b[k·ldb+j])·inverse[i]
//
// in the order of [MulFloat32]. n must be a multiple of 16. The number of rows is
// len(inverse).
func MulRows(c []float32, ldc int, a []float32, lda int, inverse, b []float32, ldb, k, n int) {
	rows := len(inverse)
	if rows == 0 || n == 0 {
		return
	}
	if !(n%Columns == 0 && k > 0 && ldb >= n && len(b) >= (k-1)*ldb+n) {
		wrong("%d rows of %d, %d apart", k, n, ldb)
	}
	if !(lda >= k && len(a) >= (rows-1)*lda+k) {
		wrong("%d rows of factors", rows)
	}
	if !(ldc >= n && len(c) >= (rows-1)*ldc+n) {
		wrong("room for %d rows of products", rows)
	}
	active.mulRows(c, ldc, a, lda, inverse, b, ldb, k, n)
}

// Transpose arranges n rows of a width, a multiple of 16, that lie a stride apart
// as the columns of a matrix, [n/16][width][16] with n rounded up; columns
// beyond n are 0.
func Transpose(panels, rows []float32, n, width, stride int) {
	if n == 0 {
		return
	}
	if !(n > 0 && width > 0 && width%Columns == 0 && stride >= width && len(rows) >= (n-1)*stride+width) {
		wrong("%d rows of %d", n, width)
	}
	if !(len(panels) >= (n+Columns-1)/Columns*Columns*width) {
		wrong("room for %d columns of %d", n, width)
	}
	active.transpose(panels, rows, n, width, stride)
}

// Dot returns Σ a[i]·b[i] over len(a) elements; b must have as many.
func Dot(a, b []float32) float32 {
	if !(len(b) >= len(a)) {
		wrong("vectors of %d and %d", len(a), len(b))
	}
	whole := len(a) &^ (lanes - 1)
	sum := float32(0)
	if whole > 0 {
		sum = active.dot(a[:whole], b[:whole])
	}
	for i := whole; i < len(a); i++ {
		sum = fma(a[i], b[i], sum)
	}
	return sum
}

// ExpRows replaces rows of n elements, ldx apart, by e^(scale·(x−highest of the
// row)) and writes the inverse of each row's sum: their product is softmax. n
// must be a multiple of 16 and scale positive: pad with values far below the
// others. The number of rows is len(inverse).
func ExpRows(x []float32, ldx, n int, scale float32, inverse []float32) {
	rows := len(inverse)
	if rows == 0 {
		return
	}
	if !(n > 0 && n%lanes == 0 && ldx >= n && len(x) >= (rows-1)*ldx+n) {
		wrong("%d rows of %d, %d apart", rows, n, ldx)
	}
	active.expRows(x, ldx, n, scale, inverse)
}

// GELU replaces each x by x·½(1+erf(x/√2)), within 1e-6 for |x| < 10. The length
// must be a multiple of 16.
func GELU(x []float32) {
	if !(len(x)%lanes == 0) {
		wrong("GELU over %d", len(x))
	}
	if len(x) > 0 {
		active.gelu(x)
	}
}

// GELUQuantize replaces x by GELU(x)·smooth and quantises that as [Quantize] does.
// GELU is within 1.9e-4 here, far below a step of the quantised. All have one
// length, a multiple of 32.
func GELUQuantize(q []uint8, x, smooth []float32) (scale float32, zero int32) {
	checkQuantize(len(q), len(x), len(smooth))
	return active.geluQuantize(q, x, smooth)
}

// LayerNorm replaces x by the normalised x + y, times gamma plus beta. All have
// one length, a multiple of 16.
func LayerNorm(x, y, gamma, beta []float32, eps float32) {
	checkNorm(len(x), len(y), len(gamma), len(beta))
	active.layerNorm(x, y, gamma, beta, eps)
}

// LayerNormQuantize is [LayerNorm] and then [Quantize] in one, for rows of
// len(gamma) elements one after another. The number of rows is len(scale) =
// len(zero).
func LayerNormQuantize(q []uint8, x, y, gamma, beta []float32, eps float32, smooth, scale []float32, zero []int32) {
	n, rows := len(gamma), len(scale)
	if rows == 0 {
		return
	}
	if !(n > 0 && n%32 == 0 && len(beta) == n && len(smooth) == n) {
		wrong("layer norm over %d, %d, quantised by %d", n, len(beta), len(smooth))
	}
	if !(len(zero) == rows && len(x) >= rows*n && len(y) >= rows*n && len(q) >= rows*n) {
		wrong("%d rows of %d", rows, n)
	}
	active.layerNormQuantize(q, x, y, gamma, beta, eps, smooth, scale, zero)
}

// Quantize writes x·smooth as unsigned bytes: with v = x[i]·smooth[i],
// q[i] = round(v/scale) + zero, where the range of values, widened to include
// 0, is spread over 0 … 255, and rounding is to nearest even. All have one
// length, a multiple of 32, and values are finite.
func Quantize(q []uint8, x, smooth []float32) (scale float32, zero int32) {
	checkQuantize(len(q), len(x), len(smooth))
	return active.quantize(q, x, smooth)
}

// Dequantize writes x[i] = q[i]·scale. The length must be a multiple of 16.
func Dequantize(x []float32, q []int8, scale float32) {
	if !(len(q)%lanes == 0 && len(x) == len(q)) {
		wrong("%d of %d", len(x), len(q))
	}
	if len(q) > 0 {
		active.dequantize(x, q, scale)
	}
}

// Residual writes what [Quantize] left of x:
//
//	dst[i] = x[i]·smooth[i] − scale·(q[i]−zero)
//
// with the last product fused with the subtraction. Quantised again it gives x in
// sixteen bits. All have one length, a multiple of 16.
func Residual(dst, x, smooth []float32, q []uint8, scale float32, zero int32) {
	if !(len(q) > 0 && len(q)%lanes == 0 && len(dst) == len(q) && len(x) == len(q) && len(smooth) == len(q)) {
		wrong("what is left of %d, by %d, in %d, for %d", len(x), len(smooth), len(q), len(dst))
	}
	active.residual(dst, x, smooth, q, scale, zero)
}

// Add adds y to x. Both have one length, a multiple of 16.
func Add(x, y []float32) {
	if !(len(x)%lanes == 0 && len(y) == len(x)) {
		wrong("sums of %d and %d", len(x), len(y))
	}
	if len(x) > 0 {
		active.add(x, y)
	}
}

// MaxSim returns Σ_i max_j a_i·b_j over rows of a width, a multiple of 16: the
// late interaction of ColBERT (Khattab and Zaharia, 2020). scratch must have
// [MaxSimScratch] elements. Without rows in a or b it is 0.
func MaxSim(a, b []float32, width int, scratch []float32) float32 {
	if !(width > 0 && width%Columns == 0 && len(a)%width == 0 && len(b)%width == 0) {
		wrong("rows of %d in %d and %d", width, len(a), len(b))
	}
	n, m := len(a)/width, len(b)/width
	if n == 0 || m == 0 {
		return 0
	}
	if !(len(scratch) >= MaxSimScratch(n, m, width)) {
		wrong("room for %d by %d rows", n, m)
	}
	padded := (m + Columns - 1) / Columns * Columns
	panels, rest := scratch[:padded*width], scratch[padded*width:]
	mask, rest := rest[:padded], rest[padded:]
	products, highest := rest[:n*padded], rest[n*padded:][:n]
	clear(mask[:m])
	for j := m; j < padded; j++ {
		mask[j] = -1e30
	}
	Transpose(panels, b, m, width, width)
	MulFloat32(products, padded, a, width, n, &Float32Matrix{N: padded, K: width, Panels: panels, Bias: mask})
	active.rowMaxima(products, padded, padded, highest)
	sum := float32(0)
	for _, x := range highest {
		sum += x
	}
	return sum
}

// MaxSimScratch is how much room [MaxSim] needs for n by m rows of a width.
func MaxSimScratch(n, m, width int) int {
	padded := (m + Columns - 1) / Columns * Columns
	return padded*(width+1+n) + n
}

func checkQuantize(q, x, smooth int) {
	if !(x > 0 && x%32 == 0 && q == x && smooth == x) {
		wrong("quantisation of %d into %d by %d", x, q, smooth)
	}
}

func checkNorm(x, y, gamma, beta int) {
	if !(x > 0 && x%lanes == 0 && y == x && gamma == x && beta == x) {
		wrong("layer norm over %d, %d, %d, %d", x, y, gamma, beta)
	}
}

// wrong panics. It is called behind a condition, not with one: what its
// arguments are put into would be allocated in every call.
func wrong(format string, args ...any) {
	panic(fmt.Sprintf("simd: "+format, args...))
}

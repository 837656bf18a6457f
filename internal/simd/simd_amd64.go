//go:build !purego

package simd

import "github.com/klauspost/cpuid/v2"

//go:noescape
func transposeAVX512(panel, rows *float32, stride, n, blocks int)

//go:noescape
func transposeAVX2(panel, rows *float32, stride, n, blocks int)

//go:noescape
func dotAVX512(a, b *float32, sixteens int) float32

//go:noescape
func dotAVX2(a, b *float32, sixteens int) float32

//go:noescape
func expRowsAVX512(x *float32, stride, sixteens, rows int, inverse *float32, c float32)

//go:noescape
func expRowsAVX2(x *float32, stride, sixteens, rows int, inverse *float32, c float32)

//go:noescape
func rowMaximaAVX512(x *float32, stride, sixteens, rows int, dst *float32)

//go:noescape
func rowMaximaAVX2(x *float32, stride, sixteens, rows int, dst *float32)

//go:noescape
func geluAVX512(x *float32, sixteens int)

//go:noescape
func geluAVX2(x *float32, sixteens int)

//go:noescape
func geluQuantizeAVX512(q *uint8, x, smooth *float32, sixteens int) (scale float32, zero int32)

//go:noescape
func geluQuantizeAVX2(q *uint8, x, smooth *float32, sixteens int) (scale float32, zero int32)

//go:noescape
func layerNormAVX512(x, y, gamma, beta *float32, n int, eps float32)

//go:noescape
func layerNormAVX2(x, y, gamma, beta *float32, n int, eps float32)

//go:noescape
func layerNormQuantizeAVX512(q *uint8, x, y, gamma, beta, smooth *float32, n, rows int, scale *float32, zero *int32, eps float32)

//go:noescape
func layerNormQuantizeAVX2(q *uint8, x, y, gamma, beta, smooth *float32, n, rows int, scale *float32, zero *int32, eps float32)

//go:noescape
func quantizeAVX512(q *uint8, x, smooth *float32, n int) (scale float32, zero int32)

//go:noescape
func quantizeAVX2(q *uint8, x, smooth *float32, n int) (scale float32, zero int32)

//go:noescape
func dequantizeAVX512(x *float32, q *int8, sixteens int, scale float32)

//go:noescape
func dequantizeAVX2(x *float32, q *int8, sixteens int, scale float32)

//go:noescape
func residualAVX512(dst, x, smooth *float32, q *uint8, sixteens int, scale float32, zero int32)

//go:noescape
func addAVX512(x, y *float32, sixteens int)

//go:noescape
func quantizePanelAVX512(dst *uint8, step int, scale *float32, sums *int32, panel *float32, n int, limit float32, flip uint32)

//go:noescape
func quantizeValuesAVX512(pairs *int16, step int, scale, rows *float32, stride, n int, limit float32)

//go:noescape
func expRowsInt16AVX512(dst *int16, x *float32, sixteens, rows int, inverse *float32, c, bits float32)

//go:noescape
func residualAVX2(dst, x, smooth *float32, q *uint8, sixteens int, scale float32, zero int32)

//go:noescape
func addAVX2(x, y *float32, sixteens int)

//go:noescape
func quantizePanelAVX2(dst *uint8, step int, scale *float32, sums *int32, panel *float32, n int, limit float32, flip uint32)

//go:noescape
func quantizeValuesAVX2(pairs *int16, step int, scale, rows *float32, stride, n int, limit float32)

//go:noescape
func expRowsInt16AVX2(dst *int16, x *float32, sixteens, rows int, inverse *float32, c, bits float32)

var (
	rows512 = rowRoutines{
		transposeAVX512, dotAVX512, expRowsAVX512, rowMaximaAVX512, geluAVX512, geluQuantizeAVX512,
		layerNormAVX512, layerNormQuantizeAVX512, quantizeAVX512, dequantizeAVX512, residualAVX512, addAVX512,
		quantizePanelAVX512, quantizeValuesAVX512, expRowsInt16AVX512,
	}
	rows256 = rowRoutines{
		transposeAVX2, dotAVX2, expRowsAVX2, rowMaximaAVX2, geluAVX2, geluQuantizeAVX2,
		layerNormAVX2, layerNormQuantizeAVX2, quantizeAVX2, dequantizeAVX2, residualAVX2, addAVX2,
		quantizePanelAVX2, quantizeValuesAVX2, expRowsInt16AVX2,
	}
)

// nativeLevels are those that the CPU can run, best first.
func nativeLevels() (found []level) {
	if !cpuid.CPU.Supports(cpuid.AVX2, cpuid.FMA3) {
		return nil
	}
	if has512() && cpuid.CPU.Supports(cpuid.AVX512VNNI) {
		best := nativeLevel("avx512vnni", &rows512, intProducts{fast: vnni, exact: vnni, pairs: pairsVNNI}, float512)
		if hasTiles() {
			tiles := best
			tiles.name, tiles.mulInt8 = "amx", mulInt8AMX
			found = append(found, tiles)
		}
		found = append(found, best)
	}
	if has512() {
		found = append(found, nativeLevel("avx512", &rows512, intProducts{fast: words512, exact: exact512, pairs: pairs512}, float512))
	}
	if cpuid.CPU.Supports(cpuid.AVXVNNI) {
		found = append(found, nativeLevel("avxvnni", &rows256, intProducts{fast: vnni256, exact: vnni256, pairs: pairsVNNI256}, float256))
	}
	return append(found, nativeLevel("avx2", &rows256, intProducts{fast: words256, exact: exact256, pairs: pairs256}, float256))
}

func has512() bool {
	return cpuid.CPU.Supports(cpuid.AVX512F, cpuid.AVX512BW, cpuid.AVX512VL, cpuid.AVX512DQ)
}

//go:build !purego

package simd

//go:noescape
func peakInt8VNNI(n int)

//go:noescape
func peakInt8AMX(n int)

//go:noescape
func peakInt16VNNI(n int)

//go:noescape
func peakFloat32AVX512(n int)

//go:noescape
func peakInt8AVX512(n int)

//go:noescape
func peakInt16AVX512(n int)

//go:noescape
func peakInt8AVXVNNI(n int)

//go:noescape
func peakInt16AVXVNNI(n int)

//go:noescape
func peakFloat32AVX2(n int)

//go:noescape
func peakInt8AVX2(n int)

//go:noescape
func peakInt16AVX2(n int)

// Operations of one turn of a loop: accumulators, lanes of each, products and
// sums in a lane.
const (
	direct512, chained512 = 12 * 16 * 2, 6 * 16 * 2
	tiles                 = 6 * 16 * 16 * 16 * 2
	direct256, chained256 = 12 * 8 * 2, 6 * 8 * 2
)

// peakLoops are the loops of a level.
func peakLoops(level string) map[Arithmetic]peakLoop {
	switch level {
	case "amx":
		return map[Arithmetic]peakLoop{Int8: {4 * tiles, peakInt8AMX}, Int16: {2 * direct512, peakInt16VNNI}, Float32: {direct512, peakFloat32AVX512}}
	case "avx512vnni":
		return map[Arithmetic]peakLoop{Int8: {4 * direct512, peakInt8VNNI}, Int16: {2 * direct512, peakInt16VNNI}, Float32: {direct512, peakFloat32AVX512}}
	case "avx512":
		return map[Arithmetic]peakLoop{Int8: {4 * chained512, peakInt8AVX512}, Int16: {2 * chained512, peakInt16AVX512}, Float32: {direct512, peakFloat32AVX512}}
	case "avxvnni":
		return map[Arithmetic]peakLoop{Int8: {4 * direct256, peakInt8AVXVNNI}, Int16: {2 * direct256, peakInt16AVXVNNI}, Float32: {direct256, peakFloat32AVX2}}
	case "avx2":
		return map[Arithmetic]peakLoop{Int8: {4 * chained256, peakInt8AVX2}, Int16: {2 * chained256, peakInt16AVX2}, Float32: {direct256, peakFloat32AVX2}}
	}
	return nil
}

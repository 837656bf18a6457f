package simd

import "os"

// variable names a lower level to be used.
const variable = "RERANK_SIMD"

// level is a set of kernels. The functions' contracts are those of the exported
// ones; lengths are checked there.
type level struct {
	name string

	mulInt8    func(c []float32, ldc int, a []uint8, scale []float32, zero []int32, w *Int8Matrix)
	mulFloat32 func(c []float32, ldc int, a []float32, lda, rows int, w *Float32Matrix)
	dot        func(a, b []float32) float32
	softmax    func(x []float32, scale float32)
	gelu       func(x []float32)
	layerNorm  func(x, y, gamma, beta []float32, eps float32)
	quantize   func(q []uint8, x, smooth []float32) (scale float32, zero int32)
}

var generic = level{
	name:       "generic",
	mulInt8:    gemmInt8Generic,
	mulFloat32: gemmFloat32Generic,
	dot:        dotGeneric,
	softmax:    softmaxGeneric,
	gelu:       geluGeneric,
	layerNorm:  layerNormGeneric,
	quantize:   quantizeGeneric,
}

// levels are those of this CPU, best first; tests go through them.
var levels = append(nativeLevels(), generic)

// active is the level in use.
var active = choose(os.Getenv(variable))

func choose(name string) *level {
	for i := range levels {
		if levels[i].name == name {
			return &levels[i]
		}
	}
	return &levels[0]
}

// Level names the kernels in use: "avx512", "avx2" or "generic".
func Level() string { return active.name }

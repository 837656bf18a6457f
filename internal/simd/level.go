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
	mulRows    func(c []float32, ldc int, a []float32, lda int, inverse, b []float32, ldb, k, n int)
	transpose  func(panels, rows []float32, n, width, stride int)

	mulScores      func(c []float32, padded int, q Heads, from, rows int, k Heads, width int, mask []float32)
	mulInt16       func(c []float32, ldc int, a []int16, lda int, inverse []float32, pairs []int16, scale []float32, k, n int)
	quantizePanel  func(dst []uint8, step int, scale []float32, sums []int32, panel []float32, limit float32, flip uint8)
	quantizeValues func(pairs []int16, scale, rows []float32, n, width, stride int, limit float32)
	expRowsInt16   func(dst []int16, x []float32, n int, scale float32, bits int, inverse []float32)

	dot               func(a, b []float32) float32
	expRows           func(x []float32, ldx, n int, scale float32, inverse []float32)
	rowMaxima         func(x []float32, ldx, n int, dst []float32)
	gelu              func(x []float32)
	geluQuantize      func(q []uint8, x, smooth []float32) (scale float32, zero int32)
	layerNorm         func(x, y, gamma, beta []float32, eps float32)
	layerNormQuantize func(q []uint8, x, y, gamma, beta []float32, eps float32, smooth, scale []float32, zero []int32)
	quantize          func(q []uint8, x, smooth []float32) (scale float32, zero int32)
	dequantize        func(x []float32, q []int8, scale float32)
	residual          func(dst, x, smooth []float32, q []uint8, scale float32, zero int32)
	add               func(x, y []float32)
}

var generic = level{
	name:              "generic",
	mulInt8:           mulInt8Generic,
	mulFloat32:        mulFloat32Generic,
	mulRows:           mulRowsGeneric,
	transpose:         transposeGeneric,
	mulScores:         mulScoresGeneric,
	mulInt16:          mulInt16Generic,
	quantizePanel:     quantizePanelGeneric,
	quantizeValues:    quantizeValuesGeneric,
	expRowsInt16:      expRowsInt16Generic,
	dot:               dotGeneric,
	expRows:           expRowsGeneric,
	rowMaxima:         rowMaximaGeneric,
	gelu:              geluGeneric,
	geluQuantize:      geluQuantizeGeneric,
	layerNorm:         layerNormGeneric,
	layerNormQuantize: layerNormQuantizeGeneric,
	quantize:          quantizeGeneric,
	dequantize:        dequantizeGeneric,
	residual:          residualGeneric,
	add:               addGeneric,
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

// Level names the kernels in use.
func Level() string { return active.name }

// Levels names those that this CPU can run, best first.
func Levels() []string {
	names := make([]string, len(levels))
	for i, l := range levels {
		names[i] = l.name
	}
	return names
}

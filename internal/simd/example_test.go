package simd_test

import (
	"fmt"

	"github.com/flashrerank/rerank/internal/simd"
)

func ExampleMulFloat32() {
	weights := make([]float32, 16*2) // 16 outputs of 2 inputs
	for i := range weights {
		weights[i] = float32(i)
	}
	w := &simd.Float32Matrix{N: 16, K: 2, Panels: simd.PackFloat32(weights, 16, 2)}
	c := make([]float32, 16)
	simd.MulFloat32(c, 16, []float32{1, 10}, 2, 1, w)
	fmt.Println(c[0], c[1], c[15])
	// Output: 10 32 340
}

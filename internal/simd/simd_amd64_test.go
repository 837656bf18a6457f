//go:build !purego

package simd

import (
	"slices"
	"testing"
	"unsafe"
)

// TestRoutinesKeepPointers: a pointer moved past the last row of a slice is, to
// the garbage collector, one to whatever lies behind it. Freed memory there
// ended the program now and then ("found pointer to free object").
func TestRoutinesKeepPointers(t *testing.T) {
	const k, wide, blocks = 8, 4 * Columns, 3
	run := func(r routine, bytes uintptr) {
		rows := blocks * r.rows
		a, b := make([]byte, uintptr(rows)*k*bytes), make([]byte, wide*k*bytes)
		c := make([]float32, rows*wide)
		scale, zero := make([]float32, rows), make([]int32, rows)
		column, colsum := make([]float32, wide), make([]int32, wide)
		p := gemm{
			a: unsafe.Pointer(&a[0]), lda: k * bytes, b: unsafe.Pointer(&b[0]), stride: k * Columns * bytes,
			k: k, c: unsafe.Pointer(&c[0]), ldc: 4 * wide, blocks: blocks,
			ascale: unsafe.Pointer(&scale[0]), azero: unsafe.Pointer(&zero[0]),
			bscale: unsafe.Pointer(&column[0]), bias: unsafe.Pointer(&column[0]), colsums: unsafe.Pointer(&colsum[0]),
		}
		if bytes == 1 {
			p.k = k / 4
		}
		after := p
		r.run(&after)
		after.scaled = 0
		if after != p {
			t.Errorf("%d rows, %d bytes: the routine left %+v of %+v", r.rows, bytes, after, p)
		}
	}
	names := []string{}
	for _, l := range nativeLevels() {
		names = append(names, l.name)
	}
	if len(names) == 0 {
		t.Skip("this CPU has neither AVX2 nor AVX-512")
	}
	for _, r := range int8AVX2 {
		run(r, 1)
	}
	for _, r := range float32AVX2 {
		run(r, 4)
	}
	if !slices.Contains(names, "avx512") {
		return
	}
	for _, r := range int8AVX512 {
		run(r, 1)
	}
	for _, r := range float32AVX512 {
		run(r, 4)
	}
}

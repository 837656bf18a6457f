//go:build (amd64 || arm64) && !purego

package simd

import "testing"

// TestRoutinesKeepPointers: a pointer moved past the last row of a slice is, to
// the garbage collector, one to whatever lies behind it. Freed memory there
// ended the program now and then ("found pointer to free object").
func TestRoutinesKeepPointers(t *testing.T) {
	const steps, wide, blocks = 2, 4 * Columns, 3
	run := func(r routine) {
		rows := blocks * r.rows
		a, b := make([]byte, rows*steps*4), make([]byte, wide*steps*4)
		c := make([]float32, rows*wide)
		scale, zero := make([]float32, rows), make([]int32, rows)
		column, colsum := make([]float32, wide), make([]int32, wide)
		p := gemm{
			a: pointer(a, 0), lda: steps * 4, b: pointer(b, 0), stride: steps * 4 * Columns, step: 4 * Columns, astep: 4,
			k: steps, c: pointer(c, 0), ldc: 4 * wide, blocks: blocks, scaleStep: 4,
			ascale: pointer(scale, 0), azero: pointer(zero, 0), bscale: pointer(column, 0), bias: pointer(column, 0), colsums: pointer(colsum, 0),
		}
		after := p
		r.run(&after)
		if after.scaled != uintptr(4*rows) {
			t.Errorf("%d rows: %d bytes of scales are done", rows, after.scaled)
		}
		after.scaled = 0
		if after != p {
			t.Errorf("%d rows: the routine left %+v of %+v", r.rows, after, p)
		}
	}
	tables := nativeTables()
	if len(tables) == 0 {
		t.Skip("this CPU has no native levels")
	}
	for _, table := range tables {
		for _, routines := range table {
			for _, r := range routines {
				run(r)
			}
		}
	}
}

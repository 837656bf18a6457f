//go:build !purego

package simd

import (
	"testing"

	"github.com/klauspost/cpuid/v2"
)

// nativeTables are the routines that this CPU can run.
func nativeTables() (tables [][][]routine) {
	if !cpuid.CPU.Supports(cpuid.AVX2, cpuid.FMA3) {
		return nil
	}
	tables = append(tables, words256, exact256, pairs256, float256)
	if cpuid.CPU.Supports(cpuid.AVXVNNI) {
		tables = append(tables, vnni256, pairsVNNI256)
	}
	if !has512() {
		return tables
	}
	tables = append(tables, words512, exact512, pairs512, float512)
	if cpuid.CPU.Supports(cpuid.AVX512VNNI) {
		tables = append(tables, vnni, pairsVNNI)
	}
	return tables
}

// TestTilesKeepPointers is [TestRoutinesKeepPointers] for tiles.
func TestTilesKeepPointers(t *testing.T) {
	if levels[0].name != "amx" {
		t.Skip("this CPU has no AMX, or no leave to use it")
	}
	const rows, steps, panels = 50, 2, 3
	a, b := make([]byte, rows*steps*tileInputs), make([]byte, panels*Columns*steps*tileInputs)
	c, scale, zero := make([]float32, rows*panels*Columns), make([]float32, rows), make([]int32, rows)
	column, colsum := make([]float32, panels*Columns), make([]int32, panels*Columns)
	p := tiled{
		a: pointer(a, 0), lda: steps * tileInputs, b: pointer(b, 0), stride: Columns * steps * tileInputs, steps: steps,
		c: pointer(c, 0), ldc: 4 * panels * Columns, rows: rows, panels: panels, ascale: pointer(scale, 0), azero: pointer(zero, 0),
		bscale: pointer(column, 0), bias: pointer(column, 0), colsums: pointer(colsum, 0),
	}
	after := p
	gemmInt8AMX(&after)
	if after.panels > 1 || after.weightsDone != uintptr(len(b)) || after.columnsDone != 4*panels*Columns || after.rowsDone < rows {
		t.Errorf("the routine says %+v", after)
	}
	after.panels, after.weightsDone, after.columnsDone, after.rowsDone = p.panels, 0, 0, 0
	if after != p {
		t.Errorf("the routine left %+v of %+v", after, p)
	}
}

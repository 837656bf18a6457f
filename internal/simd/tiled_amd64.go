//go:build !purego

package simd

import "unsafe"

// tiled is what gemmInt8AMX takes; the generator knows the offsets. How far it is
// stands in offsets, since a pointer moved past a slice's end would be, to the
// garbage collector, one to whatever lies there.
type tiled struct {
	a       unsafe.Pointer
	lda     uintptr        // bytes from row to row
	b       unsafe.Pointer // first panel
	stride  uintptr        // bytes from panel to panel
	steps   uintptr        // of 64 inputs
	c       unsafe.Pointer
	ldc     uintptr // bytes from row to row
	rows    uintptr
	panels  uintptr // that are left
	ascale  unsafe.Pointer
	azero   unsafe.Pointer
	bscale  unsafe.Pointer
	bias    unsafe.Pointer
	colsums unsafe.Pointer

	weightsDone uintptr // bytes of panels
	columnsDone uintptr // bytes of a row of c
	rowsDone    uintptr // of the columns at hand
}

//go:noescape
func gemmInt8AMX(p *tiled)

const (
	// tileInputs is how many inputs a tile takes: matrices of a multiple of them
	// go by tiles.
	tileInputs = 64

	// nearWeights is how many bytes of weights stay in the nearest cache beside
	// all else. More are gone through by some rows after the others.
	nearWeights = 24 << 10
)

func mulInt8AMX(c []float32, ldc int, a []uint8, scale []float32, zero []int32, w *Int8Matrix) {
	if w.K%tileInputs != 0 {
		intProducts{fast: vnni, exact: vnni}.mul(c, ldc, a, scale, zero, w)
		return
	}
	reads(a)
	reads(w.Panels)
	for done := 0; done < len(scale); {
		rows := len(scale) - done
		if w.N*w.K > nearWeights {
			rows = tiledRows(rows)
		}
		p := tiled{
			a: pointer(a, done*w.K), lda: uintptr(w.K),
			b: pointer(w.Panels, 0), stride: uintptr(w.K * Columns), steps: uintptr(w.K / tileInputs),
			c: pointer(c, done*ldc), ldc: uintptr(4 * ldc), rows: uintptr(rows), panels: uintptr(w.N / Columns),
			ascale: pointer(scale, done), azero: pointer(zero, done),
			bscale: pointer(w.Scale, 0), bias: pointer(w.Bias, 0), colsums: pointer(w.ColSum, 0),
		}
		gemmInt8AMX(&p)
		done += rows
	}
	writesRows(c, len(scale), w.N, ldc)
}

// tiledRows is how many of the rows that are left go through the weights
// together, so that they stay in the nearest cache: three tiles at most, and about
// as many each time.
func tiledRows(left int) int {
	tiles := (left + 15) / 16
	turns := (tiles + 2) / 3
	return min(left, (tiles+turns-1)/turns*16)
}

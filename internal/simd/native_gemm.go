//go:build (amd64 || arm64) && !purego

package simd

import "unsafe"

// gemm is what the GEMM routines take; the generator knows the offsets. They
// do whole blocks of rows and advance scaled.
type gemm struct {
	a         unsafe.Pointer // first row
	lda       uintptr        // bytes from row to row
	b         unsafe.Pointer // first panel
	stride    uintptr        // bytes from panel to panel
	step      uintptr        // bytes from one step of a panel to the next
	astep     uintptr        // and of a row
	k         uintptr        // steps: quads of inputs for int8, inputs for float32
	c         unsafe.Pointer
	ldc       uintptr // bytes from row to row
	blocks    uintptr // of rows
	ascale    unsafe.Pointer
	scaleStep uintptr // bytes from a row's scale to the next, for float32
	azero     unsafe.Pointer
	bscale    unsafe.Pointer
	bias      unsafe.Pointer
	colsums   unsafe.Pointer
	scaled    uintptr // bytes of ascale and azero that are done
}

// routine does blocks of a number of rows. It is called by its number.
type routine struct {
	rows, number int
}

// sweep runs routines over all rows: as many large blocks as there are, then
// smaller ones.
func sweep(p *gemm, rows int, routines []routine) {
	done := 0
	for _, r := range routines {
		n := (rows - done) / r.rows
		if n == 0 {
			continue
		}
		block := *p
		block.a = unsafe.Add(p.a, uintptr(done)*p.lda)
		block.c = unsafe.Add(p.c, uintptr(done)*p.ldc)
		block.scaled = uintptr(done) * p.scaleStep
		block.blocks = uintptr(n)
		r.run(&block)
		if done += n * r.rows; done == rows {
			return
		}
	}
}

// intProducts are the int8 routines of a level, by the number of panels that
// they do at once, most first: those for weights that cannot saturate, and those
// for any.
type intProducts struct {
	fast, exact [][]routine
	pairs       [][]routine // of 16-bit numbers
}

func (x intProducts) mul(c []float32, ldc int, a []uint8, scale []float32, zero []int32, w *Int8Matrix) {
	reads(a)
	reads(w.Panels)
	p := gemm{
		a: pointer(a, 0), lda: uintptr(w.K),
		stride: uintptr(w.K * Columns), step: 4 * Columns, astep: 4, k: uintptr(w.K / 4), ldc: uintptr(4 * ldc),
		ascale: pointer(scale, 0), azero: pointer(zero, 0), scaleStep: 4,
	}
	by := x.exact
	if w.SaturationFree {
		by = x.fast
	}
	for j := 0; j < w.N; {
		panels := min(len(by), (w.N-j)/Columns)
		p.b, p.c = pointer(w.Panels, j*w.K), pointer(c, j)
		p.bscale, p.bias, p.colsums = pointer(w.Scale, j), pointer(w.Bias, j), pointer(w.ColSum, j)
		sweep(&p, len(scale), by[len(by)-panels])
		j += panels * Columns
	}
	writesRows(c, len(scale), w.N, ldc)
}

var (
	noBias   [4 * Columns]float32 // stands for a missing bias
	oneScale = [1]float32{1}      // stands for missing scales of rows
)

func mulFloat32(c []float32, ldc int, a []float32, lda, rows int, w *Float32Matrix, by [][]routine) {
	reads(w.Panels)
	readsRows(a, rows, w.K, lda)
	p := gemm{
		a: pointer(a, 0), lda: uintptr(4 * lda),
		stride: uintptr(4 * w.K * Columns), step: 4 * Columns, astep: 4, k: uintptr(w.K), ldc: uintptr(4 * ldc),
		ascale: pointer(oneScale[:], 0), bias: pointer(noBias[:], 0),
	}
	for j := 0; j < w.N; {
		panels := min(len(by), (w.N-j)/Columns)
		p.b, p.c = pointer(w.Panels, j*w.K), pointer(c, j)
		if w.Bias != nil {
			p.bias = pointer(w.Bias, j)
		}
		sweep(&p, rows, by[len(by)-panels])
		j += panels * Columns
	}
	writesRows(c, rows, w.N, ldc)
}

func mulRows(c []float32, ldc int, a []float32, lda int, inverse, b []float32, ldb, k, n int, by [][]routine) {
	rows := len(inverse)
	readsRows(a, rows, k, lda)
	readsRows(b, k, n, ldb)
	p := gemm{
		a: pointer(a, 0), lda: uintptr(4 * lda),
		stride: 4 * Columns, step: uintptr(4 * ldb), astep: 4, k: uintptr(k), ldc: uintptr(4 * ldc),
		ascale: pointer(inverse, 0), scaleStep: 4, bias: pointer(noBias[:], 0),
	}
	for j := 0; j < n; {
		panels := min(len(by), (n-j)/Columns)
		p.b, p.c = pointer(b, j), pointer(c, j)
		sweep(&p, rows, by[len(by)-panels])
		j += panels * Columns
	}
	writesRows(c, rows, n, ldc)
}

// flips are the zero points of flipped queries.
var flips = func() (x [maxScoreRows]int32) {
	for i := range x {
		x[i] = flipped
	}
	return x
}()

// maxScoreRows is how many queries are multiplied at once.
const maxScoreRows = 48

func mulScores(c []float32, padded int, q Heads, from, rows int, k Heads, width int, mask []float32, by [][]routine) {
	reads(q.Bytes)
	reads(k.Bytes)
	p := gemm{
		lda: 4, stride: 4 * Columns, step: uintptr(4 * k.Padded), astep: uintptr(4 * q.Padded),
		k: uintptr(width / 4), ldc: uintptr(4 * padded), azero: pointer(flips[:], 0), scaleStep: 4,
	}
	for done := 0; done < rows; done += maxScoreRows {
		n := min(maxScoreRows, rows-done)
		p.a, p.ascale = pointer(q.Bytes, 4*(from+done)), pointer(q.Scale, from+done)
		for j := 0; j < padded; {
			panels := min(len(by), (padded-j)/Columns)
			p.b, p.c = pointer(k.Bytes, 4*j), pointer(c, done*padded+j)
			p.bscale, p.bias, p.colsums = pointer(k.Scale, j), pointer(mask, j), pointer(k.Sums, j)
			sweep(&p, n, by[len(by)-panels])
			j += panels * Columns
		}
	}
	writes(c[:rows*padded])
}

func mulInt16(c []float32, ldc int, a []int16, lda int, inverse []float32, pairs []int16, scale []float32, k, n int, by [][]routine) {
	readsRows(a, len(inverse), 2*k, lda)
	reads(pairs)
	p := gemm{
		a: pointer(a, 0), lda: uintptr(2 * lda),
		stride: 4 * Columns, step: uintptr(4 * n), astep: 4, k: uintptr(k), ldc: uintptr(4 * ldc),
		ascale: pointer(inverse, 0), scaleStep: 4,
	}
	for j := 0; j < n; {
		panels := min(len(by), (n-j)/Columns)
		p.b, p.c, p.bscale = pointer(pairs, 2*j), pointer(c, j), pointer(scale, j)
		sweep(&p, len(inverse), by[len(by)-panels])
		j += panels * Columns
	}
	writesRows(c, len(inverse), n, ldc)
}

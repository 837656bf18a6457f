//go:build !purego

package simd

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

// gemm is what the GEMM routines take; the generator knows the offsets. They
// do whole blocks of rows and advance scaled.
type gemm struct {
	a       unsafe.Pointer // first row
	lda     uintptr        // bytes from row to row
	b       unsafe.Pointer // first panel
	stride  uintptr        // bytes from panel to panel
	k       uintptr        // steps: quads of inputs for int8, inputs for float32
	c       unsafe.Pointer
	ldc     uintptr // bytes from row to row
	blocks  uintptr // of rows
	ascale  unsafe.Pointer
	azero   unsafe.Pointer
	bscale  unsafe.Pointer
	bias    unsafe.Pointer
	colsums unsafe.Pointer
	scaled  uintptr // bytes of ascale and azero that are done
}

// The number in a name is the rows of a block. AVX-512 routines do four panels
// at once, AVX2 routines one.

//go:noescape
func gemmInt8AVX512x6(p *gemm)

//go:noescape
func gemmInt8AVX512x4(p *gemm)

//go:noescape
func gemmInt8AVX512x2(p *gemm)

//go:noescape
func gemmInt8AVX512x1(p *gemm)

//go:noescape
func gemmFloat32AVX512x6(p *gemm)

//go:noescape
func gemmFloat32AVX512x4(p *gemm)

//go:noescape
func gemmFloat32AVX512x2(p *gemm)

//go:noescape
func gemmFloat32AVX512x1(p *gemm)

//go:noescape
func gemmInt8AVX2x4(p *gemm)

//go:noescape
func gemmInt8AVX2x2(p *gemm)

//go:noescape
func gemmInt8AVX2x1(p *gemm)

//go:noescape
func gemmFloat32AVX2x6(p *gemm)

//go:noescape
func gemmFloat32AVX2x4(p *gemm)

//go:noescape
func gemmFloat32AVX2x2(p *gemm)

//go:noescape
func gemmFloat32AVX2x1(p *gemm)

//go:noescape
func dotAVX2(a, b *float32, n int) float32

//go:noescape
func softmaxAVX2(x *float32, n int, scale float32)

//go:noescape
func geluAVX2(x *float32, n int)

//go:noescape
func layerNormAVX2(x, y, gamma, beta *float32, n int, eps float32)

//go:noescape
func quantizeAVX2(q *uint8, x, smooth *float32, n int, params *quantized)

// quantized is what quantizeAVX2 returns.
type quantized struct {
	scale float32
	zero  int32
}

func nativeLevels() []level {
	var found []level
	if !cpu.X86.HasAVX2 || !cpu.X86.HasFMA {
		return nil
	}
	avx2 := level{
		name:       "avx2",
		mulInt8:    mulInt8AVX2,
		mulFloat32: mulFloat32AVX2,
		dot:        dotNative,
		softmax:    softmaxNative,
		gelu:       geluNative,
		layerNorm:  layerNormNative,
		quantize:   quantizeNative,
	}
	if cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VL && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VNNI {
		avx512 := avx2
		avx512.name, avx512.mulInt8, avx512.mulFloat32 = "avx512", mulInt8AVX512, mulFloat32AVX512
		found = append(found, avx512)
	}
	return append(found, avx2)
}

// routine does blocks of a number of rows.
type routine struct {
	rows int
	run  func(p *gemm)
}

var (
	int8AVX512    = []routine{{6, gemmInt8AVX512x6}, {4, gemmInt8AVX512x4}, {2, gemmInt8AVX512x2}, {1, gemmInt8AVX512x1}}
	int8AVX2      = []routine{{4, gemmInt8AVX2x4}, {2, gemmInt8AVX2x2}, {1, gemmInt8AVX2x1}}
	float32AVX512 = []routine{{6, gemmFloat32AVX512x6}, {4, gemmFloat32AVX512x4}, {2, gemmFloat32AVX512x2}, {1, gemmFloat32AVX512x1}}
	float32AVX2   = []routine{{6, gemmFloat32AVX2x6}, {4, gemmFloat32AVX2x4}, {2, gemmFloat32AVX2x2}, {1, gemmFloat32AVX2x1}}
)

// sweep runs routines over all rows: as many large blocks as there are, then
// smaller ones.
func sweep(p gemm, rows int, routines []routine) {
	for _, r := range routines {
		n := rows / r.rows
		if n == 0 {
			continue
		}
		block := p
		block.blocks = uintptr(n)
		r.run(&block)
		if rows -= n * r.rows; rows == 0 {
			return
		}
		done := uintptr(n * r.rows)
		p.a = unsafe.Add(p.a, done*p.lda)
		p.c = unsafe.Add(p.c, done*p.ldc)
		if p.ascale != nil {
			p.ascale = unsafe.Add(p.ascale, 4*done)
			p.azero = unsafe.Add(p.azero, 4*done)
		}
	}
}

func mulInt8AVX512(c []float32, ldc int, a []uint8, scale []float32, zero []int32, w *Int8Matrix) {
	wide := w.N / (4 * Columns) * (4 * Columns)
	mulInt8(c, ldc, a, scale, zero, w, 0, wide, 4, int8AVX512)
	if w.SaturationFree {
		mulInt8(c, ldc, a, scale, zero, w, wide, w.N, 1, int8AVX2)
	} else {
		mulInt8Exact(c, ldc, a, scale, zero, w, wide)
	}
}

func mulInt8AVX2(c []float32, ldc int, a []uint8, scale []float32, zero []int32, w *Int8Matrix) {
	if w.SaturationFree {
		mulInt8(c, ldc, a, scale, zero, w, 0, w.N, 1, int8AVX2)
	} else {
		mulInt8Exact(c, ldc, a, scale, zero, w, 0)
	}
}

// mulInt8Exact does the columns from one on in generic Go, which does not
// saturate.
func mulInt8Exact(c []float32, ldc int, a []uint8, scale []float32, zero []int32, w *Int8Matrix, from int) {
	if from == w.N {
		return
	}
	rest := Int8Matrix{N: w.N - from, K: w.K, Panels: w.Panels[from*w.K:], Scale: w.Scale[from:], Bias: w.Bias[from:], ColSum: w.ColSum[from:]}
	gemmInt8Generic(c[from:], ldc, a, scale, zero, &rest)
}

// mulInt8 runs routines that do some panels at once over columns from … to.
func mulInt8(c []float32, ldc int, a []uint8, scale []float32, zero []int32, w *Int8Matrix, from, to, panels int, routines []routine) {
	reads(a)
	reads(w.Panels)
	p := gemm{
		a: unsafe.Pointer(&a[0]), lda: uintptr(w.K),
		stride: uintptr(w.K * Columns), k: uintptr(w.K / 4), ldc: uintptr(4 * ldc),
		ascale: unsafe.Pointer(&scale[0]), azero: unsafe.Pointer(&zero[0]),
	}
	for j := from; j < to; j += panels * Columns {
		p.b = unsafe.Pointer(&w.Panels[j*w.K])
		p.c = unsafe.Pointer(&c[j])
		p.bscale, p.bias, p.colsums = unsafe.Pointer(&w.Scale[j]), unsafe.Pointer(&w.Bias[j]), unsafe.Pointer(&w.ColSum[j])
		sweep(p, len(scale), routines)
	}
	for i := range scale {
		writes(c[i*ldc+from : i*ldc+to])
	}
}

func mulFloat32AVX512(c []float32, ldc int, a []float32, lda, rows int, w *Float32Matrix) {
	wide := w.N / (4 * Columns) * (4 * Columns)
	mulFloat32(c, ldc, a, lda, rows, w, 0, wide, 4, float32AVX512)
	mulFloat32(c, ldc, a, lda, rows, w, wide, w.N, 1, float32AVX2)
}

func mulFloat32AVX2(c []float32, ldc int, a []float32, lda, rows int, w *Float32Matrix) {
	mulFloat32(c, ldc, a, lda, rows, w, 0, w.N, 1, float32AVX2)
}

// noBias stands for a missing bias.
var noBias [4 * Columns]float32

func mulFloat32(c []float32, ldc int, a []float32, lda, rows int, w *Float32Matrix, from, to, panels int, routines []routine) {
	reads(w.Panels)
	p := gemm{
		a: unsafe.Pointer(&a[0]), lda: uintptr(4 * lda),
		stride: uintptr(4 * w.K * Columns), k: uintptr(w.K), ldc: uintptr(4 * ldc),
	}
	for j := from; j < to; j += panels * Columns {
		p.b = unsafe.Pointer(&w.Panels[j*w.K])
		p.c = unsafe.Pointer(&c[j])
		p.bias = unsafe.Pointer(&noBias[0])
		if w.Bias != nil {
			p.bias = unsafe.Pointer(&w.Bias[j])
		}
		sweep(p, rows, routines)
	}
	for i := range rows {
		reads(a[i*lda : i*lda+w.K])
		writes(c[i*ldc+from : i*ldc+to])
	}
}

func dotNative(a, b []float32) float32 {
	reads(a)
	reads(b)
	return dotAVX2(&a[0], &b[0], len(a))
}

func softmaxNative(x []float32, scale float32) {
	writes(x)
	softmaxAVX2(&x[0], len(x), scale)
}

func geluNative(x []float32) {
	writes(x)
	geluAVX2(&x[0], len(x))
}

func layerNormNative(x, y, gamma, beta []float32, eps float32) {
	writes(x)
	reads(y)
	layerNormAVX2(&x[0], &y[0], &gamma[0], &beta[0], len(x), eps)
}

func quantizeNative(q []uint8, x, smooth []float32) (scale float32, zero int32) {
	writes(q)
	reads(x)
	var p quantized
	quantizeAVX2(&q[0], &x[0], &smooth[0], len(x), &p)
	return p.scale, p.zero
}

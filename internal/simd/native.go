//go:build (amd64 || arm64) && !purego

package simd

import (
	"math"
	"unsafe"
)

// rowRoutines are those over rows of one width of registers.
type rowRoutines struct {
	transpose         func(panel, rows *float32, stride, n, blocks int)
	dot               func(a, b *float32, sixteens int) float32
	expRows           func(x *float32, stride, sixteens, rows int, inverse *float32, c float32)
	rowMaxima         func(x *float32, stride, sixteens, rows int, dst *float32)
	gelu              func(x *float32, sixteens int)
	geluQuantize      func(q *uint8, x, smooth *float32, sixteens int) (scale float32, zero int32)
	layerNorm         func(x, y, gamma, beta *float32, n int, eps float32)
	layerNormQuantize func(q *uint8, x, y, gamma, beta, smooth *float32, n, rows int, scale *float32, zero *int32, eps float32)
	quantize          func(q *uint8, x, smooth *float32, n int) (scale float32, zero int32)
	dequantize        func(x *float32, q *int8, sixteens int, scale float32)
	residual          func(dst, x, smooth *float32, q *uint8, sixteens int, scale float32, zero int32)
	add               func(x, y *float32, sixteens int)
	quantizePanel     func(dst *uint8, step int, scale *float32, sums *int32, panel *float32, n int, limit float32, flip uint32)
	quantizeValues    func(pairs *int16, step int, scale, rows *float32, stride, n int, limit float32)
	expRowsInt16      func(dst *int16, x *float32, sixteens, rows int, inverse *float32, c, bits float32)
}

// nativeLevel puts a level together. The kernels tell the race detector what
// they read and write, which it does not see in assembly.
func nativeLevel(name string, r *rowRoutines, ints intProducts, floats [][]routine) level {
	return level{
		name: name,
		mulInt8: func(c []float32, ldc int, a []uint8, scale []float32, zero []int32, w *Int8Matrix) {
			ints.mul(c, ldc, a, scale, zero, w)
		},
		mulFloat32: func(c []float32, ldc int, a []float32, lda, rows int, w *Float32Matrix) {
			mulFloat32(c, ldc, a, lda, rows, w, floats)
		},
		mulRows: func(c []float32, ldc int, a []float32, lda int, inverse, b []float32, ldb, k, n int) {
			mulRows(c, ldc, a, lda, inverse, b, ldb, k, n, floats)
		},
		transpose: func(panels, rows []float32, n, width, stride int) {
			readsRows(rows, n, width, stride)
			writes(panels[:(n+Columns-1)/Columns*Columns*width])
			if r.transpose == nil {
				transposeGeneric(panels, rows, n, width, stride)
				return
			}
			for i := 0; i < n; i += Columns {
				r.transpose(&panels[i*width], &rows[i*stride], 4*stride, min(Columns, n-i), width/Columns)
			}
		},
		mulScores: func(c []float32, padded int, q Heads, from, rows int, k Heads, width int, mask []float32) {
			mulScores(c, padded, q, from, rows, k, width, mask, ints.fast)
		},
		mulInt16: func(c []float32, ldc int, a []int16, lda int, inverse []float32, pairs []int16, scale []float32, k, n int) {
			mulInt16(c, ldc, a, lda, inverse, pairs, scale, k, n, ints.pairs)
		},
		quantizePanel: func(dst []uint8, step int, scale []float32, sums []int32, panel []float32, limit float32, flip uint8) {
			reads(panel)
			writes(scale[:Columns])
			writes(sums[:Columns])
			writesRows(dst, len(panel)/(4*Columns), 4*Columns, step)
			r.quantizePanel(&dst[0], step, &scale[0], &sums[0], &panel[0], len(panel)/(4*Columns), limit, uint32(flip)*0x01010101)
		},
		quantizeValues: func(pairs []int16, scale, rows []float32, n, width, stride int, limit float32) {
			readsRows(rows, n, width, stride)
			writes(scale[:width])
			writes(pairs[:(n+1)/2*2*width])
			for j := 0; j < width; j += Columns {
				r.quantizeValues(&pairs[2*j], 4*width, &scale[j], &rows[j], 4*stride, n, limit)
			}
		},
		expRowsInt16: func(dst []int16, x []float32, n int, scale float32, bits int, inverse []float32) {
			reads(x[:len(inverse)*n])
			writes(dst[:len(inverse)*n])
			writes(inverse)
			r.expRowsInt16(&dst[0], &x[0], n/lanes, len(inverse), &inverse[0], float32(scale*math.Log2E), float32(bits))
		},
		dot: func(a, b []float32) float32 {
			reads(a)
			reads(b)
			return r.dot(&a[0], &b[0], len(a)/lanes)
		},
		expRows: func(x []float32, ldx, n int, scale float32, inverse []float32) {
			writesRows(x, len(inverse), n, ldx)
			writes(inverse)
			r.expRows(&x[0], 4*ldx, n/lanes, len(inverse), &inverse[0], float32(scale*math.Log2E))
		},
		rowMaxima: func(x []float32, ldx, n int, dst []float32) {
			readsRows(x, len(dst), n, ldx)
			writes(dst)
			r.rowMaxima(&x[0], 4*ldx, n/lanes, len(dst), &dst[0])
		},
		gelu: func(x []float32) {
			writes(x)
			r.gelu(&x[0], len(x)/lanes)
		},
		geluQuantize: func(q []uint8, x, smooth []float32) (float32, int32) {
			writes(x)
			writes(q)
			reads(smooth)
			return r.geluQuantize(&q[0], &x[0], &smooth[0], len(x)/lanes)
		},
		layerNorm: func(x, y, gamma, beta []float32, eps float32) {
			writes(x)
			reads(y)
			r.layerNorm(&x[0], &y[0], &gamma[0], &beta[0], len(x), eps)
		},
		layerNormQuantize: func(q []uint8, x, y, gamma, beta []float32, eps float32, smooth, scale []float32, zero []int32) {
			n, rows := len(gamma), len(scale)
			writes(x[:rows*n])
			writes(q[:rows*n])
			reads(y[:rows*n])
			writes(scale)
			writes(zero)
			r.layerNormQuantize(&q[0], &x[0], &y[0], &gamma[0], &beta[0], &smooth[0], n, rows, &scale[0], &zero[0], eps)
		},
		quantize: func(q []uint8, x, smooth []float32) (float32, int32) {
			writes(q)
			reads(x)
			return r.quantize(&q[0], &x[0], &smooth[0], len(x))
		},
		dequantize: func(x []float32, q []int8, scale float32) {
			writes(x)
			reads(q)
			r.dequantize(&x[0], &q[0], len(x)/lanes, scale)
		},
		residual: func(dst, x, smooth []float32, q []uint8, scale float32, zero int32) {
			writes(dst)
			reads(x)
			reads(q)
			r.residual(&dst[0], &x[0], &smooth[0], &q[0], len(q)/lanes, scale, zero)
		},
		add: func(x, y []float32) {
			writes(x)
			reads(y)
			r.add(&x[0], &y[0], len(x)/lanes)
		},
	}
}

func readsRows[T any](x []T, rows, n, stride int) {
	for i := 0; raceEnabled && i < rows; i++ {
		reads(x[i*stride : i*stride+n])
	}
}

func writesRows[T any](x []T, rows, n, stride int) {
	for i := 0; raceEnabled && i < rows; i++ {
		writes(x[i*stride : i*stride+n])
	}
}

func pointer[T any](x []T, i int) unsafe.Pointer { return unsafe.Pointer(&x[i]) }

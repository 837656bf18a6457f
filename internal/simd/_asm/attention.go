package main

// quantizePanel takes a panel of sixteen columns of float32 to bytes, four rows
// to a column's four bytes, with a scale and a sum for each column. n is quads of
// rows.
func (g *generator) quantizePanel() {
	g.function("quantizePanel"+g.vector.level, 56)
	g.arguments("dst DI", "step R8", "scale R9", "sums R10", "panel SI", "n CX")
	wide := g.vector.wide()
	if wide {
		g.op("VBROADCASTI32X4 transposed<>(SB), Z12")
	} else {
		g.op("VBROADCASTI128 transposed<>(SB), Y12")
	}
	g.op("VBROADCASTSS flip+52(FP), %s", g.v(13))
	for h := range g.vector.halves() {
		at := h * g.vector.width
		g.op("MOVQ SI, BX")
		g.op("MOVQ CX, DX")
		g.bits(0x7fffffff, 1)
		g.broadcast(tiniest, 0)
		g.label(half("highest", h))
		for range 4 {
			g.op("VANDPS %d(BX), %s, %s", at, g.v(1), g.v(2))
			g.op("VMAXPS %s, %s, %s", g.v(2), g.v(0), g.v(0))
			g.op("ADDQ $64, BX")
		}
		g.op("DECQ DX")
		g.op("JNZ %s", half("highest", h))
		g.op("VBROADCASTSS limit+48(FP), %s", g.v(1))
		g.op("VDIVPS %s, %s, %s", g.v(0), g.v(1), g.v(14)) // inverse
		g.op("VDIVPS %s, %s, %s", g.v(1), g.v(0), g.v(0))
		g.op("VMOVUPS %s, %d(R9)", g.v(0), at)
		g.clearFloats(11) // sums
		g.op("MOVQ SI, BX")
		g.op("MOVQ CX, DX")
		g.op("LEAQ %d(DI), AX", at)
		g.label(half("round", h))
		for i := range 4 {
			g.op("VMULPS %d(BX), %s, %s", at+64*i, g.v(14), g.v(i))
			g.op("VCVTPS2DQ %s, %s", g.v(i), g.v(i))
			g.op("VPADDD %s, %s, %s", g.v(i), g.v(11), g.v(11))
		}
		g.op("VPACKSSDW %s, %s, %s", g.v(1), g.v(0), g.v(0))
		g.op("VPACKSSDW %s, %s, %s", g.v(3), g.v(2), g.v(2))
		g.op("VPACKSSWB %s, %s, %s", g.v(2), g.v(0), g.v(0))
		g.op("VPSHUFB %s, %s, %s", g.v(12), g.v(0), g.v(0))
		g.op("VXORPS %s, %s, %s", g.v(13), g.v(0), g.v(0))
		g.op("VMOVUPS %s, (AX)", g.v(0))
		g.op("ADDQ R8, AX")
		g.op("ADDQ $256, BX")
		g.op("DECQ DX")
		g.op("JNZ %s", half("round", h))
		g.op("VMOVUPS %s, %d(R10)", g.v(11), at)
	}
	g.ret()
}

// tiniest stands for the largest magnitude where all are 0.
const tiniest = 1e-30

func half(label string, h int) string { return label + string(rune('0'+h)) }

// quantizeValues takes sixteen columns of rows to 16-bit numbers, two rows side
// by side, with a scale for each column. An odd last row stands beside zeros.
func (g *generator) quantizeValues() {
	g.function("quantizeValues"+g.vector.level, 52)
	g.arguments("pairs DI", "step R8", "scale R9", "rows SI", "stride R10", "n CX")
	for h := range g.vector.halves() {
		at := h * g.vector.width
		g.op("MOVQ SI, BX")
		g.op("MOVQ CX, DX")
		g.bits(0x7fffffff, 1)
		g.broadcast(tiniest, 0)
		g.label(half("highest", h))
		g.op("VANDPS %d(BX), %s, %s", at, g.v(1), g.v(2))
		g.op("VMAXPS %s, %s, %s", g.v(2), g.v(0), g.v(0))
		g.op("ADDQ R10, BX")
		g.op("DECQ DX")
		g.op("JNZ %s", half("highest", h))
		g.op("VBROADCASTSS limit+48(FP), %s", g.v(1))
		g.op("VDIVPS %s, %s, %s", g.v(0), g.v(1), g.v(4)) // inverse
		g.op("VDIVPS %s, %s, %s", g.v(1), g.v(0), g.v(0))
		g.op("VMOVUPS %s, %d(R9)", g.v(0), at)
		g.bits(0xffff, 5)
		g.op("MOVQ SI, BX")
		g.op("MOVQ CX, DX")
		g.op("LEAQ %d(DI), AX", at)
		g.label(half("pair", h))
		g.clearFloats(1)
		g.op("VMULPS %d(BX), %s, %s", at, g.v(4), g.v(0))
		g.op("VCVTPS2DQ %s, %s", g.v(0), g.v(0))
		g.op("CMPQ DX, $1")
		g.op("JEQ %s", half("odd", h))
		g.op("VMULPS %d(BX)(R10*1), %s, %s", at, g.v(4), g.v(1))
		g.op("VCVTPS2DQ %s, %s", g.v(1), g.v(1))
		g.op("VPSLLD $16, %s, %s", g.v(1), g.v(1))
		g.label(half("odd", h))
		g.op("VANDPS %s, %s, %s", g.v(5), g.v(0), g.v(0))
		g.op("VORPS %s, %s, %s", g.v(1), g.v(0), g.v(0))
		g.op("VMOVUPS %s, (AX)", g.v(0))
		g.op("ADDQ R8, AX")
		g.op("LEAQ (BX)(R10*2), BX")
		g.op("SUBQ $2, DX")
		g.op("JG %s", half("pair", h))
	}
	g.ret()
}

// coarsePowers are the coefficients of coarseExp2 in generic.go, lowest last.
var coarsePowers = []float32{0.009570102207362652, 0.05591786280274391, 0.240247443318367, 0.6931217908859253, 0.9999992847442627}

// coarseExp replaces register x by 2^x, using n and t.
func (g *generator) coarseExp(x, n, t int) {
	vx, vn, vt := g.v(x), g.v(n), g.v(t)
	if !g.vector.wide() {
		g.op("VMAXPS %s, %s, %s", g.v(8), vx, vx)
	}
	g.round(vx, vn)
	g.op("VSUBPS %s, %s, %s", vn, vx, vx)
	g.op("VMOVAPS %s, %s", g.v(9), vt)
	for c := 10; c <= 13; c++ {
		g.op("VFMADD213PS %s, %s, %s", g.v(c), vx, vt)
	}
	if g.vector.wide() { // what is below 2^-126 becomes 0 here: so does what is rounded
		g.op("VSCALEFPS %s, %s, %s", vn, vt, vx)
		return
	}
	g.op("VCVTPS2DQ %s, %s", vn, vn)
	g.op("VPSLLD $23, %s, %s", vn, vn)
	g.op("VPADDD %s, %s, %s", vn, vt, vx)
}

// expRowsInt16: q = round(2^(c·x[i] − c·highest + bits)) in each row, and the
// inverse of their sum. n is sixteens.
func (g *generator) expRowsInt16() {
	g.function("expRowsInt16"+g.vector.level, 48)
	g.arguments("dst R10", "x SI", "sixteens CX", "rows R9", "inverse DI")
	g.op("VBROADCASTSS c+40(FP), %s", g.v(7))
	g.broadcast(-126, 8)
	for i, x := range coarsePowers {
		g.broadcast(x, 9+i)
	}
	g.op("MOVQ CX, R8")
	g.op("SHLQ $6, R8")
	g.label("row")
	g.highest()
	g.bits(0x80000000, 6)
	g.op("VXORPS X6, X0, X0")
	g.op("VMOVSS bits+44(FP), X6")
	g.op("VFMADD213SS X6, X7, X0")
	g.op("VBROADCASTSS X0, %s", g.v(6))
	g.clearFloats(0, 1)
	g.sweep("power", func(h, offset int) {
		r := 2 + 3*h // the second half leaves the first in 2
		if h == 1 {
			r = 3
		}
		g.op("VMOVUPS %d(SI)(BX*1), %s", offset, g.v(r))
		g.op("VFMADD213PS %s, %s, %s", g.v(6), g.v(7), g.v(r))
		g.coarseExp(r, 4, 5)
		g.op("VCVTPS2DQ %s, %s", g.v(r), g.v(r))
		g.op("VPADDD %s, %s, %s", g.v(r), g.v(h), g.v(h))
		switch {
		case g.vector.wide():
			g.op("VPMOVDW Z2, (R10)")
		case h == 1:
			g.op("VPACKSSDW Y3, Y2, Y2")
			g.op("VPERMQ $0xd8, Y2, Y2")
			g.op("VMOVDQU Y2, (R10)")
		}
		if h == g.vector.halves()-1 {
			g.op("ADDQ $32, R10")
		}
	})
	g.fold("VPADDD")
	g.op("VCVTDQ2PS X0, X0")
	g.op("VBROADCASTSS %s, X1", g.floatAt(1))
	g.op("VDIVSS X0, X1, X0")
	g.op("VMOVSS X0, (DI)")
	g.op("ADDQ $4, DI")
	g.op("ADDQ R8, SI")
	g.op("DECQ R9")
	g.op("JNZ row")
	g.ret()
}

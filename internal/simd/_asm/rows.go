package main

import (
	"fmt"
	"math"
)

// The routines over rows are written once, for registers of 16 floats and for
// two of 8. Reductions keep sixteen lanes and fold them in one order.

// vector is what a level computes in.
type vector struct {
	level    string
	register string
	width    int // bytes
}

// halves is how many registers sixteen lanes take.
func (v vector) halves() int { return 64 / v.width }

func (v vector) wide() bool { return v.width == 64 }

// v names a register.
func (g *generator) v(n int) string { return fmt.Sprintf("%s%d", g.vector.register, n) }

// float broadcasts a constant to a register.
func (g *generator) broadcast(x float32, n int) {
	g.op("VBROADCASTSS %s, %s", g.floatAt(x), g.v(n))
}

func (g *generator) floatAt(x float32) string {
	return g.constant(math.Float32bits(x), fmt.Sprint(x))
}

func (g *generator) clearFloats(registers ...int) {
	for _, n := range registers {
		g.op("VXORPS %s, %s, %s", g.v(n), g.v(n), g.v(n))
	}
}

// sweep walks BX over CX times 64 bytes of any number of slices.
func (g *generator) sweep(label string, body func(h, offset int)) {
	g.op("XORQ BX, BX")
	g.op("MOVQ CX, DX")
	g.label(label)
	for h := range g.vector.halves() {
		body(h, h*g.vector.width)
	}
	g.op("ADDQ $64, BX")
	g.op("DECQ DX")
	g.op("JNZ %s", label)
}

// fold reduces register 0, or 0 and 1, to lane 0 of X0, using 1.
func (g *generator) fold(op string) {
	if g.vector.wide() {
		g.op("VEXTRACTF64X4 $1, Z0, Y1")
	}
	g.op("%s Y1, Y0, Y0", op)
	g.op("VEXTRACTF128 $1, Y0, X1")
	g.op("%s X1, X0, X0", op)
	g.op("VPERMILPS $0x4e, X0, X1")
	g.op("%s X1, X0, X0", op)
	g.op("VPERMILPS $0xb1, X0, X1")
	g.op("%s X1, X0, X0", op)
}

// dot: n is sixteens.
func (g *generator) dot() {
	g.function("dot"+g.vector.level, 28)
	g.arguments("a SI", "b DI", "sixteens CX")
	g.clearFloats(0, 1)
	g.sweep("loop", func(h, offset int) {
		g.op("VMOVUPS %d(SI)(BX*1), %s", offset, g.v(2))
		g.op("VFMADD231PS %d(DI)(BX*1), %s, %s", offset, g.v(2), g.v(h))
	})
	g.fold("VADDPS")
	g.op("VMOVSS X0, ret+24(FP)")
	g.ret()
}

// powers are the coefficients of 2^f on [-½,½], the series of e^(f·ln 2), lowest
// last, and before them the least exponent.
var powers = []float32{-126, 0.00015403530393381608, 0.0013333558146428443, 0.009618129107628477, 0.05550410866482158, 0.24022650695910072, 0.6931471805599453, 1}

// expConstants puts powers into registers 8 to 15.
func (g *generator) expConstants() {
	for i, x := range powers {
		g.broadcast(x, 8+i)
	}
}

// exp replaces register x by 2^x for arguments of at most 127, using n and t.
func (g *generator) exp(x, n, t int) {
	vx, vn, vt := g.v(x), g.v(n), g.v(t)
	g.op("VMAXPS %s, %s, %s", g.v(8), vx, vx)
	g.round(vx, vn)
	g.op("VSUBPS %s, %s, %s", vn, vx, vx)
	g.op("VMOVAPS %s, %s", g.v(9), vt)
	for c := 10; c <= 15; c++ {
		g.op("VFMADD213PS %s, %s, %s", g.v(c), vx, vt)
	}
	g.op("VCVTPS2DQ %s, %s", vn, vn)
	g.op("VPSLLD $23, %s, %s", vn, vn)
	g.op("VPADDD %s, %s, %s", vn, vt, vx)
}

func (g *generator) round(from, to string) {
	name := "VROUNDPS"
	if g.vector.wide() {
		name = "VRNDSCALEPS"
	}
	g.op("%s $8, %s, %s", name, from, to)
}

// expRows: x[i] = 2^(c·x[i] − c·highest) in each row; the inverse of each sum.
// n is sixteens.
func (g *generator) expRows() {
	g.function("expRows"+g.vector.level, 44)
	g.arguments("x SI", "stride R8", "sixteens CX", "rows R9", "inverse DI")
	g.op("VBROADCASTSS c+40(FP), %s", g.v(7))
	g.expConstants()
	g.label("row")
	g.highest()
	g.op("VMULSS X7, X0, X0")
	g.op("VXORPS X6, X6, X6")
	g.op("VSUBSS X0, X6, X0")
	g.op("VBROADCASTSS X0, %s", g.v(6))
	g.clearFloats(0, 1)
	g.sweep("power", func(h, offset int) {
		g.op("VMOVUPS %d(SI)(BX*1), %s", offset, g.v(2))
		g.op("VFMADD213PS %s, %s, %s", g.v(6), g.v(7), g.v(2))
		g.exp(2, 3, 4)
		g.op("VMOVUPS %s, %d(SI)(BX*1)", g.v(2), offset)
		g.op("VADDPS %s, %s, %s", g.v(2), g.v(h), g.v(h))
	})
	g.fold("VADDPS")
	g.op("VDIVSS X0, X15, X0")
	g.op("VMOVSS X0, (DI)")
	g.op("ADDQ $4, DI")
	g.op("ADDQ R8, SI")
	g.op("DECQ R9")
	g.op("JNZ row")
	g.ret()
}

// highest leaves the largest of a row at SI in lane 0 of X0.
func (g *generator) highest() {
	for h := range g.vector.halves() {
		g.op("VMOVUPS %d(SI), %s", h*g.vector.width, g.v(h))
	}
	g.sweep("highest", func(h, offset int) {
		g.op("VMAXPS %d(SI)(BX*1), %s, %s", offset, g.v(h), g.v(h))
	})
	g.fold("VMAXPS")
}

// rowMaxima: n is sixteens.
func (g *generator) rowMaxima() {
	g.function("rowMaxima"+g.vector.level, 40)
	g.arguments("x SI", "stride R8", "sixteens CX", "rows R9", "dst DI")
	g.label("row")
	g.highest()
	g.op("VMOVSS X0, (DI)")
	g.op("ADDQ $4, DI")
	g.op("ADDQ R8, SI")
	g.op("DECQ R9")
	g.op("JNZ row")
	g.ret()
}

// bits broadcasts four bytes to a register.
func (g *generator) bits(x uint32, n int) {
	g.op("VBROADCASTSS %s, %s", g.constant(x, fmt.Sprintf("%#x", x)), g.v(n))
}

// gelu over n sixteens:
// x·½(1+erf(x/√2)), erf(z) = 1 − t(a1+t(a2+…))·e^(−z²), t = 1/(1+p·z), z ≥ 0.
func (g *generator) gelu() {
	g.function("gelu"+g.vector.level, 16)
	g.arguments("x SI", "sixteens CX")
	g.expConstants()
	r := func(n int) string { return g.v(n) }
	g.sweep("loop", func(h, offset int) {
		g.op("VMOVUPS %d(SI)(BX*1), %s", offset, r(0))
		g.bits(0x7fffffff, 1)
		g.op("VANDPS %s, %s, %s", r(0), r(1), r(1))
		g.broadcast(1/math.Sqrt2, 2)
		g.op("VMULPS %s, %s, %s", r(2), r(1), r(1)) // z
		g.op("VMULPS %s, %s, %s", r(1), r(1), r(2)) // z²
		g.broadcast(math.Log2E, 3)
		g.op("VMULPS %s, %s, %s", r(3), r(2), r(2))
		g.op("VXORPS %s, %s, %s", r(3), r(3), r(3))
		g.op("VSUBPS %s, %s, %s", r(2), r(3), r(2))
		g.exp(2, 3, 4) // e^(−z²)
		g.broadcast(0.3275911, 3)
		g.op("VFMADD213PS %s, %s, %s", r(15), r(1), r(3)) // p·z + 1
		g.op("VDIVPS %s, %s, %s", r(3), r(15), r(3))      // t
		g.broadcast(1.061405429, 4)
		for _, c := range []float32{-1.453152027, 1.421413741, -0.284496736, 0.254829592} {
			g.broadcast(c, 5)
			g.op("VFMADD213PS %s, %s, %s", r(5), r(3), r(4))
		}
		g.op("VMULPS %s, %s, %s", r(3), r(4), r(4))
		g.op("VMULPS %s, %s, %s", r(2), r(4), r(4))
		g.op("VSUBPS %s, %s, %s", r(4), r(15), r(4)) // erf(z)
		g.bits(0x80000000, 5)
		g.op("VANDPS %s, %s, %s", r(0), r(5), r(5))
		g.op("VORPS %s, %s, %s", r(5), r(4), r(4)) // erf(x/√2)
		g.op("VADDPS %s, %s, %s", r(15), r(4), r(4))
		g.broadcast(0.5, 5)
		g.op("VMULPS %s, %s, %s", r(5), r(0), r(0))
		g.op("VMULPS %s, %s, %s", r(4), r(0), r(0))
		g.op("VMOVUPS %s, %d(SI)(BX*1)", r(0), offset)
	})
	g.ret()
}

// gauss are the limit of the polynomial of Φ, what its square is multiplied by,
// and its coefficients, highest power first: see gauss in generic.go.
const gaussLimit = 4.0

var gaussPoly = []float32{
	0.005921359173953533, -0.016534505411982536, 0.024147896096110344, -0.03547607734799385, 0.05539511516690254,
	-0.08442454785108566, 0.17597076296806335,
}

// geluQuantize: x becomes x·Φ(x)·smooth, of which q are the bytes. n is
// sixteens, an even number.
func (g *generator) geluQuantize() {
	g.function("geluQuantize"+g.vector.level, 40)
	g.arguments("q DI", "x SI", "smooth R8", "sixteens CX")
	r := func(n int) string { return g.v(n) }
	// With 32 registers the coefficients stay in some, else they are loaded.
	at := 12
	constant := func(x float32) string {
		g.broadcast(x, 7)
		return r(7)
	}
	if g.vector.wide() {
		for _, x := range append([]float32{-gaussLimit, gaussLimit, 2 / (gaussLimit * gaussLimit), -1, 0.5}, gaussPoly...) {
			g.broadcast(x, at)
			at++
		}
		at = 12
		constant = func(float32) string {
			at++
			return r(at - 1)
		}
	}
	g.clearFloats(4, 5) // lowest, highest
	g.sweep("gauss", func(h, offset int) {
		at = 12
		g.op("VMOVUPS %d(SI)(BX*1), %s", offset, r(0))
		g.op("VMAXPS %s, %s, %s", constant(-gaussLimit), r(0), r(1))
		g.op("VMINPS %s, %s, %s", constant(gaussLimit), r(1), r(1)) // u
		g.op("VMULPS %s, %s, %s", r(1), r(1), r(2))
		scale := constant(2 / (gaussLimit * gaussLimit))
		if g.vector.wide() {
			g.op("VFMADD213PS %s, %s, %s", constant(-1), scale, r(2)) // t
		} else {
			g.broadcast(-1, 3)
			g.op("VFMADD213PS %s, %s, %s", r(3), scale, r(2))
		}
		half := ""
		if g.vector.wide() {
			half = constant(0.5)
		}
		g.op("VMOVAPS %s, %s", constant(gaussPoly[0]), r(3))
		for _, c := range gaussPoly[1:] {
			g.op("VFMADD213PS %s, %s, %s", constant(c), r(2), r(3))
		}
		if half == "" {
			half = constant(0.5)
		}
		g.op("VFMADD213PS %s, %s, %s", half, r(1), r(3)) // Φ
		g.op("VMULPS %s, %s, %s", r(3), r(0), r(0))
		g.op("VMULPS %d(R8)(BX*1), %s, %s", offset, r(0), r(0))
		g.op("VMOVUPS %s, %d(SI)(BX*1)", r(0), offset)
		g.op("VMINPS %s, %s, %s", r(0), r(4), r(4))
		g.op("VMAXPS %s, %s, %s", r(0), r(5), r(5))
	})
	g.quantizeRange("scale+32(FP)", "zero+36(FP)", "positive")
	g.quantizeRow("", "DI", "round")
	g.ret()
}

// layerNorm of x + y into x; n is a multiple of 16.
func (g *generator) layerNorm() {
	g.function("layerNorm"+g.vector.level, 44)
	g.arguments("x SI", "y DI", "gamma R8", "beta R9", "n CX")
	g.normSums("eps+40(FP)")
	g.sweep("scale", func(h, offset int) {
		g.normalised(offset)
	})
	g.ret()
}

// normSums leaves the sum of the slices at SI and DI in the first, their mean in
// register 6, the inverse of their deviation in 5, and sixteens in CX.
func (g *generator) normSums(eps string) {
	g.op("VXORPS X7, X7, X7")
	g.op("VCVTSI2SSQ CX, X7, X7") // n
	g.op("SHRQ $4, CX")
	g.clearFloats(0, 1)
	g.sweep("sum", func(h, offset int) {
		g.op("VMOVUPS %d(SI)(BX*1), %s", offset, g.v(2))
		g.op("VADDPS %d(DI)(BX*1), %s, %s", offset, g.v(2), g.v(2))
		g.op("VMOVUPS %s, %d(SI)(BX*1)", g.v(2), offset)
		g.op("VADDPS %s, %s, %s", g.v(2), g.v(h), g.v(h))
	})
	g.fold("VADDPS")
	g.op("VDIVSS X7, X0, X0")
	g.op("VBROADCASTSS X0, %s", g.v(6)) // mean
	g.clearFloats(0, 1)
	g.sweep("squares", func(h, offset int) {
		g.op("VMOVUPS %d(SI)(BX*1), %s", offset, g.v(2))
		g.op("VSUBPS %s, %s, %s", g.v(6), g.v(2), g.v(2))
		g.op("VFMADD231PS %s, %s, %s", g.v(2), g.v(2), g.v(h))
	})
	g.fold("VADDPS")
	g.op("VDIVSS X7, X0, X0")
	g.op("VADDSS %s, X0, X0", eps)
	g.op("VSQRTSS X0, X0, X0")
	g.op("VBROADCASTSS %s, X1", g.floatAt(1))
	g.op("VDIVSS X0, X1, X0")
	g.op("VBROADCASTSS X0, %s", g.v(5))
}

// normalised stores the normalised sixteen lanes, or a half, and leaves them in
// register 2.
func (g *generator) normalised(offset int) {
	g.op("VMOVUPS %d(SI)(BX*1), %s", offset, g.v(2))
	g.op("VSUBPS %s, %s, %s", g.v(6), g.v(2), g.v(2))
	g.op("VMULPS %s, %s, %s", g.v(5), g.v(2), g.v(2))
	g.op("VMOVUPS %d(R8)(BX*1), %s", offset, g.v(3))
	g.op("VFMADD213PS %d(R9)(BX*1), %s, %s", offset, g.v(3), g.v(2))
	g.op("VMOVUPS %s, %d(SI)(BX*1)", g.v(2), offset)
}

// quantize: q[i] = round(x[i]·smooth[i]·inverse) + zero; n is a multiple of 32.
// The range includes 0, so that zero is in [0,255]; all zeros give scale 1.
func (g *generator) quantize() {
	g.function("quantize"+g.vector.level, 40)
	g.arguments("q DI", "x SI", "smooth R8", "n CX")
	g.op("SHRQ $4, CX")
	g.clearFloats(4, 5) // lowest, highest
	g.sweep("range", func(h, offset int) {
		g.op("VMOVUPS %d(SI)(BX*1), %s", offset, g.v(2))
		g.op("VMULPS %d(R8)(BX*1), %s, %s", offset, g.v(2), g.v(2))
		g.op("VMINPS %s, %s, %s", g.v(2), g.v(4), g.v(4))
		g.op("VMAXPS %s, %s, %s", g.v(2), g.v(5), g.v(5))
	})
	g.quantizeRange("scale+32(FP)", "zero+36(FP)", "positive")
	g.quantizeRow("R8", "DI", "round")
	g.ret()
}

// quantizeRange makes scale and zero of the lowest in register 4 and the highest
// in 5, stores them at two places, and leaves the inverse in 5 and zero in 7. It
// uses AX, DX, and a label.
func (g *generator) quantizeRange(scale, zero, label string) {
	g.spread(5)
	g.fold("VMAXPS")
	g.op("VMOVAPS X0, X6")
	g.spread(4)
	g.fold("VMINPS")
	g.op("VMOVAPS X0, X7") // lowest in X7, highest in X6
	g.op("VSUBSS X7, X6, X6")
	g.op("VDIVSS %s, X6, X6", g.floatAt(255)) // scale
	g.op("VXORPS X2, X2, X2")
	g.op("VBROADCASTSS %s, X3", g.floatAt(1))
	g.op("VUCOMISS X2, X6")
	g.op("JNE %s", label)
	g.op("VMOVAPS X3, X6")
	g.label(label)
	g.op("VDIVSS X6, X3, X5") // inverse
	g.op("VSUBSS X7, X2, X7")
	g.op("VMULSS X5, X7, X7")
	g.op("VCVTSS2SI X7, AX") // zero
	g.op("MOVQ $255, DX")
	g.op("CMPQ AX, DX")
	g.op("CMOVQGT DX, AX")
	g.op("VMOVSS X6, %s", scale)
	g.op("MOVL AX, %s", zero)
	g.op("VBROADCASTSS X5, %s", g.v(5))
	g.op("VMOVD AX, X7")
	g.op("VPBROADCASTD X7, %s", g.v(7))
}

// spread copies a register to those that fold takes.
func (g *generator) spread(n int) {
	g.op("VMOVAPS %s, %s", g.v(n), g.v(0))
	if !g.vector.wide() {
		g.op("VMOVAPS %s, %s", g.v(n), g.v(1))
	}
}

// quantizeRow writes the bytes of CX sixteens at SI to where a register points.
// They may still have to be multiplied by those at another. It moves all three
// on.
func (g *generator) quantizeRow(smooth, q, label string) {
	load := func(offset, n int) {
		g.op("VMOVUPS %d(SI), %s", offset, g.v(n))
		if smooth != "" {
			g.op("VMULPS %d(%s), %s, %s", offset, smooth, g.v(n), g.v(n))
		}
		g.op("VMULPS %s, %s, %s", g.v(5), g.v(n), g.v(n))
		g.op("VCVTPS2DQ %s, %s", g.v(n), g.v(n))
		g.op("VPADDD %s, %s, %s", g.v(7), g.v(n), g.v(n))
	}
	sixteens := 1
	if g.vector.wide() {
		g.op("VPXORD Z2, Z2, Z2")
		g.label(label)
		load(0, 0)
		g.op("VPMAXSD Z2, Z0, Z0")
		g.op("VPMOVUSDB Z0, (%s)", q)
	} else {
		sixteens = 2
		g.op("SHRQ $1, CX")
		g.label(label)
		for h := range 4 {
			load(32*h, h)
		}
		g.op("VPACKSSDW Y1, Y0, Y0")
		g.op("VPACKSSDW Y3, Y2, Y2")
		g.op("VPERMQ $0xd8, Y0, Y0")
		g.op("VPERMQ $0xd8, Y2, Y2")
		g.op("VPACKUSWB Y2, Y0, Y0")
		g.op("VPERMQ $0xd8, Y0, Y0")
		g.op("VMOVDQU Y0, (%s)", q)
	}
	g.op("ADDQ $%d, %s", 16*sixteens, q)
	g.op("ADDQ $%d, SI", 64*sixteens)
	if smooth != "" {
		g.op("ADDQ $%d, %s", 64*sixteens, smooth)
	}
	g.op("DECQ CX")
	g.op("JNZ %s", label)
}

// residual: dst = x·smooth − scale·(q − zero).
func (g *generator) residual() {
	g.function("residual"+g.vector.level, 48)
	g.arguments("dst DI", "x SI", "smooth R8", "q R9", "sixteens CX")
	g.op("VBROADCASTSS scale+40(FP), %s", g.v(2))
	g.op("MOVL zero+44(FP), AX")
	g.op("VMOVD AX, X3")
	g.op("VPBROADCASTD X3, %s", g.v(3))
	g.sweep("loop", func(h, offset int) {
		g.op("VPMOVZXBD %d(R9), %s", offset/4, g.v(0))
		g.op("VPSUBD %s, %s, %s", g.v(3), g.v(0), g.v(0))
		g.op("VCVTDQ2PS %s, %s", g.v(0), g.v(0))
		g.op("VMOVUPS %d(SI)(BX*1), %s", offset, g.v(1))
		g.op("VMULPS %d(R8)(BX*1), %s, %s", offset, g.v(1), g.v(1))
		g.op("VFNMADD231PS %s, %s, %s", g.v(2), g.v(0), g.v(1))
		g.op("VMOVUPS %s, %d(DI)(BX*1)", g.v(1), offset)
		if h == g.vector.halves()-1 {
			g.op("ADDQ $16, R9")
		}
	})
	g.ret()
}

// add: x += y.
func (g *generator) add() {
	g.function("add"+g.vector.level, 24)
	g.arguments("x DI", "y SI", "sixteens CX")
	g.sweep("loop", func(h, offset int) {
		g.op("VMOVUPS %d(SI)(BX*1), %s", offset, g.v(0))
		g.op("VADDPS %d(DI)(BX*1), %s, %s", offset, g.v(0), g.v(0))
		g.op("VMOVUPS %s, %d(DI)(BX*1)", g.v(0), offset)
	})
	g.ret()
}

// dequantize: x[i] = q[i]·scale over n sixteens.
func (g *generator) dequantize() {
	g.function("dequantize"+g.vector.level, 28)
	g.arguments("x DI", "q SI", "sixteens CX")
	g.op("VBROADCASTSS scale+24(FP), %s", g.v(1))
	g.label("loop")
	for h := range g.vector.halves() {
		g.op("VPMOVSXBD %d(SI), %s", h*g.vector.width/4, g.v(0))
		g.op("VCVTDQ2PS %s, %s", g.v(0), g.v(0))
		g.op("VMULPS %s, %s, %s", g.v(1), g.v(0), g.v(0))
		g.op("VMOVUPS %s, %d(DI)", g.v(0), h*g.vector.width)
	}
	g.op("ADDQ $16, SI")
	g.op("ADDQ $64, DI")
	g.op("DECQ CX")
	g.op("JNZ loop")
	g.ret()
}

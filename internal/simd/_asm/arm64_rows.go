package main

import "math"

// rows writes the routines over rows: sixteen lanes are four registers.
func (g arm64) rows() {
	g.dot()
	g.expRows()
	g.rowMaxima()
	g.gelu()
	g.geluQuantize()
	g.layerNorm()
	g.layerNormQuantize()
	g.quantize()
	g.dequantize()
	g.residual()
	g.add()
}

func (g arm64) clearFour(v int) {
	for i := range 4 {
		g.zero(v + i)
	}
}

func (g arm64) dot() {
	g.function("dotNEON", 28)
	g.arguments("a R0", "b R1", "sixteens R2")
	g.clearFour(0)
	g.loop("loop", "R2", func() {
		g.load("R0", 4)
		g.load("R1", 8)
		g.each("fmla.4s", 0, 4, 8)
	})
	g.fold("fadd.4s", 0)
	g.op("FMOVS F0, ret+24(FP)")
	g.op("RET")
}

// expConstants puts powers into V24 to V31.
func (g arm64) expConstants() {
	for i, x := range powers {
		g.float(x, 24+i)
	}
}

// horner replaces four registers p by a polynomial in x, with the coefficients in
// registers from one on, using t. The first register of p holds what comes first.
func (g arm64) horner(p, x, t int, coefficients []int) {
	for i := range 4 {
		g.move(coefficients[0], p+i)
	}
	for _, c := range coefficients[1:] {
		for i := range 4 { // p·x + c: the sum goes to where c is
			g.move(c, t+i)
			g.v("fmla.4s", t+i, p+i, x+i)
			g.move(t+i, p+i)
		}
	}
}

func span(from, to int) (list []int) {
	for i := from; i <= to; i++ {
		list = append(list, i)
	}
	return list
}

// exp replaces x … x+3 by 2^x, using n … n+3, p … p+3 and t … t+3.
func (g arm64) exp(x, n, p, t int) {
	g.with("fmax.4s", x, x, 24)
	g.each("frintn.4s", n, x)
	g.each("fsub.4s", x, x, n)
	g.horner(p, x, t, span(25, 31))
	g.scale(x, n, p)
}

// scale writes p·2^n to x.
func (g arm64) scale(x, n, p int) {
	g.each("fcvtns.4s", n, n)
	g.each("shl.4s #23", n, n)
	g.each("add.4s", x, p, n)
}

// highest leaves the largest of R2 sixteens at R0 in lane 0 of V0.
func (g arm64) highest() {
	g.op("MOVD R0, R5")
	g.op("MOVD R2, R6")
	g.peek("R5", 0)
	g.loop("highest", "R6", func() {
		g.load("R5", 4)
		g.each("fmax.4s", 0, 0, 4)
	})
	g.fold("fmax.4s", 0)
}

func (g arm64) expRows() {
	g.function("expRowsNEON", 44)
	g.arguments("x R0", "stride R1", "sixteens R2", "rows R3", "inverse R4")
	g.op("FMOVS c+40(FP), F23")
	g.expConstants()
	g.loop("row", "R3", func() {
		g.highest()
		g.op("FMULS F23, F0, F0")
		g.op("FNEGS F0, F0")
		g.v("dup.4s[0]", 22, 0) // −c·highest
		g.v("dup.4s[0]", 23, 23)
		g.clearFour(0)
		g.op("MOVD R0, R5")
		g.op("MOVD R0, R7")
		g.op("MOVD R2, R6")
		g.loop("power", "R6", func() {
			g.load("R5", 8)
			for i := range 4 {
				g.move(22, 4+i)
			}
			g.with("fmla.4s", 4, 8, 23)
			g.exp(4, 8, 12, 16)
			g.store(4, "R7")
			g.each("fadd.4s", 0, 0, 4)
		})
		g.fold("fadd.4s", 0)
		g.op("FDIVS F0, F31, F0")
		g.op("FMOVS F0, (R4)")
		g.op("ADD $4, R4, R4")
		g.op("ADD R1, R0, R0")
	})
	g.op("RET")
}

func (g arm64) rowMaxima() {
	g.function("rowMaximaNEON", 40)
	g.arguments("x R0", "stride R1", "sixteens R2", "rows R3", "dst R4")
	g.loop("row", "R3", func() {
		g.highest()
		g.op("FMOVS F0, (R4)")
		g.op("ADD $4, R4, R4")
		g.op("ADD R1, R0, R0")
	})
	g.op("RET")
}

// gelu is done for a register at a time: it needs many.
func (g arm64) gelu() {
	g.function("geluNEON", 16)
	g.arguments("x R0", "sixteens R1")
	g.op("LSL $2, R1, R1")
	g.expConstants()
	g.op("MOVD R0, R2")
	g.loop("loop", "R1", func() {
		g.op("VLD1.P 16(R0), [V0.S4]")
		g.v("fabs.4s", 1, 0)
		g.float(1/math.Sqrt2, 2)
		g.v("fmul.4s", 1, 1, 2) // z
		g.v("fmul.4s", 2, 1, 1)
		g.float(math.Log2E, 3)
		g.v("fmul.4s", 2, 2, 3)
		g.zero(3)
		g.v("fsub.4s", 2, 3, 2)
		// e^(−z²)
		g.v("fmax.4s", 2, 2, 24)
		g.v("frintn.4s", 3, 2)
		g.v("fsub.4s", 2, 2, 3)
		g.polynomial(4, 2, 5, span(25, 31))
		g.v("fcvtns.4s", 3, 3)
		g.v("shl.4s #23", 3, 3)
		g.v("add.4s", 2, 4, 3)
		// t = 1/(1+p·z)
		g.float(0.3275911, 3)
		g.move(31, 4)
		g.v("fmla.4s", 4, 3, 1)
		g.v("fdiv.4s", 3, 31, 4)
		for i, c := range []float32{1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592} {
			g.float(c, 16+i)
		}
		g.polynomial(4, 3, 5, span(16, 20))
		g.v("fmul.4s", 4, 4, 3)
		g.v("fmul.4s", 4, 4, 2)
		g.v("fsub.4s", 4, 31, 4) // erf(z)
		g.bits(0x80000000, 5)
		g.v("and.16b", 5, 5, 0)
		g.v("orr.16b", 4, 4, 5)
		g.v("fadd.4s", 4, 4, 31)
		g.float(0.5, 5)
		g.v("fmul.4s", 0, 0, 5)
		g.v("fmul.4s", 0, 0, 4)
		g.op("VST1.P [V0.S4], 16(R2)")
	})
	g.op("RET")
}

// polynomial is horner for one register.
func (g arm64) polynomial(p, x, t int, coefficients []int) {
	g.move(coefficients[0], p)
	for _, c := range coefficients[1:] {
		g.move(c, t)
		g.v("fmla.4s", t, p, x)
		g.move(t, p)
	}
}

func (g arm64) geluQuantize() {
	g.function("geluQuantizeNEON", 40)
	g.arguments("q R0", "x R1", "smooth R2", "sixteens R3")
	g.op("MOVD R1, R5")
	g.op("MOVD R1, R7")
	g.op("MOVD R3, R6")
	for i, x := range append([]float32{-gaussLimit, gaussLimit, 2 / (gaussLimit * gaussLimit), -1, 0.5}, gaussPoly...) {
		g.float(x, 20+i) // V20 to V31
	}
	g.clearRange()
	g.op("LSL $2, R6, R6")
	g.loop("gauss", "R6", func() {
		g.op("VLD1.P 16(R5), [V0.S4]")
		g.v("fmax.4s", 1, 0, 20)
		g.v("fmin.4s", 1, 1, 21) // u
		g.v("fmul.4s", 2, 1, 1)
		g.move(23, 3)
		g.v("fmla.4s", 3, 2, 22) // t
		g.polynomial(4, 3, 5, span(25, 31))
		g.move(24, 5)
		g.v("fmla.4s", 5, 1, 4) // Φ
		g.v("fmul.4s", 0, 0, 5)
		g.op("VLD1.P 16(R2), [V1.S4]")
		g.v("fmul.4s", 0, 0, 1)
		g.op("VST1.P [V0.S4], 16(R7)")
		g.v("fmin.4s", 16, 16, 0)
		g.v("fmax.4s", 18, 18, 0)
	})
	g.quantizeRange("scale+32(FP)", "zero+36(FP)", "positive")
	g.quantizeRow("", "R0", "round")
	g.op("RET")
}

// clearRange begins a range: lowest in V16 and V17, highest in V18 and V19.
func (g arm64) clearRange() {
	for i := 16; i < 20; i++ {
		g.zero(i)
	}
}

// widen takes four registers into the range.
func (g arm64) widen(v int) {
	for i := range 4 {
		g.v("fmin.4s", 16+i%2, 16+i%2, v+i)
		g.v("fmax.4s", 18+i%2, 18+i%2, v+i)
	}
}

// quantizeRange makes scale and zero of the range and stores them; the inverse
// goes to V20 and zero to V21, in all lanes. It uses R24 and R25.
func (g arm64) quantizeRange(scale, zero, label string) {
	for _, x := range []struct {
		name string
		at   int
	}{{"fmin.4s", 16}, {"fmax.4s", 18}} {
		g.v(x.name, x.at, x.at, x.at+1)
		g.v("ext.16b #8", 22, x.at, x.at)
		g.v(x.name, x.at, x.at, 22)
		g.v("dup.4s[1]", 22, x.at)
		g.v(x.name, x.at, x.at, 22)
	}
	g.op("FSUBS F16, F18, F18")
	g.float(255, 22)
	g.op("FDIVS F22, F18, F18") // scale
	g.float(1, 22)
	g.op("FCMPS $(0.0), F18")
	g.op("BNE %s", label)
	g.op("FMOVS F22, F18")
	g.label(label)
	g.op("FDIVS F18, F22, F20") // inverse
	g.zero(22)
	g.op("FSUBS F16, F22, F16")
	g.op("FMULS F20, F16, F16")
	g.op("WORD $0x%08x // fcvtns w24, s16", neon["fcvtns w"]|16<<5|24)
	g.op("MOVW $255, R25")
	g.op("CMPW R25, R24")
	g.op("CSEL LT, R24, R25, R24")
	g.op("FMOVS F18, %s", scale)
	g.op("MOVW R24, %s", zero)
	g.v("dup.4s[0]", 20, 20)
	g.op("VDUP R24, V21.S4")
}

// quantizeRow writes the bytes of R3 sixteens at R1, which may still have to be
// multiplied by those at another register, and moves all pointers on.
func (g arm64) quantizeRow(smooth, q, label string) {
	g.loop(label, "R3", func() {
		g.load("R1", 0)
		if smooth != "" {
			g.load(smooth, 4)
			g.each("fmul.4s", 0, 0, 4)
		}
		g.with("fmul.4s", 0, 0, 20)
		g.each("fcvtns.4s", 0, 0)
		g.with("add.4s", 0, 0, 21)
		g.v("sqxtn.4h", 4, 0)
		g.v("sqxtn2.8h", 4, 1)
		g.v("sqxtn.4h", 5, 2)
		g.v("sqxtn2.8h", 5, 3)
		g.v("sqxtun.8b", 6, 4)
		g.v("sqxtun2.16b", 6, 5)
		g.op("VST1.P [V6.B16], 16(%s)", q)
	})
}

// normSums leaves the sum of the slices at R1 and R2, of R8 sixteens, in the
// first, their mean in V22 and the inverse of their deviation in V23. F31 is their
// number.
func (g arm64) normSums(eps, suffix string) {
	g.op("MOVD R1, R5")
	g.op("MOVD R1, R7")
	g.op("MOVD R8, R6")
	g.clearFour(0)
	g.loop("sum"+suffix, "R6", func() {
		g.load("R5", 4)
		g.load("R2", 8)
		g.each("fadd.4s", 4, 4, 8)
		g.store(4, "R7")
		g.each("fadd.4s", 0, 0, 4)
	})
	g.fold("fadd.4s", 0)
	g.op("FDIVS F31, F0, F0")
	g.v("dup.4s[0]", 22, 0)
	g.op("MOVD R1, R5")
	g.op("MOVD R8, R6")
	g.clearFour(0)
	g.loop("squares"+suffix, "R6", func() {
		g.load("R5", 4)
		g.with("fsub.4s", 4, 4, 22)
		g.each("fmla.4s", 0, 4, 4)
	})
	g.fold("fadd.4s", 0)
	g.op("FDIVS F31, F0, F0")
	g.op("FMOVS %s, F1", eps)
	g.op("FADDS F1, F0, F0")
	g.op("FSQRTS F0, F0")
	g.float(1, 1)
	g.op("FDIVS F0, F1, F0")
	g.v("dup.4s[0]", 23, 0)
}

// normalise goes over the row once more, with gamma at R10 and beta at R11, and
// hands on what it stores, in V12 to V15.
func (g arm64) normalise(label string, then func()) {
	g.op("MOVD R1, R5")
	g.op("MOVD R1, R7")
	g.op("MOVD R8, R6")
	g.loop(label, "R6", func() {
		g.load("R5", 4)
		g.with("fsub.4s", 4, 4, 22)
		g.with("fmul.4s", 4, 4, 23)
		g.load("R10", 8)
		g.load("R11", 12)
		g.each("fmla.4s", 12, 4, 8)
		g.store(12, "R7")
		then()
	})
}

func (g arm64) layerNorm() {
	g.function("layerNormNEON", 44)
	g.arguments("x R1", "y R2", "gamma R10", "beta R11", "n R8")
	g.op("SCVTFS R8, F31")
	g.op("LSR $4, R8, R8")
	g.normSums("eps+40(FP)", "")
	g.normalise("scale", func() {})
	g.op("RET")
}

func (g arm64) layerNormQuantize() {
	g.function("layerNormQuantizeNEON", 84)
	g.arguments("q R0", "x R1", "y R2", "gamma R12", "beta R13", "smooth R14", "n R8", "rows R9", "scale R15", "zero R16")
	g.op("SCVTFS R8, F31")
	g.op("LSR $4, R8, R8")
	g.loop("row", "R9", func() {
		g.normSums("eps+80(FP)", "")
		g.op("MOVD R12, R10")
		g.op("MOVD R13, R11")
		g.op("MOVD R14, R17")
		g.clearRange()
		g.normalise("scale", func() {
			g.load("R17", 4)
			g.each("fmul.4s", 4, 12, 4)
			g.widen(4)
		})
		g.quantizeRange("(R15)", "(R16)", "positive")
		g.op("ADD $4, R15, R15")
		g.op("ADD $4, R16, R16")
		g.op("MOVD R14, R17")
		g.op("MOVD R8, R3")
		g.quantizeRow("R17", "R0", "round")
	})
	g.op("RET")
}

func (g arm64) quantize() {
	g.function("quantizeNEON", 40)
	g.arguments("q R0", "x R1", "smooth R2", "n R3")
	g.op("LSR $4, R3, R3")
	g.op("MOVD R1, R5")
	g.op("MOVD R2, R7")
	g.op("MOVD R3, R6")
	g.clearRange()
	g.loop("range", "R6", func() {
		g.load("R5", 0)
		g.load("R7", 4)
		g.each("fmul.4s", 0, 0, 4)
		g.widen(0)
	})
	g.quantizeRange("scale+32(FP)", "zero+36(FP)", "positive")
	g.quantizeRow("R2", "R0", "round")
	g.op("RET")
}

// loadBytes makes sixteen bytes, "u" or "s" for unsigned and signed, whole numbers
// in V0 to V3, and moves the pointer on.
func (g arm64) loadBytes(pointer, sign string) {
	g.op("VLD1.P 16(%s), [V8.B16]", pointer)
	g.v(sign+"xtl.8h", 9, 8)
	g.v(sign+"xtl2.8h", 10, 8)
	g.v(sign+"xtl.4s", 0, 9)
	g.v(sign+"xtl2.4s", 1, 9)
	g.v(sign+"xtl.4s", 2, 10)
	g.v(sign+"xtl2.4s", 3, 10)
}

func (g arm64) residual() {
	g.function("residualNEON", 48)
	g.arguments("dst R0", "x R1", "smooth R2", "q R3", "sixteens R4")
	g.op("FMOVS scale+40(FP), F31")
	g.v("dup.4s[0]", 31, 31)
	g.op("MOVW zero+44(FP), R5")
	g.op("VDUP R5, V30.S4")
	g.loop("loop", "R4", func() {
		g.loadBytes("R3", "u")
		g.with("sub.4s", 0, 0, 30)
		g.each("scvtf.4s", 0, 0)
		g.load("R1", 4)
		g.load("R2", 16)
		g.each("fmul.4s", 4, 4, 16)
		g.with("fmls.4s", 4, 0, 31)
		g.store(4, "R0")
	})
	g.op("RET")
}

func (g arm64) add() {
	g.function("addNEON", 24)
	g.arguments("x R0", "y R1", "sixteens R2")
	g.op("MOVD R0, R3")
	g.loop("loop", "R2", func() {
		g.load("R3", 0)
		g.load("R1", 4)
		g.each("fadd.4s", 0, 0, 4)
		g.store(0, "R0")
	})
	g.op("RET")
}

func (g arm64) dequantize() {
	g.function("dequantizeNEON", 28)
	g.arguments("x R0", "q R1", "sixteens R2")
	g.op("FMOVS scale+24(FP), F31")
	g.v("dup.4s[0]", 31, 31)
	g.loop("loop", "R2", func() {
		g.loadBytes("R1", "s")
		g.each("scvtf.4s", 0, 0)
		g.with("fmul.4s", 0, 0, 31)
		g.store(0, "R0")
	})
	g.op("RET")
}

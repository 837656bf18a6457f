package main

import (
	"fmt"
	"math"
)

// The element-wise routines use 8 lanes at every level: they are bound by
// latency and memory, not by lanes. Reductions run over two registers, sixteen
// lanes, and fold them in one fixed order.

var floats = map[string]float32{
	"log2e": math.Log2E,
	"half":  0.5, "one": 1, "two": 2, "zero": 0, "least": -126, "u8": 255,
	// 2^f on [-½,½]: the series of e^(f·ln 2)
	"exp6": 0.00015403530393381608, "exp5": 0.0013333558146428443, "exp4": 0.009618129107628477,
	"exp3": 0.05550410866482158, "exp2": 0.24022650695910072, "exp1": 0.6931471805599453,
	// erf by Abramowitz and Stegun 7.1.26, at most 1.5e-7 off
	"erfp": 0.3275911, "erf1": 0.254829592, "erf2": -0.284496736, "erf3": 1.421413741,
	"erf4": -1.453152027, "erf5": 1.061405429,
	"rsqrt2": 1 / math.Sqrt2, "inf": float32(math.Inf(1)),
}

var order = []string{"log2e", "half", "one", "two", "zero", "least", "u8", "exp6", "exp5", "exp4", "exp3", "exp2", "exp1",
	"erfp", "erf1", "erf2", "erf3", "erf4", "erf5", "rsqrt2", "inf"}

func (g *generator) constants() {
	g.line("")
	for i, name := range order {
		g.line(fmt.Sprintf("DATA consts<>+%d(SB)/4, $0x%08x // %s", 4*i, math.Float32bits(floats[name]), name))
	}
	g.line(fmt.Sprintf("DATA consts<>+%d(SB)/4, $0x7fffffff", 4*len(order)))
	g.line(fmt.Sprintf("DATA consts<>+%d(SB)/4, $0x80000000", 4*len(order)+4))
	g.line(fmt.Sprintf("DATA consts<>+%d(SB)/4, $127", 4*len(order)+8))
	g.line(fmt.Sprintf("GLOBL consts<>(SB), RODATA, $%d", 4*len(order)+12))
}

func (g *generator) constant(name string, y int) {
	for i, n := range order {
		if n == name {
			g.op("VBROADCASTSS consts<>+%d(SB), Y%d", 4*i, y)
			return
		}
	}
	switch name {
	case "abs":
		g.op("VBROADCASTSS consts<>+%d(SB), Y%d", 4*len(order), y)
	case "sign":
		g.op("VBROADCASTSS consts<>+%d(SB), Y%d", 4*len(order)+4, y)
	case "bias":
		g.op("VPBROADCASTD consts<>+%d(SB), Y%d", 4*len(order)+8, y)
	default:
		panic(name)
	}
}

// fold reduces Y0 and Y1 to lane 0 of X0, using Y1.
func (g *generator) fold(op string) {
	g.op("%s Y1, Y0, Y0", op)
	g.op("VEXTRACTF128 $1, Y0, X1")
	g.op("%s X1, X0, X0", op)
	g.op("VPERMILPS $0x4e, X0, X1")
	g.op("%s X1, X0, X0", op)
	g.op("VPERMILPS $0xb1, X0, X1")
	g.op("%s X1, X0, X0", op)
}

// dot: n is a multiple of 16.
func (g *generator) dot() {
	g.function("dotAVX2", 28)
	g.op("MOVQ a+0(FP), SI")
	g.op("MOVQ b+8(FP), DI")
	g.op("MOVQ n+16(FP), CX")
	g.op("SHRQ $4, CX")
	g.op("VXORPS Y0, Y0, Y0")
	g.op("VXORPS Y1, Y1, Y1")
	g.op("TESTQ CX, CX")
	g.op("JZ done")
	g.label("loop")
	for h := range 2 {
		g.op("VMOVUPS %d(SI), Y%d", 32*h, 2+h)
		g.op("VFMADD231PS %d(DI), Y%d, Y%d", 32*h, 2+h, h)
	}
	g.op("ADDQ $64, SI")
	g.op("ADDQ $64, DI")
	g.op("DECQ CX")
	g.op("JNZ loop")
	g.label("done")
	g.fold("VADDPS")
	g.op("VMOVSS X0, ret+24(FP)")
	g.ret()
}

// exp replaces Y_x by 2^Y_x for arguments of at most 127; it needs Y_t and Y_n,
// and the constants in Y8 (least), Y9 … Y14 (exp6 … exp1), Y15 (one).
func (g *generator) exp(x, n, t int) {
	g.op("VMAXPS Y8, Y%d, Y%d", x, x)
	g.op("VROUNDPS $8, Y%d, Y%d", x, n)
	g.op("VSUBPS Y%d, Y%d, Y%d", n, x, x)
	g.op("VMOVAPS Y9, Y%d", t)
	for _, c := range []int{10, 11, 12, 13, 14, 15} {
		g.op("VFMADD213PS Y%d, Y%d, Y%d", c, x, t)
	}
	g.op("VCVTPS2DQ Y%d, Y%d", n, n)
	g.op("VPSLLD $23, Y%d, Y%d", n, n)
	g.op("VPADDD Y%d, Y%d, Y%d", n, t, x)
}

func (g *generator) expConstants() {
	for i, name := range []string{"least", "exp6", "exp5", "exp4", "exp3", "exp2", "exp1", "one"} {
		g.constant(name, 8+i)
	}
}

// softmax of x·scale in place, over n > 0 elements, a multiple of 16.
func (g *generator) softmax() {
	g.function("softmaxAVX2", 20)
	g.op("MOVQ x+0(FP), SI")
	g.op("MOVQ n+8(FP), CX")
	g.op("VBROADCASTSS scale+16(FP), Y7")
	g.op("SHRQ $4, CX")
	g.op("MOVQ SI, DI")
	g.op("MOVQ CX, DX")
	g.op("VMOVUPS (SI), Y0")
	g.op("VMOVUPS 32(SI), Y1")
	g.label("highest")
	g.op("VMAXPS (DI), Y0, Y0")
	g.op("VMAXPS 32(DI), Y1, Y1")
	g.op("ADDQ $64, DI")
	g.op("DECQ DX")
	g.op("JNZ highest")
	g.fold("VMAXPS")
	g.op("VBROADCASTSS X0, Y6")
	g.constant("log2e", 5)
	g.op("VMULPS Y5, Y7, Y7") // scale·log2e
	g.expConstants()
	g.op("VXORPS Y0, Y0, Y0")
	g.op("VXORPS Y1, Y1, Y1")
	g.op("MOVQ SI, DI")
	g.op("MOVQ CX, DX")
	g.label("power")
	for h := range 2 {
		g.op("VMOVUPS %d(DI), Y2", 32*h)
		g.op("VSUBPS Y6, Y2, Y2")
		g.op("VMULPS Y7, Y2, Y2")
		g.exp(2, 3, 4)
		g.op("VMOVUPS Y2, %d(DI)", 32*h)
		g.op("VADDPS Y2, Y%d, Y%d", h, h)
	}
	g.op("ADDQ $64, DI")
	g.op("DECQ DX")
	g.op("JNZ power")
	g.fold("VADDPS")
	g.op("VDIVSS X0, X15, X0")
	g.op("VBROADCASTSS X0, Y0")
	g.label("divide")
	for h := range 2 {
		g.op("VMULPS %d(SI), Y0, Y%d", 32*h, 1+h)
		g.op("VMOVUPS Y%d, %d(SI)", 1+h, 32*h)
	}
	g.op("ADDQ $64, SI")
	g.op("DECQ CX")
	g.op("JNZ divide")
	g.ret()
}

// gelu in place over n elements, a multiple of 8:
// x·½(1+erf(x/√2)), erf(z) = 1 − t(a1+t(a2+…))·e^(−z²), t = 1/(1+p·z), z ≥ 0.
func (g *generator) gelu() {
	g.function("geluAVX2", 16)
	g.op("MOVQ x+0(FP), SI")
	g.op("MOVQ n+8(FP), CX")
	g.op("SHRQ $3, CX")
	g.op("JZ done")
	g.expConstants()
	g.label("loop")
	g.op("VMOVUPS (SI), Y0")
	g.constant("abs", 1)
	g.op("VANDPS Y0, Y1, Y1")
	g.constant("rsqrt2", 2)
	g.op("VMULPS Y2, Y1, Y1") // z
	g.op("VMULPS Y1, Y1, Y2") // z²
	g.constant("log2e", 3)
	g.op("VMULPS Y3, Y2, Y2")
	g.op("VXORPS Y3, Y3, Y3")
	g.op("VSUBPS Y2, Y3, Y2")
	g.exp(2, 3, 4) // e^(−z²)
	g.constant("erfp", 3)
	g.op("VFMADD213PS Y15, Y1, Y3") // p·z + 1
	g.op("VDIVPS Y3, Y15, Y3")      // t
	g.constant("erf5", 4)
	for _, name := range []string{"erf4", "erf3", "erf2", "erf1"} {
		g.constant(name, 5)
		g.op("VFMADD213PS Y5, Y3, Y4")
	}
	g.op("VMULPS Y3, Y4, Y4")
	g.op("VMULPS Y2, Y4, Y4")
	g.op("VSUBPS Y4, Y15, Y4") // erf(z)
	g.constant("sign", 5)
	g.op("VANDPS Y0, Y5, Y5")
	g.op("VORPS Y5, Y4, Y4") // erf(x/√2)
	g.op("VADDPS Y15, Y4, Y4")
	g.constant("half", 5)
	g.op("VMULPS Y5, Y0, Y0")
	g.op("VMULPS Y4, Y0, Y0")
	g.op("VMOVUPS Y0, (SI)")
	g.op("ADDQ $32, SI")
	g.op("DECQ CX")
	g.op("JNZ loop")
	g.label("done")
	g.ret()
}

// layerNorm of x + y into x; n is a multiple of 16, y may be x's zero vector.
func (g *generator) layerNorm() {
	g.function("layerNormAVX2", 44)
	for _, x := range []struct {
		name string
		off  int
		reg  string
	}{{"x", 0, "SI"}, {"y", 8, "DI"}, {"gamma", 16, "R8"}, {"beta", 24, "R9"}, {"n", 32, "CX"}} {
		g.op("MOVQ %s+%d(FP), %s", x.name, x.off, x.reg)
	}
	g.op("VCVTSI2SSQ CX, X7, X7") // n
	g.op("SHRQ $4, CX")
	sweep := func(label string, body func(h int)) {
		g.op("XORQ BX, BX")
		g.op("MOVQ CX, DX")
		g.label(label)
		body(0)
		body(1)
		g.op("ADDQ $64, BX")
		g.op("DECQ DX")
		g.op("JNZ %s", label)
	}
	clearSums := func() {
		g.op("VXORPS Y0, Y0, Y0")
		g.op("VXORPS Y1, Y1, Y1")
	}
	clearSums()
	sweep("sum", func(h int) {
		g.op("VMOVUPS %d(SI)(BX*1), Y2", 32*h)
		g.op("VADDPS %d(DI)(BX*1), Y2, Y2", 32*h)
		g.op("VMOVUPS Y2, %d(SI)(BX*1)", 32*h)
		g.op("VADDPS Y2, Y%d, Y%d", h, h)
	})
	g.fold("VADDPS")
	g.op("VDIVSS X7, X0, X0")
	g.op("VBROADCASTSS X0, Y6") // mean
	clearSums()
	sweep("squares", func(h int) {
		g.op("VMOVUPS %d(SI)(BX*1), Y2", 32*h)
		g.op("VSUBPS Y6, Y2, Y2")
		g.op("VFMADD231PS Y2, Y2, Y%d", h)
	})
	g.fold("VADDPS")
	g.op("VDIVSS X7, X0, X0")
	g.op("VADDSS eps+40(FP), X0, X0")
	g.op("VSQRTSS X0, X0, X0")
	g.op("VBROADCASTSS consts<>+8(SB), Y1") // one
	g.op("VDIVSS X0, X1, X0")
	g.op("VBROADCASTSS X0, Y5")
	sweep("scale", func(h int) {
		g.op("VMOVUPS %d(SI)(BX*1), Y2", 32*h)
		g.op("VSUBPS Y6, Y2, Y2")
		g.op("VMULPS Y5, Y2, Y2")
		g.op("VMOVUPS %d(R8)(BX*1), Y3", 32*h)
		g.op("VFMADD213PS %d(R9)(BX*1), Y3, Y2", 32*h)
		g.op("VMOVUPS Y2, %d(SI)(BX*1)", 32*h)
	})
	g.ret()
}

// quantize: q[i] = round(x[i]·smooth[i]·inverse) + zero; n is a multiple of 32.
// The range includes 0, so that zero is in [0,255]; all zeros give scale 1.
func (g *generator) quantize() {
	g.function("quantizeAVX2", 40)
	for _, x := range []struct {
		name string
		off  int
		reg  string
	}{{"q", 0, "DI"}, {"x", 8, "SI"}, {"smooth", 16, "R8"}, {"n", 24, "CX"}} {
		g.op("MOVQ %s+%d(FP), %s", x.name, x.off, x.reg)
	}
	g.op("VXORPS Y0, Y0, Y0") // highest
	g.op("VXORPS Y4, Y4, Y4") // lowest
	g.op("XORQ BX, BX")
	g.op("MOVQ CX, DX")
	g.op("SHRQ $3, DX")
	g.label("range")
	g.op("VMOVUPS (SI)(BX*1), Y2")
	g.op("VMULPS (R8)(BX*1), Y2, Y2")
	g.op("VMAXPS Y2, Y0, Y0")
	g.op("VMINPS Y2, Y4, Y4")
	g.op("ADDQ $32, BX")
	g.op("DECQ DX")
	g.op("JNZ range")
	g.op("VMOVAPS Y0, Y1")
	g.fold("VMAXPS")
	g.op("VMOVAPS X0, X6")
	g.op("VMOVAPS Y4, Y0")
	g.op("VMOVAPS Y4, Y1")
	g.fold("VMINPS")
	g.op("VMOVAPS X0, X7") // lowest in X7, highest in X6
	g.op("VSUBSS X7, X6, X6")
	g.constant("u8", 1)
	g.op("VDIVSS X1, X6, X6") // scale
	g.constant("zero", 2)
	g.constant("one", 3)
	g.op("VUCOMISS X2, X6")
	g.op("JNE positive")
	g.op("VMOVAPS X3, X6")
	g.label("positive")
	g.op("VDIVSS X6, X3, X5") // inverse
	g.op("VSUBSS X7, X2, X7")
	g.op("VMULSS X5, X7, X7")
	g.op("VCVTSS2SI X7, AX") // zero
	g.op("MOVQ $255, DX")
	g.op("CMPQ AX, DX")
	g.op("CMOVQGT DX, AX")
	g.op("MOVQ params+32(FP), R9")
	g.op("VMOVSS X6, (R9)")
	g.op("MOVL AX, 4(R9)")
	g.op("VBROADCASTSS X5, Y5")
	g.op("VMOVD AX, X7")
	g.op("VPBROADCASTD X7, Y7")
	g.op("SHRQ $5, CX")
	g.label("round")
	for h := range 4 {
		g.op("VMOVUPS %d(SI), Y%d", 32*h, h)
		g.op("VMULPS %d(R8), Y%d, Y%d", 32*h, h, h)
		g.op("VMULPS Y5, Y%d, Y%d", h, h)
		g.op("VCVTPS2DQ Y%d, Y%d", h, h)
		g.op("VPADDD Y7, Y%d, Y%d", h, h)
	}
	g.op("VPACKSSDW Y1, Y0, Y0")
	g.op("VPACKSSDW Y3, Y2, Y2")
	g.op("VPERMQ $0xd8, Y0, Y0")
	g.op("VPERMQ $0xd8, Y2, Y2")
	g.op("VPACKUSWB Y2, Y0, Y0")
	g.op("VPERMQ $0xd8, Y0, Y0")
	g.op("VMOVDQU Y0, (DI)")
	g.op("ADDQ $32, DI")
	g.op("ADDQ $128, SI")
	g.op("ADDQ $128, R8")
	g.op("DECQ CX")
	g.op("JNZ round")
	g.ret()
}

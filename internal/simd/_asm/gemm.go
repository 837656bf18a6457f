package main

import "fmt"

// Offsets in the struct gemm of the package.
const (
	offA      = 0
	offLDA    = 8
	offB      = 16
	offStride = 24
	offK      = 32
	offC      = 40
	offLDC    = 48
	offBlocks = 56
	offAScale = 64
	offAZero  = 72
	offBScale = 80
	offBias   = 88
	offColSum = 96
	offScaled = 104
)

// prologue loads what all GEMM routines have in common:
//
//	SI rows of a, R8 their distance; DI panels of b, R9 their distance, AX three
//	times that; DX rows of c, R10 their distance; R11 blocks of rows left.
func (g *generator) prologue(name string, rows int) {
	g.function(name, 8)
	g.op("MOVQ p+0(FP), R15")
	for _, x := range []struct {
		off int
		reg string
	}{{offA, "SI"}, {offLDA, "R8"}, {offB, "DI"}, {offStride, "R9"}, {offC, "DX"}, {offLDC, "R10"}, {offBlocks, "R11"}} {
		g.op("MOVQ %d(R15), %s", x.off, x.reg)
	}
	g.op("LEAQ (R9)(R9*2), AX")
	g.label("block")
	g.op("MOVQ SI, BX")
	if rows > 3 {
		g.op("LEAQ (R8)(R8*2), R12")
		g.op("ADDQ SI, R12")
	}
	g.op("MOVQ DI, R13")
	g.op("MOVQ %d(R15), CX", offK)
}

// row is the address of an element of row r of a.
func row(r int) string {
	base := "BX"
	if r >= 3 {
		base, r = "R12", r-3
	}
	return indexed(base, "R8", r)
}

func indexed(base, stride string, n int) string {
	if n == 0 {
		return "(" + base + ")"
	}
	return fmt.Sprintf("(%s)(%s*%d)", base, stride, n)
}

// panel is the address of the vector of panel p of b.
func panel(p int) string {
	if p == 3 {
		return "(R13)(AX*1)"
	}
	return indexed("R13", "R9", p)
}

// next moves a's pointers, of which there are two for more than three rows, and
// b's, and closes the loop over k.
func (g *generator) next(rows, aBytes, bBytes int) {
	g.op("ADDQ $%d, BX", aBytes)
	if rows > 3 {
		g.op("ADDQ $%d, R12", aBytes)
	}
	g.op("ADDQ $%d, R13", bBytes)
	g.op("DECQ CX")
	g.op("JNZ loop")
}

// blocks moves to the next block of rows.
func (g *generator) blocks(rows int) {
	g.op("IMUL3Q $%d, R8, BX", rows)
	g.op("ADDQ BX, SI")
	g.op("DECQ R11")
	g.op("JNZ block")
	g.ret()
}

// rowScales loads BX and CX with where ascale and azero of the block begin. The
// struct keeps an offset, not the pointers moved on: past the last block these
// would point behind their slices, which the garbage collector takes for a
// pointer to whatever lies there.
func (g *generator) rowScales() {
	g.op("MOVQ %d(R15), CX", offScaled)
	g.op("MOVQ %d(R15), BX", offAScale)
	g.op("ADDQ CX, BX")
	g.op("ADDQ %d(R15), CX", offAZero)
}

// gemmInt8AVX512 keeps rows × panels accumulators of 16 columns.
func (g *generator) gemmInt8AVX512(rows, panels int) {
	g.prologue(fmt.Sprintf("gemmInt8AVX512x%d", rows), rows)
	for i := range rows * panels {
		g.op("VPXORD Z%d, Z%d, Z%d", i, i, i)
	}
	g.line("")
	g.label("loop")
	for p := range panels {
		g.op("VMOVDQU32 %s, Z%d", panel(p), 24+p)
	}
	for r := range rows {
		a := 28 + r%4
		g.op("VPBROADCASTD %s, Z%d", row(r), a)
		for p := range panels {
			g.op("VPDPBUSD Z%d, Z%d, Z%d", 24+p, a, r*panels+p)
		}
	}
	g.next(rows, 4, 64)
	// c = float(acc − zero·colsum)·ascale·bscale + bias
	g.rowScales()
	for p := range panels {
		g.op("MOVQ %d(R15), R13", offColSum)
		g.op("VMOVDQU32 %d(R13), Z%d", 64*p, 24+p)
	}
	g.op("MOVQ %d(R15), R12", offBScale)
	g.op("MOVQ %d(R15), R13", offBias)
	for r := range rows {
		g.op("VPBROADCASTD %d(CX), Z28", 4*r)
		g.op("VBROADCASTSS %d(BX), Z29", 4*r)
		for p := range panels {
			acc := r*panels + p
			g.op("VPMULLD Z%d, Z28, Z30", 24+p)
			g.op("VPSUBD Z30, Z%d, Z%d", acc, acc)
			g.op("VCVTDQ2PS Z%d, Z%d", acc, acc)
			g.op("VMULPS Z29, Z%d, Z%d", acc, acc)
			g.op("VMULPS %d(R12), Z%d, Z%d", 64*p, acc, acc)
			g.op("VADDPS %d(R13), Z%d, Z%d", 64*p, acc, acc)
			g.op("VMOVUPS Z%d, %d(DX)", acc, 64*p)
		}
		g.op("ADDQ R10, DX")
	}
	g.op("ADDQ $%d, %d(R15)", 4*rows, offScaled)
	g.blocks(rows)
}

// gemmFloat32AVX512 keeps rows × panels accumulators of 16 columns.
func (g *generator) gemmFloat32AVX512(rows, panels int) {
	g.prologue(fmt.Sprintf("gemmFloat32AVX512x%d", rows), rows)
	for i := range rows * panels {
		g.op("VPXORD Z%d, Z%d, Z%d", i, i, i)
	}
	g.line("")
	g.label("loop")
	for p := range panels {
		g.op("VMOVUPS %s, Z%d", panel(p), 24+p)
	}
	for r := range rows {
		a := 28 + r%4
		g.op("VBROADCASTSS %s, Z%d", row(r), a)
		for p := range panels {
			g.op("VFMADD231PS Z%d, Z%d, Z%d", 24+p, a, r*panels+p)
		}
	}
	g.next(rows, 4, 64)
	g.op("MOVQ %d(R15), R13", offBias)
	for r := range rows {
		for p := range panels {
			acc := r*panels + p
			g.op("VADDPS %d(R13), Z%d, Z%d", 64*p, acc, acc)
			g.op("VMOVUPS Z%d, %d(DX)", acc, 64*p)
		}
		g.op("ADDQ R10, DX")
	}
	g.blocks(rows)
}

// gemmInt8AVX2 keeps rows × 2 accumulators of 8 columns: one panel.
func (g *generator) gemmInt8AVX2(rows int) {
	g.prologue(fmt.Sprintf("gemmInt8AVX2x%d", rows), rows)
	g.op("VPCMPEQW Y13, Y13, Y13")
	g.op("VPSRLW $15, Y13, Y13") // sixteen ones
	for i := range 2 * rows {
		g.op("VPXOR Y%d, Y%d, Y%d", i, i, i)
	}
	g.line("")
	g.label("loop")
	g.op("VMOVDQU (R13), Y8")
	g.op("VMOVDQU 32(R13), Y9")
	for r := range rows {
		g.op("VPBROADCASTD %s, Y10", row(r))
		for h := range 2 {
			g.op("VPMADDUBSW Y%d, Y10, Y%d", 8+h, 11+h)
			g.op("VPMADDWD Y13, Y%d, Y%d", 11+h, 11+h)
			g.op("VPADDD Y%d, Y%d, Y%d", 11+h, 2*r+h, 2*r+h)
		}
	}
	g.next(rows, 4, 64)
	g.rowScales()
	g.op("MOVQ %d(R15), R13", offColSum)
	g.op("VMOVDQU (R13), Y8")
	g.op("VMOVDQU 32(R13), Y9")
	g.op("MOVQ %d(R15), R12", offBScale)
	g.op("MOVQ %d(R15), R13", offBias)
	for r := range rows {
		g.op("VPBROADCASTD %d(CX), Y10", 4*r)
		g.op("VBROADCASTSS %d(BX), Y11", 4*r)
		for h := range 2 {
			acc := 2*r + h
			g.op("VPMULLD Y%d, Y10, Y12", 8+h)
			g.op("VPSUBD Y12, Y%d, Y%d", acc, acc)
			g.op("VCVTDQ2PS Y%d, Y%d", acc, acc)
			g.op("VMULPS Y11, Y%d, Y%d", acc, acc)
			g.op("VMULPS %d(R12), Y%d, Y%d", 32*h, acc, acc)
			g.op("VADDPS %d(R13), Y%d, Y%d", 32*h, acc, acc)
			g.op("VMOVUPS Y%d, %d(DX)", acc, 32*h)
		}
		g.op("ADDQ R10, DX")
	}
	g.op("ADDQ $%d, %d(R15)", 4*rows, offScaled)
	g.blocks(rows)
}

// gemmFloat32AVX2 keeps rows × 2 accumulators of 8 columns: one panel.
func (g *generator) gemmFloat32AVX2(rows int) {
	g.prologue(fmt.Sprintf("gemmFloat32AVX2x%d", rows), rows)
	for i := range 2 * rows {
		g.op("VXORPS Y%d, Y%d, Y%d", i, i, i)
	}
	g.line("")
	g.label("loop")
	g.op("VMOVUPS (R13), Y12")
	g.op("VMOVUPS 32(R13), Y13")
	for r := range rows {
		a := 14 + r%2
		g.op("VBROADCASTSS %s, Y%d", row(r), a)
		g.op("VFMADD231PS Y12, Y%d, Y%d", a, 2*r)
		g.op("VFMADD231PS Y13, Y%d, Y%d", a, 2*r+1)
	}
	g.next(rows, 4, 64)
	g.op("MOVQ %d(R15), R13", offBias)
	for r := range rows {
		for h := range 2 {
			acc := 2*r + h
			g.op("VADDPS %d(R13), Y%d, Y%d", 32*h, acc, acc)
			g.op("VMOVUPS Y%d, %d(DX)", acc, 32*h)
		}
		g.op("ADDQ R10, DX")
	}
	g.blocks(rows)
}

package main

import "fmt"

// armKinds are the arithmetics of arm64. All do one panel, sixteen columns, at
// once.
var armKinds = []kind{
	{table: "matrices", name: "Int8SMMLA", panels: []int{1}, rows: []int{4, 2}},
	{table: "dots", name: "Int8SDOT", panels: []int{1}, rows: []int{4, 2, 1}},
	{table: "longs", name: "Int8NEON", words: true, panels: []int{1}, rows: []int{2, 1}},
	{table: "pairsNEON", name: "Int16NEON", pairs: true, panels: []int{1}, rows: []int{2, 1}},
	{table: "floatNEON", name: "Float32NEON", float: true, panels: []int{1}, rows: []int{4, 2, 1}},
}

// Accumulators begin at V16. A row has four of four columns, or eight where
// products of neighbours are still to be added. The registers of a routine:
//
//	R0 the struct, R1 rows of a, R2 their distance, R3 the panel, R4 its step, R5
//	a's step, R6 rows of c, R7 their distance, R8 blocks left, R9 steps left; R10
//	to R13 where each row is, R14 where the panel is; R19 to R26 for the moment.
func (g arm64) gemm(k kind, rows int) {
	g.function(fmt.Sprintf("gemm%sx%dx1", k.name, rows), 8)
	g.op("MOVD p+0(FP), R0")
	for _, x := range []struct {
		off int
		reg string
	}{{offA, "R1"}, {offLDA, "R2"}, {offB, "R3"}, {offStep, "R4"}, {offAStep, "R5"}, {offC, "R6"}, {offLDC, "R7"}, {offBlocks, "R8"}} {
		g.op("MOVD %d(R0), %s", x.off, x.reg)
	}
	g.label("block")
	g.op("MOVD R1, R10")
	for r := 1; r < rows; r++ {
		g.op("ADD R2, R%d, R%d", 9+r, 10+r)
	}
	g.op("MOVD R3, R14")
	g.op("MOVD %d(R0), R9", offK)
	perRow := 4
	if k.words || k.pairs {
		perRow = 8
	}
	for i := range perRow * rows {
		g.zero(16 + i)
	}
	switch {
	case k.table == "matrices":
		g.matrixSteps(rows)
	default:
		g.steps(k, rows, perRow)
	}
	if perRow == 8 { // add neighbours; row r's four go to 16+4r
		for i := range 4 * rows {
			g.v("addp.4s", 16+i, 16+2*i, 17+2*i)
		}
	}
	g.epilogue(k, rows)
	for range rows {
		g.op("ADD R2, R1, R1")
	}
	g.op("SUBS $1, R8, R8")
	g.op("BNE block")
	g.op("RET")
}

// loadStep reads a step of row r to the first lane of a register.
func (g arm64) loadStep(r, v int) {
	g.op("FMOVS (R%d), F%d", 10+r, v)
	g.op("ADD R5, R%d, R%d", 10+r, 10+r)
}

// loadPanel reads a step of the panel.
func (g arm64) loadPanel(v int) {
	g.peek("R14", v)
	g.op("ADD R4, R14, R14")
}

// steps multiplies step by step: V0 to V3 the panel, V4 and on the rows, V15
// turns the bytes of a into signed ones.
func (g arm64) steps(k kind, rows, perRow int) {
	if !k.float && !k.pairs {
		g.bits(0x80808080, 15)
	}
	g.loop("loop", "R9", func() {
		g.loadPanel(0)
		for r := range rows {
			a, acc := 4+r, 16+perRow*r
			g.loadStep(r, a)
			switch {
			case k.float:
				g.with("fmla.4s[0]", acc, 0, a)
			case k.pairs:
				g.v("dup.4s[0]", a, a)
				for i := range 4 {
					g.v("smlal.4s", acc+2*i, i, a)
					g.v("smlal2.4s", acc+2*i+1, i, a)
				}
			case k.words:
				g.v("dup.4s[0]", a, a)
				g.v("eor.16b", a, a, 15)
				for i := range 4 {
					g.v("smull.8h", 8, i, a)
					g.v("smull2.8h", 9, i, a)
					g.v("sadalp.4s", acc+2*i, 8)
					g.v("sadalp.4s", acc+2*i+1, 9)
				}
			default:
				g.v("eor.16b", a, a, 15)
				g.with("sdot.4s[0]", acc, 0, a)
			}
		}
	})
}

// matrixSteps multiplies two steps at a time, two rows by two columns: 16+8p+i has
// columns 2i and 2i+1 of the pair of rows p.
func (g arm64) matrixSteps(rows int) {
	g.op("LSR $1, R9, R9")
	g.loop("loop", "R9", func() {
		g.loadPanel(0)
		g.loadPanel(4)
		for i := range 4 {
			g.v("zip1.4s", 8+2*i, i, 4+i)
			g.v("zip2.4s", 9+2*i, i, 4+i)
		}
		g.bits(0x80808080, 4)
		for p := range rows / 2 {
			for r := range 2 {
				g.loadStep(2*p+r, r)
				g.loadStep(2*p+r, 2)
				g.v("zip1.4s", r, r, 2)
			}
			g.v("zip1.2d", 0, 0, 1)
			g.v("eor.16b", 0, 0, 4)
			for i := range 8 {
				g.v("smmla.4s", 16+8*p+i, 0, 8+i)
			}
		}
	})
	// To rows: of each two registers the lower halves are the first row's.
	for p := range rows / 2 {
		at := 16 + 8*p
		for i := range 4 {
			g.v("zip1.2d", i, at+2*i, at+2*i+1)
			g.v("zip2.2d", 4+i, at+2*i, at+2*i+1)
		}
		for i := range 8 {
			g.move(i, at+i)
		}
	}
}

// epilogue does what finishInt8, finishInt16 and finishFloat do on amd64. V0 to
// V3 and V4 to V7 are of columns, V8 to V11 a row's products.
func (g arm64) epilogue(k kind, rows int) {
	g.op("MOVD %d(R0), R19", offScaled)
	g.op("MOVD %d(R0), R20", offAScale)
	g.op("ADD R19, R20, R20")
	g.op("MOVD %d(R0), R22", offBias)
	g.op("MOVD %d(R0), R23", offBScale)
	switch {
	case k.float:
		g.peek("R22", 0)
	case k.pairs:
		g.peek("R23", 0)
	default:
		g.op("MOVD %d(R0), R21", offAZero)
		g.op("ADD R19, R21, R21")
		g.op("MOVD %d(R0), R24", offColSum)
		g.peek("R24", 0)
		g.peek("R23", 4)
	}
	for r := range rows {
		acc := 16 + 4*r
		g.op("FMOVS (R20), F12")
		g.v("dup.4s[0]", 12, 12)
		switch {
		case k.float:
			for i := range 4 {
				g.move(i, 8+i)
			}
			g.with("fmla.4s", 8, acc, 12)
			g.op("MOVD %d(R0), R24", offScaleStep)
			g.op("ADD R24, R20, R20")
			g.op("ADD R24, R19, R19")
		case k.pairs:
			g.each("scvtf.4s", 8, acc)
			g.with("fmul.4s", 8, 8, 12)
			g.each("fmul.4s", 8, 8, 0)
			g.op("ADD $4, R20, R20")
			g.op("ADD $4, R19, R19")
		default:
			g.op("MOVW (R21), R24")
			g.op("SUB $128, R24, R24") // a was made signed
			g.op("VDUP R24, V13.S4")
			g.with("mul.4s", 8, 0, 13)
			for i := range 4 {
				g.v("sub.4s", 8+i, acc+i, 8+i)
			}
			g.each("scvtf.4s", 8, 8)
			g.with("fmul.4s", 8, 8, 12)
			g.peek("R22", 12)
			g.each("fmla.4s", 12, 8, 4)
			for i := range 4 {
				g.move(12+i, 8+i)
			}
			g.op("ADD $4, R20, R20")
			g.op("ADD $4, R21, R21")
			g.op("ADD $4, R19, R19")
		}
		g.op("MOVD R6, R25")
		g.store(8, "R25")
		g.op("ADD R7, R6, R6")
	}
	g.op("MOVD R19, %d(R0)", offScaled)
}

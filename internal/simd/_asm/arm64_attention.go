package main

// attention writes what the attention of int8 models needs beside products.
func (g arm64) attention() {
	g.quantizePanel()
	g.quantizeValues()
	g.expRowsInt16()
}

// scales makes of the largest magnitudes in V0 to V3 the inverses, in V24 to V27,
// and stores the scales at R2. F31 is the limit, in all lanes.
func (g arm64) scales() {
	for i := range 4 {
		g.v("fdiv.4s", 24+i, 31, i)
		g.v("fdiv.4s", i, i, 31)
	}
	g.op("MOVD R2, R24")
	g.store(0, "R24")
}

// magnitudes takes those of V4 to V7 into V0 to V3.
func (g arm64) magnitudes() {
	g.each("fabs.4s", 4, 4)
	g.each("fmax.4s", 0, 0, 4)
}

func (g arm64) fillFour(x float32, v int) {
	for i := range 4 {
		g.float(x, v+i)
	}
}

func (g arm64) quantizePanel() {
	g.function("quantizePanelNEON", 56)
	g.arguments("dst R0", "step R1", "scale R2", "sums R3", "panel R4", "n R5")
	g.op("FMOVS limit+48(FP), F31")
	g.v("dup.4s[0]", 31, 31)
	g.op("MOVWU flip+52(FP), R6")
	g.op("VDUP R6, V30.S4")
	g.fillFour(tiniest, 0)
	g.op("MOVD R4, R7")
	g.op("LSL $2, R5, R8")
	g.loop("highest", "R8", func() {
		g.load("R7", 4)
		g.magnitudes()
	})
	g.scales()
	g.clearFour(20) // sums
	g.op("MOVD R4, R7")
	g.loop("round", "R5", func() {
		// Rows i of four go to the bytes i of sixteen words: V16 to V19 gather them.
		for i := range 4 {
			g.load("R7", 4)
			g.each("fmul.4s", 4, 4, 24)
			g.each("fcvtns.4s", 4, 4)
			g.each("add.4s", 20, 20, 4)
			g.v("sqxtn.4h", 8, 4)
			g.v("sqxtn2.8h", 8, 5)
			g.v("sqxtn.4h", 9, 6)
			g.v("sqxtn2.8h", 9, 7)
			g.v("sqxtn.8b", 10+i, 8)
			g.v("sqxtn2.16b", 10+i, 9)
		}
		for i := range 4 {
			g.v("eor.16b", 10+i, 10+i, 30)
		}
		g.op("MOVD R0, R24")
		g.op("VST4 [V10.B16, V11.B16, V12.B16, V13.B16], (R24)")
		g.op("ADD R1, R0, R0")
	})
	g.store(20, "R3")
	g.op("RET")
}

func (g arm64) quantizeValues() {
	g.function("quantizeValuesNEON", 52)
	g.arguments("pairs R0", "step R1", "scale R2", "rows R3", "stride R4", "n R5")
	g.op("FMOVS limit+48(FP), F31")
	g.v("dup.4s[0]", 31, 31)
	g.fillFour(tiniest, 0)
	g.op("MOVD R3, R7")
	g.op("MOVD R5, R8")
	g.loop("highest", "R8", func() {
		g.peek("R7", 4)
		g.op("ADD R4, R7, R7")
		g.magnitudes()
	})
	g.scales()
	g.bits(0xffff, 30)
	g.label("pair")
	g.peek("R3", 4)
	g.op("ADD R4, R3, R3")
	g.each("fmul.4s", 4, 4, 24)
	g.each("fcvtns.4s", 4, 4)
	g.with("and.16b", 4, 4, 30)
	g.op("CMP $1, R5")
	g.op("BEQ odd")
	g.peek("R3", 8)
	g.op("ADD R4, R3, R3")
	g.each("fmul.4s", 8, 8, 24)
	g.each("fcvtns.4s", 8, 8)
	g.each("shl.4s #16", 8, 8)
	g.each("orr.16b", 4, 4, 8)
	g.label("odd")
	g.op("MOVD R0, R24")
	g.store(4, "R24")
	g.op("ADD R1, R0, R0")
	g.op("SUB $2, R5, R5")
	g.op("CMP $0, R5")
	g.op("BGT pair")
	g.op("RET")
}

func (g arm64) expRowsInt16() {
	g.function("expRowsInt16NEON", 48)
	g.arguments("dst R8", "x R0", "sixteens R2", "rows R3", "inverse R4")
	g.op("FMOVS c+40(FP), F23")
	g.v("dup.4s[0]", 23, 23)
	g.float(-126, 24)
	for i, x := range coarsePowers {
		g.float(x, 25+i)
	}
	g.loop("row", "R3", func() {
		g.highest()
		g.op("FNEGS F0, F0")
		g.v("dup.4s[0]", 0, 0)
		g.op("FMOVS bits+44(FP), F22")
		g.v("dup.4s[0]", 22, 22)
		g.v("fmla.4s", 22, 0, 23) // bits − c·highest
		g.clearFour(0)
		g.op("MOVD R2, R6")
		g.loop("power", "R6", func() {
			g.load("R0", 8)
			for i := range 4 {
				g.move(22, 4+i)
			}
			g.with("fmla.4s", 4, 8, 23)
			g.with("fmax.4s", 4, 4, 24)
			g.each("frintn.4s", 8, 4)
			g.each("fsub.4s", 4, 4, 8)
			g.horner(12, 4, 16, span(25, 29))
			g.scale(4, 8, 12)
			g.each("fcvtns.4s", 4, 4)
			g.each("add.4s", 0, 0, 4)
			g.v("sqxtn.4h", 8, 4)
			g.v("sqxtn2.8h", 8, 5)
			g.v("sqxtn.4h", 9, 6)
			g.v("sqxtn2.8h", 9, 7)
			g.op("VST1.P [V8.H8, V9.H8], 32(R8)")
		})
		g.fold("add.4s", 0)
		g.v("scvtf.4s", 0, 0)
		g.float(1, 1)
		g.op("FDIVS F0, F1, F0")
		g.op("FMOVS F0, (R4)")
		g.op("ADD $4, R4, R4")
	})
	g.op("RET")
}

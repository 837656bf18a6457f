package main

// A transposition takes 16 rows to 16 columns of a panel: element j of row i to
// place i of row j. Of a block only some rows exist; the others are zero.
//
//	SI rows, R8 their distance, R9 how many exist (1 to 16), DI the panel, CX
//	sixteens of columns.
func (g *generator) transposeHead(name string) {
	g.function(name, 40)
	g.arguments("panel DI", "rows SI", "stride R8", "n R9", "blocks CX")
	g.label("block")
}

// transpose512 does 16 by 16 at once: in pairs, in fours, and then whole
// quarters change places.
func (g *generator) transpose512() {
	g.transposeHead("transposeAVX512")
	for i := range 16 {
		g.op("VPXORD Z%d, Z%d, Z%d", i, i, i)
	}
	g.op("MOVQ SI, BX")
	for i := range 16 {
		if i > 0 {
			g.op("CMPQ R9, $%d", i)
			g.op("JLE loaded")
		}
		g.op("VMOVUPS (BX), Z%d", i)
		if i < 15 {
			g.op("ADDQ R8, BX")
		}
	}
	g.label("loaded")
	for i := 0; i < 16; i += 2 {
		g.op("VUNPCKLPS Z%d, Z%d, Z%d", i+1, i, 16+i)
		g.op("VUNPCKHPS Z%d, Z%d, Z%d", i+1, i, 17+i)
	}
	for i := 0; i < 16; i += 4 {
		for half := range 2 {
			g.op("VUNPCKLPD Z%d, Z%d, Z%d", 16+i+2+half, 16+i+half, i+2*half)
			g.op("VUNPCKHPD Z%d, Z%d, Z%d", 16+i+2+half, 16+i+half, i+2*half+1)
		}
	}
	// Z(4q+c) has in quarter l column 4l+c of rows 4q to 4q+3.
	for c := range 4 {
		for half := range 2 {
			g.op("VSHUFF32X4 $0x88, Z%d, Z%d, Z%d", 8*half+4+c, 8*half+c, 16+half)
			g.op("VSHUFF32X4 $0xdd, Z%d, Z%d, Z%d", 8*half+4+c, 8*half+c, 18+half)
		}
		for l, from := range []struct{ imm, a int }{{0x88, 16}, {0x88, 18}, {0xdd, 16}, {0xdd, 18}} {
			g.op("VSHUFF32X4 $0x%02x, Z%d, Z%d, Z20", from.imm, from.a+1, from.a)
			g.op("VMOVUPS Z20, %d(DI)", 64*(4*l+c))
		}
	}
	g.op("ADDQ $64, SI")
	g.op("ADDQ $1024, DI")
	g.op("DECQ CX")
	g.op("JNZ block")
	g.ret()
}

// transpose256 does four times 8 by 8.
func (g *generator) transpose256() {
	g.transposeHead("transposeAVX2")
	for _, part := range []struct{ rows, columns int }{{0, 0}, {0, 8}, {8, 0}, {8, 8}} {
		done := "loaded" + string(rune('a'+part.rows/4+part.columns/8))
		for i := range 8 {
			g.op("VXORPS Y%d, Y%d, Y%d", i, i, i)
		}
		g.op("IMUL3Q $%d, R8, BX", part.rows)
		g.op("ADDQ SI, BX")
		for i := range 8 {
			if part.rows+i > 0 {
				g.op("CMPQ R9, $%d", part.rows+i)
				g.op("JLE %s", done)
			}
			g.op("VMOVUPS %d(BX), Y%d", 4*part.columns, i)
			if i < 7 {
				g.op("ADDQ R8, BX")
			}
		}
		g.label(done)
		for i := 0; i < 8; i += 2 {
			g.op("VUNPCKLPS Y%d, Y%d, Y%d", i+1, i, 8+i)
			g.op("VUNPCKHPS Y%d, Y%d, Y%d", i+1, i, 9+i)
		}
		for i := 0; i < 8; i += 4 {
			for half := range 2 {
				g.op("VUNPCKLPD Y%d, Y%d, Y%d", 8+i+2+half, 8+i+half, i+2*half)
				g.op("VUNPCKHPD Y%d, Y%d, Y%d", 8+i+2+half, 8+i+half, i+2*half+1)
			}
		}
		for c := range 4 {
			for l, imm := range []int{0x20, 0x31} {
				g.op("VPERM2F128 $0x%02x, Y%d, Y%d, Y8", imm, 4+c, c)
				g.op("VMOVUPS Y8, %d(DI)", 64*(part.columns+4*l+c)+4*part.rows)
			}
		}
	}
	g.op("ADDQ $64, SI")
	g.op("ADDQ $1024, DI")
	g.op("DECQ CX")
	g.op("JNZ block")
	g.ret()
}

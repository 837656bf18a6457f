package main

import "fmt"

// Offsets in the struct tiled of the package.
const (
	tiledA           = 0
	tiledLDA         = 8
	tiledB           = 16
	tiledStride      = 24
	tiledSteps       = 32
	tiledC           = 40
	tiledLDC         = 48
	tiledRows        = 56
	tiledPanels      = 64
	tiledAScale      = 72
	tiledAZero       = 80
	tiledBScale      = 88
	tiledBias        = 96
	tiledColSum      = 104
	tiledWeightsDone = 112
	tiledColumnsDone = 120
	tiledDone        = 128
)

// Places in the frame: the configuration of the tiles; of the block that is
// finished while the next is multiplied its sums, a row of both panels together,
// and for each row its scale and its zero, as two 16-bit numbers.
const (
	frameConfig = 0
	frameScale  = 64 + 192              // behind them
	frameZero   = frameScale + 64 + 192 // behind them
	frameSums   = frameZero + 64
	frameSize   = frameSums + 3*2048 + 64 // the last so that it can be aligned
)

// The tiles' registers: 0 to 5 sums, by rows and then by panels; a panel of
// weights; rows of activations.
const (
	tilePanel = 6
	tileRows  = 7
)

// Registers of a block that is being finished: what belongs to its columns.
const (
	finishScale  = 16
	finishBias   = 18
	finishColSum = 20
	nextColumns  = 6 // registers further: of the block that is being multiplied
)

// finishRows are finished in a step of the loop over inputs.
const finishRows = 8

// gemmTiles writes the one routine for int8 by AMX. It does all rows by all
// panels, since what the tiles are configured to lasts for one call only: between
// two, the goroutine may go on on another thread. What the tiles gave is finished,
// by vectors, while the next are multiplied.
//
// In the loop over inputs: BX, AX and R12 rows, R8 their distance; CX and R14 panels,
// R11 the distance of their rows; R9 steps left. Of what is being finished: DI
// sums, SI bytes of scales that are left, negative, DX rows of c, R10 their
// distance. R13 the frame, R15 the struct.
func (g *generator) gemmTiles() {
	g.line("")
	g.line(fmt.Sprintf("TEXT ·gemmInt8AMX(SB), 0, $%d-8", frameSize))
	g.op("MOVQ p+0(FP), R15")
	g.op("LEAQ 63(SP), R13")
	g.op("ANDQ $-64, R13")
	g.configure()
	g.op("MOVQ %d(R15), R8", tiledLDA)
	g.op("MOVQ %d(R15), R10", tiledLDC)
	g.op("MOVQ $64, R11")
	g.op("XORQ SI, SI")
	g.label("columns")
	g.op("CMPQ %d(R15), $2", tiledPanels)
	g.op("JLT last")
	g.tiledColumns(2)
	g.op("SUBQ $2, %d(R15)", tiledPanels)
	g.op("JMP columns")
	g.label("last")
	g.finishRest("flush", 2)
	g.op("CMPQ %d(R15), $1", tiledPanels)
	g.op("JLT done")
	g.tiledColumns(1)
	g.finishRest("end", 1)
	g.label("done")
	g.tileRelease()
	g.ret()
}

// configure makes the tiles 16 rows of 64 bytes, those that hold rows of
// activations as many rows as there are, for which K1 stands.
func (g *generator) configure() {
	g.op("MOVQ %d(R15), CX", tiledRows)
	g.op("MOVQ $16, BX")
	g.op("CMPQ CX, BX")
	g.op("CMOVQGT BX, CX")
	g.op("MOVL $1, AX")
	g.op("SHLL CX, AX")
	g.op("DECL AX")
	g.op("KMOVW AX, K1")
	g.configureTiles()
}

// configureTiles makes the tiles of weights BX rows and the others CX; R13 is the
// frame.
func (g *generator) configureTiles() {
	g.op("VPXORD Z0, Z0, Z0")
	g.op("VMOVDQU32 Z0, %d(R13)", frameConfig)
	g.op("MOVB $1, %d(R13)", frameConfig) // the palette
	for t := range 8 {
		g.op("MOVB $64, %d(R13)", frameConfig+16+2*t)
		rows := "CX"
		if t == tilePanel {
			rows = "BX"
		}
		g.op("MOVB %s, %d(R13)", rows, frameConfig+48+t)
	}
	g.bytes("LDTILECFG (R13)", 0xc4, 0xc2, 0x78, 0x49, 0x45, frameConfig)
}

// peakTiles is a loop of products of tiles alone, see peaks.
func (g *generator) peakTiles() {
	g.line("")
	g.line("TEXT ·peakInt8AMX(SB), NOSPLIT, $64-8")
	g.op("MOVQ n+0(FP), AX")
	g.op("MOVQ SP, R13")
	g.op("MOVQ $16, CX")
	g.op("MOVQ CX, BX")
	g.configureTiles()
	for t := range 8 {
		g.tileZero(t)
	}
	g.label("loop")
	for t := range tilePanel {
		g.tileProduct(t, tileRows, tilePanel)
	}
	g.op("DECQ AX")
	g.op("JNZ loop")
	g.tileRelease()
	g.ret()
}

// tiledColumns does all rows by some panels: 48 at a time, then 32 or 16, of which
// the last end with the last row. Rows that are done twice come out the same.
func (g *generator) tiledColumns(panels int) {
	at := func(name string) string { return fmt.Sprintf("%s%d", name, panels) }
	g.tiledConstants(panels)
	g.op("MOVQ $0, %d(R15)", tiledDone)
	g.label(at("rows"))
	g.op("MOVQ %d(R15), AX", tiledDone)
	g.op("MOVQ %d(R15), CX", tiledRows)
	g.op("SUBQ AX, CX")
	g.op("JLE %s", at("next"))
	for _, tiles := range []int{3, 2} {
		g.op("CMPQ CX, $%d", 16*tiles)
		g.op("JLT fewer%dx%d", tiles, panels)
		g.tiledBlock(tiles, panels)
		g.op("ADDQ $%d, %d(R15)", 16*tiles, tiledDone)
		g.op("JMP %s", at("rows"))
		g.label(fmt.Sprintf("fewer%dx%d", tiles, panels))
	}
	g.op("CMPQ CX, $16")
	g.op("JGE %s", at("one"))
	g.op("XORQ BX, BX")
	g.op("LEAQ -16(AX)(CX*1), AX")
	g.op("CMPQ AX, BX")
	g.op("CMOVQLT BX, AX")
	g.op("MOVQ AX, %d(R15)", tiledDone)
	g.label(at("one"))
	g.tiledBlock(1, panels)
	g.op("ADDQ $16, %d(R15)", tiledDone)
	g.op("JMP %s", at("rows"))
	g.label(at("next"))
	g.op("MOVQ %d(R15), AX", tiledStride)
	for range panels {
		g.op("ADDQ AX, %d(R15)", tiledWeightsDone)
	}
	g.op("ADDQ $%d, %d(R15)", 64*panels, tiledColumnsDone)
}

// tiledConstants loads what belongs to columns: scales, biases, and the negative
// sums of the weights, as a + 128b of two 16-bit numbers.
func (g *generator) tiledConstants(panels int) {
	g.op("MOVQ %d(R15), CX", tiledColumnsDone)
	g.op("MOVL $127, AX")
	g.op("VPBROADCASTD AX, Z0")
	g.op("VPXORD Z1, Z1, Z1")
	for _, x := range []struct{ off, reg int }{{tiledBScale, finishScale}, {tiledBias, finishBias}, {tiledColSum, finishColSum}} {
		g.op("MOVQ %d(R15), AX", x.off)
		for i := range panels {
			g.op("VMOVUPS %d(AX)(CX*1), Z%d", 64*i, x.reg+nextColumns+i)
		}
	}
	for i := range panels {
		sum := fmt.Sprintf("Z%d", finishColSum+nextColumns+i)
		g.op("VPSUBD %s, Z1, %s", sum, sum)
		g.op("VPANDD Z0, %s, Z2", sum)
		g.op("VPSRAD $7, %s, %s", sum, sum)
		g.op("VPSLLD $16, %s, %s", sum, sum)
		g.op("VPORD Z2, %s, %s", sum, sum)
	}
}

// tiledBlock does one to three times 16 rows, from the row AX on, by some panels.
func (g *generator) tiledBlock(tiles, panels int) {
	at := func(name string) string { return fmt.Sprintf("%s%dx%d", name, tiles, panels) }
	rows, weights := []string{"BX", "AX", "R12"}[:tiles], []string{"CX", "R14"}[:panels]
	g.op("IMULQ R8, AX")
	g.op("MOVQ %d(R15), BX", tiledA)
	g.op("ADDQ AX, BX")
	for t := 1; t < tiles; t++ {
		g.op("MOVQ R8, %s", rows[t])
		g.op("SHLQ $4, %s", rows[t])
		g.op("ADDQ %s, %s", rows[t-1], rows[t])
	}
	g.op("MOVQ %d(R15), CX", tiledB)
	g.op("ADDQ %d(R15), CX", tiledWeightsDone)
	if panels == 2 {
		g.op("MOVQ %d(R15), R14", tiledStride)
		g.op("ADDQ CX, R14")
	}
	g.op("MOVQ %d(R15), R9", tiledSteps)
	for i := range tiles * panels {
		g.tileZero(i)
	}
	g.label(at("loop"))
	for p := range panels {
		g.tileLoad(tilePanel, weights[p], "R11")
		for t := range tiles {
			g.tileLoad(tileRows, rows[t], "R8")
			g.tileProduct(t*panels+p, tileRows, tilePanel)
		}
	}
	for t := range tiles {
		g.op("ADDQ $64, %s", rows[t])
	}
	for p := range panels {
		g.op("ADDQ $1024, %s", weights[p])
	}
	g.op("CMPQ SI, $-%d", 4*finishRows)
	g.op("JGT %s", at("none"))
	for r := range finishRows {
		g.finishRow(r, panels)
	}
	g.op("ADDQ $%d, DI", 128*finishRows)
	g.op("ADDQ $%d, SI", 4*finishRows)
	g.op("DECQ R9")
	g.op("JNZ %s", at("loop"))
	g.op("JMP %s", at("multiplied"))
	g.label(at("none"))
	g.op("DECQ R9")
	g.op("JNZ %s", at("loop"))
	g.label(at("multiplied"))
	g.finishRest(at("rest"), panels)
	g.tiledFinish(tiles, panels)
}

// tiledFinish leaves what the tiles hold to be finished.
func (g *generator) tiledFinish(tiles, panels int) {
	g.op("LEAQ %d(R13), DI", frameSums)
	for t := range tiles {
		if t > 0 {
			g.op("ADDQ $2048, DI")
		}
		for p := range panels {
			g.tileStore(t*panels+p, "DI", 64*p)
		}
	}
	g.op("LEAQ %d(R13), DI", frameSums)
	for _, reg := range []int{finishScale, finishBias, finishColSum} {
		for p := range panels {
			g.op("VMOVAPS Z%d, Z%d", reg+nextColumns+p, reg+p)
		}
	}
	g.op("MOVBQZX %d(R13), SI", frameConfig+48)
	g.op("IMUL3Q $-%d, SI, SI", 4*tiles)
	g.op("LEAQ (R13)(SI*1), AX")
	g.op("MOVQ %d(R15), R9", tiledDone)
	g.op("MOVQ %d(R15), BX", tiledAScale)
	g.op("MOVQ %d(R15), CX", tiledAZero)
	for t := range tiles {
		g.op("VMOVUPS.Z %d(BX)(R9*4), K1, Z0", 64*t)
		g.op("VMOVUPS Z0, %d(AX)", frameScale+64*t)
		g.op("VMOVDQU32.Z %d(CX)(R9*4), K1, Z0", 64*t)
		g.op("VPSLLD $23, Z0, Z1") // zero and 128·zero
		g.op("VPADDD Z1, Z0, Z0")
		g.op("VMOVDQU32 Z0, %d(AX)", frameZero+64*t)
	}
	g.op("MOVQ %d(R15), DX", tiledC)
	g.op("ADDQ %d(R15), DX", tiledColumnsDone)
	g.op("IMULQ R10, R9")
	g.op("ADDQ R9, DX")
}

// finishRest finishes the rows that are left.
func (g *generator) finishRest(label string, panels int) {
	g.op("TESTQ SI, SI")
	g.op("JZ %sdone", label)
	g.label(label)
	g.finishRow(0, panels)
	g.op("ADDQ $128, DI")
	g.op("ADDQ $4, SI")
	g.op("JNZ %s", label)
	g.label(label + "done")
}

// finishRow writes outputs: (acc − zero·colsum)·ascale·bscale + bias.
func (g *generator) finishRow(r, panels int) {
	z := 3 * (r % 5)
	g.op("VPBROADCASTD %d(R13)(SI*1), Z%d", frameZero+4*r, z)
	for p := range panels {
		g.op("VMOVDQU32 %d(DI), Z%d", 128*r+64*p, z+1+p)
		g.op("VPDPWSSD Z%d, Z%d, Z%d", finishColSum+p, z, z+1+p)
		g.op("VCVTDQ2PS Z%d, Z%d", z+1+p, z+1+p)
		g.op("VMULPS.BCST %d(R13)(SI*1), Z%d, Z%d", frameScale+4*r, z+1+p, z+1+p)
		g.op("VFMADD213PS Z%d, Z%d, Z%d", finishBias+p, finishScale+p, z+1+p)
		g.op("VMOVUPS Z%d, %d(DX)", z+1+p, 64*p)
	}
	g.op("ADDQ R10, DX")
}

// Go's assembler knows no tiles: these are the bytes.

// bytes writes an instruction as its bytes.
func (g *generator) bytes(comment string, code ...int) {
	text := ""
	for i, b := range code {
		if i > 0 {
			text += "; "
		}
		text += fmt.Sprintf("BYTE $0x%02x", b)
	}
	g.op("%s // %s", text, comment)
}

// tile writes an instruction of at most one operand, a tile. The prefix is 0 for
// none, 2 for F3 and 3 for F2.
func (g *generator) tile(comment string, prefix, opcode, modrm int) {
	g.bytes(comment, 0xc4, 0xe2, 0x78|prefix, opcode, modrm)
}

func (g *generator) tileRelease() { g.tile("TILERELEASE", 0, 0x49, 0xc0) }

func (g *generator) tileZero(t int) {
	g.tile(fmt.Sprintf("TILEZERO T%d", t), 3, 0x49, 0xc0|t<<3)
}

// tileProduct adds to the tile sums the products of unsigned bytes a and signed b.
func (g *generator) tileProduct(sums, a, b int) {
	g.bytes(fmt.Sprintf("TDPBUSD T%d, T%d, T%d", b, a, sums), 0xc4, 0xe2, (^b&15)<<3|1, 0x5e, 0xc0|sums<<3|a)
}

// numbers are those of registers in the bytes.
var numbers = map[string]int{"AX": 0, "CX": 1, "DX": 2, "BX": 3, "SI": 6, "DI": 7, "R8": 8, "R9": 9, "R10": 10, "R11": 11, "R12": 12, "R13": 13, "R14": 14, "R15": 15}

// tileLoad loads rows that lie a stride apart.
func (g *generator) tileLoad(t int, base, stride string) {
	g.tileMemory(fmt.Sprintf("TILELOADD (%s)(%s*1), T%d", base, stride, t), 3, t, base, stride, 1, 0)
}

// tileStore stores rows 128 bytes apart.
func (g *generator) tileStore(t int, base string, offset int) {
	g.tileMemory(fmt.Sprintf("TILESTORED T%d, %d(%s)(R11*2)", t, offset, base), 2, t, base, "R11", 2, offset)
}

func (g *generator) tileMemory(comment string, prefix, t int, base, index string, scale, offset int) {
	b, i := numbers[base], numbers[index]
	extend := 0xe2 &^ (i >> 3 << 6) &^ (b >> 3 << 5)
	shift := map[int]int{1: 0, 2: 1, 4: 2, 8: 3}[scale]
	g.bytes(comment, 0xc4, extend, 0x78|prefix, 0x4b, 0x44|t<<3, shift<<6|(i&7)<<3|b&7, offset)
}

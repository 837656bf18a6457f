package main

import "fmt"

// Offsets in the struct gemm of the package.
const (
	offA         = 0
	offLDA       = 8
	offB         = 16
	offStride    = 24
	offStep      = 32
	offAStep     = 40
	offK         = 48
	offC         = 56
	offLDC       = 64
	offBlocks    = 72
	offAScale    = 80
	offScaleStep = 88
	offAZero     = 96
	offBScale    = 104
	offBias      = 112
	offColSum    = 120
	offScaled    = 128
)

// kind is an arithmetic, the registers it is done in, and the sizes of routines.
type kind struct {
	table, name  string
	register     string // of a vector
	width        int    // of it, in bytes
	float        bool
	pairs        bool // of 16-bit numbers
	words        bool // products by way of 16-bit sums
	exact        bool // and of every other weight at once, which never saturate
	panels, rows []int
}

var kinds = []kind{
	{table: "vnni", name: "Int8VNNI", register: "Z", width: 64, panels: []int{4, 3, 2, 1}, rows: []int{6, 4, 2, 1}},
	{table: "vnni256", name: "Int8AVXVNNI", register: "Y", width: 32, panels: []int{1}, rows: []int{6, 4, 2, 1}},
	{table: "words512", name: "Int8AVX512", register: "Z", width: 64, words: true, panels: []int{4, 3, 2, 1}, rows: []int{4, 2, 1}},
	{table: "exact512", name: "Int8ExactAVX512", register: "Z", width: 64, words: true, exact: true, panels: []int{1}, rows: []int{4, 2, 1}},
	{table: "words256", name: "Int8AVX2", register: "Y", width: 32, words: true, panels: []int{1}, rows: []int{4, 2, 1}},
	{table: "exact256", name: "Int8ExactAVX2", register: "Y", width: 32, words: true, exact: true, panels: []int{1}, rows: []int{2, 1}},
	{table: "pairsVNNI", name: "Int16VNNI", register: "Z", width: 64, pairs: true, panels: []int{4, 3, 2, 1}, rows: []int{6, 4, 2, 1}},
	{table: "pairsVNNI256", name: "Int16AVXVNNI", register: "Y", width: 32, pairs: true, panels: []int{1}, rows: []int{6, 4, 2, 1}},
	{table: "pairs512", name: "Int16AVX512", register: "Z", width: 64, words: true, pairs: true, panels: []int{4, 3, 2, 1}, rows: []int{4, 2, 1}},
	{table: "pairs256", name: "Int16AVX2", register: "Y", width: 32, words: true, pairs: true, panels: []int{1}, rows: []int{4, 2, 1}},
	{table: "float512", name: "Float32AVX512", register: "Z", width: 64, float: true, panels: []int{4, 3, 2, 1}, rows: []int{6, 4, 2, 1}},
	{table: "float256", name: "Float32AVX2", register: "Y", width: 32, float: true, panels: []int{1}, rows: []int{6, 4, 2, 1}},
}

// gemm writes a routine that does blocks of some rows by some panels. It keeps
// an accumulator for each row and vector of columns.
type gemm struct {
	*generator
	kind
	rows, panels int
	halves       int // vectors of a panel
	next         int // register to be given out
	acc, b, odd  int // first of each kind
	a            []int
	temporary    int
	ones, mask   int
}

func (g *generator) gemm(k kind, rows, panels int) {
	m := &gemm{generator: g, kind: k, rows: rows, panels: panels, halves: 64 / k.width}
	m.allot()
	m.prologue()
	m.constants()
	for i := range m.vectors() * rows {
		m.clear(m.acc + i)
	}
	g.line("")
	g.label("loop")
	m.loadPanels()
	for r := range rows {
		m.row(r)
	}
	m.advance()
	switch {
	case k.float:
		m.finishFloat()
	case k.pairs:
		m.finishInt16()
	default:
		m.finishInt8()
	}
	m.blocks()
}

// vectors is the number of vectors that a row of all panels makes.
func (m *gemm) vectors() int { return m.panels * m.halves }

func (m *gemm) take(n int) int {
	m.next += n
	return m.next - n
}

// allot gives out the registers.
func (m *gemm) allot() {
	m.acc = m.take(m.rows * m.vectors())
	m.b = m.take(m.vectors())
	if m.exact {
		m.odd = m.take(m.vectors())
		m.mask = m.take(1)
	}
	if m.words {
		m.ones = m.take(1)
		m.temporary = m.take(1)
	}
	limit := 32
	if m.register == "Y" {
		limit = 16
	}
	for len(m.a) < 4 && m.next < limit {
		m.a = append(m.a, m.take(1))
	}
	if len(m.a) == 0 || m.next > limit {
		panic(fmt.Sprintf("%s: %d by %d need %d registers", m.name, m.rows, m.panels, m.next))
	}
}

func (m *gemm) reg(n int) string { return fmt.Sprintf("%s%d", m.register, n) }

func (m *gemm) clear(n int) {
	if m.register == "Z" {
		m.op("VPXORD Z%d, Z%d, Z%d", n, n, n)
	} else {
		m.op("VPXOR Y%d, Y%d, Y%d", n, n, n)
	}
}

// prologue loads what all routines have in common:
//
//	SI rows of a, R8 their distance; DI panels of b, R9 their distance, AX three
//	times that, R14 the distance of its rows; DX rows of c, R10 their distance;
//	R11 blocks of rows left.
func (m *gemm) prologue() {
	m.function(fmt.Sprintf("gemm%sx%dx%d", m.name, m.rows, m.panels), 8)
	m.op("MOVQ p+0(FP), R15")
	for _, x := range []struct {
		off int
		reg string
	}{{offA, "SI"}, {offLDA, "R8"}, {offB, "DI"}, {offStride, "R9"}, {offStep, "R14"}, {offC, "DX"}, {offLDC, "R10"}, {offBlocks, "R11"}} {
		m.op("MOVQ %d(R15), %s", x.off, x.reg)
	}
	if m.panels > 3 {
		m.op("LEAQ (R9)(R9*2), AX")
	}
	m.label("block")
	m.op("MOVQ SI, BX")
	if m.rows > 3 {
		m.op("LEAQ (R8)(R8*2), R12")
		m.op("ADDQ SI, R12")
	}
	m.op("MOVQ DI, R13")
	m.op("MOVQ %d(R15), CX", offK)
}

// constants are made anew for each block, since its end uses their registers.
func (m *gemm) constants() {
	if m.words && !m.pairs {
		m.op("VPBROADCASTD %s, %s", m.constant(0x00010001, "ones"), m.reg(m.ones))
	}
	if m.exact {
		m.op("VPBROADCASTD %s, %s", m.constant(0x00ff00ff, "even"), m.reg(m.mask))
	}
}

// rowAddress is that of an element of row r of a.
func (m *gemm) rowAddress(r int) string {
	base := "BX"
	if r >= 3 {
		base, r = "R12", r-3
	}
	return indexed(0, base, "R8", r)
}

func indexed(offset int, base, stride string, n int) string {
	at := fmt.Sprintf("(%s)", base)
	if offset > 0 {
		at = fmt.Sprintf("%d(%s)", offset, base)
	}
	if n > 0 {
		at += fmt.Sprintf("(%s*%d)", stride, n)
	}
	return at
}

// ahead is how many bytes before their turn panels in float32, which are large, are
// fetched into the nearest cache.
const ahead = 2048

// panelAddress is that of an element of the step of panel p.
func (m *gemm) panelAddress(p, offset int) string {
	if p == 3 {
		return indexed(offset, "R13", "AX", 1)
	}
	return indexed(offset, "R13", "R9", p)
}

// loadPanels loads a step of every panel.
func (m *gemm) loadPanels() {
	for p := range m.panels {
		for h := range m.halves {
			m.loadVector(m.panelAddress(p, h*m.width), m.b+p*m.halves+h)
			if m.float && m.register == "Z" {
				m.op("PREFETCHT0 %s", m.panelAddress(p, ahead))
			}
		}
	}
	if !m.exact {
		return
	}
	and, andNot := "VPAND", "VPANDN"
	if m.register == "Z" {
		and, andNot = "VPANDD", "VPANDND"
	}
	for i := range m.vectors() { // the odd bytes, and then the even
		b, mask := m.reg(m.b+i), m.reg(m.mask)
		m.op("%s %s, %s, %s", andNot, b, mask, m.reg(m.odd+i))
		m.op("%s %s, %s, %s", and, b, mask, b)
	}
}

func (m *gemm) loadVector(at string, n int) {
	switch {
	case m.float:
		m.op("VMOVUPS %s, %s", at, m.reg(n))
	case m.register == "Z":
		m.op("VMOVDQU32 %s, %s", at, m.reg(n))
	default:
		m.op("VMOVDQU %s, %s", at, m.reg(n))
	}
}

// row multiplies a step of row r by the panels.
func (m *gemm) row(r int) {
	a := m.reg(m.a[r%len(m.a)])
	if m.float {
		m.op("VBROADCASTSS %s, %s", m.rowAddress(r), a)
	} else {
		m.op("VPBROADCASTD %s, %s", m.rowAddress(r), a)
	}
	for i := range m.vectors() {
		b, acc := m.reg(m.b+i), m.reg(m.acc+r*m.vectors()+i)
		switch {
		case m.float:
			m.op("VFMADD231PS %s, %s, %s", b, a, acc)
		case !m.words && m.pairs:
			m.product(productInt16, m.register, m.b+i, m.a[r%len(m.a)], m.acc+r*m.vectors()+i)
		case !m.words:
			m.product(productInt8, m.register, m.b+i, m.a[r%len(m.a)], m.acc+r*m.vectors()+i)
		default:
			m.addWords(a, b, acc)
			if m.exact {
				m.addWords(a, m.reg(m.odd+i), acc)
			}
		}
	}
}

// The instructions of VNNI, for bytes and for 16-bit numbers.
const (
	productInt8  = "VPDPBUSD"
	productInt16 = "VPDPWSSD"
)

// product writes one of them: it adds products of a and b to an accumulator. Over
// Y registers it is AVX-VNNI's, as its bytes, since Go's assembler knows AVX-512's
// alone.
func (g *generator) product(name, register string, b, a, acc int) {
	text := fmt.Sprintf("%s %[2]s%[3]d, %[2]s%[4]d, %[2]s%[5]d", name, register, b, a, acc)
	if register == "Z" {
		g.op("%s", text)
		return
	}
	opcode := map[string]int{productInt8: 0x50, productInt16: 0x52}[name]
	extend := 0xe2 &^ (acc >> 3 << 7) &^ (b >> 3 << 5)
	g.bytes(text, 0xc4, extend, (^a&15)<<3|5, opcode, 0xc0|(acc&7)<<3|b&7)
}

func (m *gemm) addWords(a, b, acc string) {
	t := m.reg(m.temporary)
	if m.pairs {
		m.op("VPMADDWD %s, %s, %s", b, a, t)
	} else {
		m.op("VPMADDUBSW %s, %s, %s", b, a, t)
		m.op("VPMADDWD %s, %s, %s", m.reg(m.ones), t, t)
	}
	m.op("VPADDD %s, %s, %s", t, acc, acc)
}

// advance moves the pointers of a, of which there are two for more than three
// rows, and b's, and closes the loop over k.
func (m *gemm) advance() {
	m.op("ADDQ %d(R15), BX", offAStep)
	if m.rows > 3 {
		m.op("ADDQ %d(R15), R12", offAStep)
	}
	m.op("ADDQ R14, R13")
	m.op("DECQ CX")
	m.op("JNZ loop")
}

// rowScale loads BX with where ascale of the block begins. The struct keeps an
// offset, not the pointer moved on: past the last block it would point behind
// its slice, which the garbage collector takes for a pointer to whatever lies
// there.
func (m *gemm) rowScale() {
	m.op("MOVQ %d(R15), BX", offAScale)
	m.op("ADDQ %d(R15), BX", offScaled)
}

// nextScale moves the offset past the rows of the block.
func (m *gemm) nextScale() {
	m.op("IMUL3Q $%d, R12, R12", m.rows)
	m.op("ADDQ R12, %d(R15)", offScaled)
}

// finishInt8: c = (acc − zero·colsum)·ascale·bscale + bias. The registers of the
// panels and after are free.
func (m *gemm) finishInt8() {
	m.rowScale()
	m.op("MOVQ %d(R15), CX", offAZero)
	m.op("ADDQ %d(R15), CX", offScaled)
	m.op("MOVQ %d(R15), R13", offColSum)
	for i := range m.vectors() {
		m.loadVector(indexed(i*m.width, "R13", "", 0), m.b+i)
	}
	m.op("MOVQ %d(R15), R12", offBScale)
	m.op("MOVQ %d(R15), R13", offBias)
	row, t := m.reg(m.b+m.vectors()), m.reg(m.b+m.vectors()+1)
	for r := range m.rows {
		m.op("VPBROADCASTD %d(CX), %s", 4*r, row)
		for i := range m.vectors() {
			acc := m.reg(m.acc + r*m.vectors() + i)
			m.op("VPMULLD %s, %s, %s", m.reg(m.b+i), row, t)
			m.op("VPSUBD %s, %s, %s", t, acc, acc)
			m.op("VCVTDQ2PS %s, %s", acc, acc)
		}
		m.op("VBROADCASTSS %d(BX), %s", 4*r, row)
		for i := range m.vectors() {
			acc, at := m.reg(m.acc+r*m.vectors()+i), i*m.width
			m.op("VMULPS %s, %s, %s", row, acc, acc)
			m.op("VMOVUPS %d(R12), %s", at, t)
			m.op("VFMADD213PS %d(R13), %s, %s", at, t, acc)
			m.op("VMOVUPS %s, %d(DX)", acc, at)
		}
		m.op("ADDQ R10, DX")
	}
	m.op("ADDQ $%d, %d(R15)", 4*m.rows, offScaled)
}

// finishInt16: c = acc·ascale·bscale.
func (m *gemm) finishInt16() {
	m.rowScale()
	m.op("MOVQ %d(R15), R13", offBScale)
	for i := range m.vectors() {
		m.loadVector(indexed(i*m.width, "R13", "", 0), m.b+i)
	}
	scale := m.reg(m.a[0])
	for r := range m.rows {
		m.op("VBROADCASTSS %d(BX), %s", 4*r, scale)
		for i := range m.vectors() {
			acc := m.reg(m.acc + r*m.vectors() + i)
			m.op("VCVTDQ2PS %s, %s", acc, acc)
			m.op("VMULPS %s, %s, %s", scale, acc, acc)
			m.op("VMULPS %s, %s, %s", m.reg(m.b+i), acc, acc)
			m.op("VMOVUPS %s, %d(DX)", acc, i*m.width)
		}
		m.op("ADDQ R10, DX")
	}
	m.op("ADDQ $%d, %d(R15)", 4*m.rows, offScaled)
}

// finishFloat: c = acc·ascale + bias.
func (m *gemm) finishFloat() {
	m.rowScale()
	m.op("MOVQ %d(R15), R12", offScaleStep)
	m.op("MOVQ %d(R15), R13", offBias)
	for i := range m.vectors() {
		m.loadVector(indexed(i*m.width, "R13", "", 0), m.b+i)
	}
	scale := m.reg(m.a[0])
	for r := range m.rows {
		m.op("VBROADCASTSS (BX), %s", scale)
		m.op("ADDQ R12, BX")
		for i := range m.vectors() {
			acc := m.reg(m.acc + r*m.vectors() + i)
			m.op("VFMADD213PS %s, %s, %s", m.reg(m.b+i), scale, acc)
			m.op("VMOVUPS %s, %d(DX)", acc, i*m.width)
		}
		m.op("ADDQ R10, DX")
	}
	m.nextScale()
}

// blocks moves to the next block of rows.
func (m *gemm) blocks() {
	m.op("IMUL3Q $%d, R8, BX", m.rows)
	m.op("ADDQ BX, SI")
	m.op("DECQ R11")
	m.op("JNZ block")
	m.ret()
}

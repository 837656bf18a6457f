package main

import "fmt"

// norm writes layerNormQuantize. With 32 registers it does two rows at a time:
// most of a row is waiting for sums to be folded.
type norm struct {
	*generator
	rows int // at a time
}

func (g *generator) layerNormQuantize() {
	g.function("layerNormQuantize"+g.vector.level, 84)
	g.arguments("q R12", "x SI", "y DI", "gamma R8", "beta R9", "smooth R10", "n R11", "rows R13", "scale R14", "zero R15")
	g.op("VXORPS X15, X15, X15")
	g.op("VCVTSI2SSQ R11, X15, X15") // n
	g.op("SHLQ $2, R11")
	if g.vector.wide() {
		g.op("CMPQ R13, $2")
		g.op("JLT one")
		g.label("two")
		norm{g, 2}.write()
		g.op("SUBQ $2, R13")
		g.op("CMPQ R13, $2")
		g.op("JGE two")
		g.op("TESTQ R13, R13")
		g.op("JZ done")
	}
	g.label("one")
	norm{g, 1}.write()
	g.op("DECQ R13")
	g.op("JNZ one")
	g.label("done")
	g.ret()
}

// Registers: 0 to 3 are for the moment; each row has its sum, mean, inverse
// deviation, lowest and highest.
func (m norm) register(what, row int) string {
	if m.vector.wide() {
		return fmt.Sprintf("Z%d", 16+2*what+row)
	}
	return fmt.Sprintf("Y%d", 4+what)
}

const (
	theSum  = iota
	theRest // of a sum, where one register does not hold sixteen lanes
	theMean
	theInverse
	theLowest
	theHighest
)

// sums are the registers of a sum.
func (m norm) sum(half, row int) string { return m.register(theSum+half, row) }

// x and y are the addresses of a row's elements.
func (m norm) x(row, offset int) string {
	return fmt.Sprintf("%d(%s)(BX*1)", offset, []string{"SI", "AX"}[row])
}

func (m norm) y(row, offset int) string {
	return fmt.Sprintf("%d(%s)(BX*1)", offset, []string{"DI", "CX"}[row])
}

// walk goes over the elements of rows.
func (m norm) walk(label string, body func(row, half, offset int)) {
	label = fmt.Sprintf("%s%d", label, m.rows)
	m.op("XORQ BX, BX")
	m.label(label)
	for half := range m.vector.halves() {
		for row := range m.rows {
			body(row, half, half*m.vector.width)
		}
	}
	m.op("ADDQ $64, BX")
	m.op("CMPQ BX, R11")
	m.op("JLT %s", label)
}

// folded folds each row's sum to lane 0 of X0 and goes on from there.
func (m norm) folded(then func(row int)) {
	for row := range m.rows {
		m.op("VMOVAPS %s, %s", m.sum(0, row), m.v(0))
		if !m.vector.wide() {
			m.op("VMOVAPS %s, %s", m.sum(1, row), m.v(1))
		}
		m.fold("VADDPS")
		m.op("VDIVSS X15, X0, X0")
		then(row)
	}
}

func (m norm) clearSums() {
	for row := range m.rows {
		for half := range m.vector.halves() {
			r := m.sum(half, row)
			m.op("VXORPS %s, %s, %s", r, r, r)
		}
	}
}

func (m norm) write() {
	if m.rows == 2 {
		m.op("LEAQ (SI)(R11*1), AX")
		m.op("LEAQ (DI)(R11*1), CX")
	}
	v2, v3 := m.v(2), m.v(3)
	m.clearSums()
	m.walk("sum", func(row, half, offset int) {
		m.op("VMOVUPS %s, %s", m.x(row, offset), v2)
		m.op("VADDPS %s, %s, %s", m.y(row, offset), v2, v2)
		m.op("VMOVUPS %s, %s", v2, m.x(row, offset))
		m.op("VADDPS %s, %s, %s", v2, m.sum(half, row), m.sum(half, row))
	})
	m.folded(func(row int) { m.op("VBROADCASTSS X0, %s", m.register(theMean, row)) })
	m.clearSums()
	m.walk("squares", func(row, half, offset int) {
		m.op("VMOVUPS %s, %s", m.x(row, offset), v2)
		m.op("VSUBPS %s, %s, %s", m.register(theMean, row), v2, v2)
		m.op("VFMADD231PS %s, %s, %s", v2, v2, m.sum(half, row))
	})
	m.folded(func(row int) {
		m.op("VADDSS eps+80(FP), X0, X0")
		m.op("VSQRTSS X0, X0, X0")
		m.op("VBROADCASTSS %s, X1", m.floatAt(1))
		m.op("VDIVSS X0, X1, X0")
		m.op("VBROADCASTSS X0, %s", m.register(theInverse, row))
		for _, what := range []int{theLowest, theHighest} {
			r := m.register(what, row)
			m.op("VXORPS %s, %s, %s", r, r, r)
		}
	})
	m.walk("scale", func(row, half, offset int) {
		m.op("VMOVUPS %s, %s", m.x(row, offset), v2)
		m.op("VSUBPS %s, %s, %s", m.register(theMean, row), v2, v2)
		m.op("VMULPS %s, %s, %s", m.register(theInverse, row), v2, v2)
		m.op("VMOVUPS %d(R8)(BX*1), %s", offset, v3)
		m.op("VFMADD213PS %d(R9)(BX*1), %s, %s", offset, v3, v2)
		m.op("VMOVUPS %s, %s", v2, m.x(row, offset))
		m.op("VMULPS %d(R10)(BX*1), %s, %s", offset, v2, v2)
		m.op("VMINPS %s, %s, %s", v2, m.register(theLowest, row), m.register(theLowest, row))
		m.op("VMAXPS %s, %s, %s", v2, m.register(theHighest, row), m.register(theHighest, row))
	})
	for row := range m.rows {
		m.bytes(row)
	}
	for range m.rows {
		m.op("ADDQ R11, DI")
	}
	m.op("ADDQ $%d, R14", 4*m.rows)
	m.op("ADDQ $%d, R15", 4*m.rows)
}

// bytes quantises a row. It moves SI past it.
func (m norm) bytes(row int) {
	m.op("VMOVAPS %s, %s", m.register(theLowest, row), m.v(4))
	m.op("VMOVAPS %s, %s", m.register(theHighest, row), m.v(5))
	suffix := fmt.Sprintf("%d%d", m.rows, row)
	m.quantizeRange(fmt.Sprintf("%d(R14)", 4*row), fmt.Sprintf("%d(R15)", 4*row), "positive"+suffix)
	m.op("MOVQ R10, BX") // smooth
	m.op("MOVQ R11, CX")
	m.op("SHRQ $6, CX")
	m.quantizeRow("BX", "R12", "round"+suffix)
}

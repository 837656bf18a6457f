package simd

import "math"

// What follows is the truth that every level's assembly is equal to, bit for
// bit. Two things make that possible. Every operation is rounded by itself, in
// the order written here: conversions to float32 keep the compiler from fusing,
// and fma fuses where the assembly does. And sums run over [lanes] partial sums,
// element i in lane i mod lanes, which are added up in one order by foldLanes.

// fma returns a·b+c rounded once. The product of two float32 is exact in
// float64; the sum there is then rounded a second time, which goes wrong only
// where the first rounding lands halfway between two float32.
func fma(a, b, c float32) float32 {
	p := float64(a) * float64(b)
	s := p + float64(c)
	const below, half = 1<<29 - 1, 1 << 28 // the bits that float32 lacks
	if bits := math.Float64bits(s); bits&below != half && bits>>52&0x7ff > 1023-126 {
		return float32(s)
	}
	return float32(oddSum(p, float64(c), s))
}

// oddSum corrects s, the rounded sum of p and c, to the neighbour with an odd
// last bit if it is not exact: rounding that again gives what rounding the exact
// sum would (Boldo and Melquiond, 2008).
func oddSum(p, c, s float64) float64 {
	v := s - p
	lost := (p - (s - v)) + (c - v) // Knuth's TwoSum: exact
	bits := math.Float64bits(s)
	if lost == 0 || bits&1 == 1 || math.IsNaN(lost) {
		return s
	}
	if (lost > 0) == (s > 0) {
		return math.Float64frombits(bits + 1)
	}
	return math.Float64frombits(bits - 1)
}

// mulInt8Generic does what [MulInt8] says, for some rows at a time.
func mulInt8Generic(c []float32, ldc int, a []uint8, scale []float32, zero []int32, w *Int8Matrix) {
	for j := 0; j < w.N; j += Columns {
		panel := w.Panels[j*w.K : (j+Columns)*w.K]
		for from := 0; from < len(scale); from += rowsAtOnce {
			rows := min(rowsAtOnce, len(scale)-from)
			sums := dotsInt8(a[from*w.K:(from+rows)*w.K], rows, w.K, panel)
			for i := from; i < from+rows; i++ {
				out := c[i*ldc+j:][:Columns]
				for x := range out {
					v := float32(sums[i-from][x] - zero[i]*w.ColSum[j+x])
					out[x] = fma(float32(v*scale[i]), w.Scale[j+x], w.Bias[j+x])
				}
			}
		}
	}
}

const rowsAtOnce = 4

// dotsInt8 multiplies rows of k bytes by the columns of a panel. One 64-bit
// product holds two columns: with b in the upper and b' in the lower half,
// (b·2³²+b')·a is both products at once, of which the lower borrows from the
// upper.
func dotsInt8(a []uint8, rows, k int, panel []int8) (sums [rowsAtOnce][Columns]int32) {
	var acc [rowsAtOnce][Columns / 2]int64
	for at := 0; at+4 <= k; at += 4 {
		var pairs [Columns / 2][4]int64
		b := (*[4 * Columns]int8)(panel[at*Columns:])
		for j := range pairs {
			x := b[8*j : 8*j+8 : 8*j+8]
			pairs[j] = [4]int64{
				int64(x[0])<<32 + int64(x[4]), int64(x[1])<<32 + int64(x[5]),
				int64(x[2])<<32 + int64(x[6]), int64(x[3])<<32 + int64(x[7]),
			}
		}
		for r := range rows {
			x := (*[4]uint8)(a[r*k+at:])
			a0, a1, a2, a3 := int64(x[0]), int64(x[1]), int64(x[2]), int64(x[3])
			row := &acc[r]
			for j := range row {
				p := &pairs[j]
				row[j] += a0*p[0] + a1*p[1] + a2*p[2] + a3*p[3]
			}
		}
	}
	for r := range sums {
		for j, p := range acc[r] {
			sums[r][2*j+1] = int32(p)
			sums[r][2*j] = int32((p - int64(int32(p))) >> 32)
		}
	}
	return sums
}

// mulFloat32Generic does what [MulFloat32] says.
func mulFloat32Generic(c []float32, ldc int, a []float32, lda, rows int, w *Float32Matrix) {
	for i := range rows {
		row := a[i*lda : i*lda+w.K]
		for j := 0; j < w.N; j += Columns {
			acc := dotsFloat32(row, w.Panels[j*w.K:], Columns)
			if w.Bias != nil {
				for x := range acc {
					acc[x] += w.Bias[j+x]
				}
			}
			copy(c[i*ldc+j:], acc[:])
		}
	}
}

// dotsFloat32 multiplies a row by columns whose rows lie a stride apart.
func dotsFloat32(row, b []float32, stride int) (acc [Columns]float32) {
	for k, x := range row {
		for j, y := range b[k*stride : k*stride+Columns] {
			acc[j] = fma(x, y, acc[j])
		}
	}
	return acc
}

// mulRowsGeneric does what [MulRows] says.
func mulRowsGeneric(c []float32, ldc int, a []float32, lda int, inverse, b []float32, ldb, k, n int) {
	for i := range inverse {
		for j := 0; j < n; j += Columns {
			acc := dotsFloat32(a[i*lda:i*lda+k], b[j:], ldb)
			for x := range acc {
				c[i*ldc+j+x] = float32(acc[x] * inverse[i])
			}
		}
	}
}

// transposeGeneric does what [Transpose] says.
func transposeGeneric(panels, rows []float32, n, width, stride int) {
	for i := range (n + Columns - 1) / Columns * Columns {
		panel := panels[i/Columns*width*Columns+i%Columns:]
		for j := range width {
			panel[j*Columns] = 0
			if i < n {
				panel[j*Columns] = rows[i*stride+j]
			}
		}
	}
}

// lanes is how many partial sums a reduction keeps: one AVX-512 register, two
// of AVX, four of NEON.
const lanes = 16

// foldLanes adds the lanes: the upper half to the lower until one is left.
func foldLanes(s *[lanes]float32, op func(a, b float32) float32) float32 {
	for width := lanes / 2; width > 0; width /= 2 {
		for i := range width {
			s[i] = op(s[i], s[i+width])
		}
	}
	return s[0]
}

func add(a, b float32) float32 { return a + b }

func dotGeneric(a, b []float32) float32 {
	var s [lanes]float32
	b = b[:len(a)]
	for i, x := range a {
		s[i%lanes] = fma(x, b[i], s[i%lanes])
	}
	return foldLanes(&s, add)
}

func expRowsGeneric(x []float32, ldx, n int, scale float32, inverse []float32) {
	c := float32(scale * math.Log2E)
	for i := range inverse {
		inverse[i] = expRow(x[i*ldx:i*ldx+n], c)
	}
}

// expRow replaces a row by 2^(c·(x−highest)) and returns the inverse of the sum.
func expRow(x []float32, c float32) float32 {
	highest := x[0]
	for _, v := range x {
		highest = max(highest, v)
	}
	offset := -float32(highest * c)
	var s [lanes]float32
	for i, v := range x {
		x[i] = exp2(fma(v, c, offset))
		s[i%lanes] += x[i]
	}
	return 1 / foldLanes(&s, add)
}

// exp2 returns 2^t for t ≤ 127 with a relative error below 2e-7; what is below
// 2^-126 comes out as that.
func exp2(t float32) float32 {
	t = max(t, -126)
	n := float32(math.RoundToEven(float64(t)))
	f := t - n
	p := float32(0.00015403530393381608)
	for _, c := range [...]float32{0.0013333558146428443, 0.009618129107628477, 0.05550410866482158, 0.24022650695910072, 0.6931471805599453, 1} {
		p = fma(p, f, c)
	}
	return math.Float32frombits(math.Float32bits(p) + uint32(int32(n))<<23)
}

// geluGeneric uses formula 7.1.26 of Abramowitz and Stegun for erf, whose
// absolute error is at most 1.5e-7.
func geluGeneric(x []float32) {
	for i, v := range x {
		z := float32(math.Abs(float64(v))) * float32(1/math.Sqrt2)
		t := 1 / fma(0.3275911, z, 1)
		p := float32(1.061405429)
		for _, c := range [...]float32{-1.453152027, 1.421413741, -0.284496736, 0.254829592} {
			p = fma(p, t, c)
		}
		e := exp2(-float32(float32(z*z) * math.Log2E))
		erf := 1 - float32(float32(p*t)*e)
		erf = float32(math.Copysign(float64(erf), float64(v)))
		x[i] = float32(v*0.5) * (1 + erf)
	}
}

// gaussLimit is where the polynomial of gauss reaches 1.
const gaussLimit = 4.0

// gaussPoly are the coefficients of a polynomial in t = 2(u/gaussLimit)²−1,
// highest power first, that times u is Φ(u)−½. They are a minimax fit of the
// error of x·Φ(x), at most 1.9e-4, under the condition that Φ(±gaussLimit) are 1
// and 0.
var gaussPoly = [...]float32{
	0.005921359173953533, -0.016534505411982536, 0.024147896096110344, -0.03547607734799385, 0.05539511516690254,
	-0.08442454785108566, 0.17597076296806335,
}

// gauss is x·Φ(x), GELU, good enough for what is quantised next.
func gauss(x float32) float32 {
	u := min(max(x, -gaussLimit), gaussLimit)
	t := fma(float32(u*u), float32(2/(gaussLimit*gaussLimit)), -1)
	p := gaussPoly[0]
	for _, c := range gaussPoly[1:] {
		p = fma(p, t, c)
	}
	return float32(x * fma(u, p, 0.5))
}

func geluQuantizeGeneric(q []uint8, x, smooth []float32) (scale float32, zero int32) {
	for i, v := range x {
		x[i] = float32(gauss(v) * smooth[i])
	}
	return quantizeProducts(q, func(i int) float32 { return x[i] })
}

func layerNormGeneric(x, y, gamma, beta []float32, eps float32) {
	var s [lanes]float32
	for i := range x {
		x[i] += y[i]
		s[i%lanes] += x[i]
	}
	n := float32(len(x))
	mean := foldLanes(&s, add) / n
	s = [lanes]float32{}
	for i, v := range x {
		d := v - mean
		s[i%lanes] = fma(d, d, s[i%lanes])
	}
	variance := foldLanes(&s, add) / n
	inverse := 1 / float32(math.Sqrt(float64(variance+eps)))
	for i, v := range x {
		x[i] = fma(float32((v-mean)*inverse), gamma[i], beta[i])
	}
}

func layerNormQuantizeGeneric(q []uint8, x, y, gamma, beta []float32, eps float32, smooth, scale []float32, zero []int32) {
	n := len(gamma)
	for i := range scale {
		from, to := i*n, (i+1)*n
		layerNormGeneric(x[from:to], y[from:to], gamma, beta, eps)
		scale[i], zero[i] = quantizeGeneric(q[from:to], x[from:to], smooth)
	}
}

func quantizeGeneric(q []uint8, x, smooth []float32) (scale float32, zero int32) {
	return quantizeProducts(q, func(i int) float32 { return float32(x[i] * smooth[i]) })
}

func quantizeProducts(q []uint8, at func(i int) float32) (scale float32, zero int32) {
	var lowest, highest float32
	for i := range q {
		v := at(i)
		lowest, highest = min(lowest, v), max(highest, v)
	}
	scale = float32(highest-lowest) / 255
	if scale == 0 {
		scale = 1
	}
	inverse := 1 / scale
	zero = min(255, int32(math.RoundToEven(float64(float32(-lowest*inverse)))))
	for i := range q {
		n := int32(math.RoundToEven(float64(float32(at(i)*inverse)))) + zero
		q[i] = uint8(max(0, min(255, n)))
	}
	return scale, zero
}

func dequantizeGeneric(x []float32, q []int8, scale float32) {
	for i, v := range q {
		x[i] = float32(v) * scale
	}
}

func residualGeneric(dst, x, smooth []float32, q []uint8, scale float32, zero int32) {
	for i, n := range q {
		dst[i] = fma(-scale, float32(int32(n)-zero), float32(x[i]*smooth[i]))
	}
}

func addGeneric(x, y []float32) {
	for i, v := range y {
		x[i] += v
	}
}

func rowMaximaGeneric(x []float32, ldx, n int, dst []float32) {
	for i := range dst {
		highest := x[i*ldx]
		for _, v := range x[i*ldx : i*ldx+n] {
			highest = max(highest, v)
		}
		dst[i] = highest
	}
}

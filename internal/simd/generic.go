package simd

import "math"

// gemmInt8Generic does what [MulInt8] says.
func gemmInt8Generic(c []float32, ldc int, a []uint8, scale []float32, zero []int32, w *Int8Matrix) {
	quads := w.K / 4
	for i := range scale {
		row := a[i*w.K : (i+1)*w.K]
		for p := range w.N / Columns {
			var acc [Columns]int32
			panel := w.Panels[p*w.K*Columns : (p+1)*w.K*Columns]
			for q := range quads {
				a0, a1, a2, a3 := int32(row[4*q]), int32(row[4*q+1]), int32(row[4*q+2]), int32(row[4*q+3])
				b := panel[q*4*Columns : (q+1)*4*Columns]
				for j := range acc {
					acc[j] += a0*int32(b[4*j]) + a1*int32(b[4*j+1]) + a2*int32(b[4*j+2]) + a3*int32(b[4*j+3])
				}
			}
			out := c[i*ldc+p*Columns : i*ldc+(p+1)*Columns]
			for j := range out {
				n := p*Columns + j
				// The conversions keep every product and sum rounded by itself.
				x := float32(acc[j] - zero[i]*w.ColSum[n])
				x = float32(x * scale[i])
				out[j] = float32(x*w.Scale[n]) + w.Bias[n]
			}
		}
	}
}

// gemmFloat32Generic does what [MulFloat32] says.
func gemmFloat32Generic(c []float32, ldc int, a []float32, lda, rows int, w *Float32Matrix) {
	for i := range rows {
		row := a[i*lda : i*lda+w.K]
		for p := range w.N / Columns {
			var acc [Columns]float32
			panel := w.Panels[p*w.K*Columns : (p+1)*w.K*Columns]
			for k, x := range row {
				b := panel[k*Columns : (k+1)*Columns]
				for j := range acc {
					acc[j] += x * b[j]
				}
			}
			if w.Bias != nil {
				for j := range acc {
					acc[j] += w.Bias[p*Columns+j]
				}
			}
			copy(c[i*ldc+p*Columns:i*ldc+(p+1)*Columns], acc[:])
		}
	}
}

// lanes is how many partial sums a reduction keeps: two AVX registers.
const lanes = 16

// foldLanes adds the lanes in the order in which the assembly does.
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
		s[i%lanes] += x * b[i]
	}
	return foldLanes(&s, add)
}

func softmaxGeneric(x []float32, scale float32) {
	highest := x[0]
	for _, v := range x {
		highest = max(highest, v)
	}
	var s [lanes]float32
	for i, v := range x {
		x[i] = exp2(float32(v-highest) * float32(scale*math.Log2E))
		s[i%lanes] += x[i]
	}
	inverse := 1 / foldLanes(&s, add)
	for i := range x {
		x[i] *= inverse
	}
}

// exp2 returns 2^t for t ≤ 127 with a relative error below 2e-7; what is below
// 2^-126 comes out as that.
func exp2(t float32) float32 {
	t = max(t, -126)
	n := float32(math.RoundToEven(float64(t)))
	f := t - n
	p := float32(0.00015403530393381608)
	for _, c := range [...]float32{0.0013333558146428443, 0.009618129107628477, 0.05550410866482158, 0.24022650695910072, 0.6931471805599453, 1} {
		p = p*f + c
	}
	return math.Float32frombits(math.Float32bits(p) + uint32(int32(n))<<23)
}

// geluGeneric uses formula 7.1.26 of Abramowitz and Stegun for erf, whose
// absolute error is at most 1.5e-7.
func geluGeneric(x []float32) {
	for i, v := range x {
		z := float32(math.Abs(float64(v))) * (1 / math.Sqrt2)
		t := 1 / (0.3275911*z + 1)
		p := float32(1.061405429)
		for _, c := range [...]float32{-1.453152027, 1.421413741, -0.284496736, 0.254829592} {
			p = p*t + c
		}
		erf := 1 - p*t*exp2(-(z*z)*math.Log2E)
		erf = float32(math.Copysign(float64(erf), float64(v)))
		x[i] = v * 0.5 * (1 + erf)
	}
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
		s[i%lanes] += d * d
	}
	variance := foldLanes(&s, add) / n
	inverse := 1 / float32(math.Sqrt(float64(variance+eps)))
	for i, v := range x {
		x[i] = float32((v-mean)*inverse)*gamma[i] + beta[i]
	}
}

func quantizeGeneric(q []uint8, x, smooth []float32) (scale float32, zero int32) {
	var lowest, highest float32
	for i, v := range x {
		v *= smooth[i]
		lowest, highest = min(lowest, v), max(highest, v)
	}
	scale = float32(highest-lowest) / 255
	if scale == 0 {
		scale = 1
	}
	inverse := 1 / scale
	zero = min(255, int32(math.RoundToEven(float64(float32(-lowest*inverse)))))
	for i, v := range x {
		v = float32(float32(v*smooth[i]) * inverse)
		n := int32(math.RoundToEven(float64(v))) + zero
		q[i] = uint8(max(0, min(255, n)))
	}
	return scale, zero
}

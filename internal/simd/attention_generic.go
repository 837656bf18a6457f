package simd

import "math"

// The attention of int8 models, see [MulScores] for how it is put together.

// quantizePanelGeneric writes column j of a panel [width][16] of float32 as
// bytes: input i at dst[(i/4)·step+4·j+i%4].
func quantizePanelGeneric(dst []uint8, step int, scale []float32, sums []int32, panel []float32, limit float32, flip uint8) {
	for j := range Columns {
		highest := float32(tiniest)
		for i := j; i < len(panel); i += Columns {
			highest = max(highest, float32(math.Abs(float64(panel[i]))))
		}
		inverse := limit / highest
		scale[j], sums[j] = highest/limit, 0
		for i := range len(panel) / Columns {
			q := int32(math.RoundToEven(float64(float32(panel[i*Columns+j] * inverse))))
			sums[j] += q
			dst[i/4*step+4*j+i%4] = uint8(q) ^ flip
		}
	}
}

// tiniest stands for the largest magnitude where all are 0.
const tiniest = 1e-30

func quantizeValuesGeneric(pairs []int16, scale, rows []float32, n, width, stride int, limit float32) {
	for j := range width {
		highest := float32(tiniest)
		for i := range n {
			highest = max(highest, float32(math.Abs(float64(rows[i*stride+j]))))
		}
		inverse := limit / highest
		scale[j] = highest / limit
		for i := range (n + 1) / 2 * 2 {
			q := 0.0
			if i < n {
				q = math.RoundToEven(float64(float32(rows[i*stride+j] * inverse)))
			}
			pairs[i/2*2*width+2*j+i%2] = int16(q)
		}
	}
}

func expRowsInt16Generic(dst []int16, x []float32, n int, scale float32, bits int, inverse []float32) {
	c := float32(scale * math.Log2E)
	for i := range inverse {
		row := x[i*n : (i+1)*n]
		highest := row[0]
		for _, v := range row {
			highest = max(highest, v)
		}
		offset := fma(-highest, c, float32(bits))
		sum := int32(0)
		for j, v := range row {
			q := int32(math.RoundToEven(float64(coarseExp2(fma(v, c, offset)))))
			sum += q
			dst[i*n+j] = int16(q)
		}
		inverse[i] = 1 / float32(sum)
	}
}

// coarseExp2 is exp2 with a relative error of 2.7e-6, by a polynomial of minimax
// error: enough for what has fourteen bits.
func coarseExp2(t float32) float32 {
	t = max(t, -126)
	n := float32(math.RoundToEven(float64(t)))
	f := t - n
	p := float32(0.009570102207362652)
	for _, c := range [...]float32{0.05591786280274391, 0.240247443318367, 0.6931217908859253, 0.9999992847442627} {
		p = fma(p, f, c)
	}
	return math.Float32frombits(math.Float32bits(p) + uint32(int32(n))<<23)
}

func mulScoresGeneric(c []float32, padded int, q Heads, from, rows int, k Heads, width int, mask []float32) {
	for i := range rows {
		for j := range padded {
			sum := int32(0)
			for x := range width {
				a := q.Bytes[x/4*4*q.Padded+4*(from+i)+x%4]
				sum += int32(a) * int32(int8(k.Bytes[x/4*4*k.Padded+4*j+x%4]))
			}
			v := float32(sum - flipped*k.Sums[j])
			c[i*padded+j] = fma(float32(v*q.Scale[from+i]), k.Scale[j], mask[j])
		}
	}
}

func mulInt16Generic(c []float32, ldc int, a []int16, lda int, inverse []float32, pairs []int16, scale []float32, k, n int) {
	for i := range inverse {
		for j := range n {
			sum := int32(0)
			for x := range 2 * k {
				sum += int32(a[i*lda+x]) * int32(pairs[x/2*2*n+2*j+x%2])
			}
			c[i*ldc+j] = float32(float32(float32(sum)*inverse[i]) * scale[j])
		}
	}
}

package simd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"
)

func random(n int, scale float32, r *rand.Rand) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64()) * scale
	}
	return x
}

// randomInt8 makes a matrix; a saturation-free one has weights of at most 64.
func randomInt8(n, k int, free bool, r *rand.Rand) *Int8Matrix {
	w := make([]int8, n*k)
	limit := 127
	if free {
		limit = 64
	}
	for i := range w {
		w[i] = int8(r.IntN(2*limit+1) - limit)
	}
	m := &Int8Matrix{N: n, K: k, Panels: PackInt8(w, n, k), Scale: random(n, 0.01, r), Bias: random(n, 1, r)}
	m.ColSum = ColSums(m.Panels, n, k)
	m.SaturationFree = IsSaturationFree(m.Panels)
	return m
}

// TestMulInt8Definition checks the generic kernel against the sum itself, from
// row-major weights.
func TestMulInt8Definition(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	const n, k, rows = 32, 64, 3
	w := randomInt8(n, k, false, r)
	weights := UnpackInt8(w.Panels, n, k)
	a := make([]uint8, rows*k)
	for i := range a {
		a[i] = uint8(r.IntN(256))
	}
	scale, zero := random(rows, 1, r), []int32{0, 128, 255}
	c := make([]float32, rows*n)
	MulInt8(c, n, a, scale, zero, w)
	for i := range rows {
		for j := range n {
			sum := 0.0
			for x := range k {
				sum += float64(int(a[i*k+x])-int(zero[i])) * float64(weights[j*k+x])
			}
			want := sum*float64(scale[i])*float64(w.Scale[j]) + float64(w.Bias[j])
			if math.Abs(float64(c[i*n+j])-want) > 1e-5*math.Max(1, math.Abs(want)) {
				t.Fatalf("row %d output %d is %v, want %v", i, j, c[i*n+j], want)
			}
		}
	}
}

func TestMulFloat32(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for i := range levels {
		l := &levels[i]
		t.Run(l.name, func(t *testing.T) {
			for _, n := range []int{16, 32, 64, 112, 128} {
				for _, k := range []int{1, 3, 32, 100} {
					for _, rows := range []int{1, 2, 3, 5, 6, 11, 13} {
						testMulFloat32(t, l, n, k, rows, r)
					}
				}
			}
		})
	}
}

func testMulFloat32(t *testing.T, l *level, n, k, rows int, r *rand.Rand) {
	weights := random(n*k, 1, r)
	w := &Float32Matrix{N: n, K: k, Panels: PackFloat32(weights, n, k)}
	if r.IntN(2) == 0 {
		w.Bias = random(n, 1, r)
	}
	lda, ldc := k+r.IntN(5), n+r.IntN(5)
	a := random((rows-1)*lda+k, 1, r)
	c := make([]float32, (rows-1)*ldc+n)
	l.mulFloat32(c, ldc, a, lda, rows, w)
	for i := range rows {
		for j := range n {
			want, size := 0.0, 1.0
			for x := range k {
				p := float64(a[i*lda+x]) * float64(weights[j*k+x])
				want, size = want+p, size+math.Abs(p)
			}
			if w.Bias != nil {
				want += float64(w.Bias[j])
			}
			// k roundings of the growing sum
			if math.Abs(float64(c[i*ldc+j])-want) > 1e-6*size {
				t.Fatalf("%d rows, %d × %d: row %d output %d is %v, want %v", rows, k, n, i, j, c[i*ldc+j], want)
			}
		}
	}
}

func TestDot(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for n := range 70 {
		a, b := random(n, 1, r), random(n, 1, r)
		want := 0.0
		for i := range a {
			want += float64(a[i]) * float64(b[i])
		}
		if got := Dot(a, b); math.Abs(float64(got)-want) > 1e-5 {
			t.Errorf("over %d: %v, want %v", n, got, want)
		}
	}
}

func TestSoftmax(t *testing.T) {
	for i := range levels {
		t.Run(levels[i].name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(11, 12))
			for n := 16; n <= 256; n += 16 {
				for _, scale := range []float32{0.1768, 1} {
					x := random(n, 10, r)
					x[n-1] = -1e30 // padding
					want := softmax(x, scale)
					inverse := make([]float32, 1)
					levels[i].expRows(x, n, n, scale, inverse)
					for j := range x {
						if d := math.Abs(float64(x[j]*inverse[0]) - want[j]); d > 1e-6*want[j]+1e-9 {
							t.Fatalf("over %d: %v, want %v", n, x[j]*inverse[0], want[j])
						}
					}
				}
			}
		})
	}
}

func softmax(x []float32, scale float32) []float64 {
	highest, sum := math.Inf(-1), 0.0
	for _, v := range x {
		highest = math.Max(highest, float64(v))
	}
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = math.Exp((float64(v) - highest) * float64(scale))
		sum += y[i]
	}
	for i := range y {
		y[i] /= sum
	}
	return y
}

func TestGELU(t *testing.T) {
	for i := range levels {
		t.Run(levels[i].name, func(t *testing.T) {
			const n = 32_000
			x := make([]float32, n)
			for j := range x {
				x[j] = (float32(j) - n/2) / 1600
			}
			x[0], x[1], x[2] = 0, 1e4, -1e4
			y := append([]float32{}, x...)
			levels[i].gelu(y)
			for j, v := range x {
				want := float64(v) * 0.5 * (1 + math.Erf(float64(v)/math.Sqrt2))
				if d := math.Abs(float64(y[j]) - want); d > 1e-6+1e-7*math.Abs(want) {
					t.Fatalf("of %v: %v, want %v", v, y[j], want)
				}
			}
		})
	}
}

func TestLayerNorm(t *testing.T) {
	for i := range levels {
		t.Run(levels[i].name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(13, 14))
			for _, n := range []int{16, 32, 384, 1024} {
				x, y, gamma, beta := random(n, 3, r), random(n, 3, r), random(n, 1, r), random(n, 1, r)
				want := layerNorm(x, y, gamma, beta, 1e-12)
				levels[i].layerNorm(x, y, gamma, beta, 1e-12)
				for j := range x {
					if math.Abs(float64(x[j])-want[j]) > 2e-6*(1+math.Abs(want[j])) {
						t.Fatalf("over %d: %v, want %v", n, x[j], want[j])
					}
				}
			}
		})
	}
}

func layerNorm(x, y, gamma, beta []float32, eps float64) []float64 {
	n, mean, variance := float64(len(x)), 0.0, 0.0
	out := make([]float64, len(x))
	for i := range x {
		out[i] = float64(x[i]) + float64(y[i])
		mean += out[i] / n
	}
	for _, v := range out {
		variance += (v - mean) * (v - mean) / n
	}
	for i, v := range out {
		out[i] = (v-mean)/math.Sqrt(variance+eps)*float64(gamma[i]) + float64(beta[i])
	}
	return out
}

// TestQuantizeRestores checks that bytes stand for their values within half a
// step.
func TestQuantizeRestores(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 18))
	x, smooth := random(384, 2, r), random(384, 1, r)
	q := make([]uint8, len(x))
	scale, zero := Quantize(q, x, smooth)
	for i := range x {
		v := x[i] * smooth[i]
		if back := float32(int32(q[i])-zero) * scale; math.Abs(float64(back-v)) > 1.01*float64(scale) {
			t.Fatalf("%v became %v with step %v", v, back, scale)
		}
	}
}

func TestPackInt8(t *testing.T) {
	r := rand.New(rand.NewPCG(19, 20))
	m := randomInt8(48, 64, false, r)
	w := UnpackInt8(m.Panels, 48, 64)
	again := PackInt8(w, 48, 64)
	for i := range again {
		if again[i] != m.Panels[i] {
			t.Fatal("packing undoes unpacking no more")
		}
	}
	for j, sum := range ColSums(m.Panels, 48, 64) {
		want := int32(0)
		for _, v := range w[j*64 : (j+1)*64] {
			want += int32(v)
		}
		if sum != want {
			t.Fatalf("sum of output %d is %d, want %d", j, sum, want)
		}
	}
}

func TestIsSaturationFree(t *testing.T) {
	for _, c := range []struct {
		a, b int8
		free bool
	}{{64, 64, true}, {65, 64, false}, {127, 1, true}, {127, 2, false}, {-64, -64, true}, {-128, 0, true}, {-128, -1, false}, {127, -128, true}} {
		if got := IsSaturationFree([]int8{0, 0, c.a, c.b}); got != c.free {
			t.Errorf("of %d, %d: %v", c.a, c.b, got)
		}
	}
}

func TestWrongShapesPanic(t *testing.T) {
	for name, f := range map[string]func(){
		"dot":     func() { Dot(make([]float32, 3), make([]float32, 2)) },
		"softmax": func() { ExpRows(make([]float32, 15), 15, 15, 1, make([]float32, 1)) },
		"layernorm": func() {
			LayerNorm(make([]float32, 16), make([]float32, 15), make([]float32, 16), make([]float32, 16), 1)
		},
		"int8": func() {
			MulInt8(make([]float32, 15), 16, make([]uint8, 32), []float32{1}, []int32{0}, randomInt8(16, 32, true, rand.New(rand.NewPCG(0, 0))))
		},
		"float32": func() {
			MulFloat32(make([]float32, 16), 16, make([]float32, 3), 4, 1, &Float32Matrix{N: 16, K: 4, Panels: make([]float32, 64)})
		},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s took slices that are too short", name)
				}
			}()
			f()
		}()
	}
}

func TestChoose(t *testing.T) {
	if choose("generic").name != "generic" || choose("nonsense") != &levels[0] || choose("") != &levels[0] {
		t.Error("the variable does not choose the level")
	}
}

// TestForcedLevel skips where the CPU lacks the level that the environment asks
// for, so that runs of other tests under that name can be told from real ones.
func TestForcedLevel(t *testing.T) {
	if name := os.Getenv(variable); name != "" && Level() != name {
		t.Skipf("this CPU lacks level %s", name)
	}
}

func BenchmarkMulInt8(b *testing.B) {
	r := rand.New(rand.NewPCG(21, 22))
	for _, s := range []struct{ n, k int }{{384, 384}, {1536, 384}, {384, 1536}} {
		w := randomInt8(s.n, s.k, true, r)
		for i := range levels {
			b.Run(fmt.Sprintf("%s/%dx%d", levels[i].name, s.k, s.n), func(b *testing.B) {
				const rows = 128
				a, c := make([]uint8, rows*s.k), make([]float32, rows*s.n)
				scale, zero := make([]float32, rows), make([]int32, rows)
				for b.Loop() {
					levels[i].mulInt8(c, s.n, a, scale, zero, w)
				}
				b.ReportMetric(float64(b.N)*2*rows*float64(s.n*s.k)/b.Elapsed().Seconds()/1e9, "GOPS")
			})
		}
	}
}

func BenchmarkMulFloat32(b *testing.B) {
	r := rand.New(rand.NewPCG(23, 24))
	for _, s := range []struct{ n, k int }{{384, 384}, {128, 32}} {
		w := &Float32Matrix{N: s.n, K: s.k, Panels: random(s.n*s.k, 1, r)}
		for i := range levels {
			b.Run(fmt.Sprintf("%s/%dx%d", levels[i].name, s.k, s.n), func(b *testing.B) {
				const rows = 128
				a, c := make([]float32, rows*s.k), make([]float32, rows*s.n)
				for b.Loop() {
					levels[i].mulFloat32(c, s.n, a, s.k, rows, w)
				}
				b.ReportMetric(float64(b.N)*2*rows*float64(s.n*s.k)/b.Elapsed().Seconds()/1e9, "GFLOPS")
			})
		}
	}
}

func BenchmarkRows(b *testing.B) {
	r := rand.New(rand.NewPCG(25, 26))
	x, y, z := random(64*128, 1, r), random(1536, 1, r), random(1536, 1, r)
	panels, inverse := make([]float32, 64*128), make([]float32, 64)
	q, q8, zero := make([]uint8, 1536), make([]int8, 384), make([]int32, 1)
	for i := range levels {
		l := &levels[i]
		for _, k := range []struct {
			name string
			run  func()
		}{
			{"exp64x128", func() { l.expRows(x, 128, 128, 0.2, inverse) }},
			{"gelu1536", func() { l.gelu(x[:1536]) }},
			{"geluQuantize1536", func() { copy(x[:1536], y); l.geluQuantize(q, x[:1536], z) }},
			{"norm384", func() { l.layerNorm(x[:384], y[:384], z[:384], y[:384], 1) }},
			{"normQuantize384", func() {
				l.layerNormQuantize(q[:384], x[:384], y[:384], z[:384], y[:384], 1, z[:384], inverse[:1], zero[:1])
			}},
			{"quantize384", func() { l.quantize(q[:384], x[:384], y[:384]) }},
			{"dequantize384", func() { l.dequantize(x[:384], q8, 0.1) }},
			{"transpose128x32", func() { l.transpose(panels, x, 128, 32, 64) }},
			{"dot384", func() { l.dot(x[:384], y[:384]) }},
		} {
			b.Run(k.name+"/"+l.name, func(b *testing.B) {
				for b.Loop() {
					k.run()
				}
			})
		}
	}
}

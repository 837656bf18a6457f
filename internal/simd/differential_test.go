package simd

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
)

// kernel runs one kernel of a level over input that r makes, and returns all
// that it wrote, the surroundings of its slices included.
type kernel struct {
	name string
	run  func(l *level, r *rand.Rand) []float32
}

// kernels are all of a level.
var kernels = []kernel{
	{"mulInt8", func(l *level, r *rand.Rand) []float32 { return runInt8(l, r, true) }},
	{"mulInt8Exact", func(l *level, r *rand.Rand) []float32 { return runInt8(l, r, false) }},
	{"mulFloat32", func(l *level, r *rand.Rand) []float32 {
		n, k, rows := 16*(1+r.IntN(9)), 1+r.IntN(100), 1+r.IntN(20)
		w := &Float32Matrix{N: n, K: k, Panels: random(n*k, 1, r)}
		if r.IntN(2) == 0 {
			w.Bias = random(n, 1, r)
		}
		lda, ldc := k+r.IntN(5), n+r.IntN(50)
		whole, c := guard((rows-1)*ldc + n)
		l.mulFloat32(c, ldc, random((rows-1)*lda+k, 1, r), lda, rows, w)
		return whole
	}},
	{"mulRows", func(l *level, r *rand.Rand) []float32 {
		n, k, rows := 16*(1+r.IntN(9)), 1+r.IntN(100), 1+r.IntN(20)
		lda, ldb, ldc := k+r.IntN(5), n+r.IntN(50), n+r.IntN(50)
		whole, c := guard((rows-1)*ldc + n)
		l.mulRows(c, ldc, random((rows-1)*lda+k, 1, r), lda, random(rows, 1, r), random((k-1)*ldb+n, 1, r), ldb, k, n)
		return whole
	}},
	{"transpose", func(l *level, r *rand.Rand) []float32 {
		n, width := 1+r.IntN(50), 16*(1+r.IntN(4))
		stride := width + r.IntN(9)
		whole, panels := guard((n + 15) / 16 * 16 * width)
		l.transpose(panels, random((n-1)*stride+width, 1, r), n, width, stride)
		return whole
	}},
	{"mulScores", func(l *level, r *rand.Rand) []float32 {
		n, m, width := 1+r.IntN(60), 1+r.IntN(100), 16*(1+r.IntN(4))
		q, k := someHeads(n, width, r), someHeads(m, width, r)
		for i, b := range k.Bytes { // as keyLimit has it
			k.Bytes[i] = uint8(int8(b) / 2)
			k.Sums[i/4%k.Padded] += int32(int8(b) / 2)
		}
		from := r.IntN(n)
		rows := 1 + r.IntN(n-from)
		whole, c := guard(rows * k.Padded)
		l.mulScores(c, k.Padded, q, from, rows, k, width, random(k.Padded, 1, r))
		return whole
	}},
	{"mulInt16", func(l *level, r *rand.Rand) []float32 {
		n, k, rows := 16*(1+r.IntN(5)), 1+r.IntN(40), 1+r.IntN(20)
		lda, ldc := 2*k+r.IntN(4), n+r.IntN(40)
		whole, c := guard((rows-1)*ldc + n)
		limit := 1 << ValueBits(2*k)
		l.mulInt16(c, ldc, someInt16(rows*lda, 0, limit, r), lda, random(rows, 1, r), someInt16(2*k*n, 1-limit, limit-1, r), random(n, 1, r), k, n)
		return whole
	}},
	{"quantizePanel", func(l *level, r *rand.Rand) []float32 {
		width := 16 * (1 + r.IntN(4))
		panel := random(width*16, 1, r)
		for i := 3; i < len(panel) && r.IntN(2) == 0; i += 16 {
			panel[i] = 0
		}
		step := 64 + 4*r.IntN(9)
		dst, scale, sums := make([]uint8, width/4*step), make([]float32, 20), make([]int32, 20)
		l.quantizePanel(dst, step, scale, sums, panel, 64, uint8(r.IntN(2)*128))
		return numbers(numbers(scale, dst), sums)
	}},
	{"quantizeValues", func(l *level, r *rand.Rand) []float32 {
		n, width := 1+r.IntN(50), 16*(1+r.IntN(4))
		stride := width + r.IntN(9)
		pairs, scale := make([]int16, (n+1)/2*2*width+20), make([]float32, width+10)
		l.quantizeValues(pairs, scale, random((n-1)*stride+width, 1, r), n, width, stride, float32(1+r.IntN(5000)))
		return numbers(scale, pairs)
	}},
	{"expRowsInt16", func(l *level, r *rand.Rand) []float32 {
		n, rows := 16*(1+r.IntN(10)), 1+r.IntN(5)
		x := random(rows*n, 10, r)
		x[n-1-r.IntN(16)] = -1e30
		dst, inverse := make([]int16, rows*n+20), make([]float32, rows)
		l.expRowsInt16(dst, x, n, r.Float32(), 1+r.IntN(14), inverse)
		return numbers(inverse, dst)
	}},
	{"dot", func(l *level, r *rand.Rand) []float32 {
		n := 16 * (1 + r.IntN(30))
		return []float32{l.dot(random(n, 1, r), random(n, 1, r))}
	}},
	{"expRows", func(l *level, r *rand.Rand) []float32 {
		n, rows := 16*(1+r.IntN(10)), 1+r.IntN(5)
		ldx := n + r.IntN(9)
		whole, x := guard((rows-1)*ldx + n)
		copy(x, random(len(x), 10, r))
		x[n-1-r.IntN(16)] = -1e30
		inverse := make([]float32, rows)
		l.expRows(x, ldx, n, r.Float32(), inverse)
		return append(whole, inverse...)
	}},
	{"rowMaxima", func(l *level, r *rand.Rand) []float32 {
		n, rows := 16*(1+r.IntN(10)), 1+r.IntN(5)
		dst := make([]float32, rows)
		l.rowMaxima(random(rows*n, 1, r), n, n, dst)
		return dst
	}},
	{"gelu", func(l *level, r *rand.Rand) []float32 {
		whole, x := guard(16 * (1 + r.IntN(100)))
		copy(x, random(len(x), 3, r))
		x[0], x[1], x[2] = 0, 1e4, -1e4
		l.gelu(x)
		return whole
	}},
	{"geluQuantize", func(l *level, r *rand.Rand) []float32 {
		whole, x := guard(32 * (1 + r.IntN(50)))
		copy(x, random(len(x), 3, r))
		x[0], x[1], x[2] = 0, 10, -10
		return runQuantize(whole, x, func(q []uint8) (float32, int32) { return l.geluQuantize(q, x, random(len(x), 1, r)) })
	}},
	{"layerNorm", func(l *level, r *rand.Rand) []float32 {
		whole, x := guard(16 * (1 + r.IntN(50)))
		n := copy(x, random(len(x), 3, r))
		l.layerNorm(x, random(n, 3, r), random(n, 1, r), random(n, 1, r), 1e-12)
		return whole
	}},
	{"layerNormQuantize", func(l *level, r *rand.Rand) []float32 {
		n, rows := 32*(1+r.IntN(25)), 1+r.IntN(5)
		whole, x := guard(rows * n)
		copy(x, random(len(x), 3, r))
		q, scale, zero := make([]uint8, rows*n+64), make([]float32, rows), make([]int32, rows)
		l.layerNormQuantize(q[32:][:rows*n], x, random(rows*n, 3, r), random(n, 1, r), random(n, 1, r), 1e-12, random(n, 1, r), scale, zero)
		return numbers(numbers(append(whole, scale...), q), zero)
	}},
	{"quantize", func(l *level, r *rand.Rand) []float32 {
		whole, x := guard(32 * (1 + r.IntN(12)))
		smooth := random(len(x), 1, r)
		copy(x, random(len(x), 1, r))
		switch r.IntN(5) {
		case 1:
			clear(x)
		case 2, 3: // one sign
			sign := []float32{1, -1e-20}[r.IntN(2)]
			for i := range x {
				x[i], smooth[i] = sign*float32(math.Abs(float64(x[i]))), 1
			}
		case 4: // halves, where rounding decides
			for i := range x {
				x[i], smooth[i] = float32(r.IntN(256))-127.5, 1
			}
			x[0], x[1] = -127.5, 127.5
		}
		return runQuantize(whole, x, func(q []uint8) (float32, int32) { return l.quantize(q, x, smooth) })
	}},
	{"dequantize", func(l *level, r *rand.Rand) []float32 {
		whole, x := guard(16 * (1 + r.IntN(40)))
		q := make([]int8, len(x))
		for i := range q {
			q[i] = int8(r.IntN(256) - 128)
		}
		l.dequantize(x, q, r.Float32())
		return whole
	}},
	{"residual", func(l *level, r *rand.Rand) []float32 {
		whole, dst := guard(16 * (1 + r.IntN(40)))
		q := make([]uint8, len(dst))
		for i := range q {
			q[i] = uint8(r.IntN(256))
		}
		l.residual(dst, random(len(q), 1, r), random(len(q), 1, r), q, r.Float32()/100, r.Int32N(256))
		return whole
	}},
	{"add", func(l *level, r *rand.Rand) []float32 {
		whole, x := guard(16 * (1 + r.IntN(40)))
		l.add(x, random(copy(x, random(len(x), 1, r)), 1, r))
		return whole
	}},
}

func runInt8(l *level, r *rand.Rand, free bool) []float32 {
	n, k, rows := 16*(1+r.IntN(9)), 32*(1+r.IntN(6)), 1+r.IntN(20)
	if r.IntN(4) == 0 {
		rows = 1 + r.IntN(150)
	}
	w := randomInt8(n, k, free, r)
	a := make([]uint8, rows*k)
	for i := range a {
		a[i] = uint8(255 - r.IntN(3)*r.IntN(128))
	}
	zero := make([]int32, rows)
	for i := range zero {
		zero[i] = r.Int32N(256)
	}
	ldc := n + r.IntN(50)
	whole, c := guard((rows-1)*ldc + n)
	l.mulInt8(c, ldc, a, random(rows, 0.1, r), zero, w)
	return whole
}

// someHeads are random bytes of heads, without sums.
func someHeads(n, width int, r *rand.Rand) Heads {
	h := Heads{Padded: Pad(n), Bytes: make([]uint8, width*Pad(n)), Scale: random(Pad(n), 1, r), Sums: make([]int32, Pad(n))}
	for i := range h.Bytes {
		h.Bytes[i] = uint8(r.IntN(256))
	}
	return h
}

func someInt16(n, least, most int, r *rand.Rand) []int16 {
	x := make([]int16, n)
	for i := range x {
		x[i] = int16(least + r.IntN(most-least+1))
	}
	return x
}

// numbers appends integers to floats, which hold them exactly.
func numbers[T uint8 | int16 | int32](x []float32, y []T) []float32 {
	for _, v := range y {
		x = append(x, float32(v))
	}
	return x
}

// runQuantize adds to whole the bytes of x, scale and zero.
func runQuantize(whole, x []float32, f func(q []uint8) (float32, int32)) []float32 {
	q := make([]uint8, len(x)+64)
	scale, zero := f(q[32 : 32+len(x) : 32+len(x)])
	return append(numbers(whole, q), scale, float32(zero))
}

// guard surrounds a slice with values that a kernel must leave alone.
func guard(n int) (whole, inner []float32) {
	whole = make([]float32, n+64)
	for i := range whole {
		whole[i] = 12345
	}
	return whole, whole[32 : 32+n : 32+n]
}

// TestLevels is the one differential test: every kernel of every level of this
// CPU writes what generic Go does, not a bit differs, and nothing else.
func TestLevels(t *testing.T) {
	if len(levels) == 1 {
		t.Skip("this CPU, or this build, has the generic kernels only")
	}
	for i := range levels[:len(levels)-1] {
		for _, k := range kernels {
			t.Run(levels[i].name+"/"+k.name, func(t *testing.T) {
				for seed := range rounds(t) {
					compare(t, &levels[i], k, seed)
				}
			})
		}
	}
}

// rounds is how often each kernel is compared: on an emulated CPU, and with -short, less often.
func rounds(t *testing.T) uint64 {
	text := os.Getenv("RERANK_SIMD_ROUNDS")
	if text == "" && testing.Short() {
		return 10
	}
	if text == "" {
		return 200
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("RERANK_SIMD_ROUNDS is %q", text)
	}
	return uint64(n)
}

func compare(t *testing.T, l *level, k kernel, seed uint64) {
	t.Helper()
	want := k.run(&generic, rand.New(rand.NewPCG(seed, 1)))
	got := k.run(l, rand.New(rand.NewPCG(seed, 1)))
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("seed %d: number %d of %d is %v (%#x), generic Go gives %v (%#x)", seed, i, len(want), got[i], math.Float32bits(got[i]), want[i], math.Float32bits(want[i]))
		}
	}
}

// FuzzLevels looks for input of any kernel that tells the levels apart.
func FuzzLevels(f *testing.F) {
	f.Add(uint64(1), 0)
	f.Fuzz(func(t *testing.T, seed uint64, n int) {
		for i := range levels {
			compare(t, &levels[i], kernels[uint(n)%uint(len(kernels))], seed)
		}
	})
}

// TestFMA checks the fused product against exact arithmetic, where rounding
// twice would go wrong.
func TestFMA(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	some := func() float32 {
		// Few bits make products and sums fall halfway between two float32.
		x := float32(r.IntN(1<<(1+r.IntN(24)))) * float32(math.Pow(2, float64(r.IntN(60)-40)))
		if r.IntN(20) == 0 {
			x *= 1e-38
		}
		return x * float32(1-2*r.IntN(2))
	}
	n := 500_000
	if testing.Short() {
		n = 20_000
	}
	for range n {
		a, b, c := some(), some(), some()
		want, got := exactFMA(a, b, c), fma(a, b, c)
		if got != want {
			t.Fatalf("%v·%v+%v is %v, want %v", a, b, c, got, want)
		}
	}
}

// exactFMA rounds the exact value once.
func exactFMA(a, b, c float32) float32 {
	x := new(big.Float).SetPrec(2000).SetFloat64(float64(a))
	x.Mul(x, big.NewFloat(float64(b)))
	x.Add(x, big.NewFloat(float64(c)))
	f, _ := x.Float32()
	return f
}

func TestMaxSim(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for _, s := range []struct{ n, m, width int }{{1, 1, 16}, {3, 17, 32}, {32, 100, 128}, {0, 3, 16}, {3, 0, 16}} {
		t.Run(fmt.Sprint(s), func(t *testing.T) {
			a, b := random(s.n*s.width, 1, r), random(s.m*s.width, 1, r)
			want := 0.0
			for i := range s.n {
				best := math.Inf(-1)
				for j := range s.m {
					sum := 0.0
					for k := range s.width {
						sum += float64(a[i*s.width+k]) * float64(b[j*s.width+k])
					}
					best = max(best, sum)
				}
				if s.m > 0 {
					want += best
				}
			}
			got := MaxSim(a, b, s.width, make([]float32, MaxSimScratch(s.n, s.m, s.width)))
			if math.Abs(float64(got)-want) > 1e-5*(1+math.Abs(want)) {
				t.Errorf("%v, want %v", got, want)
			}
		})
	}
}

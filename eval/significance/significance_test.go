package significance_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/flashrerank/rerank/eval/significance"
	"github.com/flashrerank/rerank/internal/testenv"
)

func Example() {
	first := []float64{0.4, 0.6, 0.5, 0.3, 0.7, 0.2}
	second := []float64{0.5, 0.8, 0.5, 0.6, 0.8, 0.4}
	test, err := significance.Randomization(second, first, significance.Resampling{})
	if err != nil {
		fmt.Println(err)
		return
	}
	interval, err := significance.Bootstrap(second, first, 0.95, significance.Resampling{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("difference %.3f, from %.3f to %.3f, p = %.4f\n", test.Difference, interval.Low, interval.High, test.P)
	// Output: difference 0.150, from 0.067 to 0.233, p = 0.0625
}

func ExampleHolm() {
	adjusted, err := significance.Holm([]float64{0.01, 0.04, 0.03})
	fmt.Println(adjusted, err)
	// Output: [0.03 0.06 0.06] <nil>
}

// paired is a case of testdata/scipy.json and of what the script answers.
type paired struct {
	Name           string       `json:"name"`
	A              []float64    `json:"a"`
	B              []float64    `json:"b"`
	T              []float64    `json:"t"`
	Wilcoxon       []float64    `json:"wilcoxon"`
	WilcoxonNormal *float64     `json:"wilcoxon_normal"`
	WilcoxonExact  *float64     `json:"wilcoxon_exact"`
	Permutation    *float64     `json:"permutation"`
	Bootstrap      [][4]float64 `json:"bootstrap"` // level, low, high, standard error
}

// TestGolden compares with what scipy gave; testdata/scipy.py is the script.
func TestGolden(t *testing.T) {
	text, err := os.ReadFile("testdata/scipy.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []paired
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	exact, intervals := 0, 0
	for _, c := range cases {
		compareTests(t, c)
		if c.Permutation != nil {
			exact++
		}
		for _, want := range c.Bootstrap {
			intervals++
			got, err := significance.Bootstrap(c.A, c.B, want[0], significance.Resampling{Samples: 100_000})
			if err != nil {
				t.Error(err)
				continue
			}
			// Both are samples: a quantile varies by a small part of the standard
			// error; with graded values by a step of their mean too.
			tolerance := 0.05 * want[3]
			if strings.HasPrefix(c.Name, "ties") {
				tolerance += 1 / float64(4*len(c.A))
			}
			if math.Abs(got.Low-want[1]) > tolerance || math.Abs(got.High-want[2]) > tolerance {
				t.Errorf("%s, level %v: from %v to %v, scipy has %v to %v", c.Name, want[0], got.Low, got.High, want[1], want[2])
			}
		}
	}
	if len(cases) < 10 || exact < 5 || intervals < 20 {
		t.Errorf("%d cases, %d exact permutations, %d intervals", len(cases), exact, intervals)
	}
}

// TestSciPy compares random pairs with scipy itself.
func TestSciPy(t *testing.T) {
	random := rand.New(rand.NewPCG(17, 4))
	var given []paired
	for i := range 100 {
		c := paired{Name: fmt.Sprint("random ", i)}
		steps := 1 + float64(random.IntN(1000)) // few steps make ties
		if i%2 == 0 {
			steps = 4
		}
		for range 2 + random.IntN(70) {
			a := math.Round(random.Float64()*steps) / steps
			b := a
			if random.IntN(5) > 0 {
				b = math.Round(random.Float64()*steps) / steps
			}
			c.A, c.B = append(c.A, a), append(c.B, b)
		}
		if !slices.Equal(c.A, c.B) { // scipy gives no number then
			given = append(given, c)
		}
	}
	input, err := json.Marshal(given)
	if err != nil {
		t.Fatal(err)
	}
	// scipy's NaN, for pairs that differ by a constant, is not JSON.
	output := strings.NewReplacer("NaN", "null", "-Infinity", "-1e999", "Infinity", "1e999").Replace(string(testenv.Python(t, input, "testdata/scipy.py", "-")))
	var answers []paired
	if err := json.Unmarshal([]byte(output), &answers); err != nil {
		t.Fatal(err)
	}
	if len(answers) != len(given) || len(answers) < 80 {
		t.Fatalf("%d answers to %d cases", len(answers), len(given))
	}
	for _, c := range answers {
		compareTests(t, c)
	}
}

// compareTests compares all p values of a case.
func compareTests(t *testing.T, c paired) {
	t.Helper()
	student, err := significance.PairedT(c.A, c.B)
	if err != nil {
		t.Fatalf("%s: %v", c.Name, err)
	}
	if !near(student.T, c.T[0]) || float64(student.DF) != c.T[1] || !near(student.P, c.T[2]) {
		t.Errorf("%s: paired t %+v, scipy has %v", c.Name, student, c.T)
	}
	ranks, err := significance.Wilcoxon(c.A, c.B)
	if err != nil {
		t.Fatalf("%s: %v", c.Name, err)
	}
	if !near(ranks.W, c.Wilcoxon[0]) || !near(ranks.P, c.Wilcoxon[1]) {
		t.Errorf("%s: Wilcoxon %+v, scipy has %v", c.Name, ranks, c.Wilcoxon)
	}
	if c.Permutation != nil {
		flips, err := significance.Randomization(c.A, c.B, significance.Resampling{})
		if err != nil || !flips.Exact || !near(flips.P, *c.Permutation) {
			t.Errorf("%s: randomisation %+v, %v, scipy has %v", c.Name, flips, err, *c.Permutation)
		}
	}
}

func near(a, b float64) bool {
	return a == b || math.Abs(a-b) <= 1e-9*math.Max(1e-3, math.Max(math.Abs(a), math.Abs(b)))
}

func TestHolm(t *testing.T) {
	for name, c := range map[string]struct{ p, want []float64 }{
		"none":            {nil, []float64{}},
		"one":             {[]float64{0.2}, []float64{0.2}},
		"growing":         {[]float64{0.01, 0.02, 0.5}, []float64{0.03, 0.04, 0.5}},
		"the order stays": {[]float64{0.5, 0.02, 0.01}, []float64{0.5, 0.04, 0.03}},
		"never smaller":   {[]float64{0.01, 0.011, 0.012}, []float64{0.03, 0.03, 0.03}},
		"at most 1":       {[]float64{0.6, 0.7, 1}, []float64{1, 1, 1}},
		"zeros":           {[]float64{0, 0, 0.3}, []float64{0, 0, 0.3}},
	} {
		got, err := significance.Holm(c.p)
		if err != nil || !slices.EqualFunc(got, c.want, near) {
			t.Errorf("%s: %v, %v, want %v", name, got, err, c.want)
		}
	}
	for _, p := range []float64{-0.1, 1.1, math.NaN()} {
		if _, err := significance.Holm([]float64{0.5, p}); err == nil || !strings.Contains(err.Error(), "p[1]") {
			t.Errorf("%v: error %v", p, err)
		}
	}
}

func TestWinTieLoss(t *testing.T) {
	a, b := []float64{0.3, 0.5, 0.1, 0.7, 0}, []float64{0.30000000000000004, 0.4, 0.2, 0.7, 0.001}
	for epsilon, want := range map[float64]significance.Counts{
		0: {Wins: 1, Ties: 1, Losses: 3}, 1e-9: {Wins: 1, Ties: 2, Losses: 2}, 0.01: {Wins: 1, Ties: 3, Losses: 1}, 1: {Ties: 5},
	} {
		if got, err := significance.WinTieLoss(a, b, epsilon); err != nil || got != want {
			t.Errorf("epsilon %v: %+v, %v, want %+v", epsilon, got, err, want)
		}
	}
	if got, err := significance.WinTieLoss(nil, nil, 0); err != nil || got != (significance.Counts{}) {
		t.Errorf("no queries: %+v, %v", got, err)
	}
}

// TestSymmetry: exchanging the systems turns every sign and changes no p value.
func TestSymmetry(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 9))
	for range 100 {
		n := 1 + random.IntN(30)
		a, b := make([]float64, n), make([]float64, n)
		for i := range a {
			a[i], b[i] = float64(random.IntN(5))/4, float64(random.IntN(5))/4
		}
		t1, err1 := significance.PairedT(a, b)
		t2, err2 := significance.PairedT(b, a)
		w1, err3 := significance.Wilcoxon(a, b)
		w2, err4 := significance.Wilcoxon(b, a)
		r1, err5 := significance.Randomization(a, b, significance.Resampling{Samples: 500})
		r2, err6 := significance.Randomization(b, a, significance.Resampling{Samples: 500})
		b1, err7 := significance.Bootstrap(a, b, 0, significance.Resampling{Samples: 500})
		b2, err8 := significance.Bootstrap(b, a, 0, significance.Resampling{Samples: 500})
		for _, err := range []error{err1, err2, err3, err4, err5, err6, err7, err8} {
			if err != nil {
				t.Fatal(err)
			}
		}
		if t1.P != t2.P || t1.T != -t2.T || w1 != w2 || r1.P != r2.P || r1.Difference != -r2.Difference || b1.Low != -b2.High || b1.Mean != -b2.Mean {
			t.Errorf("%v and %v: %+v %+v, %+v %+v, %+v %+v, %+v %+v", a, b, t1, t2, w1, w2, r1, r2, b1, b2)
		}
		for _, p := range []float64{t1.P, w1.P, r1.P} {
			if !(p >= 0 && p <= 1) {
				t.Errorf("%v and %v: p = %v", a, b, p)
			}
		}
		if !(b1.Low <= b1.Mean && b1.Mean <= b1.High) || b1.Level != 0.95 {
			t.Errorf("%v and %v: interval %+v", a, b, b1)
		}
	}
}

// TestCollections: the mean of collections has the variance of a stratified draw,
// Σ s²/n over the collections by the square of their number.
func TestCollections(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 9))
	collections := [][]float64{make([]float64, 40), make([]float64, 200), make([]float64, 90)}
	variance, want := 0.0, 0.0
	for i, values := range collections {
		sum, squares := 0.0, 0.0
		for k := range values {
			values[k] = float64(5*i) + random.NormFloat64()*float64(i+1)
			sum += values[k]
		}
		m := sum / float64(len(values))
		for _, v := range values {
			squares += (v - m) * (v - m)
		}
		want += m / 3
		variance += squares / float64(len(values)) / float64(len(values)) / 9
	}
	got, err := significance.BootstrapMeans(collections, 0, significance.Resampling{})
	if err != nil {
		t.Fatal(err)
	}
	half := 1.96 * math.Sqrt(variance)
	if math.Abs(got.Mean-want) > 1e-12 || math.Abs(got.Low-(want-half)) > half/20 || math.Abs(got.High-(want+half)) > half/20 {
		t.Errorf("interval %+v, want about %v ± %v", got, want, half)
	}
	one, err1 := significance.BootstrapMeans(collections[:1], 0, significance.Resampling{})
	same, err2 := significance.BootstrapMean(collections[0], 0, significance.Resampling{})
	if one != same || err1 != nil || err2 != nil {
		t.Errorf("one collection: %+v, alone %+v", one, same)
	}
}

// TestEqualSystems: there is nothing to find.
func TestEqualSystems(t *testing.T) {
	a := []float64{0.1, 0.5, 0.3}
	student, err1 := significance.PairedT(a, a)
	ranks, err2 := significance.Wilcoxon(a, a)
	flips, err3 := significance.Randomization(a, a, significance.Resampling{})
	interval, err4 := significance.Bootstrap(a, a, 0, significance.Resampling{})
	if err1 != nil || err2 != nil || err3 != nil || err4 != nil {
		t.Fatal(err1, err2, err3, err4)
	}
	if student.P != 1 || ranks.P != 1 || flips.P != 1 || interval.Low != 0 || interval.High != 0 {
		t.Errorf("%+v %+v %+v %+v", student, ranks, flips, interval)
	}
}

// TestSeeds: the same seed draws the same, another one something else.
func TestSeeds(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	a, b := make([]float64, 50), make([]float64, 50)
	for i := range a {
		a[i], b[i] = random.Float64(), random.Float64()
	}
	draw := func(seed uint64) (significance.SignFlip, significance.Interval) {
		flips, err := significance.Randomization(a, b, significance.Resampling{Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		interval, err := significance.BootstrapMean(a, 0.9, significance.Resampling{Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		return flips, interval
	}
	f1, i1 := draw(1)
	f2, i2 := draw(1)
	f3, i3 := draw(2)
	if f1 != f2 || i1 != i2 || f1.Exact || f1.Samples != 10_000 {
		t.Errorf("one seed: %+v %+v, %+v %+v", f1, i1, f2, i2)
	}
	if i1 == i3 || f1.P == f3.P && i1.Low == i3.Low {
		t.Errorf("two seeds: %+v %+v, %+v %+v", f1, i1, f3, i3)
	}
}

func TestRefused(t *testing.T) {
	good := []float64{0.5, 0.25}
	all := map[string]func(a, b []float64) error{
		"PairedT":  func(a, b []float64) error { _, err := significance.PairedT(a, b); return err },
		"Wilcoxon": func(a, b []float64) error { _, err := significance.Wilcoxon(a, b); return err },
		"Randomization": func(a, b []float64) error {
			_, err := significance.Randomization(a, b, significance.Resampling{})
			return err
		},
		"Bootstrap": func(a, b []float64) error {
			_, err := significance.Bootstrap(a, b, 0, significance.Resampling{})
			return err
		},
		"WinTieLoss": func(a, b []float64) error { _, err := significance.WinTieLoss(a, b, 0); return err },
	}
	for name, test := range all {
		for _, c := range []struct {
			a, b []float64
			want string
		}{
			{good, good[:1], "a has 2 values and b has 1"},
			{[]float64{0, math.NaN()}, good, "a[1] is NaN"},
			{good, []float64{math.Inf(1), 0}, "b[0] is +Inf"},
			{good, []float64{0, 1e200}, "b[1] is 1e+200"},
		} {
			if err := test(c.a, c.b); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s of %v and %v: error %v, want %q", name, c.a, c.b, err, c.want)
			}
		}
		if err := test(nil, nil); (err == nil) != (name == "WinTieLoss") {
			t.Errorf("%s of nothing: error %v", name, err)
		}
	}
	if _, err := significance.BootstrapMean(nil, 0, significance.Resampling{}); err == nil {
		t.Error("BootstrapMean of nothing: no error")
	}
	for _, collections := range [][][]float64{nil, {good, nil}, {good, {math.NaN()}}} {
		if _, err := significance.BootstrapMeans(collections, 0, significance.Resampling{}); err == nil {
			t.Errorf("BootstrapMeans of %v: no error", collections)
		}
	}
	for _, level := range []float64{-0.1, 1, 1.5, math.NaN()} {
		if _, err := significance.Bootstrap(good, good, level, significance.Resampling{}); err == nil || !strings.Contains(err.Error(), "level") {
			t.Errorf("level %v: error %v", level, err)
		}
	}
	for _, samples := range []int{-1, 10_000_001} {
		if _, err := significance.Randomization(good, good, significance.Resampling{Samples: samples}); err == nil || !strings.Contains(err.Error(), "samples") {
			t.Errorf("%d samples: error %v", samples, err)
		}
	}
	if _, err := significance.WinTieLoss(good, good, math.NaN()); err == nil || !strings.Contains(err.Error(), "epsilon") {
		t.Errorf("epsilon NaN: error %v", err)
	}
}

func BenchmarkBootstrap(b *testing.B) {
	values := make([]float64, 225)
	for i := range values {
		values[i] = float64(i%17) / 16
	}
	for b.Loop() {
		if _, err := significance.BootstrapMean(values, 0, significance.Resampling{}); err != nil {
			b.Fatal(err)
		}
	}
}

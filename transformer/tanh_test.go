package transformer

import (
	"math"
	"testing"
)

func TestTanh(t *testing.T) {
	for x := float32(-25); x < 25; x += 0.0137 {
		want := math.Tanh(float64(x))
		if got := tanh(x); math.Abs(float64(got)-want) > 6e-8*math.Abs(want) {
			t.Errorf("tanh %v is %v, want %v", x, got, want)
		}
	}
	if tanh(0) != 0 || tanh(1e30) != 1 || tanh(-1e30) != -1 {
		t.Error("tanh at 0, or far from it")
	}
}

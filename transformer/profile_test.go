package transformer_test

import (
	"os"
	"testing"

	"github.com/flashrerank/rerank/internal/simd"
	"github.com/flashrerank/rerank/transformer"
)

func TestProfile(t *testing.T) {
	for _, p := range []transformer.Precision{transformer.FP32, transformer.INT8} {
		m := load(t, os.DirFS(tinyEncoder), transformer.Options{Precision: p})
		b := batch(33, 64, 64, 64, 64)
		for _, states := range []transformer.States{transformer.AllStates, transformer.FirstState} {
			first := states == transformer.FirstState
			profile, err := m.Profile(t.Context(), b, states)
			if err != nil {
				t.Fatal(err)
			}
			products := 0.0
			for _, part := range transformer.Parts() {
				cost := profile[part]
				if cost == nil || cost.Elapsed < 0 {
					t.Fatalf("%s: %s is %v", p, part, cost)
				}
				products += cost.Operations[simd.Int8] + cost.Operations[simd.Float32] + cost.Operations[simd.Int16]
			}
			c := m.Config()
			tokens, h := float64(len(b.IDs)), float64(c.Hidden)
			perLayer := 2 * tokens * (4*h*h + 2*h*float64(c.Intermediate))
			attention := 0.0
			for _, n := range []float64{33, 64, 64, 64, 64} {
				attention += 4 * n * n * h
			}
			want := float64(c.Layers) * (perLayer + attention)
			if !first && products != want || first && !(products < want) {
				t.Errorf("%s, first %v: %g operations, %g with all states", p, first, products, want)
			}
			if m := profile[transformer.PartQKV].Operations; (p == transformer.INT8) != (m[simd.Int8] > 0) {
				t.Errorf("%s: operations of %v", p, m)
			}
		}
	}
	m := load(t, os.DirFS(tinyEncoder), transformer.Options{})
	if _, err := m.Profile(t.Context(), batch(65), transformer.AllStates); err == nil {
		t.Error("a sequence that is too long was profiled")
	}
}

package transformer_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/flashrerank/rerank/internal/durable/durabletest"
	"github.com/flashrerank/rerank/transformer"
)

// TestCachePowerLoss lets the power go at every step of keeping weights: the model is
// right then and after, and the weights are kept the next time.
func TestCachePowerLoss(t *testing.T) {
	want := cached(t, t.TempDir(), "k")
	steps := 0
	for failAt := -1; failAt < steps || failAt < 0; failAt++ {
		root := t.TempDir()
		p, err := durabletest.New(root, failAt, false)
		if err != nil {
			t.Fatal(err)
		}
		c := transformer.Cache{Folder: filepath.Join(root, "made", "cache"), Key: "k"}
		sameStates(t, want, load(t, os.DirFS(tinyClassifier), transformer.Options{Precision: transformer.INT8, Cache: c.On(p.Disk())}))
		if failAt < 0 {
			steps = p.Steps()
		}
		for _, whole := range []bool{false, true} {
			after, turn := t.TempDir(), whole
			if err := p.Survive(after, func() bool { turn = whole || !turn; return turn }); err != nil {
				t.Fatal(err)
			}
			folder := filepath.Join(after, "made", "cache")
			sameStates(t, want, cached(t, folder, "k"))
			if found, err := filepath.Glob(filepath.Join(folder, "k-*")); len(found) != 1 {
				t.Errorf("step %d of %d: kept: %q, %v", failAt, steps, found, err)
			}
		}
	}
	if steps < 8 {
		t.Errorf("only %d steps", steps)
	}
}

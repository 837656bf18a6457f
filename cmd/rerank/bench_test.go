package main

import (
	"bufio"
	"encoding/json"
	"strings"
	"testing"

	"github.com/flashrerank/rerank/internal/simd"
	"github.com/flashrerank/rerank/internal/testenv"
)

// TestBench runs the whole command in a few moments: every figure is there and
// none is nonsense.
func TestBench(t *testing.T) {
	testenv.Native(t)
	if testing.Short() {
		t.Skip("it times every kernel of every level")
	}
	out := runBench(t, "--json", "--all")
	seen := map[string]int{}
	for lines := bufio.NewScanner(strings.NewReader(out)); lines.Scan(); {
		var f figure
		if err := json.Unmarshal(lines.Bytes(), &f); err != nil {
			t.Fatalf("%s: %v", lines.Text(), err)
		}
		seen[f.Figure]++
		// A share of the peak is 1 at most, but for what noise makes of a millisecond; a
		// wrong unit would make it a hundred.
		if f.Figure != "cpu" && f.Figure != "pass" && !(f.Value > 0) || f.Share < 0 || f.Share > 5 {
			t.Errorf("%s", lines.Text())
		}
		if f.Peak > 0 && f.Share != f.Value/f.Peak {
			t.Errorf("the share is not that of the peak: %s", lines.Text())
		}
	}
	if seen["cpu"] != 1 || seen["pass"] != 2 || seen["part"] != 8 || seen["passages"] < 2 || seen["kernel"] < len(simd.Levels())*10 {
		t.Errorf("figures: %v", seen)
	}
}

// runBench measures a tiny model, and leaves out what the command starts itself: the
// test's own program is no rerank.
func runBench(t *testing.T, args ...string) string {
	t.Helper()
	return succeed(t, "", append([]string{"bench", "--time", "1ms", "--levels=false", "--model", "../../biencoder/testdata/tiny"}, args...)...)
}

func TestBenchForReaders(t *testing.T) {
	testenv.Native(t)
	out := runBench(t)
	for _, want := range []string{"kernels: " + simd.Level(), "int8 384×384", "the whole pass", "passages/s"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

func TestBenchWithoutAModel(t *testing.T) {
	fail(t, 1, "no-such-folder", "", "bench", "--model", "no-such-folder")
	fail(t, 2, "--time", "", "bench", "--time", "0s")
}

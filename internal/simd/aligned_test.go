package simd

import (
	"slices"
	"testing"
)

// TestAligned has every start within a cache line.
func TestAligned(t *testing.T) {
	bytes := make([]int8, 4*line)
	for i := range bytes {
		bytes[i] = int8(i)
	}
	for start := range 2 * line {
		for _, size := range []int{0, 1, line} {
			x := bytes[start : start+size]
			got := Aligned(x)
			if !slices.Equal(got, x) {
				t.Fatalf("%d bytes from %d: the copy differs", size, start)
			}
			if beyondLine(got) != 0 {
				t.Fatalf("%d bytes from %d: they begin %d bytes after the start of a line", size, start, beyondLine(got))
			}
			if size > 0 && beyondLine(x) == 0 && &got[0] != &x[0] {
				t.Fatalf("%d bytes from %d are copied for nothing", size, start)
			}
		}
	}
}

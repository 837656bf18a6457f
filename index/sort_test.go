package index

import (
	"cmp"
	"context"
	"slices"
	"testing"
)

func TestSortNumbers(t *testing.T) {
	r := newRand(t, 3)
	for _, n := range []int{0, 1, 2, sortPiece, sortPiece + 1, 2*sortPiece + 7, 5*sortPiece - 1} {
		numbers := make([]uint32, n)
		for i := range numbers {
			numbers[i] = r.Uint32()
		}
		want := slices.Sorted(slices.Values(numbers))
		got, err := sortNumbers(ctx, numbers, cmp.Compare[uint32])
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%d numbers are not sorted: %v", n, err)
		}
	}
}

// TestSortNumbersStops: the order is asked for so often after the context ends,
// and no more.
func TestSortNumbersStops(t *testing.T) {
	numbers := make([]uint32, 8*sortPiece)
	for i := range numbers {
		numbers[i] = uint32(len(numbers) - i)
	}
	for _, end := range []int{0, 1000, 7 * sortPiece, 30 * sortPiece} {
		stopped, cancel := context.WithCancel(ctx)
		asked, late := 0, 0
		_, err := sortNumbers(stopped, slices.Clone(numbers), func(a, b uint32) int {
			if asked++; asked > end {
				cancel()
				late++
			}
			return cmp.Compare(a, b)
		})
		cancel()
		if asked > end && (err == nil || late > 20*sortPiece) {
			t.Errorf("stopped after %d comparisons: %d more, %v", end, late, err)
		}
	}
}

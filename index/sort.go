package index

import (
	"context"
	"slices"
)

// sortPiece is how many numbers are sorted, or merged, between two looks at the
// context.
const sortPiece = 1 << 16

// sortNumbers returns numbers in the order of compare. It is slices.SortFunc that
// ends when the context does: the IDs of a large index take seconds.
func sortNumbers(ctx context.Context, numbers []uint32, compare func(a, b uint32) int) ([]uint32, error) {
	for piece := range slices.Chunk(numbers, sortPiece) {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		slices.SortFunc(piece, compare)
	}
	var spare []uint32
	for size := sortPiece; size < len(numbers); size *= 2 {
		merged := spare[:0]
		for pair := range slices.Chunk(numbers, 2*size) {
			var err error
			if merged, err = appendMerged(ctx, merged, pair[:min(size, len(pair))], pair[min(size, len(pair)):], compare); err != nil {
				return nil, err
			}
		}
		numbers, spare = merged, numbers
	}
	return numbers, nil
}

// appendMerged appends two sorted lists as one.
func appendMerged(ctx context.Context, dst, a, b []uint32, compare func(a, b uint32) int) ([]uint32, error) {
	for len(a) > 0 && len(b) > 0 {
		if len(dst)%sortPiece == 0 && ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if compare(b[0], a[0]) < 0 {
			dst, b = append(dst, b[0]), b[1:]
		} else {
			dst, a = append(dst, a[0]), a[1:]
		}
	}
	return append(append(dst, a...), b...), nil
}

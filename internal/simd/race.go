//go:build race

package simd

import (
	"runtime"
	"unsafe"
)

const raceEnabled = true

// The race detector does not see what assembly reads and writes: tell it.

func reads[T any](x []T)  { runtime.RaceReadRange(unsafe.Pointer(unsafe.SliceData(x)), size(x)) }
func writes[T any](x []T) { runtime.RaceWriteRange(unsafe.Pointer(unsafe.SliceData(x)), size(x)) }

func size[T any](x []T) int {
	var zero T
	return len(x) * int(unsafe.Sizeof(zero))
}

package simd

import "unsafe"

// line is the size in bytes of a cache line, and of the widest vectors.
const line = 64

// Aligned returns x, or a copy of it where x does not begin at a multiple of 64 bytes.
// Kernels read weights as vectors of up to 64 bytes: each of those that lies across two
// cache lines takes twice as long to load. What is embedded in a program begins at a
// multiple of 32, as its linker happens to place it.
func Aligned(x []int8) []int8 {
	if beyondLine(x) == 0 {
		return x
	}
	room := make([]int8, len(x)+line)
	if n := beyondLine(room); n > 0 {
		room = room[line-n:]
	}
	return room[:copy(room, x):len(x)]
}

// beyondLine is how many bytes after the start of a cache line x begins.
func beyondLine(x []int8) int {
	return int(uintptr(unsafe.Pointer(unsafe.SliceData(x))) % line)
}

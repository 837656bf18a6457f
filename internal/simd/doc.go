// Package simd holds the kernels that inference runs on: matrix products in
// int8 and float32, softmax, GELU, layer normalisation, quantisation, dot
// products.
//
// Each kernel is readable Go first (the functions ending in Generic), which is
// the truth; amd64 has assembly beside it for AVX2 with FMA, for AVX-512, and for
// AVX-512 with VNNI, chosen at run time. The environment variable RERANK_SIMD
// forces a lower level at start: "generic", "avx2", "avx512" or "avx512vnni"; one
// that the CPU lacks or that does not exist means the best there is, and [Level]
// tells what is used. The build tag purego leaves the assembly out.
//
// Every kernel gives the same result at every level, bit for bit: products of
// int8 are exact, and those of float32 keep one order of operations, fused where
// generic Go says so (which emulates that: it is slow).
//
// Slices of wrong length are programming errors and panic.
package simd

//go:generate go run -C _asm . -o ..

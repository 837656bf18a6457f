// Package simd holds the kernels that inference runs on: matrix products in
// int8 and float32, softmax, GELU, layer normalisation, quantisation, dot
// products.
//
// Each kernel is readable Go first (the functions ending in Generic), which is
// the truth; assembly stands beside it, chosen at run time. On amd64 there are
// the levels "avx2" (with FMA), "avxvnni" (of CPUs without AVX-512), "avx512",
// "avx512vnni" and "amx" (tiles of int8; Linux only, which wants a process to ask
// for them, as is done at start), on arm64 "neon", "dotprod" (SDOT) and "i8mm"
// (SMMLA). The environment variable RERANK_SIMD forces a lower one at start, or
// "generic"; one that the CPU lacks or that does not exist means the best there is,
// and [Level] tells what is used. The build tag purego leaves the assembly out.
//
// Every kernel gives the same result at every level, bit for bit: products of
// int8 are exact, and those of float32 keep one order of operations, fused where
// generic Go says so (which emulates that: it is slow).
//
// Slices of wrong length are programming errors and panic.
package simd

//go:generate go run -C _asm . -o ..

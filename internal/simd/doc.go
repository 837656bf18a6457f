// Package simd holds the kernels that inference runs on: matrix products in
// int8 and float32, softmax, GELU, layer normalisation, quantisation, dot
// products.
//
// Each kernel is readable Go first (the functions ending in Generic), which is
// the truth; amd64 has assembly for AVX2 with FMA and for AVX-512 with VNNI
// beside it, chosen at run time. The environment variable RERANK_SIMD forces a
// lower level at start: "generic", "avx2" or "avx512"; one that the CPU lacks
// or that does not exist means the best there is, and [Level] tells what is
// used. The build tag purego leaves the assembly out.
//
// What is guaranteed: quantised bytes, scales and int8 products are the same at
// every level, bit for bit. Float32 results differ between generic Go and
// assembly by rounding only (Go does not fuse multiply and add); between AVX2
// and AVX-512 they do not differ.
//
// Slices of wrong length are programming errors and panic.
package simd

//go:generate go run -C _asm . -o ../simd_amd64.s

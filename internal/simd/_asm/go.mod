module github.com/flashrerank/rerank/internal/simd/_asm

go 1.26

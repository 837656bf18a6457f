//go:build !amd64 || purego

package simd

func nativeLevels() []level { return nil }

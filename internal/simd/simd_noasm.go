//go:build !(amd64 || arm64) || purego

package simd

func nativeLevels() []level { return nil }

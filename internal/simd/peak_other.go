//go:build !amd64 || purego

package simd

// peakLoops are not written for other CPUs yet.
func peakLoops(string) map[Arithmetic]peakLoop { return nil }

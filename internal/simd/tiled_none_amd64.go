//go:build !linux && !purego

package simd

// hasTiles is false where no way is known to ask for leave to use AMX.
func hasTiles() bool { return false }

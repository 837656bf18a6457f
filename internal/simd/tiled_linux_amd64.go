//go:build !purego

package simd

import (
	"syscall"

	"github.com/klauspost/cpuid/v2"
)

// hasTiles reports whether the CPU has AMX for int8, and asks the kernel for
// leave to use it, which it wants of every process.
func hasTiles() bool {
	const requestPermission, tileData = 0x1023, 18
	if !cpuid.CPU.Supports(cpuid.AMXTILE, cpuid.AMXINT8) {
		return false
	}
	_, _, errno := syscall.RawSyscall(syscall.SYS_ARCH_PRCTL, requestPermission, tileData, 0)
	return errno == 0
}

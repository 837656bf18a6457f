//go:build !purego

package simd

import "github.com/klauspost/cpuid/v2"

// nativeTables are the routines that this CPU can run.
func nativeTables() (tables [][][]routine) {
	if !cpuid.CPU.Supports(cpuid.AVX2, cpuid.FMA3) {
		return nil
	}
	tables = append(tables, words256, exact256, pairs256, float256)
	if !has512() {
		return tables
	}
	tables = append(tables, words512, exact512, pairs512, float512)
	if cpuid.CPU.Supports(cpuid.AVX512VNNI) {
		tables = append(tables, vnni, pairsVNNI)
	}
	return tables
}

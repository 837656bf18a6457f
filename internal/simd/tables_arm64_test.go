//go:build !purego

package simd

// nativeTables are the routines that this CPU can run.
func nativeTables() [][][]routine {
	tables := [][][]routine{longs, pairsNEON, floatNEON}
	if hasDots() {
		tables = append(tables, dots)
	}
	if hasMatrices() {
		tables = append(tables, matrices)
	}
	return tables
}

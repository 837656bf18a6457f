package simd

// Columns is the width of a panel: matrices are stored in panels of that many
// columns (outputs), one after another, and their number of columns is a
// multiple of it.
const Columns = 16

// Int8Matrix is a matrix of K inputs by N outputs with a scale per output.
// Activations meet it as unsigned bytes with a scale and a zero point per row.
type Int8Matrix struct {
	N, K int // N a multiple of 16, K of 32

	// Panels are the weights as [N/16][K/4][16][4].
	Panels []int8
	Scale  []float32 // N
	Bias   []float32 // N
	ColSum []int32   // N: sums of the weights over K

	// SaturationFree says that no two neighbouring weights of one output, at
	// inputs 2i and 2i+1, have one sign and magnitudes that add up to more than
	// 128. Only then do AVX2's 16-bit products never saturate.
	SaturationFree bool
}

// Float32Matrix is a matrix of K inputs by N outputs.
type Float32Matrix struct {
	N, K   int       // N a multiple of 16
	Panels []float32 // [N/16][K][16]
	Bias   []float32 // N; nil means none
}

// PackInt8 arranges row-major weights [n][k], one output per row, as the panels
// of an [Int8Matrix]. n must be a multiple of 16 and k of 4.
func PackInt8(w []int8, n, k int) []int8 {
	panels := make([]int8, n*k)
	for j := range n {
		for i := range k {
			panels[panelInt8(j, i, k)] = w[j*k+i]
		}
	}
	return panels
}

// UnpackInt8 undoes [PackInt8].
func UnpackInt8(panels []int8, n, k int) []int8 {
	w := make([]int8, n*k)
	for j := range n {
		for i := range k {
			w[j*k+i] = panels[panelInt8(j, i, k)]
		}
	}
	return w
}

// panelInt8 is the place of output j's weight for input i.
func panelInt8(j, i, k int) int {
	return (j/Columns)*k*Columns + (i/4)*4*Columns + (j%Columns)*4 + i%4
}

// PackFloat32 arranges row-major weights [n][k] as the panels of a
// [Float32Matrix]. n must be a multiple of 16.
func PackFloat32(w []float32, n, k int) []float32 {
	panels := make([]float32, n*k)
	for j := range n {
		panel := panels[j/Columns*k*Columns+j%Columns:]
		for i, v := range w[j*k : (j+1)*k] {
			panel[i*Columns] = v
		}
	}
	return panels
}

// UnpackFloat32 undoes [PackFloat32].
func UnpackFloat32(panels []float32, n, k int) []float32 {
	w := make([]float32, n*k)
	for j := range n {
		panel := panels[j/Columns*k*Columns+j%Columns:]
		for i := range k {
			w[j*k+i] = panel[i*Columns]
		}
	}
	return w
}

// ColSums returns for each output the sum of its weights.
func ColSums(panels []int8, n, k int) []int32 {
	sums := make([]int32, n)
	for j := range n {
		for i := range k {
			sums[j] += int32(panels[panelInt8(j, i, k)])
		}
	}
	return sums
}

// IsSaturationFree reports whether panels have the property that
// [Int8Matrix.SaturationFree] names.
func IsSaturationFree(panels []int8) bool {
	for i := 0; i+1 < len(panels); i += 2 {
		a, b := int(panels[i]), int(panels[i+1])
		if s := a + b; (a < 0) == (b < 0) && (s > 128 || s < -128) {
			return false
		}
	}
	return true
}

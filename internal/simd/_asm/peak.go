package main

import "fmt"

// peaks are loops of one arithmetic on registers alone: what a core can do at
// most. Twelve accumulators, or six of a chain of three instructions, hide every
// latency.
func (g *generator) peaks() {
	for _, p := range []struct {
		name     string
		register string
		body     []string // of instructions over an accumulator, a and b
	}{
		{"peakInt8VNNI", "Z", []string{productInt8}},
		{"peakInt16VNNI", "Z", []string{productInt16}},
		{"peakFloat32AVX512", "Z", []string{"VFMADD231PS %[3]s, %[2]s, %[1]s"}},
		{"peakInt8AVX512", "Z", []string{"VPMADDUBSW %[3]s, %[2]s, %[4]s", "VPMADDWD %[3]s, %[4]s, %[4]s", "VPADDD %[4]s, %[1]s, %[1]s"}},
		{"peakInt16AVX512", "Z", []string{"VPMADDWD %[3]s, %[2]s, %[4]s", "VPADDD %[4]s, %[1]s, %[1]s"}},
		{"peakInt8AVXVNNI", "Y", []string{productInt8}},
		{"peakInt16AVXVNNI", "Y", []string{productInt16}},
		{"peakFloat32AVX2", "Y", []string{"VFMADD231PS %[3]s, %[2]s, %[1]s"}},
		{"peakInt8AVX2", "Y", []string{"VPMADDUBSW %[3]s, %[2]s, %[4]s", "VPMADDWD %[3]s, %[4]s, %[4]s", "VPADDD %[4]s, %[1]s, %[1]s"}},
		{"peakInt16AVX2", "Y", []string{"VPMADDWD %[3]s, %[2]s, %[4]s", "VPADDD %[4]s, %[1]s, %[1]s"}},
	} {
		g.function(p.name, 8)
		g.op("MOVQ n+0(FP), CX")
		reg := func(n int) string { return fmt.Sprintf("%s%d", p.register, n) }
		for i := range 16 { // zeros: no sum grows beyond what is quick
			g.op("VXORPS %s, %s, %s", reg(i), reg(i), reg(i))
		}
		accumulators := 12
		if len(p.body) > 1 {
			accumulators = 6
		}
		g.label("loop")
		for i := range accumulators {
			for _, instruction := range p.body {
				if instruction == productInt8 || instruction == productInt16 {
					g.product(instruction, p.register, 15, 14, i)
					continue
				}
				// %[4]s is used by the chains only.
				text := fmt.Sprintf(instruction+"%.0[4]s", reg(i), reg(14), reg(15), reg(6+i))
				g.op("%s", text)
			}
		}
		g.op("DECQ CX")
		g.op("JNZ loop")
		g.ret()
	}
}

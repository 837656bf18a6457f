package main

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/klauspost/cpuid/v2"

	"github.com/flashrerank/rerank/internal/simd"
)

// report is what was measured.
type report struct {
	starts []float64
	costs  []cost
	load   burden
}

// quantile is the value below which a share of the list lies.
func quantile(list []float64, share float64) float64 {
	if len(list) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(list))
	return sorted[min(len(sorted)-1, int(share*float64(len(sorted))))]
}

func (r report) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, `# The server, measured

Written by

    go run ./bench/serving -o docs

The machine: %s, %d CPUs, kernels %s, %s/%s, %s. Server and clients are two processes that share the CPUs. Passages have 15 to
105 tokens, 60 in the mean; the re-ranker is the default, *best*, which judges 20 of a request twice.

## Start

From the start of the process to its first answer, %d times: median %.0f ms, most %.0f ms.

## What HTTP costs

Passages a second in one process and over HTTP, in turns; medians of %d rounds, and the median of the rounds' ratios.

| passages | clients | in process | over HTTP | ratio |
| ---: | ---: | ---: | ---: | ---: |
`, cpuid.CPU.BrandName, runtime.NumCPU(), simd.Level(), runtime.GOOS, runtime.GOARCH, runtime.Version(),
		len(r.starts), 1e3*quantile(r.starts, 0.5), 1e3*slices.Max(r.starts), rounds)
	for _, c := range r.costs {
		ratios := make([]float64, len(c.over))
		for i := range ratios {
			ratios[i] = c.over[i] / c.inside[i]
		}
		fmt.Fprintf(&b, "| %d | %d | %.0f | %.0f | %.3f |\n", c.passages, c.clients, quantile(c.inside, 0.5), quantile(c.over, 0.5), quantile(ratios, 0.5))
	}
	l := r.load
	fmt.Fprintf(&b, `
## Four times what it can bear

Requests of %d passages; 4 are computed at once and 16 may wait. Four clients that each wait for their answer get %.0f a second (the
mean of before and after), the median in %.1f ms. Between, %.0f a second were sent for %v, whatever came back:

- answered: %.0f a second, %.2f of the throughput without overload; median %.1f ms, 99 %% within %.1f ms;
- refused with 429: %d, the median in %.2f ms, 99 %% within %.2f ms;
- neither: %d;
- sending all that took %.1f %% of the CPUs, which server and clients share, the four clients before %.1f %%;
- memory of the server: %.0f MB after a second, at most %.0f MB, at the end %.0f MB.
`, l.passages, l.unloaded, 1e3*quantile(l.reference, 0.5), l.offered, l.lasted,
		l.goodput, l.goodput/l.unloaded, 1e3*quantile(l.accepted, 0.5), 1e3*quantile(l.accepted, 0.99),
		len(l.refused), 1e3*quantile(l.refused, 0.5), 1e3*quantile(l.refused, 0.99), l.failed, 100*l.own[1], 100*l.own[0],
		l.memory[min(1, len(l.memory)-1)], slices.Max(l.memory), l.memory[len(l.memory)-1])
	return b.String()
}

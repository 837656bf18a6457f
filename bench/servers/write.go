package main

import (
	"fmt"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/klauspost/cpuid/v2"

	"github.com/flashrerank/rerank/internal/simd"
)

var most = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// resident returns the most memory that a process has had, in MB; 0 where the system does
// not tell.
func resident(pid int) uint64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	found := most.FindSubmatch(text)
	if err != nil || found == nil {
		return 0
	}
	kilobytes, err := strconv.ParseUint(string(found[1]), 10, 64)
	if err != nil {
		return 0
	}
	return kilobytes >> 10
}

func median(list []float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}

// markdown is the page; ratios are of medians over rounds of the same run.
func markdown(all []*server, reference, rounds int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `# Servers, side by side

Written by

    bench/servers.sh PEERS

in one run: all servers with the weights of one cross-encoder (6 layers of 384, random weights in the published shape), asked in turns, medians of
%d rounds. Servers and clients share %d CPUs (%s, our kernels %s, %s/%s, %s). Passages have 15 to
105 tokens; settings are the servers' own defaults. *Difference* is the largest of a score to that of sentence-transformers: int8 differs by design.

Passages a second, and in brackets how many times those of sentence-transformers:

`, rounds, runtime.NumCPU(), cpuid.CPU.BrandName, simd.Level(), runtime.GOOS, runtime.GOARCH, runtime.Version())
	head, rule := "| |", "| --- |"
	for _, c := range situations {
		head += fmt.Sprintf(" %d passages, %d clients |", c.passages, c.clients)
		rule += " ---: |"
	}
	fmt.Fprintln(&b, strings.ReplaceAll(head, "1 clients", "1 client")+" most memory, MB | difference |\n"+rule+" ---: | ---: |")
	for _, v := range all {
		fmt.Fprintf(&b, "| %s |", v.name)
		for i := range situations {
			rate := median(v.rates[i])
			fmt.Fprintf(&b, " %.0f (%.2f) |", rate, rate/median(all[reference].rates[i]))
		}
		fmt.Fprintf(&b, " %d | %.2g |\n", v.memory, v.difference)
	}
	return b.String()
}

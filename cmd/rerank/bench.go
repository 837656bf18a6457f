package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/cpuid/v2"
	"github.com/spf13/cobra"

	"github.com/flashrerank/rerank/internal/count"
	"github.com/flashrerank/rerank/internal/simd"
)

// benchFlags are the flags of the bench command.
type benchFlags struct {
	time  time.Duration // for each figure
	model string
	all   bool
	lower bool // measure lower levels too
	short bool // only passages of one length: what a process with a lower level does
}

func (a *app) benchCommand() *cobra.Command {
	f := benchFlags{}
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure this machine: kernels beside its peak, and the default model",
		Long: `Measure this machine: each kernel against the peak of a core, the parts of a forward
pass, passages per second and latencies at several lengths, and how much slower the
model is with the kernels of less capable CPUs. The figures hold for this machine at
this moment: other programs and the CPU's clock affect them.`,
		Example: `  rerank bench
  rerank bench --time 2s --all
  rerank bench --model ./my-cross-encoder --json`,
		Args: arguments(cobra.NoArgs, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.bench(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	flags.DurationVar(&f.time, "time", 300*time.Millisecond, "`time` spent on each figure")
	flags.StringVar(&f.model, "model", "minilm", "`model` to measure: minilm, or the folder of a bi-encoder or cross-encoder with BERT's architecture")
	flags.BoolVar(&f.all, "all", false, "measure the kernels of every level that this CPU supports, not only the one in use")
	flags.BoolVar(&f.lower, "levels", true, "also measure the model with the kernels of every level")
	flags.BoolVar(&f.short, "short", false, "only passages a second at one length")
	if err := flags.MarkHidden("short"); err != nil {
		panic(err) // the flag is two lines above
	}
	return cmd
}

// figure is one measured thing; the shape of a line of JSON. What does not apply
// is left out.
type figure struct {
	Figure  string  `json:"figure"` // cpu, kernel, part, pass, passages, level
	Level   string  `json:"level,omitempty"`
	Name    string  `json:"name,omitempty"`
	Value   float64 `json:"value,omitempty"` // in Unit
	Unit    string  `json:"unit,omitempty"`
	Peak    float64 `json:"peak,omitempty"`  // of the arithmetic, in Unit
	Share   float64 `json:"share,omitempty"` // of the peak, or of the time
	Tokens  int     `json:"tokens,omitempty"`
	Workers int     `json:"workers,omitempty"`
	P50     float64 `json:"p50_ms,omitempty"`
	P99     float64 `json:"p99_ms,omitempty"`

	Features []string `json:"features,omitempty"`
	Cores    int      `json:"cores,omitempty"`
}

// benchmark collects and shows figures.
type benchmark struct {
	*app
	flags benchFlags
	peaks map[string]map[simd.Arithmetic]float64 // by level
}

func (a *app) bench(ctx context.Context, f benchFlags) error {
	if f.time <= 0 {
		return usagef("--time is %s; it must be above 0", f.time)
	}
	b := &benchmark{app: a, flags: f, peaks: map[string]map[simd.Arithmetic]float64{}}
	model, err := openBenchModel(f.model)
	if err != nil {
		return err
	}
	if f.short {
		return b.passages(ctx, model, []int{shortTokens}, []int{runtime.GOMAXPROCS(0)})
	}
	steps := []func(context.Context) error{
		b.cpu, b.kernels,
		func(ctx context.Context) error { return b.profile(ctx, model) },
		func(ctx context.Context) error {
			return b.passages(ctx, model, model.lengths(), workerCounts())
		},
	}
	if f.lower {
		steps = append(steps, b.levels)
	}
	for _, step := range steps {
		if err := errors.Join(step(ctx), ctx.Err()); err != nil {
			return err
		}
	}
	return nil
}

// workerCounts are one core, and all.
func workerCounts() []int {
	return slices.Compact([]int{1, runtime.GOMAXPROCS(0)})
}

// show writes a figure: as JSON, or as the line given.
func (b *benchmark) show(f figure, format string, args ...any) error {
	if b.json {
		data, err := json.Marshal(f)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(b.stdout, "%s\n", data)
		return written(err)
	}
	_, err := fmt.Fprintf(b.stdout, format+"\n", args...)
	return written(err)
}

// title writes a heading, which JSON has none of.
func (b *benchmark) title(format string, args ...any) error {
	if b.json {
		return nil
	}
	_, err := fmt.Fprintf(b.stdout, "\n"+format+"\n", args...)
	return written(err)
}

// cpu tells what the machine is.
func (b *benchmark) cpu(context.Context) error {
	f := figure{
		Figure: "cpu", Name: cpuid.CPU.BrandName, Level: simd.Level(), Cores: runtime.NumCPU(), Workers: runtime.GOMAXPROCS(0),
		Features: cpuFeatures(),
	}
	return b.show(f, "%s, %s/%s, %d of %s in use\nfeatures: %s\nkernels: %s of %s (RERANK_SIMD chooses)\nTimes are this machine's at this moment.",
		f.Name, runtime.GOOS, runtime.GOARCH, f.Workers, count.Of(f.Cores, "core"), strings.Join(f.Features, " "), f.Level, strings.Join(simd.Levels(), ", "))
}

// cpuFeatures are those of the CPU that kernels here use, or could.
func cpuFeatures() []string {
	found := []string{}
	for _, id := range []cpuid.FeatureID{
		cpuid.AVX2, cpuid.FMA3, cpuid.AVX512F, cpuid.AVX512BW, cpuid.AVX512VL, cpuid.AVX512DQ, cpuid.AVX512VNNI,
		cpuid.AVX512BF16, cpuid.AVXVNNI, cpuid.AMXINT8, cpuid.ASIMD, cpuid.ASIMDDP,
	} {
		if cpuid.CPU.Supports(id) {
			found = append(found, id.String())
		}
	}
	return found
}

// peak measures what a core does at most, once.
func (b *benchmark) peak(level string, a simd.Arithmetic) float64 {
	if b.peaks[level] == nil {
		b.peaks[level] = map[simd.Arithmetic]float64{}
		for _, each := range []simd.Arithmetic{simd.Int8, simd.Int16, simd.Float32} {
			b.peaks[level][each] = simd.Peak(level, each)
		}
	}
	return b.peaks[level][a]
}

// kernels measures each kernel beside its arithmetic's peak, on one core.
func (b *benchmark) kernels(ctx context.Context) error {
	levels := []string{simd.Level()}
	if b.flags.all {
		levels = simd.Levels()
	}
	for _, level := range levels {
		if err := b.title("Kernels of level %s, one core           G/s      peak   share", level); err != nil {
			return err
		}
		for _, t := range simd.Trials(level) {
			if err := ctx.Err(); err != nil {
				return err
			}
			f := figure{Figure: "kernel", Level: level, Name: t.Kernel, Unit: "G/s", Value: t.Operations / best(t.Run, b.flags.time/4) / 1e9}
			if peak := b.peak(level, t.Arithmetic) / 1e9; t.Arithmetic != "" && peak > 0 {
				f.Peak, f.Share = peak, f.Value/peak
			}
			if err := b.show(f, "  %-32s %8.1f  %8s  %6s", f.Name, f.Value, orDash("%.1f", f.Peak), orDash("%.0f %%", 100*f.Share)); err != nil {
				return err
			}
		}
	}
	return nil
}

func orDash(format string, x float64) string {
	if x == 0 {
		return "–"
	}
	return fmt.Sprintf(format, x)
}

// best is the least time of a call, in seconds, among those that fit into some
// time.
func best(f func(), total time.Duration) float64 {
	f()
	least, calls := time.Duration(1<<62), 1
	for start := time.Now(); time.Since(start) < total; {
		from := time.Now()
		for range calls {
			f()
		}
		took := time.Since(from)
		least = min(least, took/time.Duration(calls))
		if took < 20*time.Microsecond { // the clock's own grain
			calls *= 2
		}
	}
	return max(least, 1).Seconds()
}

// levels measures passages a second with the kernels of every level, each in a
// process of its own.
func (b *benchmark) levels(ctx context.Context) error {
	if err := b.title("What other kernels would cost: passages of %d tokens a second, all cores", shortTokens); err != nil {
		return err
	}
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program, to run it with other kernels: %w", err)
	}
	fastest := 0.0
	for _, level := range simd.Levels() {
		cmd := exec.CommandContext(ctx, program, "bench", "--short", "--json", "--model", b.flags.model, "--time", b.flags.time.String())
		cmd.Env = append(os.Environ(), "RERANK_SIMD="+level)
		out, err := cmd.Output()
		if err != nil {
			return fmt.Errorf("measuring level %s: %w", level, err)
		}
		var f figure
		if err := json.NewDecoder(bytes.NewReader(out)).Decode(&f); err != nil {
			return fmt.Errorf("measuring level %s: %w", level, err)
		}
		f.Figure, f.Level = "level", level
		fastest = max(fastest, f.Value)
		f.Share = f.Value / fastest
		if err := b.show(f, "  %-12s %10.1f   %s", level, f.Value, times(fastest/f.Value)); err != nil {
			return err
		}
	}
	return nil
}

func times(x float64) string {
	if x <= 1 {
		return ""
	}
	return fmt.Sprintf("%.1f times slower", x)
}

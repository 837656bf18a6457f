// Command serving measures the server in a process of its own: how soon it answers
// after it is started, what HTTP costs beside ranking in this process, and what becomes
// of it under four times the load that it can bear:
//
//	go run ./bench/serving -o docs
//
// writes docs/serving.md. It takes about three minutes, alone.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"github.com/flashrerank/rerank/bench/internal/load"
)

func main() {
	out := flag.String("o", "docs", "`folder` to write serving.md to")
	overload := flag.Duration("overload", time.Minute, "how long the overload lasts")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *out, *overload); err != nil {
		fmt.Fprintln(os.Stderr, "serving:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out string, overload time.Duration) error {
	folder, err := os.MkdirTemp("", "serving-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	program, err := load.Build(ctx, folder)
	if err != nil {
		return err
	}
	var r report
	if r.starts, err = starts(ctx, program); err != nil {
		return err
	}
	if r.costs, err = costs(ctx, program); err != nil {
		return err
	}
	if r.load, err = overloaded(ctx, program, overload); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, "serving.md"), []byte(r.markdown()), 0o644)
}

var resident = regexp.MustCompile(`(?m)^process_resident_memory_bytes (\S+)$`)

// memory asks the server for what it takes, in MB.
func memory(ctx context.Context, p *load.Process) (float64, error) {
	text, err := load.Get(ctx, p.URL+"/metrics")
	if err != nil {
		return 0, err
	}
	found := resident.FindSubmatch(text)
	if found == nil {
		return 0, errors.New("the server does not tell its memory")
	}
	bytes, err := strconv.ParseFloat(string(found[1]), 64)
	return bytes / 1e6, err
}

// ask sends a request and returns how long the answer took.
func ask(ctx context.Context, p *load.Process, body []byte) (time.Duration, error) {
	_, took, err := load.Ask(ctx, p.URL+"/v2/rerank", body)
	return took, err
}

// starts measures the time from the start of a process to its first answer, in seconds.
func starts(ctx context.Context, program string) ([]float64, error) {
	var all []float64
	for range 9 {
		begun := time.Now()
		p, err := load.Start(ctx, program)
		if err != nil {
			return nil, err
		}
		if _, err := ask(ctx, p, load.Body(1)); err != nil {
			return nil, err
		}
		all = append(all, time.Since(begun).Seconds())
		if err := p.Stop(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Command serving measures the server in a process of its own: how soon it answers
// after it is started, what HTTP costs beside ranking in this process, and what becomes
// of it under four times the load that it can bear:
//
//	go run ./bench/serving -o docs
//
// writes docs/serving.md. It takes about three minutes, alone.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
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
	program := filepath.Join(folder, "rerank")
	if built, err := exec.CommandContext(ctx, "go", "build", "-o", program, "./cmd/rerank").CombinedOutput(); err != nil {
		return fmt.Errorf("building: %w\n%s", err, built)
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

// process is a running server.
type process struct {
	cmd *exec.Cmd
	url string
}

var address = regexp.MustCompile(`listening on (http://\S+)`)

// start starts a server and waits until it says where it listens.
func start(ctx context.Context, program string, flags ...string) (*process, error) {
	cmd := exec.CommandContext(ctx, program, append([]string{"serve", "--listen", "127.0.0.1:0"}, flags...)...)
	log, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewReader(log)
	line, err := lines.ReadString('\n')
	found := address.FindStringSubmatch(line)
	if found == nil {
		return nil, fmt.Errorf("the server does not tell its address: %q, %w", line, err)
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	return &process{cmd, found[1]}, nil
}

// stop tells the server to end, and fails if it does not end well.
func (p *process) stop() error {
	return errors.Join(p.cmd.Process.Signal(os.Interrupt), p.cmd.Wait())
}

var resident = regexp.MustCompile(`(?m)^process_resident_memory_bytes (\S+)$`)

// memory asks the server for what it takes, in MB.
func (p *process) memory(ctx context.Context) (float64, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	answer, err := client.Do(r)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
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

// starts measures the time from the start of a process to its first answer, in seconds.
func starts(ctx context.Context, program string) ([]float64, error) {
	var all []float64
	for range 9 {
		begun := time.Now()
		p, err := start(ctx, program)
		if err != nil {
			return nil, err
		}
		if _, err := ask(ctx, p.url, body(1)); err != nil {
			return nil, err
		}
		all = append(all, time.Since(begun).Seconds())
		if err := p.stop(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// passages are texts of about 60 tokens, all different.
func passages(n int) []string {
	texts := make([]string, n)
	for i := range texts {
		texts[i] = strings.Repeat(fmt.Sprintf("passage %d tells of rivers, leases and bread; ", i), 4)
	}
	return texts
}

const query = "when does the lease end"

func body(n int) []byte {
	data, err := json.Marshal(map[string]any{"query": query, "documents": passages(n)})
	if err != nil {
		panic(err) // texts always encode
	}
	return data
}

// errBusy says that the server had no room.
var errBusy = errors.New("the server is busy")

// client keeps as many connections as there are requests at once.
var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 4096, MaxConnsPerHost: 0}}

// ask sends a request and returns how long the answer took.
func ask(ctx context.Context, url string, body []byte) (time.Duration, error) {
	begun := time.Now()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/v2/rerank", bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	answer, err := client.Do(r)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	took := time.Since(begun)
	switch {
	case err != nil:
		return took, err
	case answer.StatusCode == http.StatusTooManyRequests:
		return took, errBusy
	case answer.StatusCode != http.StatusOK:
		return took, errors.New(answer.Status)
	}
	return took, nil
}

// Package load starts rerank servers and asks them by several clients at once.
package load

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"
)

// Build builds the command into a folder and returns its path.
func Build(ctx context.Context, folder string) (string, error) {
	program := filepath.Join(folder, "rerank")
	if built, err := exec.CommandContext(ctx, "go", "build", "-o", program, "./cmd/rerank").CombinedOutput(); err != nil {
		return "", fmt.Errorf("building: %w\n%s", err, built)
	}
	return program, nil
}

// Process is a running server.
type Process struct {
	URL string

	cmd *exec.Cmd
}

var address = regexp.MustCompile(`listening on (http://\S+)\n`)

// Start starts "rerank serve", whose log goes to a file, and waits until it says where it
// listens.
func Start(ctx context.Context, program string, flags ...string) (*Process, error) {
	log, err := os.CreateTemp("", "serve-*.log")
	if err != nil {
		return nil, err
	}
	defer log.Close()
	defer os.Remove(log.Name()) // who writes to it keeps it
	cmd := exec.CommandContext(ctx, program, append([]string{"serve", "--listen", "127.0.0.1:0"}, flags...)...)
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline) && ctx.Err() == nil; time.Sleep(time.Millisecond) {
		text, err := os.ReadFile(log.Name())
		if err != nil {
			return nil, err
		}
		if found := address.FindSubmatch(text); found != nil {
			return &Process{string(found[1]), cmd}, nil
		}
	}
	return nil, errors.Join(errors.New("the server does not tell its address"), cmd.Process.Kill(), cmd.Wait())
}

// StartOther starts another server and waits until something answers at its URL.
func StartOther(ctx context.Context, url string, cmd *exec.Cmd) (*Process, error) {
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline) && ctx.Err() == nil; time.Sleep(100 * time.Millisecond) {
		if answer, err := client.Get(url + "/health"); err == nil {
			answer.Body.Close()
			return &Process{url, cmd}, nil
		}
	}
	err := cmd.Process.Kill()
	return nil, errors.Join(fmt.Errorf("%s does not answer", cmd), err, cmd.Wait(), errors.New(said.String()))
}

// Stop tells the server to end, and fails if it does not end well.
func (p *Process) Stop() error {
	return errors.Join(p.cmd.Process.Signal(os.Interrupt), p.cmd.Wait())
}

// PID is that of the process.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Passages are texts of 15 to 105 tokens, 60 in the mean, all different.
func Passages(n int) []string {
	texts := make([]string, n)
	for i := range texts {
		texts[i] = strings.Repeat(fmt.Sprintf("passage %d tells of rivers, leases and bread; ", i), 1+i*3%7)
	}
	return texts
}

// Query is what passages are ranked for.
const Query = "when does the lease end"

// Body is a request for ranking n passages.
func Body(n int) []byte {
	data, err := json.Marshal(map[string]any{"model": "m", "query": Query, "documents": Passages(n)})
	if err != nil {
		panic(err) // texts always encode
	}
	return data
}

// ErrBusy says that the server had no room.
var ErrBusy = errors.New("the server is busy")

// client keeps as many connections as there are requests at once.
var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 4096, MaxConnsPerHost: 0}}

// Get returns what is at an address.
func Get(ctx context.Context, url string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	answer, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	return io.ReadAll(answer.Body)
}

// Ask sends a request and returns its answer and how long it took.
func Ask(ctx context.Context, url string, body []byte) ([]byte, time.Duration, error) {
	begun := time.Now()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, 0, err
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(r)
	if err != nil {
		return nil, 0, err
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	took := time.Since(begun)
	switch {
	case err != nil:
		return nil, took, err
	case answer.StatusCode == http.StatusTooManyRequests:
		return nil, took, ErrBusy
	case answer.StatusCode != http.StatusOK:
		return nil, took, fmt.Errorf("%s: %.200s", answer.Status, data)
	}
	return data, took, nil
}

// Rate has several clients call f for some time, at least once each, and returns the
// calls in a second.
func Rate(ctx context.Context, clients int, period time.Duration, f func() error) (float64, error) {
	begun := time.Now()
	var mu sync.Mutex
	var failed error
	done := 0
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			for first := true; (first || time.Since(begun) < period) && ctx.Err() == nil; first = false {
				err := f()
				mu.Lock()
				if done++; err != nil {
					failed = err
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return float64(done) / time.Since(begun).Seconds(), errors.Join(failed, ctx.Err())
}

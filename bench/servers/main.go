// Command servers measures rerank servers side by side, with one cross-encoder's weights:
// rerank in int8 and in float32, FastAPI around FlashRank and around
// sentence-transformers, and infinity. bench/servers.sh sets the others up and calls it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/flashrerank/rerank/bench/internal/load"
)

func main() {
	var s setup
	flag.StringVar(&s.model, "model", "", "`folder` of the cross-encoder, with onnx/model_int8.onnx for FlashRank")
	flag.StringVar(&s.python, "python", "", "`python` that has fastapi, flashrank and sentence-transformers")
	flag.StringVar(&s.infinity, "infinity", "", "infinity's `program`")
	out := flag.String("o", "docs", "`folder` to write servers.md to")
	flag.IntVar(&s.rounds, "rounds", 3, "rounds; the servers take turns in each")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := s.run(ctx, *out); err != nil {
		fmt.Fprintln(os.Stderr, "servers:", err)
		os.Exit(1)
	}
}

// setup says what is measured.
type setup struct {
	model, python, infinity string
	rounds                  int
}

// server is one of those that are compared.
type server struct {
	name, path string
	start      func(ctx context.Context) (*load.Process, error)
	process    *load.Process
	difference float64     // of its scores to those of sentence-transformers, at most
	rates      [][]float64 // passages a second, of each case in each round
	memory     uint64      // most, in MB
	scores     []float64   // of the first case
}

// situation is so many passages in a request, and clients at once.
type situation struct{ passages, clients int }

var situations = []situation{{10, 1}, {100, 1}, {10, 16}, {100, 16}}

// period is how long a server is asked in one turn, at least.
const period = 3 * time.Second

// reference names the server that scores are compared with, and that ratios are to.
const reference = "FastAPI and sentence-transformers, fp32"

func (s setup) servers(program string) []*server {
	own := func(name string) func(context.Context) (*load.Process, error) {
		return func(ctx context.Context) (*load.Process, error) {
			return load.Start(ctx, program, "--models", "m="+name)
		}
	}
	other := func(args func(port string) *exec.Cmd) func(context.Context) (*load.Process, error) {
		return func(ctx context.Context) (*load.Process, error) {
			port, err := free()
			if err != nil {
				return nil, err
			}
			return load.StartOther(ctx, "http://127.0.0.1:"+port, args(port))
		}
	}
	fastAPI := func(kind string) func(context.Context) (*load.Process, error) {
		return other(func(port string) *exec.Cmd {
			return exec.Command(s.python, "bench/servers/peer.py", kind, s.model, port)
		})
	}
	return []*server{
		{name: "rerank, int8", path: "/v2/rerank", start: own("int8:" + s.model)},
		{name: "rerank, fp32", path: "/v2/rerank", start: own(s.model)},
		{name: "FastAPI and FlashRank, int8", path: "/v2/rerank", start: fastAPI("flashrank")},
		{name: reference, path: "/v2/rerank", start: fastAPI("sentence-transformers")},
		{name: "infinity, fp32", path: "/rerank", start: other(func(port string) *exec.Cmd {
			c := exec.Command(s.infinity, "v2", "--model-id", s.model, "--served-model-name", "m", "--engine", "torch", "--device", "cpu",
				"--no-bettertransformer", "--host", "127.0.0.1", "--port", port)
			c.Env = append(os.Environ(), "HF_HUB_OFFLINE=1", "DO_NOT_TRACK=1")
			return c
		})},
	}
}

// free returns a port that nobody listens on.
func free() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port), nil
}

func (s setup) run(ctx context.Context, out string) (err error) {
	folder, err := os.MkdirTemp("", "servers-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	program, err := load.Build(ctx, folder)
	if err != nil {
		return err
	}
	all := s.servers(program)
	for _, v := range all {
		if v.process, err = v.start(ctx); err != nil {
			return fmt.Errorf("%s: %w", v.name, err)
		}
		defer func() { err = errors.Join(err, v.process.Stop()) }()
		if v.scores, err = v.warm(ctx); err != nil {
			return fmt.Errorf("%s: %w", v.name, err)
		}
		v.rates = make([][]float64, len(situations))
	}
	at := slices.IndexFunc(all, func(v *server) bool { return v.name == reference })
	for _, v := range all {
		for i, x := range v.scores {
			v.difference = max(v.difference, math.Abs(x-all[at].scores[i]))
		}
	}
	if err := s.measure(ctx, all); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, "servers.md"), []byte(markdown(all, at, s.rounds)), 0o644)
}

// warm asks a server twice and returns the scores it gives.
func (v *server) warm(ctx context.Context) ([]float64, error) {
	const n = 100
	if _, _, err := load.Ask(ctx, v.process.URL+v.path, load.Body(n)); err != nil {
		return nil, err
	}
	data, _, err := load.Ask(ctx, v.process.URL+v.path, load.Body(n))
	if err != nil {
		return nil, err
	}
	var answer struct {
		Results []struct {
			Index int     `json:"index"`
			Score float64 `json:"relevance_score"`
		} `json:"results"`
	}
	if err := json.Unmarshal(data, &answer); err != nil {
		return nil, err
	}
	if len(answer.Results) != n {
		return nil, fmt.Errorf("%d results", len(answer.Results))
	}
	scores := make([]float64, n)
	for _, r := range answer.Results {
		scores[r.Index] = r.Score
	}
	return scores, nil
}

// measure has all servers take turns in each situation.
func (s setup) measure(ctx context.Context, all []*server) error {
	for round := range s.rounds {
		for i, c := range situations {
			body := load.Body(c.passages)
			for _, v := range all {
				rate, err := load.Rate(ctx, c.clients, period, func() error {
					_, _, err := load.Ask(ctx, v.process.URL+v.path, body)
					return err
				})
				if err != nil {
					return fmt.Errorf("%s, %d passages, %d clients: %w", v.name, c.passages, c.clients, err)
				}
				v.rates[i] = append(v.rates[i], rate*float64(c.passages))
				v.memory = max(v.memory, resident(v.process.PID()))
				fmt.Fprintf(os.Stderr, "round %d, %d passages, %d clients: %s: %.0f passages/s\n", round+1, c.passages, c.clients, v.name, rate*float64(c.passages))
			}
		}
	}
	return nil
}

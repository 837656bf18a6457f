package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/bench/internal/load"
	"github.com/flashrerank/rerank/pipeline"
)

// cost is what ranking so many passages by so many clients at once brings, in passages a
// second.
type cost struct {
	passages, clients int
	inside, over      []float64 // in this process and over HTTP, a round each
}

const (
	rounds = 7
	period = 2 * time.Second
)

// costs measures both in turns. Every round has a process of its own: how fast one is
// depends a little on where its memory lies.
func costs(ctx context.Context, program string) ([]cost, error) {
	r, err := pipeline.NewReranker(pipeline.Default)
	if err != nil {
		return nil, err
	}
	all := []cost{{passages: 10, clients: 1}, {passages: 100, clients: 1}, {passages: 10, clients: 16}, {passages: 100, clients: 16}}
	for range rounds {
		p, err := load.Start(ctx, program, "--concurrent", "16")
		if err != nil {
			return nil, err
		}
		if _, err := ask(ctx, p, load.Body(1)); err != nil { // loads the model
			return nil, err
		}
		for i := range all {
			if err := all[i].measure(ctx, r, p); err != nil {
				return nil, err
			}
		}
		if err := p.Stop(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// measure adds a round.
func (c *cost) measure(ctx context.Context, r rerank.Reranker, p *load.Process) error {
	texts, data, n := load.Passages(c.passages), load.Body(c.passages), float64(c.passages)
	inside, err := load.Rate(ctx, c.clients, period, func() error { _, err := rerank.Texts(ctx, r, load.Query, texts); return err })
	if err != nil {
		return err
	}
	over, err := load.Rate(ctx, c.clients, period, func() error { _, err := ask(ctx, p, data); return err })
	if err != nil {
		return err
	}
	c.inside, c.over = append(c.inside, inside*n), append(c.over, over*n)
	return nil
}

// processor returns the CPU seconds that this process has taken, 0 where the system does
// not tell.
func processor() float64 {
	text, err := os.ReadFile("/proc/self/stat")
	fields := strings.Fields(string(text))
	if err != nil || len(fields) < 15 {
		return 0
	}
	const second = 100 // of the ticks that they are counted in
	user, _ := strconv.ParseFloat(fields[13], 64)
	system, _ := strconv.ParseFloat(fields[14], 64)
	return (user + system) / second
}

// share is that of all CPUs since then.
func share(spent float64, begun time.Time) float64 {
	return (processor() - spent) / (time.Since(begun).Seconds() * float64(runtime.NumCPU()))
}

// burden is what became of a server under more than it can bear.
type burden struct {
	passages  int
	unloaded  float64 // requests a second that four clients get answered, before and after
	offered   float64 // requests a second that were sent
	goodput   float64 // of these, answered
	accepted  []float64
	refused   []float64 // seconds to the answers
	failed    int       // neither answered nor refused
	memory    []float64 // MB, over time
	lasted    time.Duration
	own       [2]float64 // share of all CPUs that asking took, without overload and with it
	reference []float64  // seconds of answers without load
}

// overloaded sends four times as many requests as get answered without load, whatever
// comes back.
func overloaded(ctx context.Context, program string, lasts time.Duration) (burden, error) {
	const n = 10
	p, err := load.Start(ctx, program, "--queue", "16")
	if err != nil {
		return burden{}, err
	}
	l := burden{passages: n, lasted: lasts}
	data := load.Body(n)
	var mu sync.Mutex
	begun, spent := time.Now(), processor()
	before, err := l.refer(ctx, p, data)
	if err != nil {
		return l, err
	}
	l.own[0] = share(spent, begun)
	ticks := time.NewTicker(time.Duration(float64(time.Second) / (4 * before)))
	defer ticks.Stop()
	var all sync.WaitGroup
	begun, spent = time.Now(), processor()
	sampled := time.Time{}
	for time.Since(begun) < lasts && ctx.Err() == nil {
		<-ticks.C
		if time.Since(sampled) > time.Second {
			sampled = time.Now()
			used, err := memory(ctx, p)
			if err != nil {
				return l, err
			}
			l.memory = append(l.memory, used)
		}
		l.offered++
		all.Go(func() {
			took, err := ask(ctx, p, data)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				l.accepted = append(l.accepted, took.Seconds())
			case errors.Is(err, load.ErrBusy):
				l.refused = append(l.refused, took.Seconds())
			default:
				l.failed++
			}
		})
	}
	sent := time.Since(begun).Seconds()
	all.Wait()
	l.offered /= sent
	l.own[1] = share(spent, begun)
	l.goodput = float64(len(l.accepted)) / time.Since(begun).Seconds()
	after, err := l.refer(ctx, p, data)
	if err != nil {
		return l, fmt.Errorf("after the overload: %w", err)
	}
	l.unloaded = (before + after) / 2
	return l, p.Stop()
}

// refer measures the requests a second that get answered without overload: of as many
// clients as are computed at once.
func (l *burden) refer(ctx context.Context, p *load.Process, data []byte) (float64, error) {
	var mu sync.Mutex
	return load.Rate(ctx, 4, rounds*period, func() error {
		took, err := ask(ctx, p, data)
		mu.Lock()
		defer mu.Unlock()
		l.reference = append(l.reference, took.Seconds())
		return err
	})
}

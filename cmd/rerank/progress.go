package main

import (
	"context"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/flashrerank/rerank/internal/count"
)

// progress shows how far a task has come, once it takes noticeable time: as a bar on
// a terminal, and as a line every few seconds elsewhere. A nil progress shows nothing.
type progress struct {
	app   *app
	what  string
	total int // below 0: not known
	bar   *progressbar.ProgressBar

	since, told time.Time
	from, done  int // steps done at the start, and now
}

const (
	progressDelay = 300 * time.Millisecond // time before a bar is shown
	progressLines = 10 * time.Second       // time between two lines
)

// progress starts showing a task of the given number of steps; below 0 means that
// the number is not known.
func (a *app) progress(what string, steps int) *progress {
	if a.quiet {
		return nil
	}
	now := time.Now()
	p := &progress{app: a, what: what, total: steps, since: now, told: now}
	if a.err.Terminal {
		p.bar = progressbar.NewOptions64(int64(steps),
			progressbar.OptionSetWriter(a.stderr),
			progressbar.OptionSetDescription(what),
			progressbar.OptionSetWidth(min(40, a.err.Columns()/3)),
			progressbar.OptionEnableColorCodes(false),
			progressbar.OptionShowCount(),
			progressbar.OptionShowIts(),
			progressbar.OptionSetPredictTime(steps > 0),
			progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionClearOnFinish(),
		)
	}
	return p
}

// add adds n steps that are done.
func (p *progress) add(n int) {
	if p != nil {
		p.set(p.done + n)
	}
}

// set sets the number of steps that are done.
func (p *progress) set(done int) {
	if p == nil {
		return
	}
	p.done = done
	now := time.Now()
	switch {
	case p.bar != nil && now.Sub(p.since) > progressDelay:
		_ = p.bar.Set(p.done) // an error of the display is not worth reporting
	case p.bar == nil && now.Sub(p.told) >= progressLines:
		p.line(now)
	}
}

// line writes the state as a line, with the rate and the time left if they are known.
func (p *progress) line(now time.Time) {
	p.told = now
	text := count.Thousands(p.done)
	if p.total > 0 {
		text += " of " + count.Thousands(p.total)
	}
	if took, did := now.Sub(p.since), p.done-p.from; did > 0 && took > 0 {
		rate := float64(did) / took.Seconds()
		text += ", " + score(rate) + "/s"
		if left := p.total - p.done; left > 0 {
			text += ", " + time.Duration(float64(left)/rate*1e9).Round(time.Second).String() + " left"
		}
	}
	p.app.remark("%s: %s", p.what, text)
}

// finish removes the display.
func (p *progress) finish() {
	if p != nil && p.bar != nil && time.Since(p.since) > progressDelay {
		_ = p.bar.Finish()
		_ = p.bar.Clear()
	}
}

// interruptible returns a reader that stops when the context ends, even while it
// waits for a terminal or a pipe.
func interruptible(ctx context.Context, r io.Reader) io.Reader {
	return &interruptibleReader{ctx: ctx, r: r}
}

type interruptibleReader struct {
	ctx context.Context
	r   io.Reader
}

// Read reads in a goroutine, into a buffer of its own: p is never written to after
// Read has returned.
func (r *interruptibleReader) Read(p []byte) (int, error) {
	type outcome struct {
		data []byte
		err  error
	}
	done := make(chan outcome, 1)
	go func() {
		buffer := make([]byte, len(p))
		n, err := r.r.Read(buffer)
		done <- outcome{buffer[:n], err}
	}()
	select {
	case <-r.ctx.Done():
		return 0, r.ctx.Err()
	case o := <-done:
		return copy(p, o.data), o.err
	}
}

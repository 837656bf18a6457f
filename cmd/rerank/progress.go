package main

import (
	"context"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress shows how far something has come, on a terminal, once it takes
// noticeable time. A nil progress shows nothing.
type progress struct {
	bar   *progressbar.ProgressBar
	since time.Time
	done  int64
}

// progressDelay is how long something takes before it is shown.
const progressDelay = 300 * time.Millisecond

// progress starts showing something of so many steps; a negative number says
// that it is not known how many.
func (a *app) progress(what string, steps int64) *progress {
	if a.quiet || !a.err.Terminal {
		return nil
	}
	return &progress{since: time.Now(), bar: progressbar.NewOptions64(steps,
		progressbar.OptionSetWriter(a.stderr),
		progressbar.OptionSetDescription(what),
		progressbar.OptionSetWidth(min(40, a.err.Columns()/3)),
		progressbar.OptionEnableColorCodes(false),
		progressbar.OptionShowCount(),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(),
	)}
}

// add counts steps that are done.
func (p *progress) add(n int) {
	if p == nil {
		return
	}
	p.done += int64(n)
	if time.Since(p.since) > progressDelay {
		_ = p.bar.Set64(p.done) // what cannot be shown is not worth an error
	}
}

// finish takes the display away.
func (p *progress) finish() {
	if p != nil && time.Since(p.since) > progressDelay {
		_ = p.bar.Finish()
		_ = p.bar.Clear()
	}
}

// interruptible makes reading stop when the context ends, even while it waits
// for a terminal or a pipe.
func interruptible(ctx context.Context, r io.Reader) io.Reader {
	return &interruptibleReader{ctx: ctx, r: r}
}

type interruptibleReader struct {
	ctx context.Context
	r   io.Reader
}

// Read hands p to a goroutine. After a context has ended that goroutine may
// still write to its own buffer, never to p.
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

package transformer

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/flashrerank/rerank/internal/mapped"
)

// chunkTokens is how many tokens go through the layers together, but for a
// sequence that is longer: enough for each matrix to be used often while it is
// in the cache, few enough for the activations to stay there.
const chunkTokens = 256

// Stream computes a job. States do not depend on the sequences beside them, nor
// on the number of workers, and memory does not grow with the number of
// sequences. All calls of one model share its workers, in turns of a few hundred
// tokens. Stream returns when all is done or ctx ends, which is looked at
// between layers; no Visit runs any more then.
func (m *Model) Stream(ctx context.Context, j Job) error {
	if j.Sequences <= 0 {
		return ctx.Err()
	}
	r := &running{ctx: ctx, model: m, job: j, done: make(chan struct{})}
	r.left.Store(int64(j.Sequences))
	for more := true; more; {
		if err := m.workers.acquire(ctx); err != nil {
			r.fail(err)
			break
		}
		more = r.turn(true)
		m.workers.release()
	}
	<-r.done
	runtime.KeepAlive(m) // its weights may be a view of a file that goes with it
	if err := r.err.Load(); err != nil {
		return *err
	}
	return nil
}

// running is a job on its way. Its caller works on it, and so do helpers, as
// long as there are workers free. A helper that comes late finds nothing to take
// and goes; nobody waits for it.
type running struct {
	ctx   context.Context
	model *Model
	job   Job
	next  atomic.Int64 // first sequence that nobody has taken
	left  atomic.Int64 // sequences that are not done
	done  chan struct{}
	err   atomic.Pointer[error] // the first
}

// turn takes and computes chunks until none is left, which it returns, or
// somebody else waits for a worker.
func (r *running) turn(recruit bool) (more bool) {
	s := r.model.workers.scratch()
	defer r.model.workers.keep(s)
	for r.gather(s) {
		if recruit {
			r.recruit()
		}
		r.compute(s)
		if r.model.workers.waiting.Load() > 0 {
			return true
		}
	}
	return false
}

// recruit lets the workers that are free help.
func (r *running) recruit() {
	for r.next.Load() < int64(r.job.Sequences) && r.model.workers.try() {
		go func() {
			defer r.model.workers.release()
			r.turn(false)
		}()
	}
}

// gather takes sequences that make a chunk together, if there are any left.
func (r *running) gather(s *scratch) bool {
	b := &s.batch
	b.IDs, b.Types, b.Offsets = b.IDs[:0], b.Types[:0], append(b.Offsets[:0], 0)
	s.taken = s.taken[:0]
	most := r.share()
	for len(b.IDs) < chunkTokens && len(s.taken) < most {
		i := int(r.next.Add(1)) - 1
		if i >= r.job.Sequences {
			break
		}
		s.taken = append(s.taken, i)
		r.job.Fill(i, b)
		b.Offsets = append(b.Offsets, int32(len(b.IDs)))
		if err := b.checkLast(i, r.model.config); err != nil {
			r.fail(err)
			break
		}
	}
	return len(s.taken) > 0
}

// share is the most sequences of a chunk: towards the end they become few, so
// that all workers are done at about the same time.
func (r *running) share() int {
	n := r.model.workers.number()
	if n == 1 {
		return r.job.Sequences
	}
	left := r.job.Sequences - int(r.next.Load())
	return max(1, (left+2*n-1)/(2*n))
}

// compute does a chunk, or nothing if the job has failed.
func (r *running) compute(s *scratch) {
	if r.err.Load() == nil {
		if err := r.chunk(s); err != nil {
			r.fail(err)
		}
	}
	r.finish(int64(len(s.taken)))
}

// chunk computes a chunk and shows it. Weights may be of a mapped file that
// cannot be read any more.
func (r *running) chunk(s *scratch) (err error) {
	if f := r.model.file; f != nil {
		defer f.Recover(&err, mapped.Watch())
	}
	if err := s.forward(r.ctx, r.model, r.job.States); err != nil {
		return err
	}
	return s.visit(r.model.config.Hidden, r.job)
}

// fail keeps the first error and takes what is left away.
func (r *running) fail(err error) {
	r.err.CompareAndSwap(nil, &err)
	all := int64(r.job.Sequences)
	if next := r.next.Swap(all); next < all {
		r.finish(all - next)
	}
}

func (r *running) finish(sequences int64) {
	if r.left.Add(-sequences) == 0 {
		close(r.done)
	}
}

// workers bounds how much a model computes at the same time, and in how much
// memory, whoever asks for it.
type workers struct {
	slots   chan struct{} // one taken by each worker; who waits is served in order
	waiting atomic.Int32

	mu   sync.Mutex
	free []*scratch // used last, taken first: it may still be in a cache
}

func newWorkers(n int) *workers { return &workers{slots: make(chan struct{}, n)} }

func (w *workers) number() int { return cap(w.slots) }

func (w *workers) try() bool {
	select {
	case w.slots <- struct{}{}:
		return true
	default:
		return false
	}
}

func (w *workers) acquire(ctx context.Context) error {
	if w.try() {
		return nil
	}
	w.waiting.Add(1)
	defer w.waiting.Add(-1)
	select {
	case w.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *workers) release() { <-w.slots }

func (w *workers) scratch() *scratch {
	w.mu.Lock()
	defer w.mu.Unlock()
	last := len(w.free) - 1
	if last < 0 {
		return &scratch{}
	}
	s := w.free[last]
	w.free = w.free[:last]
	return s
}

func (w *workers) keep(s *scratch) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.free = append(w.free, s)
}

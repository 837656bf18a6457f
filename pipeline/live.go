package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/index"
)

// Live is a search over an index that changes: every search sees the latest commit,
// whichever process made it, and documents can be put and deleted. It is a
// [rerank.Retriever] and a [rerank.Explainer], safe for concurrent use. Close it when it is no longer needed.
type Live struct {
	config Config
	index  *index.Index
	embed  rerank.Embedder // of documents; nil where the index has no vectors

	mu      sync.Mutex
	loader  *Loader
	latest  *view
	writer  *writer // nil when nothing is written
	merging bool    // whether there is a merge under way
	merges  sync.WaitGroup
	stop    context.CancelFunc // of merges
	ctx     context.Context
}

// view is a pipeline over one commit.
type view struct {
	*Pipeline
	snapshot *index.Snapshot
	users    int
	old      bool // whether it closes with its last user
}

// writer is an index's writer and how many use it.
type writer struct {
	*index.Writer
	users int
}

// Change is one of a sequence of changes to a corpus.
type Change struct {
	Put    rerank.Document // added, or put in place of the one that has its ID
	Delete string          // ID of a document to be deleted; "" means Put
}

// OpenLive opens what a configuration declares, to be searched and changed.
func OpenLive(ctx context.Context, c Config) (*Live, error) { return new(Loader).OpenLive(ctx, c) }

// OpenLive is the function [OpenLive] with the loader's models.
func (l *Loader) OpenLive(ctx context.Context, c Config) (*Live, error) {
	if err := c.validate(true); err != nil {
		return nil, err
	}
	x, err := index.Open(c.Index)
	if err != nil {
		return nil, fmt.Errorf("pipeline: %w", err)
	}
	live := &Live{config: c, index: x, loader: l}
	live.ctx, live.stop = context.WithCancel(context.WithoutCancel(ctx))
	if err := live.open(ctx); err != nil {
		return nil, errors.Join(err, live.Close())
	}
	return live, nil
}

// open looks whether the index can be searched, and by what it is added to.
func (l *Live) open(ctx context.Context) error {
	v, err := l.acquire(ctx)
	if err != nil {
		return err
	}
	defer l.release(v)
	if v.snapshot.Model() == (rerank.ModelInfo{}) {
		return nil
	}
	l.embed, err = l.loader.Embedder(cmp.Or(l.config.Model, MiniLM))
	if err != nil {
		return err
	}
	return l.fits(v.snapshot)
}

// fits looks whether the vectors of an index are those of the embedder.
func (l *Live) fits(s *index.Snapshot) error {
	if got, stored := l.embed.Model(), s.Model(); got.Fingerprint != stored.Fingerprint {
		return fmt.Errorf("pipeline: the vectors of %s come from the model %s (%.12s), not from %s (%.12s)",
			l.config.Index, stored.Name, stored.Fingerprint, got.Name, got.Fingerprint)
	}
	return nil
}

// Config returns the configuration that it was opened with.
func (l *Live) Config() Config { return l.config }

// Retrieve searches the latest commit.
func (l *Live) Retrieve(ctx context.Context, s rerank.Search) (rerank.Result, error) {
	v, err := l.acquire(ctx)
	if err != nil {
		return rerank.Result{}, err
	}
	defer l.release(v)
	return v.Retrieve(ctx, s)
}

// Explain tells how a hit that a search returned came to its score, as
// [Pipeline.Explain] does, by the latest commit: where documents have been changed
// since the search, the statistics are those of now, and a document that is gone is
// an error.
func (l *Live) Explain(ctx context.Context, q rerank.Query, h rerank.Hit) (rerank.Explanation, error) {
	v, err := l.acquire(ctx)
	if err != nil {
		return rerank.Explanation{}, err
	}
	defer l.release(v)
	return v.Explain(ctx, q, h)
}

// Look calls f with the latest commit, which is valid until f returns.
func (l *Live) Look(ctx context.Context, f func(s *index.Snapshot) error) error {
	v, err := l.acquire(ctx)
	if err != nil {
		return err
	}
	defer l.release(v)
	return f(v.snapshot)
}

// acquire returns the pipeline over the latest commit, which must be released.
func (l *Live) acquire(ctx context.Context) (*view, error) {
	s, err := l.index.Snapshot()
	if err != nil {
		return nil, fmt.Errorf("pipeline: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.latest == nil || !l.latest.snapshot.Same(s) {
		p, err := l.loader.assemble(ctx, s, l.config)
		if err != nil {
			return nil, errors.Join(err, s.Close())
		}
		l.retire()
		l.latest = &view{Pipeline: p, snapshot: s}
	} else if err := s.Close(); err != nil {
		return nil, fmt.Errorf("pipeline: %w", err)
	}
	l.latest.users++
	return l.latest, nil
}

// retire lets the latest view close. The caller holds l.mu.
func (l *Live) retire() {
	v := l.latest
	if l.latest = nil; v == nil {
		return
	}
	v.old = true
	v.settle()
}

// settle closes a view that is old when nobody uses it. The caller holds the mutex of Live.
func (v *view) settle() {
	if v.old && v.users == 0 {
		_ = v.snapshot.Close() // only read
	}
}

func (l *Live) release(v *view) {
	l.mu.Lock()
	defer l.mu.Unlock()
	v.users--
	v.settle()
}

// Apply makes changes, in their order, visible and durable, all or none, and embeds what
// is put where the index has vectors. index.ErrLocked says that another process is
// writing. Small segments are merged meanwhile and after.
func (l *Live) Apply(ctx context.Context, changes []Change) (index.Commit, Embedding, error) {
	entries := make([]index.Entry, 0, len(changes))
	for _, c := range changes {
		if c.Delete == "" {
			entries = append(entries, index.Entry{Document: c.Put})
		}
	}
	var did Embedding
	if l.embed != nil {
		err := l.Look(ctx, l.fits) // it may be another index now
		if err != nil {
			return index.Commit{}, did, err
		}
		if did, err = Embed(ctx, l.embed, entries, nil); err != nil {
			return index.Commit{}, did, err
		}
	}
	var batch index.Batch
	for _, c := range changes {
		if c.Delete != "" {
			batch.Delete(c.Delete)
			continue
		}
		batch.Put(entries[0])
		entries = entries[1:]
	}
	w, err := l.enter()
	if err != nil {
		return index.Commit{}, did, err
	}
	defer l.leave(w)
	made, err := w.Commit(ctx, &batch)
	if err != nil {
		if errors.Is(err, index.ErrMoved) {
			l.abandon(w)
		}
		return made, did, fmt.Errorf("pipeline: %w", err)
	}
	l.tidy(w)
	return made, did, nil
}

// enter returns the writer, which must be left. There is one as long as somebody uses it,
// so that other processes can write between.
func (l *Live) enter() (*writer, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ctx.Err() != nil {
		return nil, fmt.Errorf("pipeline: %w", index.ErrClosed)
	}
	if l.writer == nil {
		w, err := l.index.Writer()
		if err != nil {
			return nil, fmt.Errorf("pipeline: %w", err)
		}
		l.writer = &writer{Writer: w}
	}
	l.writer.users++
	return l.writer, nil
}

func (l *Live) leave(w *writer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w.users--; w.users > 0 {
		return
	}
	_ = w.Close() // nothing is written any more
	if l.writer == w {
		l.writer = nil
	}
}

// abandon lets the next one to write have another writer: the folder of this one was
// replaced, and it may be in use for long.
func (l *Live) abandon(w *writer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.writer == w {
		l.writer = nil
	}
}

// Segments are merged when there are so many and what lies beside the largest is a fifth
// of all, or when there are too many however small they are: searches get slower with
// their number, and a merge costs as much as the corpus is large.
const (
	someSegments = 16
	manySegments = 128
)

// tidy starts a merge if one is due. The caller uses the writer.
func (l *Live) tidy(w *writer) {
	s, err := l.index.Snapshot()
	if err != nil {
		return // the next search tells
	}
	due := mergeDue(s)
	_ = s.Close() // only read
	l.mu.Lock()
	defer l.mu.Unlock()
	if !due || l.merging {
		return
	}
	l.merging = true
	w.users++
	l.merges.Go(func() {
		_ = w.Merge(l.ctx) // the index is then as it was; the next commit tries again
		l.mu.Lock()
		l.merging = false
		l.mu.Unlock()
		l.leave(w)
	})
}

func mergeDue(s *index.Snapshot) bool {
	all, largest := 0, 0
	for _, g := range s.Segments() {
		all += g.Len()
		largest = max(largest, g.Len())
	}
	n := len(s.Segments())
	return n >= manySegments || n >= someSegments && (all-largest)*5 >= all
}

// Close ends merges and closes the index. No search may run then or later.
func (l *Live) Close() error {
	l.stop()
	l.merges.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.retire()
	return l.index.Close()
}

package index

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/flashrerank/rerank/internal/mapped"
)

// Writer changes an index. There is one at a time, in whatever process; the
// lock falls with the process. A Writer is safe for concurrent use: commits
// wait for one another, and a merge lets commits pass.
type Writer struct {
	index   *Index
	files   locked
	merging sync.Mutex // held by Merge; taken before mu

	mu      sync.Mutex
	v       *view // the latest commit; holds a reference
	next    uint64
	pending map[string]bool // files being written by a merge
	unknown error           // why it is not known whether the latest commit was made; nil if it is
}

// Commit is what became of a batch.
type Commit struct {
	Generation uint64 // of the index after the commit
	Added      int    // documents whose ID was new
	Replaced   int    // documents that took another's place
	Deleted    int    // documents that are gone
	Duplicates int    // operations that a later one on the same ID overrode

	// Overridden are IDs of what Replaced and Duplicates count, the first few of each.
	Overridden []string
}

// maxOverridden is how many IDs of each kind a Commit names.
const maxOverridden = 5

// Writer returns the index's writer: [ErrLocked] if there is one already. It
// must be closed.
func (x *Index) Writer() (*Writer, error) {
	if x.documents {
		return nil, errors.New("index: opened for its documents only: nothing can be written")
	}
	files, err := x.store.lock()
	if err != nil {
		return nil, err
	}
	w, err := x.newWriter(files)
	if err != nil {
		_ = files.unlock() // the first error says more
		return nil, err
	}
	return w, nil
}

func (x *Index) newWriter(files locked) (*Writer, error) {
	w := &Writer{index: x, files: files, pending: map[string]bool{}}
	if err := w.reload(); err != nil {
		return nil, err
	}
	return w, nil
}

// reload makes the latest commit the one that is built upon. It must not vanish: a
// writer may have died, or failed, between renaming the manifest and making the name
// durable.
func (w *Writer) reload() error {
	x := w.index
	x.mu.Lock()
	defer x.mu.Unlock()
	if err := w.files.sync(); err != nil {
		return fmt.Errorf("index: syncing the directory: %w", err)
	}
	v, err := x.current()
	if err != nil {
		return err
	}
	v.refs.Add(1)
	if w.v != nil {
		w.v.releaseLocked()
	}
	w.v, w.next = v, max(w.next, v.manifest.nextSegment)
	w.sweep()
	return nil
}

// Close gives back the lock.
func (w *Writer) Close() error {
	w.merging.Lock()
	defer w.merging.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.v == nil {
		return nil
	}
	w.index.mu.Lock()
	w.v.releaseLocked()
	w.v = nil
	w.index.mu.Unlock()
	if err := w.files.unlock(); err != nil {
		return fmt.Errorf("index: giving back the lock: %w", err)
	}
	return nil
}

// usable tells why the writer cannot write. After a commit of unknown outcome it finds
// out what that was. The caller holds w.mu.
func (w *Writer) usable() error {
	switch {
	case w.v == nil:
		return ErrClosed
	case w.unknown == nil:
		return nil
	}
	err := w.files.held()
	if err == nil {
		err = w.reload()
	}
	if err != nil {
		return fmt.Errorf("index: it is still unknown whether an earlier commit succeeded: %w", errors.Join(w.unknown, err))
	}
	w.unknown = nil
	return nil
}

// Commit makes the changes of a batch visible and durable, all or none. An
// error means none, with one exception that it tells of: where the last step
// failed, the outcome is unknown until the next commit, or a new writer, has looked.
// A batch that changes nothing writes nothing.
func (w *Writer) Commit(ctx context.Context, b *Batch) (Commit, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.usable(); err != nil {
		return Commit{}, err
	}
	c, err := b.check(w.v.manifest.model)
	if err != nil {
		return Commit{}, err
	}
	t, err := w.begin(c)
	if err != nil {
		return Commit{}, err
	}
	result := t.result
	if len(c.puts) == 0 && len(t.deleted) == 0 {
		result.Generation = w.v.manifest.generation
		return result, nil
	}
	err = t.addSegment(ctx, c.puts)
	if err == nil {
		err = t.commit(ctx)
	}
	if err != nil {
		t.undo()
		return Commit{}, fmt.Errorf("index: commit: %w", w.cause(err))
	}
	result.Generation = t.manifest.generation
	return result, nil
}

// cause returns why writing failed: what is read back of a folder that was replaced is
// the other one's, and looks damaged.
func (w *Writer) cause(err error) error {
	if moved := w.files.held(); errors.Is(moved, ErrMoved) {
		return moved
	}
	return err
}

// transaction is a commit under way. It is used under the writer's lock.
type transaction struct {
	w        *Writer
	manifest *manifest
	segments []*Segment     // with the new tombstones, before dropping
	deleted  map[int]bitset // new tombstones by place in segments
	files    []string       // written so far
	opened   *segmentData   // the new segment
	result   Commit
}

// begin finds what the changes take away.
func (w *Writer) begin(c changes) (_ *transaction, err error) {
	defer w.index.guard(&err, mapped.Watch())
	m := *w.v.manifest
	m.generation++
	m.segments = slices.Clone(m.segments)
	m.nextSegment = w.next
	t := &transaction{w: w, manifest: &m, segments: slices.Clone(w.v.segments), deleted: map[int]bitset{}}
	t.result.Duplicates, t.result.Overridden = c.duplicates, c.overridden
	for i := range c.puts {
		found, err := t.remove(c.puts[i].Document.ID)
		if err != nil {
			return nil, err
		}
		if found {
			if t.result.Replaced++; t.result.Replaced <= maxOverridden {
				t.result.Overridden = append(t.result.Overridden, c.puts[i].Document.ID)
			}
		} else {
			t.result.Added++
		}
	}
	for _, id := range c.deletes {
		found, err := t.remove(id)
		if err != nil {
			return nil, err
		}
		if found {
			t.result.Deleted++
		}
	}
	return t, nil
}

// remove marks the live document with an ID, if there is one. IDs come once.
func (t *transaction) remove(id string) (found bool, err error) {
	i, local, found, err := t.w.v.find(id)
	if err != nil || !found {
		return false, err
	}
	if t.deleted[i] == nil {
		g := t.segments[i]
		t.deleted[i] = newBitset(g.data.documents)
		copy(t.deleted[i], g.deleted)
	}
	t.deleted[i].set(local)
	return true, nil
}

// addSegment writes the puts as a segment.
func (t *transaction) addSegment(ctx context.Context, puts []Entry) error {
	if len(puts) == 0 {
		return nil
	}
	total := uint64(len(puts))
	for _, g := range t.segments {
		total += uint64(g.data.documents)
	}
	if total > MaxDocuments {
		return fmt.Errorf("%d documents, deleted ones included; at most %d", total, MaxDocuments)
	}
	info := segmentInfo{id: t.manifest.nextSegment}
	t.manifest.nextSegment++
	t.files = append(t.files, info.file())
	f, err := t.w.files.create(info.file())
	if err != nil {
		return err
	}
	if info, err = writeBatch(ctx, f, info, t.w.v.analyzer, puts); err != nil {
		return err
	}
	return t.open(info, len(t.segments))
}

// open opens a segment that was just written and puts it in its place.
func (t *transaction) open(info segmentInfo, place int) error {
	d, err := openSegment(t.w.index.store, info)
	if err != nil {
		return err
	}
	t.opened = d
	t.segments = slices.Insert(t.segments, place, newSegment(d, nil))
	t.manifest.segments = slices.Insert(t.manifest.segments, place, info)
	return nil
}

// commit writes the tombstones and the manifest and shows the result.
func (t *transaction) commit(ctx context.Context) error {
	if err := t.writeTombstones(); err != nil {
		return err
	}
	if err := t.w.files.sync(); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := t.w.files.held(); err != nil {
		return err
	}
	if err := writeManifest(t.w.files, t.manifest); err != nil {
		var unknown errUnknownOutcome
		if errors.As(err, &unknown) {
			t.w.unknown, t.files = err, nil // the manifest may name them
			return fmt.Errorf("the last step failed; the changes may or may not have been made: %w", err)
		}
		return err
	}
	t.publish()
	return nil
}

// writeTombstones writes a file for each segment that lost documents and drops
// segments that lost all.
func (t *transaction) writeTombstones() (err error) {
	defer t.w.index.guard(&err, mapped.Watch())
	var segments []*Segment
	var infos []segmentInfo
	for i, g := range t.segments {
		info := t.manifest.segments[i]
		if deleted := t.deleted[i]; deleted != nil {
			g = newSegment(g.data, deleted)
			if g.dead == info.documents {
				continue
			}
			var err error
			if info, err = t.writeTombstone(info, g); err != nil {
				return err
			}
		}
		segments, infos = append(segments, g), append(infos, info)
	}
	t.segments, t.manifest.segments = segments, infos
	return nil
}

func (t *transaction) writeTombstone(info segmentInfo, g *Segment) (segmentInfo, error) {
	b, err := encodeTombstones(info.id, g.deleted)
	if err != nil {
		return info, err
	}
	info.deleted, info.tombstones = g.dead, t.manifest.generation
	info.tombSize, info.tombSum = uint64(len(b)), checksum(b)
	t.files = append(t.files, info.tombstoneFile())
	f, err := t.w.files.create(info.tombstoneFile())
	if err != nil {
		return info, err
	}
	return info, writeAndClose(f, b)
}

// publish makes the commit what the writer builds upon and snapshots show.
func (t *transaction) publish() {
	x, w := t.w.index, t.w
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, g := range t.segments {
		g.data.refs.Add(1)
	}
	switch d := t.opened; {
	case d == nil:
	case d.refs.Load() > 0:
		x.open[d.info.key()] = d
	default: // all its documents were deleted while it was made
		_ = d.container.blob.Close() // only read
	}
	v := newView(x, t.manifest, w.v.analyzer, t.segments)
	w.v.releaseLocked()
	w.v, w.next = v, t.manifest.nextSegment
	if !x.closed {
		v.refs.Add(1)
		x.publish(v, t.manifest.encode())
	}
	w.sweep()
}

// undo removes what a failed commit wrote.
func (t *transaction) undo() {
	if t.opened != nil {
		_ = t.opened.container.blob.Close() // only read
	}
	for _, name := range t.files {
		_ = t.w.files.remove(name) // or the next writer does
	}
}

// sweep removes files that no commit needs and that nobody in this process
// uses. What cannot be removed now is tried again by the next sweep. The caller
// holds the writer's lock and the index's.
func (w *Writer) sweep() {
	names, err := w.files.list()
	if err != nil {
		return
	}
	keep := map[string]bool{}
	for _, info := range w.v.manifest.segments {
		keep[info.file()], keep[info.tombstoneFile()] = true, true
	}
	for _, d := range w.index.open {
		keep[d.info.file()] = true
	}
	for _, name := range names {
		if isIndexFile(name) && !keep[name] && !w.pending[name] {
			_ = w.files.remove(name)
		}
	}
}

// isIndexFile reports whether a name is one that a writer gives: nothing else
// in the directory is ever touched.
func isIndexFile(name string) bool {
	if name == manifestTemp {
		return true
	}
	rest, ok := strings.CutPrefix(name, "segment-")
	if !ok {
		return false
	}
	id, generation, deleted := strings.Cut(rest, "-deleted-")
	return len(id) == 16 && isHex(id) && (!deleted || len(generation) == 16 && isHex(generation))
}

func isHex(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }

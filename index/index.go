package index

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"

	rerank "github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/analysis"
	"github.com/flashrerank/rerank/internal/mapped"
)

// Options are fixed when an index is created.
type Options struct {
	// Analyzer names what turns content into terms: see [analysis.New]. ""
	// means [analysis.Default].
	Analyzer string

	// Model is what the vectors come from. The zero value means that the index
	// has no vectors.
	Model rerank.ModelInfo
}

// Index is a corpus. It is safe for concurrent use.
type Index struct {
	store     store
	documents bool // see OpenDocuments

	mu       sync.Mutex
	closed   bool
	raw      []byte // manifest of latest
	latest   *view  // the newest commit seen; holds a reference
	analyzer *analysis.Analyzer
	open     map[segmentKey]*segmentData
}

// segmentKey tells segment files apart, also where a directory was replaced by
// another index.
type segmentKey struct {
	id, size uint64
	checksum uint32
}

func (s segmentInfo) key() segmentKey { return segmentKey{s.id, s.size, s.checksum} }

// Create makes an empty index in a directory, which it creates if need be.
// [ErrExists] says that there is an index already, [ErrForeign] that there are
// other files. What a Create that was killed has left is no hindrance.
func Create(dir string, o Options) (*Index, error) {
	if err := makeDirectory(dir); err != nil {
		return nil, err
	}
	var x *Index
	found, err := inspect(dir)
	if err == nil && !found.index {
		found.foreign = slices.DeleteFunc(found.foreign, func(name string) bool { return name == lockName || name == manifestTemp })
		err = found.err()
	}
	if err == nil {
		x, err = create(newDirectory(dir), o)
	}
	if err != nil {
		return nil, fmt.Errorf("creating an index in %s: %w", dir, err)
	}
	return x, nil
}

// Open opens the index in a directory. [ErrNotExist] says that there is none; a
// [*VersionError] or an [*AnalyzerError] that it must be built again. Opening
// and reading need no right to write.
func Open(dir string) (*Index, error) { return newIndex(newDirectory(dir)).openAt(dir) }

// OpenDocuments opens the index in a directory to read its documents only, even
// where [Open] gives an [*AnalyzerError]. Its snapshots have no analyzer, and
// it has no writer.
func OpenDocuments(dir string) (*Index, error) {
	x := newIndex(newDirectory(dir))
	x.documents = true
	return x.openAt(dir)
}

func (x *Index) openAt(dir string) (*Index, error) {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("opening %s: %w", dir, ErrNotExist)
	}
	if err := x.load(); err != nil {
		return nil, fmt.Errorf("opening %s: %w", dir, err)
	}
	return x, nil
}

// Memory makes an empty index that lives in memory.
func Memory(o Options) (*Index, error) { return create(newMemory(), o) }

func create(s store, o Options) (*Index, error) {
	m, err := o.manifest()
	if err != nil {
		return nil, err
	}
	files, err := s.lock()
	if err != nil {
		return nil, err
	}
	err = createManifest(s, files, m)
	if e := files.unlock(); err == nil && e != nil {
		err = fmt.Errorf("index: giving back the lock: %w", e)
	}
	if err != nil {
		return nil, err
	}
	return open(s)
}

func createManifest(s store, files locked, m *manifest) error {
	switch _, _, err := readManifest(s); {
	case err == nil:
		return ErrExists
	case !errors.Is(err, ErrNotExist):
		return err
	}
	if err := writeManifest(files, m); err != nil {
		return fmt.Errorf("index: writing the manifest: %w", err)
	}
	return nil
}

// manifest checks the options and makes the manifest of an empty index.
func (o Options) manifest() (*manifest, error) {
	if o.Analyzer == "" {
		o.Analyzer = analysis.Default
	}
	a, err := analysis.New(o.Analyzer)
	if err != nil {
		return nil, fmt.Errorf("index: %w", err)
	}
	if o.Model != (rerank.ModelInfo{}) {
		if o.Model.Fingerprint == "" {
			return nil, fmt.Errorf("index: model %q has no fingerprint", o.Model.Name)
		}
		if o.Model.Dimensions < 1 || o.Model.Dimensions > MaxDimensions {
			return nil, fmt.Errorf("index: model %q has %d dimensions; 1 to %d are possible", o.Model.Name, o.Model.Dimensions, MaxDimensions)
		}
		if o.Model.MaxTokens < 0 || int64(o.Model.MaxTokens) > 1<<31-1 {
			return nil, fmt.Errorf("index: model %q takes %d tokens", o.Model.Name, o.Model.MaxTokens)
		}
	}
	m := &manifest{analyzer: a.Name(), fingerprint: a.Fingerprint(), model: o.Model, fields: []string{contentField}, nextSegment: 1}
	if n := len(m.encode()); n > manifestLimit/2 {
		return nil, fmt.Errorf("index: the names of analyzer and model have %d bytes", n)
	}
	return m, nil
}

func newIndex(s store) *Index { return &Index{store: s, open: map[segmentKey]*segmentData{}} }

func open(s store) (*Index, error) {
	x := newIndex(s)
	return x, x.load()
}

// load reads the latest commit for the first time.
func (x *Index) load() error {
	s, err := x.Snapshot()
	if err != nil {
		return err
	}
	return s.Close()
}

// Snapshot returns the corpus as of the latest commit, by whichever process.
// It must be closed.
func (x *Index) Snapshot() (s *Snapshot, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	defer x.guard(&err, mapped.Watch())
	v, err := x.current()
	if err != nil {
		return nil, err
	}
	v.refs.Add(1)
	return newSnapshot(v), nil
}

// current returns the view of the latest commit. The caller holds x.mu.
func (x *Index) current() (*view, error) {
	if x.closed {
		return nil, ErrClosed
	}
	var before []byte
	for {
		m, raw, err := readManifest(x.store)
		if err != nil {
			return nil, err
		}
		if x.latest != nil && bytes.Equal(raw, x.raw) {
			return x.latest, nil
		}
		v, err := x.loadCommit(m)
		if err == nil {
			x.publish(v, raw)
			return v, nil
		}
		// A writer may have removed files between our reading the manifest
		// and opening them, or the folder may be another one by now; then
		// there is a newer manifest.
		var corrupt *CorruptError
		if !errors.Is(err, fs.ErrNotExist) && !errors.As(err, &corrupt) || bytes.Equal(raw, before) {
			return nil, err
		}
		before = raw
	}
}

// publish makes v, whose reference it takes over, the latest view.
func (x *Index) publish(v *view, raw []byte) {
	if x.latest != nil {
		x.latest.releaseLocked()
	}
	x.latest, x.raw = v, raw
}

// loadCommit opens a commit. The caller holds x.mu.
func (x *Index) loadCommit(m *manifest) (v *view, err error) {
	if err := x.loadAnalyzer(m); err != nil {
		return nil, err
	}
	var segments []*Segment
	defer func() {
		if err != nil {
			x.release(segments)
		}
	}()
	for _, info := range m.segments {
		g, err := x.loadSegment(info)
		if err != nil {
			return nil, err
		}
		segments = append(segments, g)
		if n := g.data.vectors; n.count > 0 && n.dimensions != m.model.Dimensions {
			return nil, n.data.corrupt(0, "vectors of %d dimensions; the manifest says %d", n.dimensions, m.model.Dimensions)
		}
	}
	return newView(x, m, x.analyzer, segments), nil
}

// loadAnalyzer finds the analyzer that makes the terms that the index holds.
func (x *Index) loadAnalyzer(m *manifest) error {
	if x.documents || x.analyzer != nil && x.analyzer.Name() == m.analyzer && x.latest != nil && x.latest.manifest.fingerprint == m.fingerprint {
		return nil
	}
	a, err := analysis.New(m.analyzer)
	if err != nil {
		return &AnalyzerError{Name: m.analyzer, Err: err}
	}
	if a.Fingerprint() != m.fingerprint {
		return &AnalyzerError{Name: m.analyzer}
	}
	x.analyzer = a
	return nil
}

// loadSegment opens a segment, or takes it from the latest view.
func (x *Index) loadSegment(info segmentInfo) (*Segment, error) {
	d := x.open[info.key()]
	if d == nil {
		var err error
		if d, err = openSegment(x.store, info); err != nil {
			return nil, err
		}
		x.open[info.key()] = d
	}
	d.refs.Add(1)
	if x.latest != nil {
		for _, g := range x.latest.segments {
			if g.data == d && x.latest.manifest.tombstonesOf(info.id) == info.tombstones {
				return g.at(0), nil
			}
		}
	}
	var deleted bitset
	if info.tombstones != 0 {
		var err error
		if deleted, err = openTombstones(x.store, info); err != nil {
			x.release([]*Segment{{data: d}})
			return nil, err
		}
	}
	return newSegment(d, deleted), nil
}

// release gives back one reference to each segment's file. The caller holds x.mu.
func (x *Index) release(segments []*Segment) {
	for _, g := range segments {
		if g.data.refs.Add(-1) == 0 {
			delete(x.open, g.data.info.key())
			_ = g.data.container.blob.Close() // only read
		}
	}
}

// Close lets go of the index. Snapshots and a writer stay usable until they
// are closed themselves.
func (x *Index) Close() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return nil
	}
	x.closed = true
	if x.latest != nil {
		x.latest.releaseLocked()
		x.latest = nil
	}
	return nil
}

package index

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/flashrerank/rerank/internal/mapped"
)

// Merge makes one segment of all that there are when it starts and drops
// deleted documents. Documents keep their order. Readers and commits go on
// meanwhile; what is deleted meanwhile is deleted in the merged segment too. A
// cancelled or failed merge leaves the index as it was.
func (w *Writer) Merge(ctx context.Context) error {
	w.merging.Lock()
	defer w.merging.Unlock()
	j, err := w.startMerge()
	if j == nil || err != nil {
		return err
	}
	err = j.write(ctx)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err == nil {
		err = j.install(ctx)
	} else {
		_ = w.files.remove(j.info.file()) // or the next sweep does
	}
	delete(w.pending, j.info.file())
	j.source.release()
	if err != nil {
		return fmt.Errorf("index: merge: %w", w.cause(err))
	}
	w.index.mu.Lock()
	defer w.index.mu.Unlock()
	w.sweep()
	return nil
}

// mergeJob is a merge under way.
type mergeJob struct {
	w      *Writer
	source *view
	info   segmentInfo
}

// startMerge returns nil where there is nothing to merge.
func (w *Writer) startMerge() (*mergeJob, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.usable(); err != nil {
		return nil, err
	}
	n := len(w.v.segments)
	if n == 0 || n == 1 && !w.v.deletes {
		return nil, nil
	}
	if w.v.live > MaxSegmentDocuments {
		return nil, fmt.Errorf("index: merge: %d documents; one segment holds at most %d", w.v.live, MaxSegmentDocuments)
	}
	j := &mergeJob{w: w, source: w.v, info: segmentInfo{id: w.next, documents: uint32(w.v.live)}}
	j.source.refs.Add(1)
	w.next++
	w.pending[j.info.file()] = true
	return j, nil
}

// write writes the merged segment.
func (j *mergeJob) write(ctx context.Context) error {
	f, err := j.w.files.create(j.info.file())
	if err != nil {
		return err
	}
	s, err := newSegmentWriter(f)
	if err == nil {
		err = j.copy(ctx, s)
	}
	if err != nil {
		s.out.abandon()
		return err
	}
	j.info.size, j.info.checksum, err = s.out.finish(s.stats)
	return err
}

func (j *mergeJob) copy(ctx context.Context, s *segmentWriter) (err error) {
	defer j.w.index.guard(&err, mapped.Watch())
	for _, g := range j.source.segments {
		if err := copyDocuments(ctx, s, g); err != nil {
			return err
		}
	}
	order := make([]uint32, len(s.ids))
	for i := range order {
		order[i] = uint32(i)
	}
	order, err = sortNumbers(ctx, order, func(a, b uint32) int { return bytes.Compare(s.ids[a], s.ids[b]) })
	if err != nil {
		return err
	}
	s.endDocuments(order)
	if err := j.copyVectors(ctx, s); err != nil {
		return err
	}
	var lengths []uint32
	var parts []termCursor
	base := uint32(0)
	for _, g := range j.source.segments {
		parts = append(parts, &liveTerms{terms: termIterator{d: g.data.terms}, numbers: g.liveNumbers(base)})
		base += g.data.documents - g.dead
		for i, n := range g.data.lengths {
			if !g.deleted.has(uint32(i)) {
				lengths = append(lengths, n)
			}
		}
	}
	return s.content(ctx, lengths, parts)
}

// copyDocuments copies live documents as they are stored.
func copyDocuments(ctx context.Context, s *segmentWriter, g *Segment) error {
	return g.data.blocks.each(ctx, func(local uint32, record *decoder) error {
		if g.deleted.has(local) {
			return nil
		}
		id, err := g.data.idBytes(local)
		if err == nil {
			s.add(id, record.buf)
		}
		return err
	})
}

func (j *mergeJob) copyVectors(ctx context.Context, s *segmentWriter) error {
	var buf []byte
	next := uint32(0)
	for _, g := range j.source.segments {
		for local := range g.data.documents {
			if g.deleted.has(local) {
				continue
			}
			if local%1024 == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			v, err := g.data.vectors.at(local)
			if err != nil {
				return err
			}
			if v != nil {
				buf = s.vector(next, v, buf)
			}
			next++
		}
	}
	s.endVectors()
	return nil
}

// gone is the number of a document that is not copied.
const gone = 1<<32 - 1

// liveNumbers returns the numbers that documents get in a merged segment
// whose next document is base; nil says that all just move by base.
type numbering struct {
	base    uint32
	numbers []uint32
}

func (n numbering) of(local uint32) uint32 {
	if n.numbers == nil {
		return n.base + local
	}
	return n.numbers[local]
}

func (g *Segment) liveNumbers(base uint32) numbering {
	n := numbering{base: base}
	if !g.HasDeletions() {
		return n
	}
	n.numbers = make([]uint32, g.data.documents)
	for i := range n.numbers {
		if g.deleted.has(uint32(i)) {
			n.numbers[i] = gone
			continue
		}
		n.numbers[i] = base
		base++
	}
	return n
}

// liveTerms walks the terms of a segment, giving live documents new numbers.
type liveTerms struct {
	terms   termIterator
	numbers numbering
}

func (t *liveTerms) next() (bool, error) { return t.terms.next() }
func (t *liveTerms) current() []byte     { return t.terms.term }

func (t *liveTerms) postings(add func(doc, freq uint32)) error {
	p, err := openPostings(t.terms.d.postings, t.terms.offset)
	if err != nil {
		return err
	}
	for docs, freqs := p.NextBlock(); docs != nil; docs, freqs = p.NextBlock() {
		for i, doc := range docs {
			if n := t.numbers.of(doc); n != gone {
				add(n, freqs[i])
			}
		}
	}
	return p.Err()
}

// install commits the merged segment in place of its sources. The caller holds
// the writer's lock.
func (j *mergeJob) install(ctx context.Context) error {
	w := j.w
	if err := w.usable(); err != nil {
		return err
	}
	t, err := w.begin(changes{})
	if err != nil {
		return err
	}
	t.files = append(t.files, j.info.file())
	late, place := j.lateDeletions()
	t.dropSources(j.source)
	if err = t.open(j.info, place); err == nil {
		if late.count() > 0 {
			t.deleted[place] = late
		}
		err = t.commit(ctx)
	}
	if err != nil {
		t.undo()
	}
	return err
}

// lateDeletions returns which documents of the merged segment were deleted
// since the merge began, and the place of the first source in the latest commit.
func (j *mergeJob) lateDeletions() (late bitset, place int) {
	late = newBitset(j.info.documents)
	now := map[uint64]*Segment{}
	place = -1
	for i, g := range j.w.v.segments {
		now[g.data.info.id] = g
		if place < 0 && slices.ContainsFunc(j.source.segments, func(s *Segment) bool { return s.data == g.data }) {
			place = i
		}
	}
	next := uint32(0)
	for _, g := range j.source.segments {
		latest := now[g.data.info.id] // nil where all documents are gone since
		for local := range g.data.documents {
			if g.deleted.has(local) {
				continue
			}
			if latest == nil || latest.deleted.has(local) {
				late.set(next)
			}
			next++
		}
	}
	return late, max(place, 0)
}

// dropSources takes the merged segments out of the commit.
func (t *transaction) dropSources(source *view) {
	for _, g := range source.segments {
		i := slices.IndexFunc(t.segments, func(s *Segment) bool { return s.data == g.data })
		if i >= 0 {
			t.segments = slices.Delete(t.segments, i, i+1)
			t.manifest.segments = slices.Delete(t.manifest.segments, i, i+1)
		}
	}
}

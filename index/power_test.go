package index

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

var errPower = errors.New("the power is gone")

// disk is a store that forgets, when the power goes, what was not synced:
// bytes of files and names of the directory alike.
type disk struct {
	now, durable map[string]*inode
	operations   int
	failAt       int  // the operation that fails; -1: none
	once         bool // whether later operations work again
	locked       bool
}

type inode struct{ data, synced []byte }

func newDisk() *disk {
	return &disk{now: map[string]*inode{}, durable: map[string]*inode{}, failAt: -1}
}

// operation counts and fails when it is time.
func (d *disk) operation() error {
	n := d.operations
	d.operations++
	if n == d.failAt || d.failAt >= 0 && n > d.failAt && !d.once {
		return errPower
	}
	return nil
}

type diskFile struct {
	d *disk
	i *inode
}

func (f diskFile) Write(p []byte) (int, error) {
	if err := f.d.operation(); err != nil {
		f.i.data = append(f.i.data, p[:len(p)/2]...)
		return len(p) / 2, err
	}
	f.i.data = append(f.i.data, p...)
	return len(p), nil
}

func (f diskFile) Sync() error {
	if err := f.d.operation(); err != nil {
		return err
	}
	f.i.synced = slices.Clone(f.i.data)
	return nil
}

func (f diskFile) Close() error { return f.d.operation() }

func (d *disk) create(name string) (file, error) {
	if err := d.operation(); err != nil {
		return nil, err
	}
	i := &inode{}
	d.now[name] = i
	return diskFile{d, i}, nil
}

func (d *disk) open(name string) (blob, error) {
	i, ok := d.now[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return memoryBlob(i.data), nil
}

func (d *disk) read(name string, limit int64) ([]byte, error) {
	b, err := d.open(name)
	if err != nil {
		return nil, err
	}
	return slices.Clone(b.bytes()[:min(limit, int64(len(b.bytes())))]), nil
}

func (d *disk) rename(from, to string) error {
	if err := d.operation(); err != nil {
		return err
	}
	d.now[to] = d.now[from]
	delete(d.now, from)
	return nil
}

func (d *disk) remove(name string) error {
	if err := d.operation(); err != nil {
		return err
	}
	delete(d.now, name)
	return nil
}

func (d *disk) list() ([]string, error) { return slices.Sorted(maps.Keys(d.now)), nil }

func (d *disk) sync() error {
	if err := d.operation(); err != nil {
		return err
	}
	d.durable = maps.Clone(d.now)
	return nil
}

func (d *disk) lock() (locked, error) {
	if d.locked {
		return nil, ErrLocked
	}
	d.locked = true
	return d, nil
}

func (d *disk) fault(panicked any) error { panic(panicked) }

func (d *disk) held() error { return nil }

func (d *disk) unlock() error {
	d.locked = false
	return nil
}

// survivor is the disk after the power came back. keep says what an operation
// that was not synced leaves: nothing (0), all (1), or anything (by chance).
func (d *disk) survivor(keep func() bool) *disk {
	after := newDisk()
	names := slices.Sorted(maps.Keys(d.now))
	for _, name := range append(names, slices.Sorted(maps.Keys(d.durable))...) {
		from := d.durable
		if keep() {
			from = d.now
		}
		i, ok := from[name]
		if !ok {
			delete(after.now, name)
			continue
		}
		data := i.synced
		if keep() {
			data = i.data
		}
		after.now[name] = &inode{data: data, synced: data}
	}
	after.durable = maps.Clone(after.now)
	return after
}

// script is a life of an index: it commits batches, merging now and then, and
// returns how many were acknowledged.
func script(s store, batches []*Batch) (created bool, acknowledged int, err error) {
	x, err := create(s, testOptions)
	if err != nil {
		return false, 0, err
	}
	defer x.Close()
	w, err := x.Writer()
	if err != nil {
		return true, 0, err
	}
	defer w.Close()
	for i, b := range batches {
		if _, err := w.Commit(ctx, b); err != nil {
			return true, i, err
		}
		if i%3 == 2 {
			if err := w.Merge(ctx); err != nil {
				return true, i + 1, err
			}
		}
	}
	return true, len(batches), nil
}

func scriptBatches(t *testing.T) (batches []*Batch, states []corpus) {
	r := newRand(t, 11)
	states = []corpus{{}}
	for i := range 5 {
		b := randomBatch(r, 8, 10)
		b.Put(randomEntry(r, fmt.Sprintf("batch%d", i))) // no batch changes nothing
		batches = append(batches, b)
		states = append(states, states[i].apply(b))
	}
	return batches, states
}

// TestPowerLoss lets the power go at each operation in turn: an acknowledged
// batch must be there, and the one under way whole or not at all.
func TestPowerLoss(t *testing.T) {
	batches, states := scriptBatches(t)
	whole := newDisk()
	if _, _, err := script(whole, batches); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 0))
	modes := map[string]func() bool{
		"nothing unsynced stays": func() bool { return false },
		"all unsynced stays":     func() bool { return true },
		"some unsynced stays":    func() bool { return r.IntN(2) == 0 },
	}
	t.Logf("%d operations", whole.operations)
	for at := 0; at < whole.operations; at += stride() {
		d := newDisk()
		d.failAt = at
		created, n, _ := script(d, batches) // removing leftovers may fail unnoticed
		for _, mode := range slices.Sorted(maps.Keys(modes)) {
			x, err := open(d.survivor(modes[mode]))
			if !created && errors.Is(err, ErrNotExist) {
				continue
			}
			if err != nil {
				t.Fatalf("operation %d, %s: %v", at, mode, err)
			}
			checkOutcome(t, x, fmt.Sprintf("operation %d, %s", at, mode), states[n:min(n+2, len(states))])
		}
	}
}

// checkOutcome demands one of the states whole, and that the index goes on
// working.
func checkOutcome(t *testing.T, x *Index, when string, states []corpus) {
	t.Helper()
	s, err := x.Snapshot()
	if err != nil {
		t.Fatalf("%s: %v", when, err)
	}
	got, err := contents(t, s)
	s.Close()
	if err != nil {
		t.Fatalf("%s: %v", when, err)
	}
	i := slices.IndexFunc(states, func(c corpus) bool { return equalCorpora(c, got) })
	if i < 0 {
		t.Fatalf("%s: the index holds %d documents and neither of the states allowed", when, len(got))
	}
	w := mustWriter(t, x)
	defer w.Close()
	mustCommit(t, w, puts("more", "text"))
	if err := w.Merge(ctx); err != nil {
		t.Fatalf("%s: merge: %v", when, err)
	}
	checkIndex(t, x, states[i].apply(puts("more", "text")))
	names, _ := x.store.(*disk).list()
	if len(names) != 2 { // the manifest and one segment; this lock is no file
		t.Errorf("%s: files left: %v", when, names)
	}
}

// TestFailedOperation lets single operations fail, as on a full disk: the
// commit is refused whole, and the writer goes on or says that it cannot.
func TestFailedOperation(t *testing.T) {
	batches, states := scriptBatches(t)
	whole := newDisk()
	if _, _, err := script(whole, batches); err != nil {
		t.Fatal(err)
	}
	for at := 0; at < whole.operations; at += stride() {
		d := newDisk()
		d.failAt, d.once = at, true
		created, n, err := script(d, batches)
		if !created || err == nil {
			continue
		}
		x, err := open(d)
		if err != nil {
			t.Fatalf("operation %d: %v", at, err)
		}
		checkOutcome(t, x, fmt.Sprintf("operation %d", at), states[n:min(n+2, len(states))])
	}
}

// TestWriterAfterFailure: a writer whose commit failed commits the next batch, on top of
// what the failed one has left: nothing, or, where the last step failed, maybe all.
func TestWriterAfterFailure(t *testing.T) {
	d := newDisk()
	x, err := create(d, testOptions)
	if err != nil {
		t.Fatal(err)
	}
	w := mustWriter(t, x)
	mustCommit(t, w, puts("a", "one"))
	refused, unknown, made := 0, 0, 0
	want := corpus{}.apply(puts("a", "one"))
	for step := range 40 {
		d.failAt, d.once = d.operations+step, true
		b := puts(fmt.Sprint("n", step), "more", "a", fmt.Sprint("text", step))
		_, err := w.Commit(ctx, b)
		d.failAt = -1
		var lost errUnknownOutcome
		switch {
		case err == nil:
			want = want.apply(b)
		case errors.As(err, &lost):
			unknown++
			d.failAt, d.once = d.operations, true
			if _, again := w.Commit(ctx, puts("lost", "text")); !errors.Is(again, errPower) {
				t.Errorf("a writer that cannot find out what it did: %v", again)
			}
			d.failAt = -1
			mustCommit(t, w, puts("next", fmt.Sprint("text", step)))
			after := want.apply(b)
			want, after = want.apply(puts("next", fmt.Sprint("text", step))), after.apply(puts("next", fmt.Sprint("text", step)))
			s, err := x.Snapshot()
			if err != nil {
				t.Fatal(err)
			}
			if got, err := contents(t, s); err != nil {
				t.Fatal(err)
			} else if equalCorpora(got, after) {
				want, made = after, made+1
			}
			s.Close()
		default:
			refused++
		}
		checkIndex(t, x, want)
	}
	if refused < 5 || unknown < 2 || made == 0 || made == unknown {
		t.Errorf("%d commits were refused, %d had no known outcome, and %d of these were made", refused, unknown, made)
	}
}

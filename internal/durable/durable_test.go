package durable

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"testing"
)

func ExampleReplace() {
	dir, err := os.MkdirTemp("", "durable-*")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "state")
	err = Replace(path, func(w io.Writer) error { _, err := io.WriteString(w, "all of it"); return err })
	text, _ := os.ReadFile(path)
	fmt.Printf("%s %v\n", text, err)
	// Output: all of it <nil>
}

var errPower = errors.New("the power is gone")

// faulty is a disk whose operation failAt fails, and all after it unless once.
// What was not synced is gone after a loss of power.
type faulty struct {
	now, durable map[string]*inode
	operations   int
	failAt       int
	once         bool
}

type inode struct{ data, synced []byte }

func (d *faulty) operation() error {
	n := d.operations
	d.operations++
	if n == d.failAt || n > d.failAt && d.failAt >= 0 && !d.once {
		return errPower
	}
	return nil
}

type faultyFile struct {
	d *faulty
	i *inode
}

func (f faultyFile) Name() string { return "new" }
func (f faultyFile) Close() error { return f.d.operation() }

func (f faultyFile) Write(p []byte) (int, error) {
	if err := f.d.operation(); err != nil {
		f.i.data = append(f.i.data, p[:len(p)/2]...)
		return len(p) / 2, err
	}
	f.i.data = append(f.i.data, p...)
	return len(p), nil
}

func (f faultyFile) Sync() error {
	err := f.d.operation()
	if err == nil {
		f.i.synced = bytes.Clone(f.i.data)
	}
	return err
}

func (d *faulty) create(string) (file, error) {
	if err := d.operation(); err != nil {
		return nil, err
	}
	i := &inode{}
	d.now["new"] = i
	return faultyFile{d, i}, nil
}

func (d *faulty) open(path string) (file, error) {
	if err := d.operation(); err != nil {
		return nil, err
	}
	return faultyFile{d, d.now[path]}, nil
}

func (d *faulty) rename(from, to string) error {
	if err := d.operation(); err != nil {
		return err
	}
	d.now[to] = d.now[from]
	delete(d.now, from)
	return nil
}

func (d *faulty) remove(path string) error {
	err := d.operation()
	if err == nil {
		delete(d.now, path)
	}
	return err
}

func (d *faulty) syncFolder(string) error {
	err := d.operation()
	if err == nil {
		d.durable = maps.Clone(d.now)
	}
	return err
}

// TestReplace lets each operation fail, alone or as the first of all: the name
// holds the old content or the new whole, with names and bytes that were not
// synced there or gone, and the new once Replace has said so.
func TestReplace(t *testing.T) {
	fill := func(w io.Writer) error {
		for range 3 {
			if _, err := io.WriteString(w, "new "); err != nil {
				return err
			}
		}
		return nil
	}
	for _, once := range []bool{false, true} {
		for failAt := -1; failAt < 9; failAt++ {
			old := &inode{[]byte("old"), []byte("old")}
			d := &faulty{now: map[string]*inode{"path": old}, durable: map[string]*inode{"path": old}, failAt: failAt, once: once}
			err := replace(d, "path", fill)
			for how, names := range map[string]map[string]*inode{"nothing unsynced stays": d.durable, "all names stay": d.now} {
				got := string(names["path"].synced)
				if got != "old" && got != "new new new " || err == nil && got == "old" {
					t.Errorf("operation %d, once %v, %s: %q, %v", failAt, once, how, got, err)
				}
			}
			if _, left := d.now["new"]; left && once {
				t.Errorf("operation %d: the new file was left", failAt)
			}
			if failAt < 0 && (err != nil || d.operations != 8) {
				t.Errorf("%d operations, %v", d.operations, err)
			}
		}
	}
}

// TestMove does the same to a file that somebody else has written and not synced.
func TestMove(t *testing.T) {
	for failAt := -1; failAt < 5; failAt++ {
		old := &inode{[]byte("old"), []byte("old")}
		d := &faulty{
			now:     map[string]*inode{"path": old, "from": {data: []byte("new")}},
			durable: map[string]*inode{"path": old}, failAt: failAt,
		}
		err := move(d, "from", "path")
		if failAt < 0 && (err != nil || d.operations != 5) || failAt >= 0 && !errors.Is(err, errPower) {
			t.Errorf("operation %d of %d: %v", failAt, d.operations, err)
		}
		for how, names := range map[string]map[string]*inode{"nothing unsynced stays": d.durable, "all names stay": d.now} {
			if got := string(names["path"].synced); got != "old" && got != "new" || err == nil && got == "old" {
				t.Errorf("operation %d, %s: %q, %v", failAt, how, got, err)
			}
		}
	}
}

package index

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// powerOf is a Build's moves, of which one fails or none does. Before and after
// each, what a loss of power may leave is kept: names that were not synced may be
// there or not.
type powerOf struct {
	t      *testing.T
	parent string
	moves  moves
	failAt int // counted from 0; -1: none
	count  int
	synced int // at which move, 1 or later

	states []string // copies of the parent
}

func (p *powerOf) install(b *Build) {
	p.moves = b.moves
	if b.exchange(b.dir, b.dir) == nil { // else the system cannot
		b.exchange = func(from, to string) error { return p.move(func() error { return p.moves.exchange(from, to) }) }
	}
	b.rename = func(from, to string) error { return p.move(func() error { return p.moves.rename(from, to) }) }
	b.sync = func(dir string) error {
		return p.move(func() error {
			p.synced = p.count
			return p.moves.sync(dir)
		})
	}
}

func (p *powerOf) move(f func() error) error {
	p.keep()
	p.count++
	if p.count-1 == p.failAt {
		return errPower
	}
	defer p.keep()
	return f()
}

func (p *powerOf) keep() {
	state := p.t.TempDir()
	if err := os.CopyFS(state, os.DirFS(p.parent)); err != nil {
		p.t.Fatal(err)
	}
	p.states = append(p.states, state)
}

// TestBuildPowerLoss lets each step of putting an index in the place of another
// fail, and the power go before and after each: one of both is there whole, also
// if a later build has to put it back, and the new one once its name was synced.
func TestBuildPowerLoss(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("files in use cannot be copied here")
	}
	for _, atOnce := range []bool{true, false} {
		for failAt := -1; failAt < 4; failAt++ {
			parent := t.TempDir()
			dir := filepath.Join(parent, "index")
			built(t, dir, "a")
			b := startBuild(t, dir, "b", true)
			if !atOnce {
				b.exchange = func(_, _ string) error { return errors.ErrUnsupported }
			}
			p := &powerOf{t: t, parent: parent, failAt: failAt}
			p.install(b)
			err := b.Install()
			new := b.dir == b.place
			if err == nil && (!new || p.synced != p.count) {
				t.Errorf("at once %v, step %d: installed %v; synced after step %d of %d", atOnce, failAt, new, p.synced, p.count)
			}
			b.Close()
			want := "a"
			if new {
				want = "b"
			}
			demandIndex(t, dir, want)
			if err == nil || !new { // else what was replaced may still be beside it
				demandNames(t, parent, "index")
			}
			for i, state := range p.states {
				demandEither(t, filepath.Join(state, "index"), i == len(p.states)-1 && new)
			}
		}
	}
}

// demandEither looks whether one of the two indexes is there, for the next build.
func demandEither(t *testing.T, dir string, new bool) {
	t.Helper()
	if _, err := NewBuild(dir, testOptions, false); !errors.Is(err, ErrExists) {
		t.Fatalf("after a loss of power: %v", err)
	}
	x, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	s, err := x.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	got, err := contents(t, s)
	if err != nil || len(got) != 1 || got["a"].Document.Text+got["b"].Document.Text != "text" || new && got["b"].Document.Text == "" {
		t.Errorf("after a loss of power: %v, %v", got, err)
	}
}

// TestBuildMode: an index is for the users that its folder is for, from the first
// moment on.
func TestBuildMode(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no modes here")
	}
	dir := filepath.Join(t.TempDir(), "index")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"a", "b"} { // in an empty folder; in place of an index
		b := startBuild(t, dir, id, true)
		for _, when := range []string{"while it is built", "at its place"} {
			if info, err := os.Stat(b.Dir()); err != nil || info.Mode() != fs.ModeDir|0o700 {
				t.Errorf("%s, %s: %v, %v", id, when, info.Mode(), err)
			}
			if when == "while it is built" && b.Install() != nil {
				t.Fatal("not installed")
			}
		}
	}
}

// TestBuildMount: a folder that cannot be renamed is refused before the work.
func TestBuildMount(t *testing.T) {
	if isMount(t.TempDir()) {
		t.Error("a folder is taken for a mounted file system")
	}
	const proc = "/proc"
	if runtime.GOOS != "linux" || !isMount(proc) {
		t.Skip("no file system that is known to be mounted")
	}
	if _, err := NewBuild(proc, testOptions, true); err == nil || errors.Is(err, ErrForeign) {
		t.Errorf("%v", err)
	}
}

package durable_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/flashrerank/rerank/internal/durable"
	"github.com/flashrerank/rerank/internal/durable/durabletest"
)

func ExampleReplace() {
	dir, err := os.MkdirTemp("", "durable-*")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "state")
	err = durable.Replace(path, func(w io.Writer) error { _, err := io.WriteString(w, "all of it"); return err })
	text, _ := os.ReadFile(path)
	fmt.Printf("%s %v\n", text, err)
	// Output: all of it <nil>
}

// survivors calls f with a folder for each of what may be there when the power is back.
func survivors(t *testing.T, p *durabletest.Power, f func(how, dir string)) {
	t.Helper()
	for how, keep := range map[string]func() bool{
		"nothing unsynced stays": func() bool { return false }, "all stays": func() bool { return true }, "names stay": alternately(),
	} {
		dir := t.TempDir()
		if err := p.Survive(dir, keep); err != nil {
			t.Fatal(err)
		}
		f(how, dir)
	}
}

func alternately() func() bool {
	yes := false
	return func() bool { yes = !yes; return yes }
}

func content(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestReplace lets each step fail, alone or as the first of all: the name holds the
// old content or the new whole, whatever a loss of power leaves, and the new once
// Replace has returned.
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
		for failAt := -1; failAt < 8; failAt++ {
			p, path := onDisk(t, failAt, once, map[string]string{"state": "old"})
			err := p.Disk().Replace(path, fill)
			survivors(t, p, func(how, dir string) {
				if got := content(t, filepath.Join(dir, "state")); got != "old" && got != "new new new " || err == nil && got == "old" {
					t.Errorf("step %d, once %v, %s: %q, %v", failAt, once, how, got, err)
				}
			})
			if failAt < 0 && (err != nil || p.Steps() != 8) || failAt >= 0 && !errors.Is(err, durabletest.ErrPower) {
				t.Errorf("step %d of %d: %v", failAt, p.Steps(), err)
			}
			entries, err := os.ReadDir(filepath.Dir(path))
			if err != nil || once && len(entries) != 1 {
				t.Errorf("step %d: left: %v, %v", failAt, entries, err)
			}
		}
	}
}

func onDisk(t *testing.T, failAt int, once bool, files map[string]string) (p *durabletest.Power, state string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p, err := durabletest.New(dir, failAt, once)
	if err != nil {
		t.Fatal(err)
	}
	return p, filepath.Join(dir, "state")
}

// TestMove does the same to a file that is written by somebody who does not sync it.
func TestMove(t *testing.T) {
	const writing = 3 // steps
	for failAt := -1; failAt < 5; failAt++ {
		at := failAt
		if at >= 0 {
			at += writing
		}
		p, path := onDisk(t, at, false, map[string]string{"state": "old"})
		from := filepath.Join(filepath.Dir(path), "from")
		f, err := p.Disk().Open(from)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte("new")); err != nil || f.Close() != nil {
			t.Fatal(err)
		}
		err = p.Disk().Move(from, path)
		if failAt < 0 && (err != nil || p.Steps() != writing+5) || failAt >= 0 && !errors.Is(err, durabletest.ErrPower) {
			t.Errorf("step %d of %d: %v", failAt, p.Steps()-writing, err)
		}
		survivors(t, p, func(how, dir string) {
			if got := content(t, filepath.Join(dir, "state")); got != "old" && got != "new" || err == nil && got == "old" {
				t.Errorf("step %d, %s: %q, %v", failAt, how, got, err)
			}
		})
	}
}

// TestMakeFolder: folders are there after a loss of power, those above too.
func TestMakeFolder(t *testing.T) {
	p, path := onDisk(t, -1, false, nil)
	if err := p.Disk().MakeFolder(filepath.Join(path, "a", "b")); err != nil {
		t.Fatal(err)
	}
	survivors(t, p, func(how, dir string) {
		if info, err := os.Stat(filepath.Join(dir, "state", "a", "b")); err != nil || !info.IsDir() {
			t.Errorf("%s: %v", how, err)
		}
	})
	steps := p.Steps()
	if err := p.Disk().MakeFolder(path); err != nil || p.Steps() != steps {
		t.Errorf("a folder that is there: %d steps, %v", p.Steps()-steps, err)
	}
	file := filepath.Join(path, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if p.Disk().MakeFolder(file) == nil || p.Disk().MakeFolder(filepath.Join(file, "below")) == nil {
		t.Error("a file became a folder")
	}
}

package index

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	rerank "github.com/flashrerank/rerank"
)

// startBuild begins an index of one document, the name of which is its ID.
func startBuild(t *testing.T, dir, id string, replace bool) *Build {
	t.Helper()
	b, err := NewBuild(dir, testOptions, replace)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	mustCommit(t, b.Writer(), puts(id, "text"))
	return b
}

func built(t *testing.T, dir, id string) {
	t.Helper()
	if err := startBuild(t, dir, id, true).Install(); err != nil {
		t.Fatal(err)
	}
}

// demandIndex looks whether the index in a directory holds one document of a name.
func demandIndex(t *testing.T, dir, id string) {
	t.Helper()
	x, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	checkIndex(t, x, corpus{id: {Document: rerank.Document{ID: id, Text: "text"}}})
}

// demandNames looks which names are in a directory.
func demandNames(t *testing.T, dir string, want ...string) {
	t.Helper()
	var got []string
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if slices.Sort(want); !slices.Equal(got, want) {
		t.Errorf("%s holds %q, not %q", dir, got, want)
	}
}

func precious(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "thesis.txt"), []byte("precious"), 0o666); err != nil {
		t.Fatal(err)
	}
}

func demandPrecious(t *testing.T, dir string) {
	t.Helper()
	if b, err := os.ReadFile(filepath.Join(dir, "thesis.txt")); string(b) != "precious" {
		t.Errorf("the file of somebody else holds %q: %v", b, err)
	}
}

// steps are the two ways to put a folder in the place of another.
var steps = map[string]func(a, b string) error{
	"at once":      exchange,
	"in two steps": func(_, _ string) error { return errors.ErrUnsupported },
}

func TestBuild(t *testing.T) {
	for how, exchange := range steps {
		parent := t.TempDir()
		dir := filepath.Join(parent, "index")
		built(t, dir, "a")
		demandIndex(t, dir, "a")
		b := startBuild(t, dir, "b", true)
		b.exchange = exchange
		demandIndex(t, dir, "a")
		if err := b.Install(); err != nil {
			t.Fatalf("%s: %v", how, err)
		}
		demandIndex(t, dir, "b")
		demandNames(t, parent, "index")
		if _, err := NewBuild(dir, testOptions, false); !errors.Is(err, ErrExists) {
			t.Errorf("an index is there: %v", err)
		}
		startBuild(t, dir, "c", true).Close()
		demandIndex(t, dir, "b")
		demandNames(t, parent, "index")
	}
}

// TestBuildAppeared: what appears at the place while an index is built is kept.
func TestBuildAppeared(t *testing.T) {
	for _, replace := range []bool{false, true} {
		dir := filepath.Join(t.TempDir(), "index")
		b := startBuild(t, dir, "a", replace)
		precious(t, dir)
		if err := b.Install(); !errors.Is(err, ErrForeign) || !strings.Contains(err.Error(), "thesis.txt") {
			t.Errorf("replace %v, a file: %v", replace, err)
		}
		b.Close()
		demandNames(t, dir, "thesis.txt")
		demandPrecious(t, dir)
		demandNames(t, filepath.Dir(dir), "index")
	}
	dir := filepath.Join(t.TempDir(), "index")
	first, second := startBuild(t, dir, "a", false), startBuild(t, dir, "b", false)
	if err := first.Install(); err != nil {
		t.Fatal(err)
	}
	if err := second.Install(); !errors.Is(err, ErrExists) {
		t.Errorf("an index appeared: %v", err)
	}
	demandIndex(t, dir, "a")
	second = startBuild(t, dir, "c", true) // which takes the place of whatever index is there
	if err := second.Install(); err != nil {
		t.Errorf("an index appeared: %v", err)
	}
	demandIndex(t, dir, "c")
}

// TestBuildAppearedLate: also what appears between the look and the exchange.
func TestBuildAppearedLate(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "index")
	built(t, dir, "a")
	b := startBuild(t, dir, "b", true)
	for range 2 { // there and back
		if b.exchange(dir, b.dir) != nil {
			t.Skip("this system cannot exchange folders")
		}
	}
	b.exchange = func(from, to string) error {
		if _, err := os.Stat(filepath.Join(from, "thesis.txt")); err != nil {
			precious(t, dir)
		}
		return exchange(from, to)
	}
	if err := b.Install(); !errors.Is(err, ErrForeign) {
		t.Errorf("%v", err)
	}
	b.Close()
	demandPrecious(t, dir)
	demandIndex(t, dir, "a")
	demandNames(t, parent, "index")
}

// TestBuildForeign: a folder of somebody else is not taken for an index.
func TestBuildForeign(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "index")
	built(t, dir, "a")
	precious(t, dir)
	jar := filepath.Join(parent, "jar")
	precious(t, jar)
	if err := os.WriteFile(filepath.Join(jar, manifestName), []byte("Manifest-Version: 1.0"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{dir, jar} {
		if _, err := NewBuild(dir, testOptions, true); !errors.Is(err, ErrForeign) {
			t.Errorf("%s: %v", dir, err)
		}
		demandPrecious(t, dir)
	}
	demandIndex(t, dir, "a")
	if _, err := NewBuild(filepath.Join(jar, "thesis.txt"), testOptions, true); err == nil {
		t.Error("a file was taken for a folder")
	}
	demandNames(t, parent, "index", "jar")
}

// TestBuildDamaged: an index that cannot be opened can be replaced.
func TestBuildDamaged(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "index")
	for _, at := range []int{8, 20} { // the version; what the checksum covers
		built(t, dir, "a")
		name := filepath.Join(dir, manifestName)
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		b[at] = 1
		if err := os.WriteFile(name, b, 0o666); err != nil {
			t.Fatal(err)
		}
		built(t, dir, "b")
		demandIndex(t, dir, "b")
	}
}

// TestBuildLink: the folder that a link names gets the index.
func TestBuildLink(t *testing.T) {
	parent := t.TempDir()
	link, real := filepath.Join(parent, "link"), filepath.Join(parent, "disk", "real")
	if err := os.Symlink(real, link); err != nil {
		t.Skip(err)
	}
	if _, err := NewBuild(link, testOptions, false); err == nil {
		t.Error("a link to nothing was followed")
	}
	if err := os.MkdirAll(real, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"a", "b"} {
		built(t, link, id)
		demandIndex(t, real, id)
		if info, err := os.Lstat(link); err != nil || info.Mode().Type() != fs.ModeSymlink {
			t.Errorf("the link: %v, %v", info, err)
		}
	}
	demandNames(t, filepath.Dir(real), "real")
}

// TestBuildLeftovers: what a killed build left is removed, what a running one
// has made is not.
func TestBuildLeftovers(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "index")
	running := startBuild(t, dir, "a", false)
	whole := filepath.Join(parent, ".index.building-00000001")
	if x, err := Create(whole, testOptions); err != nil || x.Close() != nil {
		t.Fatal(err)
	}
	for _, name := range []string{".index.building-00000002", ".index.building-of-mine", ".other.building-00000003"} {
		if err := os.Mkdir(filepath.Join(parent, name), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	precious(t, filepath.Join(parent, ".index.building-00000004"))
	built(t, dir, "b")
	demandNames(t, parent, "index", filepath.Base(running.dir), ".index.building-of-mine", ".other.building-00000003", ".index.building-00000004")
	demandPrecious(t, filepath.Join(parent, ".index.building-00000004"))
	running.Close()
	// A build that was killed between two steps has moved the index aside.
	if err := os.Rename(dir, filepath.Join(parent, ".index.replaced-00000005")); err != nil {
		t.Fatal(err)
	}
	if _, err := NewBuild(dir, testOptions, false); !errors.Is(err, ErrExists) {
		t.Errorf("the index that was moved aside: %v", err)
	}
	demandIndex(t, dir, "b")
}

// TestBuildLocks: nothing is written to an index that is about to be replaced.
func TestBuildLocks(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "index")
	built(t, dir, "a")
	x, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	b := startBuild(t, dir, "b", true)
	if _, err := x.Writer(); !errors.Is(err, ErrLocked) {
		t.Errorf("a writer of an index that is about to be replaced: %v", err)
	}
	if err := b.Install(); err != nil {
		t.Fatal(err)
	}
	w := mustWriter(t, x)
	defer w.Close()
	if _, err := NewBuild(dir, testOptions, true); !errors.Is(err, ErrLocked) {
		t.Errorf("an index that is being written to: %v", err)
	}
	demandIndex(t, dir, "b")
}

// TestMovedWriter: a writer whose folder was moved away, by somebody who asks
// for no lock, writes nothing to the one that is there now.
func TestMovedWriter(t *testing.T) {
	if !movable {
		t.Skip("a folder in use cannot be moved here")
	}
	parent := t.TempDir()
	dir, away := filepath.Join(parent, "index"), filepath.Join(parent, "away")
	built(t, dir, "a")
	x, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	w := mustWriter(t, x)
	defer w.Close()
	if err := os.Rename(dir, away); err != nil {
		t.Fatal(err)
	}
	built(t, dir, "b")
	if _, err := w.Commit(ctx, puts("c", "text")); err == nil {
		t.Error("a commit to a folder that was moved")
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	demandIndex(t, dir, "b")
	demandIndex(t, away, "a")
	demandNames(t, away, "lock", "manifest", "segment-0000000000000001")
}

// TestBuildNoGap: whoever opens the index while it is replaced finds one.
func TestBuildNoGap(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "index")
	built(t, dir, "a")
	if exchange(dir, dir+"-not-there") == nil || errors.Is(exchange(dir, dir+"-not-there"), errors.ErrUnsupported) {
		t.Skip("this system cannot exchange folders")
	}
	done := make(chan error, 1)
	go func() { done <- replaceOften(dir) }()
	for opened := 0; ; opened++ {
		select {
		case err := <-done:
			if t.Logf("opened %d times", opened); err != nil {
				t.Fatal(err)
			}
			return
		default:
		}
		x, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		x.Close()
	}
}

func replaceOften(dir string) error {
	for i := range 20 {
		b, err := NewBuild(dir, testOptions, true)
		if err == nil {
			_, err = b.Writer().Commit(ctx, puts("a", strings.Repeat("text ", i%3)))
		}
		if err == nil {
			err = b.Install()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// TestCreateForeign: an index is not made among the files of somebody else, and is
// where a Create was killed.
func TestCreateForeign(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{lockName, manifestTemp} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("half"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	precious(t, dir)
	if _, err := Create(dir, testOptions); !errors.Is(err, ErrForeign) || !strings.HasSuffix(err.Error(), ": thesis.txt") {
		t.Errorf("%v", err)
	}
	if err := os.Remove(filepath.Join(dir, "thesis.txt")); err != nil {
		t.Fatal(err)
	}
	x, err := Create(dir, testOptions)
	if err != nil {
		t.Fatal(err)
	}
	x.Close()
	precious(t, dir)
	if _, err := Create(dir, testOptions); !errors.Is(err, ErrExists) {
		t.Errorf("%v", err)
	}
}

// TestHoldsCurrent: which places cannot be replaced where folders in use stay where they
// are: the current folder and those above it.
func TestHoldsCurrent(t *testing.T) {
	parent, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	below := filepath.Join(parent, "index", "below")
	if err := os.MkdirAll(below, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Chdir(filepath.Join(parent, "index"))
	for place, want := range map[string]bool{"index": true, ".": true, "index/below": false, "index2": false, "ind": false} {
		if got := holdsCurrent(filepath.Join(parent, filepath.FromSlash(place))); got != want {
			t.Errorf("%s: %v", place, got)
		}
	}
}

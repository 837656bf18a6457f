package index

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	rerank "github.com/flashrerank/rerank"
)

// smallIndex makes an index that has every kind of section and file and is as
// small as that allows.
func smallIndex(t testing.TB, s store) (*Index, corpus) {
	t.Helper()
	r := newRand(t, 5)
	x, err := create(s, testOptions)
	if err != nil {
		t.Fatal(err)
	}
	w := mustWriter(t, x)
	defer w.Close()
	first := &Batch{}
	for i := range 150 { // more than a block of postings
		first.Put(Entry{Document: rerank.Document{ID: string(rune('a'+i%26)) + string(rune('a'+i/26)), Text: "every word"}})
	}
	second := &Batch{}
	for _, id := range []string{"aa", "x", "y", "z"} {
		second.Put(randomEntry(r, id))
	}
	second.Delete("ba")
	second.Put(Entry{Document: rerank.Document{ID: "v", Text: "v"}, Vector: []float32{1, 2, 3}})
	want := corpus{}
	for _, b := range []*Batch{first, second} {
		mustCommit(t, w, b)
		want = want.apply(b)
	}
	checkIndex(t, x, want)
	return x, want
}

// damaged opens an index of which one file was changed and demands an error
// that names the file, or else the right content.
func damaged(t *testing.T, files map[string][]byte, name string, data []byte, want corpus) (noticed bool) {
	t.Helper()
	m := newMemory()
	maps.Copy(m.files, files)
	m.files[name] = data
	got, err := readAll(t, m)
	var corrupt *CorruptError
	var version *VersionError
	switch {
	case name == manifestName && errors.As(err, &version):
	case err == nil:
		if !equalCorpora(got, want) {
			t.Errorf("%s: the damage went unnoticed and changed the content", name)
		}
		return false
	case !errors.As(err, &corrupt):
		t.Errorf("%s: an error that is no CorruptError: %v", name, err)
	case corrupt.File != name || corrupt.Offset < 0 || corrupt.Offset > int64(max(len(data), len(files[name]))):
		t.Errorf("%s: the error is about %s at byte %d: %v", name, corrupt.File, corrupt.Offset, err)
	}
	return true
}

func readAll(t testing.TB, s store) (corpus, error) {
	x, err := open(s)
	if err != nil {
		return nil, err
	}
	defer x.Close()
	snapshot, err := x.Snapshot()
	if err != nil {
		return nil, err
	}
	defer snapshot.Close()
	return contents(t, snapshot)
}

// TestFlippedBytes changes each byte of each file of a small index in turn.
func TestFlippedBytes(t *testing.T) {
	m := newMemory()
	x, want := smallIndex(t, m)
	x.Close()
	size, unnoticed := 0, 0
	for _, name := range slices.Sorted(maps.Keys(m.files)) {
		for i := 0; i < len(m.files[name]); i += stride() {
			data := slices.Clone(m.files[name])
			data[i] ^= 1 << (i % 8)
			size++
			if !damaged(t, m.files, name, data, want) {
				unnoticed++
			}
		}
	}
	t.Logf("%d bytes in %d files; %d changes touch nothing that is read", size, len(m.files), unnoticed)
}

// stride is the distance between the bytes that are damaged and the operations that fail:
// every one, unless -short asks for few.
func stride() int {
	if testing.Short() {
		return 17
	}
	return 1
}

// TestTruncated cuts each file of a small index at each length, and appends to it.
func TestTruncated(t *testing.T) {
	m := newMemory()
	x, want := smallIndex(t, m)
	x.Close()
	for _, name := range slices.Sorted(maps.Keys(m.files)) {
		data := m.files[name]
		for n := 0; n < len(data); n += stride() {
			if !damaged(t, m.files, name, data[:n:n], want) {
				t.Errorf("%s: cut at byte %d of %d unnoticed", name, n, len(data))
			}
		}
		if !damaged(t, m.files, name, append(slices.Clone(data), 0), want) {
			t.Errorf("%s: a byte more unnoticed", name)
		}
	}
}

// TestVerifyNotices: Verify reads what a search might never touch.
func TestVerifyNotices(t *testing.T) {
	m := newMemory()
	x, _ := smallIndex(t, m)
	x.Close()
	for _, name := range slices.Sorted(maps.Keys(m.files)) {
		for i := 0; i < len(m.files[name]); i += 7 * stride() {
			changed := newMemory()
			maps.Copy(changed.files, m.files)
			changed.files[name] = slices.Clone(m.files[name])
			changed.files[name][i] ^= 0x40
			x, err := open(changed)
			if err == nil {
				err = x.Verify(ctx)
			}
			demandDamage(t, err, name)
		}
	}
}

// TestMissingFile: a file that the manifest names and that is not there.
func TestMissingFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "index")
	x, err := Create(dir, testOptions)
	if err != nil {
		t.Fatal(err)
	}
	w := mustWriter(t, x)
	mustCommit(t, w, puts("a", "b"))
	w.Close()
	x.Close()
	name := "segment-0000000000000001"
	path := filepath.Join(dir, name)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for what, damage := range map[string]func() error{
		"missing": func() error { return os.Remove(path) },
		"empty":   func() error { return os.WriteFile(path, nil, 0o600) },
		"half":    func() error { return os.WriteFile(path, whole[:len(whole)/2], 0o600) },
	} {
		if err := damage(); err != nil {
			t.Fatal(err)
		}
		_, err := Open(dir)
		var corrupt *CorruptError
		if !errors.As(err, &corrupt) || corrupt.File != name {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestWrongVersion: an index of another format is refused, telling which
// version it has and what to do; a file of another version than its manifest's
// is damage.
func TestWrongVersion(t *testing.T) {
	m := newMemory()
	x, want := smallIndex(t, m)
	x.Close()
	for name := range m.files {
		data := slices.Clone(m.files[name])
		data[8] = 9
		damaged(t, m.files, name, data, want)
		changed := newMemory()
		maps.Copy(changed.files, m.files)
		changed.files[name] = data
		if _, err := open(changed); err == nil || !strings.Contains(err.Error(), "version 9") {
			t.Errorf("%s of version 9: %v", name, err)
		}
	}
	old := slices.Clone(m.files[manifestName])
	old[8] = 1
	_, err := decodeManifest(old)
	var version *VersionError
	if !errors.As(err, &version) || version.Version != 1 || !strings.Contains(err.Error(), "build the index again") {
		t.Errorf("a manifest of version 1: %v", err)
	}
}

// TestChangedAnalyzer: an index whose analyzer makes other terms now is not
// searched, and its documents can still be read.
func TestChangedAnalyzer(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "index")
	x, want := smallIndex(t, mustDirectory(t, dir))
	x.Close()
	m, _, err := readManifest(newDirectory(dir))
	if err != nil {
		t.Fatal(err)
	}
	m.fingerprint = "another"
	files, err := newDirectory(dir).lock()
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(writeManifest(files, m), files.unlock()); err != nil {
		t.Fatal(err)
	}
	var changed *AnalyzerError
	if _, err := Open(dir); !errors.As(err, &changed) || changed.Name != "split" || !strings.Contains(err.Error(), "index them again") {
		t.Errorf("an index of an analyzer that changed: %v", err)
	}
	if x, err = OpenDocuments(dir); err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	if _, err := x.Writer(); err == nil {
		t.Error("an index opened for its documents has a writer")
	}
	s, err := x.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	n := 0
	for d, err := range s.Documents(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; !sameDocument(d, want[d.ID].Document) {
			t.Errorf("document %q is %+v", d.ID, d)
		}
	}
	if n != len(want) || s.Analyzer() != nil {
		t.Errorf("%d documents of %d; the analyzer is %v", n, len(want), s.Analyzer())
	}
}

func mustDirectory(t *testing.T, dir string) store {
	t.Helper()
	if err := makeDirectory(dir); err != nil {
		t.Fatal(err)
	}
	return newDirectory(dir)
}

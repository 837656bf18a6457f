package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestIndexHere: who is in the folder that the index takes the place of is told where
// it is.
func TestIndexHere(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("refused here")
	}
	from, dir := t.TempDir(), filepath.Join(t.TempDir(), "index")
	text := write(t, filepath.Join(from, "a.txt"), "The flat is ours.")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []string{"--overwrite=false", "--overwrite"} { // an empty folder, an index
		t.Chdir(dir)
		if a := command(t, "", "index", "-o", ".", mode, text); !strings.Contains(a.stderr, "cd ") || !strings.Contains(a.stderr, dir) {
			t.Errorf("%s: %+v", mode, a)
		}
		t.Chdir(dir)
		if a := command(t, "", "index", "-o", ".", "--append", text); a.code != exitOK || strings.Contains(a.stderr, "cd ") {
			t.Errorf("--append: %+v", a)
		}
	}
}

// TestOldIndex: every command that meets an index of an older format says how to build it
// again.
func TestOldIndex(t *testing.T) {
	from, dir := t.TempDir(), filepath.Join(t.TempDir(), "index")
	text := write(t, filepath.Join(from, "a.txt"), "The flat is ours.")
	succeed(t, "", "index", "-q", "-o", dir, text)
	manifest := filepath.Join(dir, "manifest")
	data, err := os.ReadFile(manifest)
	if err != nil {
		t.Fatal(err)
	}
	data[8] = 1 // the version, after eight bytes of magic
	write(t, manifest, string(data))
	config := write(t, filepath.Join(from, "pipeline.yaml"), "index: "+dir)
	for _, args := range [][]string{
		{"search", dir, "flat"}, {"search", "--pipeline", config, "flat"}, {"compare", dir, "flat"}, {"export", dir}, {"delete", dir, "x"},
		{"index", "-o", dir, text}, {"index", "-o", dir, "--append", text}, {"index", "-o", dir, "--sync", from},
		{"serve", "--listen", "127.0.0.1:0", "--index", dir}, {"serve", "--listen", "127.0.0.1:0", "--index", dir, "--read-only"},
	} {
		fail(t, exitFailure, "format version 1; this program reads version 2: build the index again from its documents: rerank index --overwrite -o "+dir, "", args...)
	}
	succeed(t, "", "index", "-q", "-o", dir, "--overwrite", text)
}

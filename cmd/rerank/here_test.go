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
		t.Skip("a folder that somebody is in cannot be replaced here")
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

//go:build unix

package testenv

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Irregular puts a device without end and a pipe without a writer in place of each of the
// named files of a copy of folder in turn, and demands that load refuses it, with an error
// that names the file, before it is read.
func Irregular(t *testing.T, folder string, names []string, load func(fs.FS) error) {
	t.Helper()
	for _, name := range names {
		for _, kind := range []string{"device", "pipe"} {
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(folder)); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, name)
			_ = os.Remove(path) // not every model has it
			var err error
			if kind == "pipe" {
				err = syscall.Mkfifo(path, 0o600)
			} else {
				err = os.Symlink("/dev/zero", path)
			}
			if err != nil {
				t.Skip(err)
			}
			if err := load(os.DirFS(dir)); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("%s is a %s: %v", name, kind, err)
			}
		}
	}
}

//go:build unix

package regular

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestPipesAndDevices: nobody ever writes to the pipe, and the device has no end.
func TestPipesAndDevices(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Skip(err)
	}
	if err := os.Symlink("/dev/zero", filepath.Join(dir, "device")); err != nil {
		t.Skip(err)
	}
	for _, name := range []string{"pipe", "device"} {
		if _, err := Open(filepath.Join(dir, name)); !errors.Is(err, ErrNotRegular) {
			t.Errorf("Open(%s): %v", name, err)
		}
		if _, err := ReadFS(os.DirFS(dir), name, 1<<40); !errors.Is(err, ErrNotRegular) {
			t.Errorf("ReadFS(%s): %v", name, err)
		}
		if _, err := CopyFS(io.Discard, os.DirFS(dir), name, 1<<40); !errors.Is(err, ErrNotRegular) {
			t.Errorf("CopyFS(%s): %v", name, err)
		}
	}
}

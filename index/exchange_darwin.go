package index

import (
	"errors"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// exchange lets two folders change places at once: errors.ErrUnsupported where
// the file system cannot.
func exchange(a, b string) error {
	err := unix.RenamexNp(a, b, unix.RENAME_SWAP)
	if errors.Is(err, unix.ENOTSUP) || errors.Is(err, unix.EINVAL) {
		return errors.ErrUnsupported
	}
	return err
}

// isMount reports whether a file system is mounted on a folder, which then
// cannot be renamed.
func isMount(dir string) bool {
	var here, above unix.Stat_t
	return unix.Stat(dir, &here) == nil && unix.Stat(filepath.Dir(dir), &above) == nil && here.Dev != above.Dev
}

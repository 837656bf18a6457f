//go:build !windows

package index

import (
	"os"
	"syscall"
)

// again runs what Windows may refuse for a while.
func again(f func() error) error { return f() }

// renameFolder renames a folder to a place where nothing is, or an empty
// folder. It fails where anything else is.
func renameFolder(from, to string) error {
	if err := syscall.Rename(from, to); err != nil { // os.Rename refuses empty folders too
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: err}
	}
	return nil
}

// movable says that a folder can be renamed while its files are open.
const movable = true

package index

import (
	"os"
	"syscall"
	"time"
)

// again tries a rename for a while: a reader that has the old file open for the
// moment of reading it makes Windows refuse.
func again(f func() error) error {
	var err error
	for wait := time.Millisecond; wait < time.Second; wait *= 2 {
		if err = f(); err == nil {
			return nil
		}
		time.Sleep(wait)
	}
	return err
}

// renameFolder renames a folder to a place where nothing is, or an empty
// folder. It fails where anything else is.
func renameFolder(from, to string) error {
	_ = syscall.Rmdir(to) // if it is an empty folder; os.Remove would take a file too
	return again(func() error { return os.Rename(from, to) })
}

// movable says that a folder can be renamed while its files are open.
const movable = false

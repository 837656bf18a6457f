package index

import (
	"os"
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

// syncFolder does nothing: Windows has no such call, and NTFS journals names.
func syncFolder(*os.File) error { return nil }

// renameFolder renames a folder to a place where nothing is, or an empty
// folder. It fails where anything else is.
func renameFolder(from, to string) error {
	_ = os.Remove(to) // an empty folder
	return again(func() error { return os.Rename(from, to) })
}

// movable says that a folder can be renamed while its files are open.
const movable = false

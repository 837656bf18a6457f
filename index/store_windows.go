package index

import (
	"os"
	"time"
)

// rename tries again for a while: a reader that has the old manifest open for
// the moment of reading it makes Windows refuse.
func rename(from, to string) error {
	var err error
	for wait := time.Millisecond; wait < time.Second; wait *= 2 {
		if err = os.Rename(from, to); err == nil {
			return nil
		}
		time.Sleep(wait)
	}
	return err
}

// syncDirectory does nothing: Windows has no such call, and NTFS journals names.
func syncDirectory(string) error { return nil }

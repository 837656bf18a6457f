package index

import "io"

// store is where the files of an index live. Files are written once, from
// start to end, and never change after that; only the manifest is replaced, by
// rename. Safe for concurrent use.
type store interface {
	// open gives a file's bytes. Errors satisfy errors.Is(err, fs.ErrNotExist)
	// where the file is missing.
	open(name string) (blob, error)

	// read returns a copy of a small file: an error if it has more than limit bytes.
	read(name string, limit int64) ([]byte, error)

	// fault returns an error for what recover has returned if that is about a
	// file that cannot be read any more, and panics again if not.
	fault(panicked any) error

	// lock takes the writer's lock: ErrLocked if somebody has it.
	lock() (locked, error)
}

// locked is a store whose lock is held, which alone may be written to.
type locked interface {
	// create opens a file for writing, empty, whatever was there before.
	create(name string) (file, error)

	rename(from, to string) error
	remove(name string) error
	list() ([]string, error)

	// sync makes names durable: creations, renames and removals so far.
	sync() error

	// held tells whether the lock still is that of the store, which may have
	// been moved away or replaced by whoever asks for no lock.
	held() error

	unlock() error
}

// file is a file being written.
type file interface {
	io.Writer
	Sync() error
	Close() error
}

// blob is the content of a file, mapped or read. The bytes must not be used
// after Close.
type blob interface {
	bytes() []byte
	Close() error
}

// Names of files.
const (
	manifestName = "manifest"
	manifestTemp = "manifest.tmp"
	lockName     = "lock"
)

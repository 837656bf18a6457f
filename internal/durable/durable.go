// Package durable replaces and moves files such that no crash and no loss of
// power leaves half of one: a name holds what it held before, or all of the new.
package durable

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Replace puts a file with what fill writes in the place of path, whose folder
// must be there. It is durable once Replace has returned. After an error path is
// as it was, unless only the last step failed, which makes the new name durable.
func Replace(path string, fill func(w io.Writer) error) error { return replace(system{}, path, fill) }

// prefix begins the names of files that are being written.
const prefix = ".new-"

// Unfinished reports whether a name is that of a file which [Replace] has begun, and
// left if it was killed.
func Unfinished(name string) bool { return strings.HasPrefix(name, prefix) }

// Move puts a file that is complete in the place of another, both in folders
// that must be there. Its content is made durable first, whoever wrote it. It is
// durable there once Move has returned.
func Move(from, to string) error { return move(system{}, from, to) }

func move(d disk, from, to string) error {
	f, err := d.open(from)
	if err != nil {
		return err
	}
	err = f.Sync()
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = d.rename(from, to)
	}
	if err != nil {
		return err
	}
	return d.syncFolder(filepath.Dir(to))
}

// SyncFolder makes the names in a folder durable, where the system can. A folder
// that may be written to but not read is passed over.
func SyncFolder(dir string) error { return system{}.syncFolder(dir) }

// disk is where files are.
type disk interface {
	// create makes a file of a new name in a folder.
	create(dir string) (file, error)
	// open opens a file to be synced.
	open(path string) (file, error)
	rename(from, to string) error
	remove(path string) error
	syncFolder(dir string) error
}

type file interface {
	io.Writer
	Name() string
	Sync() error
	Close() error
}

func replace(d disk, path string, fill func(w io.Writer) error) error {
	f, err := d.create(filepath.Dir(path))
	if err != nil {
		return err
	}
	err = fill(f)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = d.rename(f.Name(), path)
	}
	if err != nil {
		_ = d.remove(f.Name()) // nothing else can be done about it
		return err
	}
	return d.syncFolder(filepath.Dir(path))
}

// system is the disk of the operating system.
type system struct{}

func (system) create(dir string) (file, error) {
	f, err := os.CreateTemp(dir, prefix+"*")
	if err != nil {
		return nil, err
	}
	_ = f.Chmod(0o644) // where there are modes; other users may then read it
	return f, nil
}

func (system) open(path string) (file, error) { return os.OpenFile(path, os.O_WRONLY, 0) }

func (system) rename(from, to string) error { return os.Rename(from, to) }
func (system) remove(path string) error     { return os.Remove(path) }

func (system) syncFolder(dir string) error {
	f, err := os.Open(dir)
	if errors.Is(err, fs.ErrPermission) { // a folder that may be written to and not be read
		return nil
	}
	if err != nil {
		return err
	}
	return SyncAndClose(f)
}

// SyncAndClose makes the names in a folder that is open durable, where the system
// can, and closes it.
func SyncAndClose(f *os.File) (err error) {
	if runtime.GOOS != "windows" { // which has no such call; NTFS journals names
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

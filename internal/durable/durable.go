// Package durable makes, replaces and moves files such that no crash and no loss of
// power leaves half of one: a name holds what it held before, or all of the new.
package durable

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Replace is [Disk.Replace] on the system's disk.
func Replace(path string, fill func(w io.Writer) error) error { return Disk{}.Replace(path, fill) }

// MakeFolder is [Disk.MakeFolder] on the system's disk.
func MakeFolder(path string) error { return Disk{}.MakeFolder(path) }

// SyncFolder is [Disk.SyncFolder] on the system's disk.
func SyncFolder(dir string) error { return Disk{}.SyncFolder(dir) }

// Disk writes to the system's disk. The zero Disk is ready to use; tests let it fail.
type Disk struct {
	// Before, unless nil, is called before each step. The step is not taken if it
	// returns an error, which is then the step's. Nothing is synced in truth then.
	Before func(s Step) error
}

// Step is one thing that is done to a disk.
type Step struct {
	Kind Kind
	Path string
	From string // where Path is moved from, or what it links to
}

// Kind is a kind of step.
type Kind string

// The kinds of steps. What was written is there after a loss of power once it was
// synced, and a name once its folder was.
const (
	Create    Kind = "create" // or open to be written to
	Write     Kind = "write"
	Sync      Kind = "sync"
	Close     Kind = "close"
	Rename    Kind = "rename"
	Link      Kind = "link"
	Remove    Kind = "remove"
	Make      Kind = "make folder"
	SyncNames Kind = "sync folder"
)

// prefix begins the names of files that are being written.
const prefix = ".new-"

func (d Disk) step(kind Kind, path, from string) error {
	if d.Before == nil {
		return nil
	}
	return d.Before(Step{kind, path, from})
}

// Unfinished reports whether a name is that of a file which [Replace] has begun, and
// left if it was killed.
func Unfinished(name string) bool { return strings.HasPrefix(name, prefix) }

// Replace puts a file with what fill writes in the place of path, whose folder
// must be there. It is durable once Replace has returned. After an error path is
// as it was, unless only the last step failed, which makes the new name durable.
func (d Disk) Replace(path string, fill func(w io.Writer) error) error {
	f, err := d.create(filepath.Dir(path))
	if err != nil {
		return err
	}
	if err = fill(f); err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = d.rename(f.Name(), path)
	}
	if err != nil {
		_ = d.Remove(f.Name()) // nothing else can be done about it
		return err
	}
	return d.SyncFolder(filepath.Dir(path))
}

// create makes a file of a new name.
func (d Disk) create(dir string) (*File, error) {
	return d.open(filepath.Join(dir, fmt.Sprintf("%s%016x", prefix, rand.Uint64())), os.O_EXCL)
}

// Open opens a file to be written to as it is, and makes it if need be.
func (d Disk) Open(path string) (*File, error) { return d.open(path, 0) }

func (d Disk) open(path string, how int) (*File, error) {
	if err := d.step(Create, path, ""); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|how, 0o666)
	if err != nil {
		return nil, err
	}
	return &File{f, d}, nil
}

// File is a file that is being written.
type File struct {
	file *os.File
	disk Disk
}

// Name returns the path that it was opened by.
func (f *File) Name() string { return f.file.Name() }

// Write writes to the file.
func (f *File) Write(p []byte) (int, error) {
	if err := f.disk.step(Write, f.Name(), ""); err != nil {
		return 0, err
	}
	return f.file.Write(p)
}

// Seek moves to where the next Write goes.
func (f *File) Seek(offset int64, whence int) (int64, error) { return f.file.Seek(offset, whence) }

// Truncate cuts the file.
func (f *File) Truncate(size int64) error {
	if err := f.disk.step(Write, f.Name(), ""); err != nil {
		return err
	}
	return f.file.Truncate(size)
}

// Sync makes what was written durable.
func (f *File) Sync() error {
	if err := f.disk.step(Sync, f.Name(), ""); err != nil {
		return err
	}
	if f.disk.Before != nil {
		return nil
	}
	return f.file.Sync()
}

// Close closes the file.
func (f *File) Close() error { return errors.Join(f.disk.step(Close, f.Name(), ""), f.file.Close()) }

// Move puts a file that is complete in the place of another, both in folders
// that must be there. Its content is made durable first, whoever wrote it. It is
// durable there once Move has returned.
func (d Disk) Move(from, to string) error {
	f, err := d.Open(from)
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
	return d.SyncFolder(filepath.Dir(to))
}

func (d Disk) rename(from, to string) error {
	if err := d.step(Rename, to, from); err != nil {
		return err
	}
	return os.Rename(from, to)
}

// Link makes a symbolic link that is durable once Link has returned.
func (d Disk) Link(target, path string) error {
	err := d.step(Link, path, target)
	if err == nil {
		err = os.Symlink(target, path)
	}
	if err != nil {
		return err
	}
	return d.SyncFolder(filepath.Dir(path))
}

// Remove removes a file, or an empty folder; not durably.
func (d Disk) Remove(path string) error {
	if err := d.step(Remove, path, ""); err != nil {
		return err
	}
	return os.Remove(path)
}

// MakeFolder makes a folder, and those above it that are missing. They are durable
// once it has returned.
func (d Disk) MakeFolder(path string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		return nil
	}
	above := filepath.Dir(path)
	if above != path && errors.Is(err, fs.ErrNotExist) {
		if err := d.MakeFolder(above); err != nil {
			return err
		}
	}
	if err := d.step(Make, path, ""); err != nil {
		return err
	}
	if err := os.Mkdir(path, 0o777); err != nil {
		if info, e := os.Stat(path); e == nil && info.IsDir() { // somebody else made it meanwhile
			return nil
		}
		return err
	}
	return d.SyncFolder(above)
}

// SyncFolder makes the names in a folder durable, where the system can. A folder
// that may be written to but not read is passed over.
func (d Disk) SyncFolder(dir string) error {
	if err := d.step(SyncNames, dir, ""); err != nil {
		return err
	}
	f, err := os.Open(dir)
	if err == nil && d.Before != nil {
		return f.Close()
	}
	if errors.Is(err, fs.ErrPermission) {
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

package index

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"github.com/flashrerank/rerank/internal/durable"
)

// lockedDirectory is a directory whose lock is held. What is written goes to
// the folder that was locked, also where it was moved since.
type lockedDirectory struct {
	path string
	root *os.Root
	file *flock.Flock
}

func (d directory) lock() (locked, error) {
	const tries = 3 // another folder may take the place between two steps
	err := error(ErrLocked)
	for range tries {
		var l *lockedDirectory
		if l, err = d.tryLock(); err == nil {
			if err = l.held(); err == nil {
				return l, nil
			}
			_ = l.unlock() // of a folder that is gone
		}
		if !errors.Is(err, ErrMoved) {
			break
		}
	}
	return nil, err
}

func (d directory) tryLock() (*lockedDirectory, error) {
	name := filepath.Join(d.path, lockName)
	if info, err := os.Lstat(name); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("index: taking the writer's lock: %s is not a regular file", name)
	}
	root, err := os.OpenRoot(d.path)
	if err != nil {
		return nil, fmt.Errorf("index: taking the writer's lock: %w", err)
	}
	l := &lockedDirectory{path: d.path, root: root, file: flock.New(name)}
	ok, err := l.file.TryLock()
	switch {
	case err != nil:
		err = fmt.Errorf("index: taking the writer's lock: %w", err)
	case !ok:
		err = ErrLocked
	}
	if err != nil {
		_ = l.unlock() // nothing is held
		return nil, err
	}
	return l, nil
}

func (l *lockedDirectory) held() error {
	mine, err := l.file.Stat()
	if err != nil {
		return fmt.Errorf("index: the writer's lock: %w", err)
	}
	here, err := os.Lstat(filepath.Join(l.path, lockName))
	if err == nil && os.SameFile(mine, here) {
		if here, err = l.root.Lstat(lockName); err == nil && os.SameFile(mine, here) {
			return nil
		}
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("index: the writer's lock: %w", err)
	}
	return fmt.Errorf("%w: %s", ErrMoved, l.path)
}

func (l *lockedDirectory) create(name string) (file, error) {
	return l.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
}

func (l *lockedDirectory) rename(from, to string) error {
	return again(func() error { return l.root.Rename(from, to) })
}

func (l *lockedDirectory) remove(name string) error { return l.root.Remove(name) }

func (l *lockedDirectory) list() ([]string, error) {
	entries, err := fs.ReadDir(l.root.FS(), ".")
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, nil
}

func (l *lockedDirectory) sync() error {
	f, err := l.root.Open(".")
	if err != nil {
		return err
	}
	return durable.SyncAndClose(f)
}

func (l *lockedDirectory) unlock() error {
	return errors.Join(l.file.Close(), l.root.Close())
}

package index

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// occupant is what lies where an index is to be put.
type occupant struct {
	index   bool     // there is an index, which may be damaged or old
	foreign []string // names of what is no part of one
}

// inspect looks at the place of an index. Nothing there, and an empty folder,
// are the zero occupant.
func inspect(place string) (occupant, error) {
	var o occupant
	entries, err := os.ReadDir(place)
	if errors.Is(err, fs.ErrNotExist) {
		return o, nil
	} else if err != nil {
		return o, err
	}
	o.index = hasManifest(place)
	for _, e := range entries {
		if !o.index || !e.Type().IsRegular() || !isOurs(e.Name()) {
			o.foreign = append(o.foreign, e.Name())
		}
	}
	return o, nil
}

// hasManifest reports whether a folder has a manifest of ours, of any version.
func hasManifest(dir string) bool {
	name := filepath.Join(dir, manifestName)
	if info, err := os.Lstat(name); err != nil || !info.Mode().IsRegular() {
		return false
	}
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	magic := make([]byte, len(manifestMagic))
	_, err = f.Read(magic)
	return err == nil && bytes.Equal(magic, []byte(manifestMagic))
}

// isOurs reports whether a name is one of an index's files.
func isOurs(name string) bool { return name == manifestName || name == lockName || isIndexFile(name) }

// err says why the place cannot be taken.
func (o occupant) err() error {
	if len(o.foreign) == 0 {
		return nil
	}
	const most = 3
	names := strings.Join(o.foreign[:min(most, len(o.foreign))], ", ")
	if n := len(o.foreign) - most; n > 0 {
		names += fmt.Sprintf(" and %d more", n)
	}
	return fmt.Errorf("%w: %s", ErrForeign, names)
}

// resolve returns the absolute place of a folder, links followed.
func resolve(dir string) (string, error) {
	path, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	real, err := filepath.EvalSymlinks(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return real, err
	}
	if _, err := os.Lstat(path); err == nil {
		return "", fmt.Errorf("%s is a link to a folder that is not there", dir)
	}
	// Nothing is there yet; folders above it may be.
	parent := filepath.Dir(path)
	if real, err = filepath.EvalSymlinks(parent); err == nil {
		return filepath.Join(real, filepath.Base(path)), nil
	}
	return path, nil
}

// holdsCurrent reports whether the current folder is a place, absolute and without links,
// or below it.
func holdsCurrent(place string) bool {
	current, err := os.Getwd()
	if err != nil {
		return false
	}
	if real, err := filepath.EvalSymlinks(current); err == nil {
		current = real
	}
	inside, err := filepath.Rel(place, current)
	return err == nil && filepath.IsLocal(inside)
}

// removeFolder removes the files of an index, the lock last, and the folder if
// nothing else is in it. It gives back the lock.
func removeFolder(dir string, l locked) error {
	names, err := l.list()
	for _, name := range names {
		if name != lockName && isOurs(name) {
			err = errors.Join(err, l.remove(name))
		}
	}
	if movable {
		err = errors.Join(err, l.remove(lockName), l.unlock())
	} else { // what is open cannot be removed
		err = errors.Join(err, l.unlock(), os.Remove(filepath.Join(dir, lockName)))
	}
	return errors.Join(err, os.Remove(dir))
}

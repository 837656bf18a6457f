// Package regular opens and reads regular files only. A named pipe without a
// writer never makes it wait, a device is never read, and no more is read than a
// limit allows.
package regular

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// ErrNotRegular is what errors about folders, pipes and devices are.
var ErrNotRegular = errors.New("not a regular file")

// Open opens a regular file for reading. It never waits.
func Open(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|nonblocking, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: path, Err: ErrNotRegular}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// OpenFS opens a regular file of at most limit bytes in a file system, and
// returns its size. It looks at the file before it opens it.
func OpenFS(fsys fs.FS, name string, limit int64) (fs.File, int64, error) {
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, 0, err
	}
	if err := check(info, name, limit); err != nil {
		return nil, 0, err
	}
	f, err := fsys.Open(name)
	if err != nil {
		return nil, 0, err
	}
	if info, err = f.Stat(); err == nil {
		err = check(info, name, limit)
	}
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}

func check(info fs.FileInfo, name string, limit int64) error {
	switch {
	case !info.Mode().IsRegular():
		return &fs.PathError{Op: "open", Path: name, Err: ErrNotRegular}
	case info.Size() > limit:
		return fmt.Errorf("%s has %d bytes, more than %d", name, info.Size(), limit)
	}
	return nil
}

// ReadFS reads a regular file of at most limit bytes whole. Memory grows with
// what is there, not with what the file system says. A file system that
// implements [fs.ReadFileFS] may hand out memory of its own, which must not be
// changed.
func ReadFS(fsys fs.FS, name string, limit int64) ([]byte, error) {
	f, size, err := OpenFS(fsys, name, limit)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if direct, ok := fsys.(fs.ReadFileFS); ok && size > 0 {
		return direct.ReadFile(name)
	}
	content := make([]byte, 0, min(size, firstPiece))
	for int64(len(content)) < size {
		if len(content) == cap(content) { // a claim of many times what is there costs little
			content = append(make([]byte, 0, min(size, growth*int64(cap(content)))), content...)
		}
		n, err := io.ReadFull(f, content[len(content):cap(content)])
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if content = content[:len(content)+n]; err != nil {
			return nil, fmt.Errorf("%s: %d of %d bytes: %w", name, len(content), size, err)
		}
	}
	return content, nil
}

// What is read first of a file whose size is not trusted, and how much more then.
const (
	firstPiece = 1 << 20
	growth     = 16
)

// isFile reports whether a file is one of the disk, which is not read whole
// where a part at a time will do.
func isFile(f fs.File) bool {
	_, ok := f.(*os.File)
	return ok
}

// CopyFS writes the content of a regular file of at most limit bytes to w and
// returns its size.
func CopyFS(w io.Writer, fsys fs.FS, name string, limit int64) (int64, error) {
	f, size, err := OpenFS(fsys, name, limit)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	if direct, ok := fsys.(fs.ReadFileFS); ok && !isFile(f) {
		data, err := direct.ReadFile(name)
		if err != nil {
			return 0, err
		}
		n, err := w.Write(data)
		return int64(n), err
	}
	n, err := io.Copy(w, io.LimitReader(f, size))
	if err == nil && n < size {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return n, fmt.Errorf("%s: %w", name, err)
	}
	return n, nil
}

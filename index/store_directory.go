package index

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/flashrerank/rerank/internal/mapped"
	"github.com/gofrs/flock"
)

// directory is a store on the file system.
type directory struct{ path string }

func (d directory) create(name string) (file, error) {
	return os.OpenFile(filepath.Join(d.path, name), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
}

func (d directory) open(name string) (blob, error) {
	f, err := mapped.Open(filepath.Join(d.path, name))
	if err != nil {
		return nil, err
	}
	return mappedBlob{f}, nil
}

func (d directory) read(name string, limit int64) ([]byte, error) {
	f, err := os.Open(filepath.Join(d.path, name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(b)) > limit {
		return nil, &CorruptError{File: name, Offset: limit, Reason: "too large"}
	}
	return b, err
}

func (d directory) rename(from, to string) error {
	return rename(filepath.Join(d.path, from), filepath.Join(d.path, to))
}

func (d directory) remove(name string) error { return os.Remove(filepath.Join(d.path, name)) }

func (d directory) list() ([]string, error) {
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, nil
}

func (d directory) sync() error { return syncDirectory(d.path) }

func (d directory) lock() (func() error, error) {
	l := flock.New(filepath.Join(d.path, lockName))
	locked, err := l.TryLock()
	if err != nil {
		return nil, fmt.Errorf("index: taking the writer's lock: %w", err)
	}
	if !locked {
		_ = l.Close() // nothing is held
		return nil, ErrLocked
	}
	return l.Unlock, nil
}

// makeDirectory makes a directory whose name is durable.
func makeDirectory(path string) error {
	if err := os.MkdirAll(path, 0o777); err != nil {
		return fmt.Errorf("index: creating %s: %w", path, err)
	}
	parent, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("index: creating %s: %w", path, err)
	}
	// A parent that may not be read is no reason to refuse the index.
	if err := syncDirectory(parent); err != nil && !errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("index: creating %s: %w", path, err)
	}
	return nil
}

// mappedBlob is a file mapped into memory.
type mappedBlob struct{ *mapped.File }

func (m mappedBlob) bytes() []byte { return m.Bytes() }

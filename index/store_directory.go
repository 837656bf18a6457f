package index

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/flashrerank/rerank/internal/durable"
	"github.com/flashrerank/rerank/internal/mapped"
	"github.com/flashrerank/rerank/internal/regular"
)

// directory is a store on the file system.
type directory struct {
	path  string
	files *mapped.Set
}

func newDirectory(path string) directory { return directory{path, new(mapped.Set)} }

func (d directory) open(name string) (blob, error) {
	f, err := d.files.Open(filepath.Join(d.path, name))
	if err != nil {
		return nil, err
	}
	return mappedBlob{f}, nil
}

func (d directory) read(name string, limit int64) ([]byte, error) {
	f, err := regular.Open(filepath.Join(d.path, name))
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

func (d directory) fault(panicked any) error {
	err := d.files.Fault(panicked)
	var fault *mapped.FaultError
	if errors.As(err, &fault) {
		return &CorruptError{File: filepath.Base(fault.Path), Offset: fault.Offset, Reason: "cannot be read any more", Err: err}
	}
	return err
}

// makeDirectory makes a directory, and those above it, whose names are durable.
func makeDirectory(path string) error {
	if err := durable.MakeFolder(path); err != nil {
		return fmt.Errorf("index: creating %s: %w", path, err)
	}
	return nil
}

// mappedBlob is a file mapped into memory.
type mappedBlob struct{ *mapped.File }

func (m mappedBlob) bytes() []byte { return m.Bytes() }

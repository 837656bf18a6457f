// Package mapped reads files by mapping them into memory: what is not looked at
// is not read, and processes that map one file share it.
package mapped

import (
	"io"

	"github.com/edsrzf/mmap-go"

	"github.com/flashrerank/rerank/internal/regular"
)

// File is the content of a file. It must not be changed, and neither must the
// file: see [Watch] for what becomes of one that is cut short.
type File struct {
	data   []byte
	memory mmap.MMap // nil where the file was read
	path   string
	set    *Set // that it is of; may be nil
}

// Open maps a regular file, or reads it where that cannot be done. It never
// waits for a pipe.
func Open(path string) (*File, error) {
	f, err := regular.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() == 0 { // nothing to map
		return &File{path: path}, nil
	}
	if m, err := mmap.Map(f, mmap.RDONLY, 0); err == nil {
		return &File{data: m, memory: m, path: path}, nil
	}
	// Some file systems cannot map; reading is always possible.
	data, err := io.ReadAll(f)
	return &File{data: data, path: path}, err
}

// Bytes are valid until Close.
func (f *File) Bytes() []byte { return f.data }

// Close gives the memory back. Bytes must not be used any more.
func (f *File) Close() error {
	f.data = nil
	if f.set != nil {
		f.set.remove(f)
	}
	if f.memory == nil {
		return nil
	}
	return f.memory.Unmap()
}

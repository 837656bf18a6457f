package index

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"sync"
)

// memory is a store that forgets.
type memory struct {
	mu     sync.Mutex
	files  map[string][]byte
	locked bool
}

func newMemory() *memory { return &memory{files: map[string][]byte{}} }

// memoryFile is kept by its store when it is closed.
type memoryFile struct {
	store *memory
	name  string
	data  []byte
}

func (f *memoryFile) Write(p []byte) (int, error) {
	f.data = append(f.data, p...)
	return len(p), nil
}

func (f *memoryFile) Sync() error { return nil }

func (f *memoryFile) Close() error {
	f.store.mu.Lock()
	defer f.store.mu.Unlock()
	f.store.files[f.name] = f.data
	return nil
}

type memoryBlob []byte

func (b memoryBlob) bytes() []byte { return b }
func (b memoryBlob) Close() error  { return nil }

func (m *memory) create(name string) (file, error) { return &memoryFile{store: m, name: name}, nil }

func (m *memory) open(name string) (blob, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	data, ok := m.files[name]
	if !ok {
		return nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	}
	return memoryBlob(data), nil
}

func (m *memory) read(name string, limit int64) ([]byte, error) {
	b, err := m.open(name)
	if err != nil {
		return nil, err
	}
	if int64(len(b.bytes())) > limit {
		return nil, &CorruptError{File: name, Offset: limit, Reason: "too large"}
	}
	return slices.Clone(b.bytes()), nil
}

func (m *memory) rename(from, to string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	data, ok := m.files[from]
	if !ok {
		return fmt.Errorf("%s: %w", from, fs.ErrNotExist)
	}
	delete(m.files, from)
	m.files[to] = data
	return nil
}

func (m *memory) remove(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.files, name)
	return nil
}

func (m *memory) list() ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.files)), nil
}

func (m *memory) sync() error { return nil }

func (m *memory) lock() (locked, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.locked {
		return nil, ErrLocked
	}
	m.locked = true
	return m, nil
}

func (m *memory) fault(panicked any) error { panic(panicked) }

func (m *memory) held() error { return nil }

func (m *memory) unlock() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.locked = false
	return nil
}

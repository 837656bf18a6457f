package mapped

import (
	"fmt"
	"runtime/debug"
	"sync"
	"unsafe"
)

// FaultError says that a mapped file could not be read at the moment of its
// use: it was cut short, or its disk failed.
type FaultError struct {
	Path   string
	Offset int64 // in bytes
}

// Error names the file and the place.
func (e *FaultError) Error() string {
	return fmt.Sprintf("%s: byte %d cannot be read: the file was cut short, or its disk fails", e.Path, e.Offset)
}

// Watch lets the calling goroutine panic where it would end the program: when a
// mapped file cannot be read. It returns what Recover takes; both go around
// whatever reads bytes of a file:
//
//	defer file.Recover(&err, mapped.Watch())
func Watch() (before bool) { return debug.SetPanicOnFault(true) }

// Recover is to be deferred. It sets err to a [*FaultError] if the goroutine
// panics because the file cannot be read, and leaves other panics alone.
func (f *File) Recover(err *error, before bool) {
	debug.SetPanicOnFault(before)
	if r := recover(); r != nil {
		*err = f.fault(r)
	}
}

// fault returns the error of a panic that is about the file, and goes on with
// any other.
func (f *File) fault(panicked any) error {
	if e := f.at(panicked); e != nil {
		return e
	}
	panic(panicked)
}

func (f *File) at(panicked any) error {
	if f == nil {
		return nil
	}
	fault, ok := panicked.(interface{ Addr() uintptr })
	if !ok || f.memory == nil {
		return nil
	}
	start := uintptr(unsafe.Pointer(unsafe.SliceData(f.memory)))
	if a := fault.Addr(); a >= start && a-start < uintptr(len(f.memory)) {
		return &FaultError{f.path, int64(a - start)}
	}
	return nil
}

// Set is a number of files that are read together. The zero Set is empty and
// ready. Safe for concurrent use.
type Set struct {
	mu    sync.Mutex
	files map[*File]struct{}
}

// Open is the function [Open]; the file is of the set until it is closed.
func (s *Set) Open(path string) (*File, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.files == nil {
		s.files = map[*File]struct{}{}
	}
	s.files[f] = struct{}{}
	f.set = s
	return f, nil
}

// Fault returns a [*FaultError] for what recover has returned if that is about
// one of the files, and panics again if not.
func (s *Set) Fault(panicked any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for f := range s.files {
		if e := f.at(panicked); e != nil {
			return e
		}
	}
	panic(panicked)
}

func (s *Set) remove(f *File) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.files, f)
}

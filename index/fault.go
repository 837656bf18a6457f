package index

import (
	"runtime/debug"

	"github.com/flashrerank/rerank/internal/mapped"
)

// Guard is for whoever uses postings, vectors and other views. It keeps the files
// open until the end, even if the snapshot is closed meanwhile, and sets err to
// [ErrClosed] if it is closed already. A file that was cut short, or whose disk
// fails, is an error that names it, a [*CorruptError], and not the end of the
// program. It counts for the goroutine that calls it:
//
//	defer snapshot.Guard(&err)()
//	if err != nil {
//		return err
//	}
//
// The methods of a Snapshot do so themselves.
func (s *Snapshot) Guard(err *error) (end func()) {
	if *err = s.enter(); *err != nil {
		return func() {}
	}
	before := mapped.Watch()
	return func() {
		defer s.exit()
		debug.SetPanicOnFault(before)
		if r := recover(); r != nil {
			*err = s.v.index.store.fault(r)
		}
	}
}

// guard is deferred around what reads files: see [mapped.Watch].
func (x *Index) guard(err *error, before bool) {
	debug.SetPanicOnFault(before)
	if r := recover(); r != nil {
		*err = x.store.fault(r)
	}
}

// guarded runs f, which reads files.
func guarded(s store, f func() error) (err error) {
	before := mapped.Watch()
	defer func() {
		debug.SetPanicOnFault(before)
		if r := recover(); r != nil {
			err = s.fault(r)
		}
	}()
	return f()
}

package index

import (
	"errors"
	"fmt"
)

// Limits of an index. What goes beyond is refused with an error before
// anything is written.
const (
	// MaxDocuments is the largest number of documents of an index, counting
	// deleted ones that no merge has dropped yet.
	MaxDocuments = 1<<31 - 1

	// MaxSegmentDocuments is the largest number of documents of one segment,
	// and so of one batch and of what a merge makes.
	MaxSegmentDocuments = 1 << 28

	// MaxDocumentSize is the largest size in bytes of a stored document:
	// title, text, fields and meta together.
	MaxDocumentSize = 256 << 20

	// MaxIDLength is the largest length of a document's ID in bytes.
	MaxIDLength = 1<<16 - 1

	// MaxTermLength is the largest length of a term in bytes. The analyzers
	// of this module make terms of at most 255 characters.
	MaxTermLength = 4096

	// MaxDimensions is the largest dimension of a vector.
	MaxDimensions = 1 << 16

	// MaxValueDepth is how deep lists of a field may nest.
	MaxValueDepth = 16
)

// Errors to be asked for with [errors.Is].
var (
	// ErrLocked says that the index has a writer already, in this process or
	// in another one.
	ErrLocked = errors.New("index: another writer has the lock")

	// ErrExists says that [Create] found an index in the directory.
	ErrExists = errors.New("index: directory holds an index already")

	// ErrForeign says that files are in the directory that are no part of an
	// index.
	ErrForeign = errors.New("index: directory holds files that are not part of an index")

	// ErrNotExist says that [Open] found no index in the directory.
	ErrNotExist = errors.New("index: no index in this directory")

	// ErrMoved says that the folder at an index's place is no longer the one that a
	// writer has locked: what it wrote would be lost.
	ErrMoved = errors.New("index: the folder was moved or replaced meanwhile")

	// ErrClosed says that an index, a snapshot or a writer was used after Close.
	ErrClosed = errors.New("index: already closed")
)

// DocumentError says that an index cannot keep a document as it is.
type DocumentError struct {
	ID  string
	Err error
}

// Error names the document.
func (e *DocumentError) Error() string {
	if e.ID == "" {
		return e.Err.Error()
	}
	return fmt.Sprintf("document %q: %v", e.ID, e.Err)
}

// Unwrap returns the cause.
func (e *DocumentError) Unwrap() error { return e.Err }

// VersionError says that an index was written in another version of the format
// than the one this program reads and writes. It must be built again from its
// documents.
type VersionError struct {
	Version uint32 // of the index
}

// Error names both versions and says what to do.
func (e *VersionError) Error() string {
	return fmt.Sprintf("index: format version %d; this program reads version %d: build the index again from its documents", e.Version, formatVersion)
}

// AnalyzerError says that this program's analyzer does not make the terms that
// the index holds: it changed since, or there is none of that name. A search
// would miss documents. [OpenDocuments] reads the documents, so that they can
// be indexed again.
type AnalyzerError struct {
	Name string // of the index's analyzer
	Err  error  // why there is none; nil where it makes other terms
}

// Error names the analyzer and says what to do.
func (e *AnalyzerError) Error() string {
	const todo = "export the documents and index them again"
	if e.Err != nil {
		return fmt.Sprintf("index: the index's analyzer %q: %v: %s", e.Name, e.Err, todo)
	}
	return fmt.Sprintf("index: the analyzer %q makes different terms than when the index was built: %s", e.Name, todo)
}

// Unwrap returns the cause.
func (e *AnalyzerError) Unwrap() error { return e.Err }

// CorruptError says that a file of an index is not what was written: cut
// short, changed, or missing.
type CorruptError struct {
	File   string // name within the index's directory
	Offset int64  // where in the file the damage was seen, in bytes
	Reason string
	Err    error // the cause, where there is one
}

// Error names file, offset and reason.
func (e *CorruptError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("index: corrupt file %s at byte %d: %s: %v", e.File, e.Offset, e.Reason, e.Err)
	}
	return fmt.Sprintf("index: corrupt file %s at byte %d: %s", e.File, e.Offset, e.Reason)
}

// Unwrap returns the cause.
func (e *CorruptError) Unwrap() error { return e.Err }

// Package index holds a corpus on disk, or in memory by the same code:
// documents, postings and vectors in immutable segments, and a manifest that
// says which segments make up the corpus.
//
// A [Writer] commits a [Batch] of puts and deletes; all of it becomes visible
// and durable at once, or nothing does. There is one writer at a time, in
// whatever process, and any number of readers: a [Snapshot] is the corpus as of
// one commit and never changes.
//
// A document is found by its terms, which the index's analyzer makes of
// [rerank.Document.Content], and by its vector, which the caller brings. What
// scores terms and vectors is elsewhere: packages lexical and vector.
//
// # Statistics
//
// [Snapshot.Len], [Snapshot.TotalLength] and [Snapshot.DocFreq] count live
// documents exactly. They depend on the documents alone, not on how these were
// divided among commits, replaced, deleted or merged.
//
// # Memory
//
// A commit needs memory in proportion to its batch: the postings of the batch
// and about as much again. A merge needs the new dictionary and about 40 bytes
// a document. A reader maps segment files and needs the tombstones, one bit a
// document of a segment that has any.
//
// # Damage
//
// Every byte is covered by a checksum, compared when a part of a file is first
// used; [Index.Verify] compares all. What does not match is a [*CorruptError].
// The files must not be changed while they are in use. One that is cut short, or
// whose disk fails, is a [*CorruptError] too: of the methods here, and of who
// uses views within [Snapshot.Guard]; elsewhere it ends the process.
package index

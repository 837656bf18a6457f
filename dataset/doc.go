// Package dataset reads collections: documents from JSONL in the layout of
// BEIR, from TSV, and from folders of Markdown and text files, and what tests of
// search quality need: queries, judgments and the runs of systems. A
// [Collection] is all that in one folder. Package godoc, below it, reads the
// documentation of Go packages.
//
// Everything streams: a collection is an iterator of documents and errors. An
// error names the file and, where there is one, the line. After an error in one
// line or one file the iteration goes on with the next, so the caller decides
// whether to stop; after a reading error it ends.
//
// Input compressed with gzip is recognized by its first bytes. Bytes that are
// not UTF-8 become U+FFFD and are counted in [Stats]. A line may have up to
// [MaxLine] bytes and a file of a folder up to [MaxFile].
package dataset

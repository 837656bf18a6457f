package dataset

import (
	"fmt"
	"iter"
	"os"
	"strings"

	"github.com/flashrerank/rerank"
)

// Open reads the documents at a path by what it is: a folder as [Folder], a
// file by its ending as [JSONL] (.jsonl, .ndjson), [TSV] (.tsv) or [File]
// (Markdown, text, and every other ending). A further .gz is for JSONL and TSV.
func Open(name string, o Options) iter.Seq2[rerank.Document, error] {
	return func(yield func(rerank.Document, error) bool) {
		read, err := opener(name, o)
		if err != nil {
			o.Stats.count(rerank.Document{}, err)
			yield(rerank.Document{}, err)
			return
		}
		read(yield)
	}
}

func opener(name string, o Options) (iter.Seq2[rerank.Document, error], error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, fmt.Errorf("documents: %w", err)
	}
	if info.IsDir() {
		return Folder(name, o), nil
	}
	switch {
	case isJSONL(name):
		return opened(name, func(f *os.File) iter.Seq2[rerank.Document, error] { return JSONL(f, name, o) }), nil
	case IsLines(name):
		return opened(name, func(f *os.File) iter.Seq2[rerank.Document, error] { return TSV(f, name, o) }), nil
	}
	return File(name, o), nil
}

// IsLines reports whether [Open] reads a file of this name as lines, JSON or TSV, whose
// documents bring their IDs.
func IsLines(name string) bool {
	return isJSONL(name) || strings.HasSuffix(withoutGzip(name), ".tsv")
}

func isJSONL(name string) bool {
	ending := withoutGzip(name)
	return strings.HasSuffix(ending, ".jsonl") || strings.HasSuffix(ending, ".ndjson")
}

func withoutGzip(name string) string { return strings.TrimSuffix(strings.ToLower(name), ".gz") }

// opened reads a file that is open for as long as the iteration.
func opened[T any](name string, read func(*os.File) iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		f, err := os.Open(name)
		if err != nil {
			var none T
			yield(none, fmt.Errorf("opening data: %w", err))
			return
		}
		defer f.Close()
		read(f)(yield)
	}
}

package godoc

import (
	"context"
	"iter"
	"path"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/flashrerank/rerank"
)

// Options say which packages are read. The zero value leaves out what other
// modules cannot import or is not code: internal packages, vendored ones,
// commands and folders named testdata.
type Options struct {
	Internal bool // include internal packages
	Vendor   bool // include vendored packages
	Commands bool // include packages called main
	Testdata bool // include folders named testdata
}

// Documents yields the documents of the module whose source is at dir: the
// folder src of a GOROOT or any folder with a go.mod. Without a go.mod, import
// paths are relative to dir. Modules nested in it are not entered.
//
// The text of a symbol is its comment and, as the last paragraph, the first sentence
// about its package: "Line returns the line number" means one thing in a package about
// tokens of Go and another in one about reading text. Over two dozen queries with known
// answers that sentence raised the mean reciprocal rank of BM25 from 0.29 to 0.36.
//
// Test files are skipped, and so are files that are not for Linux on amd64,
// wherever this runs, unless a package has no others: the documents depend on
// the source alone. Packages come in the order of their import paths, and
// within them the order is that of go doc.
//
// A package that cannot be read or parsed yields an error that names the file;
// the others follow. Cancelling ctx ends the iteration with its error. Packages
// are parsed by GOMAXPROCS goroutines, which are gone when the iteration ends.
func Documents(ctx context.Context, dir string, o Options) iter.Seq2[rerank.Document, error] {
	return func(yield func(rerank.Document, error) bool) {
		packages, err := findPackages(dir, o)
		if err != nil {
			yield(rerank.Document{}, err)
			return
		}
		work, cancel := context.WithCancel(ctx)
		var running sync.WaitGroup
		defer running.Wait()
		defer cancel()
		results := parseAll(work, packages, o, &running)
		for _, result := range results {
			select {
			case <-ctx.Done():
				yield(rerank.Document{}, ctx.Err())
				return
			case r := <-result:
				// Both may be ready, and then the choice is random.
				if ctx.Err() != nil {
					yield(rerank.Document{}, ctx.Err())
					return
				}
				if !yieldAll(r, yield) {
					return
				}
			}
		}
	}
}

// parsed is what came of one package.
type parsed struct {
	documents []rerank.Document
	err       error
}

// parseAll starts workers that parse the packages, and returns a channel for
// each that its result will come from.
func parseAll(ctx context.Context, packages []source, o Options, running *sync.WaitGroup) []chan parsed {
	results := make([]chan parsed, len(packages))
	for i := range results {
		results[i] = make(chan parsed, 1)
	}
	var next atomic.Int64
	for range min(runtime.GOMAXPROCS(0), len(packages)) {
		running.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(packages) {
					return
				}
				documents, err := parsePackage(packages[i], o)
				results[i] <- parsed{documents, err}
			}
		})
	}
	return results
}

func yieldAll(p parsed, yield func(rerank.Document, error) bool) bool {
	if p.err != nil {
		return yield(rerank.Document{}, p.err)
	}
	for _, d := range p.documents {
		if !yield(d, nil) {
			return false
		}
	}
	return true
}

// source is a folder that holds a package.
type source struct {
	root       string // the module's folder
	folder     string // below root, with slashes
	module     string // the path of the module, empty for the standard library
	importPath string
	files      []string // names of all its Go files but tests, sorted
}

func (s source) file(name string) string { return path.Join(s.folder, name) }

package experiment

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/index"
	"github.com/flashrerank/rerank/internal/durable"
	"github.com/flashrerank/rerank/internal/exactjson"
	"github.com/flashrerank/rerank/pipeline"
)

// indexing is the part of a run that makes the index.
const indexing = "indexing documents"

// The number of documents in a commit: few where each is embedded, so that little is
// lost when the experiment is stopped.
const (
	commitEmbedded = 256
	commitPlain    = 20_000
)

// corpus is the index of an experiment, kept in its cache.
type corpus struct {
	index    *index.Index
	snapshot *index.Snapshot
	lines    int // documents that were read
}

func (c *corpus) close() error { return errors.Join(c.snapshot.Close(), c.index.Close()) }

// state is how much of an index is built. It is kept in a file beside the index.
type state struct {
	Documents int  `json:"documents"` // lines of the corpus that the index is known to have
	Complete  bool `json:"complete"`
}

// openCorpora opens the indexes that the systems need. A system that needs no vectors
// searches an index without them, whatever other systems need: what a re-ranker does
// depends on whether the index has vectors.
func (r *run) openCorpora(ctx context.Context) (err error) {
	vectors := r.config.vectors()
	if r.corpus, err = r.openCorpus(ctx, vectors); err != nil {
		return err
	}
	if r.plain = r.corpus; vectors && !r.config.Vectors && slices.ContainsFunc(r.config.systems(), func(s system) bool { return !s.vectors() }) {
		r.plain, err = r.openCorpus(ctx, false)
	}
	return err
}

// corpusOf returns what a system searches.
func (r *run) corpusOf(s system) *corpus {
	if s.vectors() {
		return r.corpus
	}
	return r.plain
}

func (r *run) closeCorpora() error {
	var errs []error
	for _, c := range unique([]*corpus{r.corpus, r.plain}) {
		if c != nil {
			errs = append(errs, c.close())
		}
	}
	return errors.Join(errs...)
}

// openCorpus opens the index of the data in the cache, and builds it, or what is
// missing of it.
func (r *run) openCorpus(ctx context.Context, vectors bool) (*corpus, error) {
	options := index.Options{Analyzer: r.config.Analyzer}
	var embedder rerank.Embedder
	if vectors {
		var err error
		if embedder, err = r.loader.Embedder(modelName(r.config.Model)); err != nil {
			return nil, err
		}
		options.Model = embedder.Model()
	}
	dir := filepath.Join(r.cache, "index-"+digest(options.Analyzer, options.Model.Fingerprint)[:16])
	x, err := openOrCreate(dir, options)
	if err != nil {
		return nil, err
	}
	lines, err := r.fill(ctx, x, stateFile(dir), embedder)
	if err != nil {
		return nil, errors.Join(err, x.Close())
	}
	s, err := x.Snapshot()
	if err != nil {
		return nil, errors.Join(err, x.Close())
	}
	return &corpus{x, s, lines}, nil
}

// openOrCreate opens an index in the cache, or creates it if there is none or the one
// there has another format or analyzer.
func openOrCreate(dir string, o index.Options) (*index.Index, error) {
	x, err := index.Open(dir)
	var version *index.VersionError
	var analyzer *index.AnalyzerError
	if errors.As(err, &version) || errors.As(err, &analyzer) {
		if err := os.RemoveAll(dir); err != nil {
			return nil, err
		}
		err = index.ErrNotExist
	}
	if errors.Is(err, index.ErrNotExist) {
		if err := os.RemoveAll(stateFile(dir)); err != nil { // it is about an index that is gone
			return nil, err
		}
		return index.Create(dir, o)
	}
	return x, err
}

// stateFile returns the name of the file with the state of an index.
func stateFile(dir string) string { return dir + ".json" }

// modelName returns the name of the model, the default for "".
func modelName(name string) string {
	if name == "" {
		return pipeline.MiniLM
	}
	return name
}

// digest is a short name for values.
func digest(values ...any) string {
	data, _ := json.Marshal(values) // strings and plain structs always encode
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// fill indexes the documents that are not in the index yet, and returns how
// many were read in all.
func (r *run) fill(ctx context.Context, x *index.Index, stateFile string, e rerank.Embedder) (int, error) {
	done, err := readState(stateFile)
	if err != nil || done.Complete {
		return done.Documents, err
	}
	w, err := x.Writer()
	if err != nil {
		return 0, err
	}
	defer w.Close()
	size := commitPlain
	if e != nil {
		size = commitEmbedded
	}
	total, err := countLines(r.data.corpus)
	if err != nil {
		return 0, err
	}
	r.progress(indexing, done.Documents, total)
	skip := done.Documents
	for batch, err := range batches(ctx, r.data.documents(), skip, size) {
		if err != nil {
			return 0, err
		}
		if err := commit(ctx, w, batch, e); err != nil {
			return 0, err
		}
		done.Documents += len(batch)
		if err := writeState(stateFile, done); err != nil {
			return 0, err
		}
		r.progress(indexing, done.Documents, total)
	}
	if err := w.Merge(ctx); err != nil {
		return 0, err
	}
	done.Complete = true
	if total != done.Documents { // an estimate: lines may be blank, or the last one without an end
		r.progress(indexing, done.Documents, done.Documents)
	}
	return done.Documents, writeState(stateFile, done)
}

// batches groups documents, leaving out the first skip of them. A batch is valid until
// the next one; the context is checked before each document.
func batches(ctx context.Context, documents iter.Seq2[rerank.Document, error], skip, size int) iter.Seq2[[]index.Entry, error] {
	return func(yield func([]index.Entry, error) bool) {
		var batch []index.Entry
		seen := 0
		for d, err := range documents {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if seen++; seen <= skip {
				continue
			}
			if batch = append(batch, index.Entry{Document: d}); len(batch) == size {
				if !yield(batch, nil) {
					return
				}
				batch = batch[:0]
			}
		}
		if len(batch) > 0 {
			yield(batch, nil)
		}
	}
}

func commit(ctx context.Context, w *index.Writer, entries []index.Entry, e rerank.Embedder) error {
	if e != nil {
		if _, err := pipeline.Embed(ctx, e, entries, nil); err != nil {
			return err
		}
	}
	var b index.Batch
	for _, entry := range entries {
		b.Put(entry)
	}
	_, err := w.Commit(ctx, &b)
	return err
}

// readState reads the state of an index. If a crash left the file without its content,
// all documents are put again, which changes nothing.
func readState(name string) (state, error) {
	data, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return state{}, err
	}
	var s state
	if exactjson.Unmarshal(data, &s) != nil {
		return state{}, nil
	}
	return s, nil
}

// writeState replaces the file whole: after a crash it is the old one or the new one.
func writeState(name string, s state) error {
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return durable.Replace(name, func(w io.Writer) error { _, err := w.Write(data); return err })
}

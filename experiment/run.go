package experiment

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"

	"github.com/gofrs/flock"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/cascade"
	"github.com/flashrerank/rerank/eval"
	"github.com/flashrerank/rerank/internal/count"
	"github.com/flashrerank/rerank/internal/durable"
	"github.com/flashrerank/rerank/pipeline"
)

// Options say how an experiment runs. The zero value keeps nothing.
type Options struct {
	// Cache is a folder for indexes and for what each stage made of each
	// query, so that nothing is computed twice: not by systems that share
	// stages, and not by a later run, after one that was stopped for example.
	// It holds a folder for each state of the data and of this program. ""
	// keeps it in a temporary folder for the time of the run.
	Cache string

	// SaveRuns is a folder for what the systems found, a file in TREC's format for
	// each, named for the system; "" saves nothing. Since the scores of a
	// cascade's hits are on several scales, the files have the order as
	// scores: n for the first of n hits, 1 for the last. See [dataset.WriteRun].
	SaveRuns string

	// Progress is told how far the run has come, by one goroutine at a time.
	// Nil tells nobody.
	Progress func(Progress)
}

// Progress says how far a part of a run has come.
type Progress struct {
	What  string // the part: indexing, or the name of a system
	Done  int
	Total int // 0: not known
}

// ErrBusy says that another process uses the cache for the same data.
var ErrBusy = errors.New("another experiment over the same data is running")

// run is one run.
type run struct {
	config   Config
	measures []eval.Measure
	options  Options
	loader   pipeline.Loader
	data     *data
	cache    string             // folder for this data and program
	corpus   *corpus            // with vectors if any system needs them
	plain    *corpus            // without, for systems that need none; the same if no other does
	outputs  map[string]*output // of stages, by key
	saved    map[string]bool    // names of the files of runs, lower case
	tabbed   bool               // some of them have tabs between their columns
}

// Run runs an experiment. When the context ends it stops between two queries,
// or two batches of documents, with the context's error; what is done by then
// is kept in the cache.
func Run(ctx context.Context, c Config, o Options) (Report, error) {
	r := &run{config: c, options: o, outputs: map[string]*output{}, saved: map[string]bool{}}
	report, err := r.run(ctx)
	if err != nil {
		return Report{}, fmt.Errorf("experiment: %w", err)
	}
	return report, nil
}

func (r *run) run(ctx context.Context) (report Report, err error) {
	if err := r.config.Validate(); err != nil {
		return report, errors.Unwrap(err)
	}
	if r.measures, err = r.config.measures(); err != nil {
		return report, err
	}
	if r.data, err = openData(ctx, r.config); err != nil {
		return report, err
	}
	done, err := r.openCache()
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, done()) }()
	defer func() { err = errors.Join(err, r.closeCorpora()) }()
	if err := r.openCorpora(ctx); err != nil {
		return report, err
	}
	defer r.closeOutputs()
	if err := r.findJudged(); err != nil {
		return report, err
	}

	report = r.begin()
	var finished []*trial
	for _, s := range r.config.systems() {
		t, err := r.open(ctx, s)
		if err != nil {
			if ctx.Err() != nil {
				return report, ctx.Err()
			}
			report.Unavailable = append(report.Unavailable, Unavailable{s.name, err.Error()})
			continue
		}
		if err := t.evaluate(ctx); err != nil {
			return report, fmt.Errorf("%s: %w", s.name, err)
		}
		if err := r.save(t); err != nil {
			return report, fmt.Errorf("%s: %w", s.name, err)
		}
		finished = append(finished, t)
	}
	if len(finished) == 0 {
		return report, fmt.Errorf("no system could be opened; %s: %s", report.Unavailable[0].Name, report.Unavailable[0].Why)
	}
	if r.tabbed {
		report.Notes = append(report.Notes,
			"some saved runs have tabs between their columns, as IDs have blanks in them: trec_eval cannot read those")
	}
	if err := r.conclude(ctx, &report, finished); err != nil {
		return report, err
	}
	return report, nil
}

func (r *run) progress(what string, done, total int) {
	if r.options.Progress != nil {
		r.options.Progress(Progress{what, done, total})
	}
}

// openCache opens the folder for this data and this program, alone, or a temporary
// one. What it returns gives it back.
func (r *run) openCache() (done func() error, err error) {
	if r.options.Cache == "" {
		if r.cache, err = os.MkdirTemp("", "rerank-experiment-*"); err != nil {
			return nil, err
		}
		return func() error { return os.RemoveAll(r.cache) }, nil
	}
	program, err := programDigest()
	if err != nil {
		return nil, err
	}
	r.cache = filepath.Join(r.options.Cache, r.data.name+"-"+digest(r.data.fingerprint, program)[:16])
	if err := durable.MakeFolder(r.cache); err != nil {
		return nil, err
	}
	lock := flock.New(filepath.Join(r.cache, "lock"))
	if ok, err := lock.TryLock(); err != nil || !ok {
		if err == nil {
			err = fmt.Errorf("%s: %w", r.cache, ErrBusy)
		}
		return nil, errors.Join(err, lock.Close())
	}
	return lock.Close, nil
}

// programDigest identifies the program: another version may score otherwise,
// and take another time.
func programDigest() (string, error) {
	name, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("finding this program: %w", err)
	}
	sum, err := fileDigest(name)
	if err != nil {
		return "", fmt.Errorf("reading this program: %w", err)
	}
	return hex.EncodeToString(sum), nil
}

func (r *run) closeOutputs() {
	for _, o := range r.outputs {
		_ = o.close() // every line was written and checked
	}
}

// output opens what a stage's key names, once.
func (r *run) output(key string) (*output, error) {
	if o, ok := r.outputs[key]; ok {
		return o, nil
	}
	o, err := openOutput(r.cache, key)
	if err != nil {
		return nil, err
	}
	r.outputs[key] = o
	return o, nil
}

// begin says what is known before anything is searched.
func (r *run) begin() Report {
	info := Environment{Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.GOMAXPROCS(0), SIMD: simdLevel()}
	if b, ok := debug.ReadBuildInfo(); ok {
		info.Version = b.Main.Version
	}
	report := Report{
		Data: Data{
			Name: r.data.name, Split: r.data.split, Fingerprint: r.data.fingerprint,
			Documents: r.corpus.snapshot.Len(), Judgments: r.data.judgments, Relevant: r.data.relevant,
			Analyzer: r.corpus.snapshot.Analyzer().Name(), Vectors: r.corpus.snapshot.Model().Name,
			Unmatched: r.data.unmatched, Texts: r.data.texts(),
		},
		Environment: info,
		Rules:       r.config.Rules,
		Notes:       r.data.notes,
	}
	if twice := r.corpus.lines - r.corpus.snapshot.Len(); twice > 0 {
		report.Notes = append(report.Notes, count.Of(twice, "document")+" replaced by a later one with the same ID")
	}
	report.Data.Queries, report.Measures = r.data.ids(), names(r.measures)
	return report
}

// trial is one system under evaluation.
type trial struct {
	run     *run
	system  system
	cascade *cascade.Cascade // its stages are kept
	bare    *cascade.Cascade // they are not
	recipes []string         // of the stages after the first, as a pipeline has them
	outputs []*output        // of the stages
	lists   eval.Run
	tallies []tally   // of the stages
	totals  []float64 // milliseconds of each query
	peak    int64     // bytes
}

// open makes the stages of a system, each with the file that keeps its output.
// A stage's file is named for all that decides its output: the index, the
// stages before it, and itself.
func (r *run) open(ctx context.Context, s system) (*trial, error) {
	over := r.corpusOf(s)
	p, err := r.loader.New(ctx, over.snapshot, s.config)
	if err != nil {
		return nil, err
	}
	prints, err := p.Fingerprints()
	if err != nil {
		return nil, err
	}
	t := &trial{run: r, system: s, cascade: p.Cascade(), bare: p.Cascade(), recipes: p.Recipes()}
	key := digest(r.config.Analyzer, over.snapshot.Model().Fingerprint)
	if r.config.Rules.NoSelf {
		key = digest(key, "no self")
	}
	for _, print := range prints {
		key = digest(key, print)
		o, err := r.output(key)
		if err != nil {
			return nil, err
		}
		t.outputs = append(t.outputs, o)
	}
	t.cascade.First = &kept{t.cascade.First, t.outputs[0]}
	if r.config.Rules.NoSelf {
		t.cascade.First, t.bare.First = others{t.cascade.First}, others{t.bare.First}
	}
	for i := range t.cascade.Stages {
		stage := &t.cascade.Stages[i]
		stage.Reranker = &keptOrder{stage.Name, stage.Reranker, t.outputs[i+1], over.snapshot}
	}
	return t, nil
}

// evaluate searches for every query.
func (t *trial) evaluate(ctx context.Context) error {
	if err := t.warm(ctx); err != nil {
		return err
	}
	resetPeakMemory()
	t.lists = eval.Run{}
	t.tallies = make([]tally, len(t.outputs))
	for i, q := range t.run.data.queries {
		if err := ctx.Err(); err != nil {
			return err
		}
		result, err := t.search(ctx, q)
		if err != nil {
			return fmt.Errorf("query %q: %w", q.ID, err)
		}
		t.lists[q.ID] = ranking(result.Hits)
		t.count(q.ID, result)
		t.run.progress(t.system.name, i+1, len(t.run.data.queries))
	}
	t.peak = peakMemory()
	return nil
}

// search asks for all hits that the first stage finds.
func (t *trial) search(ctx context.Context, q rerank.Query) (rerank.Result, error) {
	return t.cascade.Retrieve(ctx, rerank.Search{Query: q, K: t.system.config.First.Depth})
}

// warm searches once without keeping anything, where a search is yet to be
// measured: the first one pays for pages and buffers that no later one does.
func (t *trial) warm(ctx context.Context) error {
	for _, q := range t.run.data.queries {
		for _, o := range t.outputs {
			if _, ok := o.find(q.ID); !ok {
				_, err := t.bare.Retrieve(ctx, rerank.Search{Query: q, K: t.system.config.First.Depth})
				return err
			}
		}
	}
	return nil
}

// ranking is the order of hits as scores: those of a cascade's hits are on
// several scales.
func ranking(hits []rerank.Hit) []eval.Scored {
	list := make([]eval.Scored, len(hits))
	for i, h := range hits {
		list[i] = eval.Scored{Document: h.Document.ID, Score: float64(len(hits) - i)}
	}
	return list
}

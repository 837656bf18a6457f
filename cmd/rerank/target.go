package main

import (
	"errors"
	"fmt"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/index"
	"github.com/flashrerank/rerank/pipeline"
)

// target is the index that is written to: an existing one, or a new one that is
// built beside its place.
type target struct {
	place  string          // where the index is to be
	build  *index.Build    // nil for an index that is there
	index  *index.Index    // open until install or discard
	writer *index.Writer   // as long as the index is
	embed  rerank.Embedder // makes the vectors; nil for an index without
}

// target opens or makes the index that the flags ask for.
func (f indexFlags) target() (*target, error) {
	t := &target{place: f.output}
	open := f.create
	if f.append || f.sync && f.exists() {
		open = f.existing
	}
	if err := open(t); err != nil {
		t.discard()
		return nil, err
	}
	return t, nil
}

// exists says whether there is an index that can be added to, or a damaged one.
func (f indexFlags) exists() bool {
	x, err := index.Open(f.output)
	if err == nil {
		x.Close()
	}
	return !errors.Is(err, index.ErrNotExist)
}

// existing opens the index that documents are added to.
func (f indexFlags) existing(t *target) (err error) {
	if t.index, err = openIndex(f.output); err != nil {
		return err
	}
	s, err := t.index.Snapshot()
	if err != nil {
		return err
	}
	model, analyzer := s.Model(), s.Analyzer().Name()
	s.Close()
	switch {
	case f.analyzerGiven && f.analyzer != analyzer:
		err = usagef("%s was made with --analyzer %s, which an index keeps: replace it with --overwrite", f.output, analyzer)
	case model == (rerank.ModelInfo{}) && f.vectors:
		err = usagef("%s has no vectors, and they cannot be added later: make the index again with --vectors", f.output)
	case model == (rerank.ModelInfo{}) && f.modelGiven:
		err = usagef("--model has no effect on %s, which has no vectors", f.output)
	case model != (rerank.ModelInfo{}):
		err = t.openEmbedder(f.model, model)
	}
	if err == nil {
		t.writer, err = t.index.Writer()
	}
	return err
}

// openEmbedder loads the model that the index has its vectors from.
func (t *target) openEmbedder(name string, wanted rerank.ModelInfo) error {
	var err error
	if t.embed, err = pipeline.OpenEmbedder(name); err != nil {
		return err
	}
	if got := t.embed.Model(); got.Fingerprint != wanted.Fingerprint {
		return fmt.Errorf("the vectors of %s come from the model %s (%.12s), not from %s (%.12s): name it with --model",
			t.place, wanted.Name, wanted.Fingerprint, got.Name, got.Fingerprint)
	}
	return nil
}

// create begins a new index, which takes its place when it is complete.
func (f indexFlags) create(t *target) (err error) {
	var model rerank.ModelInfo
	if f.vectors {
		if t.embed, err = pipeline.OpenEmbedder(f.model); err != nil {
			return err
		}
		model = t.embed.Model()
	}
	t.build, err = index.NewBuild(f.output, index.Options{Analyzer: f.analyzer, Model: model}, f.overwrite)
	if err != nil {
		return explainPlace(err, f.output)
	}
	t.index, t.writer = t.build.Index(), t.build.Writer()
	return nil
}

// explainPlace says what to do where a place cannot be taken.
func explainPlace(err error, place string) error {
	switch {
	case errors.Is(err, index.ErrExists):
		x, e := index.Open(place)
		if e == nil {
			x.Close()
		} else if told := explainOpen(e, place); told != e { // it is of an older program
			return told
		}
		return fmt.Errorf("%s holds an index already: add to it with --append, update it with --sync, or replace it with --overwrite", place)
	case errors.Is(err, index.ErrForeign):
		return fmt.Errorf("%w: move them, or choose another folder", err)
	case errors.Is(err, index.ErrLocked):
		return fmt.Errorf("%s cannot be replaced now: %w", place, err)
	}
	return err
}

// install makes the index whole: a new one is put in its place.
func (t *target) install() error {
	if t.build != nil {
		return explainPlace(t.build.Install(), t.place)
	}
	return t.close()
}

// discard closes the index and removes what was not installed.
func (t *target) discard() { _ = t.close() }

func (t *target) close() error {
	if t.build != nil {
		return t.build.Close()
	}
	var errs []error
	if t.writer != nil {
		errs = append(errs, t.writer.Close())
	}
	if t.index != nil {
		errs = append(errs, t.index.Close())
	}
	t.writer, t.index = nil, nil
	return errors.Join(errs...)
}

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/index"
	"github.com/flashrerank/rerank/pipeline"
)

// target is the index that is written to: an existing one, or a new one in a
// folder beside its place, which takes that place when it is complete.
type target struct {
	place string          // where the index is to be
	built string          // where it is made; "" if that is its place
	index *index.Index    // open until install or discard
	embed rerank.Embedder // makes the vectors; nil for an index without
	old   *index.Writer   // keeps others from writing to what is to be replaced
}

// target opens or makes the index that the flags ask for.
func (f indexFlags) target() (*target, error) {
	if f.append {
		return f.existing()
	}
	t := &target{place: filepath.Clean(f.output)}
	if err := t.checkPlace(f.overwrite); err != nil {
		return nil, err
	}
	if err := f.create(t); err != nil {
		t.discard()
		return nil, err
	}
	return t, nil
}

// existing opens the index that documents are added to.
func (f indexFlags) existing() (*target, error) {
	t := &target{place: f.output}
	var err error
	if t.index, err = openIndex(f.output); err != nil {
		return nil, err
	}
	s, err := t.index.Snapshot()
	if err != nil {
		t.discard()
		return nil, err
	}
	model := s.Model()
	s.Close()
	switch {
	case model == (rerank.ModelInfo{}) && f.vectors:
		err = usagef("%s has no vectors, and they cannot be added later: make the index again with --vectors", f.output)
	case model != (rerank.ModelInfo{}):
		err = t.openEmbedder(f.model, model)
	}
	if err != nil {
		t.discard()
		return nil, err
	}
	return t, nil
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

// checkPlace looks whether an index may be put in place, and takes the lock of
// the one that is there.
func (t *target) checkPlace(overwrite bool) error {
	entries, err := os.ReadDir(t.place)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	} else if err != nil {
		return fmt.Errorf("%s: %w", t.place, err)
	}
	x, err := index.Open(t.place)
	if errors.Is(err, index.ErrNotExist) {
		return fmt.Errorf("%s holds files that are no index: choose another folder", t.place)
	}
	if !overwrite {
		if err == nil {
			x.Close()
		}
		return fmt.Errorf("%s holds an index already: add to it with --append or replace it with --overwrite", t.place)
	}
	if err != nil { // damaged, which is a reason to replace it
		return nil
	}
	defer x.Close()
	if t.old, err = x.Writer(); err != nil {
		return fmt.Errorf("%s cannot be replaced now: %w", t.place, err)
	}
	return nil
}

// create makes the new index beside its place.
func (f indexFlags) create(t *target) error {
	var model rerank.ModelInfo
	if f.vectors {
		var err error
		if t.embed, err = pipeline.OpenEmbedder(f.model); err != nil {
			return err
		}
		model = t.embed.Model()
	}
	parent := filepath.Dir(t.place)
	if err := os.MkdirAll(parent, 0o777); err != nil {
		return err
	}
	var err error
	if t.built, err = os.MkdirTemp(parent, "."+filepath.Base(t.place)+".building-*"); err != nil {
		return err
	}
	if err := os.Chmod(t.built, 0o755); err != nil {
		return err
	}
	t.index, err = index.Create(t.built, index.Options{Analyzer: f.analyzer, Model: model})
	return err
}

// install puts a new index in its place.
func (t *target) install() error {
	err := t.close()
	if err != nil || t.built == "" {
		return err
	}
	if err := replaceFolder(t.built, t.place); err != nil {
		return fmt.Errorf("putting the new index in place: %w", err)
	}
	t.built = ""
	return nil
}

// discard closes the index and removes what was not installed.
func (t *target) discard() {
	_ = t.close() // nothing of it is kept
	if t.built != "" {
		_ = os.RemoveAll(t.built)
	}
}

func (t *target) close() error {
	var errs []error
	if t.index != nil {
		errs = append(errs, t.index.Close())
	}
	if t.old != nil {
		errs = append(errs, t.old.Close())
	}
	t.index, t.old = nil, nil
	return errors.Join(errs...)
}

// replaceFolder renames a folder to a place where another one may be, which is
// moved aside before and deleted after. Where the second step fails, the old
// one is put back.
func replaceFolder(from, to string) error {
	if err := os.Remove(to); err == nil || errors.Is(err, fs.ErrNotExist) { // an empty folder, or none
		return os.Rename(from, to)
	}
	aside, err := os.MkdirTemp(filepath.Dir(to), "."+filepath.Base(to)+".replaced-*")
	if err != nil {
		return err
	}
	old := filepath.Join(aside, "index")
	if err := os.Rename(to, old); err != nil {
		return errors.Join(err, os.Remove(aside))
	}
	if err := os.Rename(from, to); err != nil {
		return errors.Join(err, os.Rename(old, to), os.Remove(aside))
	}
	return os.RemoveAll(aside)
}

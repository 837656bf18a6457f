package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/index"
	"github.com/flashrerank/rerank/pipeline"
)

func placed(id, text string) pipeline.Change {
	return pipeline.Change{Put: rerank.Document{ID: id, Text: text}}
}

// openLive opens a search over a new index, with vectors or without.
func openLive(t *testing.T, vectors bool) (*pipeline.Live, string) {
	t.Helper()
	dir := t.TempDir()
	var o index.Options
	c := pipeline.Config{Index: dir}
	if vectors {
		e, err := pipeline.OpenEmbedder(pipeline.MiniLM)
		if err != nil {
			t.Fatal(err)
		}
		o.Model = e.Model()
	} else {
		c.Stages = []pipeline.Stage{}
	}
	x, err := index.Create(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	l, err := pipeline.OpenLive(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l, dir
}

func found(t *testing.T, l *pipeline.Live, query string) string {
	t.Helper()
	r, err := l.Retrieve(t.Context(), rerank.Search{Query: rerank.Query{Text: query}, K: 10})
	if err != nil {
		t.Fatal(err)
	}
	ids := ""
	for _, h := range r.Hits {
		ids += h.Document.ID + " "
	}
	return ids
}

// TestLiveCutShort: a segment that is cut short fails the searches that need it
// and no more.
func TestLiveCutShort(t *testing.T) {
	l, dir := openLive(t, false)
	changes := make([]pipeline.Change, 3000)
	for i := range changes {
		changes[i] = placed(fmt.Sprint("id", i), fmt.Sprintf("all w%d v%d", i%100, i))
	}
	if _, _, err := l.Apply(t.Context(), changes); err != nil {
		t.Fatal(err)
	}
	segments, err := filepath.Glob(filepath.Join(dir, "segment-*"))
	if err != nil || len(segments) != 1 {
		t.Fatal(segments, err)
	}
	whole, err := os.ReadFile(segments[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(segments[0], 4096); err != nil {
		t.Skip("this system keeps mapped files from being cut short: ", err)
	}
	search := rerank.Search{Query: rerank.Query{Text: "all w17 v2999"}, K: 3}
	for range 2 {
		if _, err := l.Retrieve(t.Context(), search); err == nil || !strings.Contains(err.Error(), filepath.Base(segments[0])) {
			t.Errorf("%v", err)
		}
	}
	if _, _, err := l.Apply(t.Context(), []pipeline.Change{placed("id2999", "all")}); err == nil {
		t.Error("a commit that needs what is gone")
	}
	if err := os.WriteFile(segments[0], whole, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestLive(t *testing.T) {
	l, dir := openLive(t, true)
	if got := found(t, l, "lease"); got != "" {
		t.Errorf("an empty index: %s", got)
	}
	made, did, err := l.Apply(t.Context(), []pipeline.Change{placed("a", "The lease ends in May."), placed("b", "Bread takes forty minutes."), placed("c", "A tram."), {Delete: "c"}})
	if err != nil || made.Added != 2 || made.Duplicates != 1 || did.Documents != 3 {
		t.Fatalf("%+v, %+v, %v", made, did, err)
	}
	if got := found(t, l, "when does the rental contract end"); got != "a b " {
		t.Errorf("after a commit: %s", got)
	}
	if made, _, err := l.Apply(t.Context(), []pipeline.Change{{Delete: "b"}, placed("a", "Snow melts."), {Delete: "never there"}}); err != nil || made.Replaced != 1 || made.Deleted != 1 {
		t.Fatalf("%+v, %v", made, err)
	}
	if got := found(t, l, "snow"); got != "a " {
		t.Errorf("after a replacement: %s", got)
	}

	other, err := index.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	w, err := other.Writer()
	if err != nil {
		t.Fatalf("the lock is held while nothing is written: %v", err)
	}
	if _, _, err := l.Apply(t.Context(), []pipeline.Change{{Delete: "a"}}); !errors.Is(err, index.ErrLocked) {
		t.Errorf("while another writes: %v", err)
	}
	var b index.Batch
	b.Put(index.Entry{Document: rerank.Document{ID: "z", Text: "The river rises."}})
	if _, err := w.Commit(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got := found(t, l, "river"); got != "z a " {
		t.Errorf("what another wrote: %s", got)
	}
}

// TestLiveMerges: segments do not pile up, and searches beside commits and merges see
// every document that was there before them.
func TestLiveMerges(t *testing.T) {
	l, _ := openLive(t, false)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for before := 0; ctx.Err() == nil; {
				r, err := l.Retrieve(context.WithoutCancel(ctx), rerank.Search{Query: rerank.Query{Text: "word"}, K: 1000, IDsOnly: true})
				if err != nil || len(r.Hits) < before {
					t.Errorf("%d hits after %d, %v", len(r.Hits), before, err)
					return
				}
				before = len(r.Hits)
			}
		})
	}
	const commits = 200
	for i := range commits {
		if _, _, err := l.Apply(t.Context(), []pipeline.Change{placed(fmt.Sprint(i), fmt.Sprintf("word %d", i))}); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	wg.Wait()
	err := l.Look(t.Context(), func(s *index.Snapshot) error {
		if s.Len() != commits || len(s.Segments()) > 150 {
			t.Errorf("%d documents in %d segments", s.Len(), len(s.Segments()))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// replaceIndex puts an index with the document "new" in the place of another.
func replaceIndex(t *testing.T, dir string) {
	t.Helper()
	other, otherDir := openLive(t, false)
	if _, _, err := other.Apply(t.Context(), []pipeline.Change{placed("new", "word")}); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(dir, dir+".before"); err != nil {
		t.Skipf("this system moves no folder that is in use: %v", err)
	}
	if err := os.Rename(otherDir, dir); err != nil {
		t.Fatal(err)
	}
}

// TestLiveReplaced: an index that takes the place of another one is searched from then on.
func TestLiveReplaced(t *testing.T) {
	l, dir := openLive(t, false)
	if _, _, err := l.Apply(t.Context(), []pipeline.Change{placed("old", "word")}); err != nil {
		t.Fatal(err)
	}
	if got := found(t, l, "word"); got != "old " {
		t.Fatal(got)
	}
	replaceIndex(t, dir)
	if got := found(t, l, "word"); got != "new " {
		t.Errorf("after the replacement: %s", got)
	}
	if _, _, err := l.Apply(t.Context(), []pipeline.Change{placed("newer", "word")}); err != nil {
		t.Fatal(err)
	}
	if got := found(t, l, "word"); got != "new newer " {
		t.Errorf("after a commit: %s", got)
	}
}

// TestLiveReplacedWhileWriting: a writer that is in use, by a merge for example, when its
// index is replaced is in the way of one change only.
func TestLiveReplacedWhileWriting(t *testing.T) {
	l, dir := openLive(t, false)
	release, err := l.Hold()
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	replaceIndex(t, dir)
	if _, _, err := l.Apply(t.Context(), []pipeline.Change{placed("lost", "word")}); !errors.Is(err, index.ErrMoved) {
		t.Errorf("a change of the index that was replaced: %v", err)
	}
	if _, _, err := l.Apply(t.Context(), []pipeline.Change{placed("newer", "word")}); err != nil {
		t.Error(err)
	}
	if got := found(t, l, "word"); got != "new newer " {
		t.Errorf("after a commit: %s", got)
	}
}

// TestLiveExplains: as a pipeline does, by the latest commit.
func TestLiveExplains(t *testing.T) {
	l, _ := openLive(t, false)
	if _, _, err := l.Apply(t.Context(), []pipeline.Change{placed("a", "the cat sat"), placed("b", "dogs bark")}); err != nil {
		t.Fatal(err)
	}
	q := rerank.Query{Text: "cat"}
	got, err := l.Retrieve(t.Context(), rerank.Search{Query: q})
	if err != nil || len(got.Hits) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	var explainer rerank.Explainer = l
	e, err := explainer.Explain(t.Context(), q, got.Hits[0])
	if err != nil || e.Value != got.Hits[0].Score || len(e.Details) != 1 || len(e.Details[0].Details) != 1 || e.Details[0].Details[0].Value != e.Value {
		t.Errorf("%+v, %v", e, err)
	}
	if _, _, err := l.Apply(t.Context(), []pipeline.Change{{Delete: "a"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Explain(t.Context(), q, got.Hits[0]); err == nil || !strings.Contains(err.Error(), `"a"`) {
		t.Errorf("of a document that is gone: %v", err)
	}
}

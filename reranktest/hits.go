package reranktest

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/flashrerank/rerank"
)

// same reports whether two numbers are equal bit for bit, with every NaN alike.
func same(a, b float64) bool {
	return a == b && math.Signbit(a) == math.Signbit(b) || math.IsNaN(a) && math.IsNaN(b)
}

// sameDocument compares whole documents; nil and empty are alike.
func sameDocument(a, b rerank.Document) error {
	switch {
	case a.ID != b.ID || a.Title != b.Title || a.Text != b.Text:
		return fmt.Errorf("document %.80q became %.80q", [3]string{a.ID, a.Title, a.Text}, [3]string{b.ID, b.Title, b.Text})
	case !slices.Equal(a.Meta, b.Meta):
		return fmt.Errorf("document %q: metadata %q became %q", a.ID, a.Meta, b.Meta)
	case len(a.Fields) != len(b.Fields):
		return fmt.Errorf("document %q: %d fields became %d", a.ID, len(a.Fields), len(b.Fields))
	}
	for i, f := range a.Fields {
		if g := b.Fields[i]; f.Name != g.Name || !f.Value.Equal(g.Value) {
			return fmt.Errorf("document %q: field %d %q=%v became %q=%v", a.ID, i, f.Name, f.Value, g.Name, g.Value)
		}
	}
	return nil
}

// sameHits compares lists, as two runs of one request must give.
func sameHits(a, b []rerank.Hit) error {
	if len(a) != len(b) {
		return fmt.Errorf("%d hits, then %d", len(a), len(b))
	}
	for i := range a {
		if err := sameHit(a[i], b[i]); err != nil {
			return fmt.Errorf("place %d: %w", i, err)
		}
	}
	return nil
}

func sameHit(a, b rerank.Hit) error {
	if err := sameDocument(a.Document, b.Document); err != nil {
		return err
	}
	if a.Index != b.Index || a.Rank != b.Rank || a.Scale != b.Scale || !same(a.Score, b.Score) || !same(a.Relevance, b.Relevance) {
		return fmt.Errorf("hit %s, then %s", brief(a), brief(b))
	}
	if !slices.EqualFunc(a.Trace, b.Trace, sameStageScore) {
		return fmt.Errorf("hit %s: trace %v, then %v", brief(a), a.Trace, b.Trace)
	}
	return nil
}

func sameStageScore(a, b rerank.StageScore) bool {
	return a.Stage == b.Stage && a.Rank == b.Rank && a.Scale == b.Scale && same(a.Score, b.Score)
}

func brief(h rerank.Hit) string {
	return fmt.Sprintf("%q (index %d, rank %d, score %v %s, relevance %v)", h.Document.ID, h.Index, h.Rank, h.Score, h.Scale, h.Relevance)
}

// deepClone copies a list so that nothing is shared but strings and values,
// which cannot change.
func deepClone(hits []rerank.Hit) []rerank.Hit {
	out := slices.Clone(hits)
	for i := range out {
		h := &out[i]
		h.Document.Fields = slices.Clone(h.Document.Fields)
		h.Document.Meta = slices.Clone(h.Document.Meta)
		h.Trace = slices.Clone(h.Trace[:cap(h.Trace)])[:len(h.Trace)]
	}
	return out
}

// unchanged compares a request's hits with the copy made before the call, down
// to the spare room behind each trace.
func unchanged(before, after []rerank.Hit) error {
	if err := sameHits(before, after); err != nil {
		return fmt.Errorf("the request was modified: %w", err)
	}
	for i := range before {
		b, a := before[i].Trace, after[i].Trace
		for k := len(a); k < cap(a) && k < cap(b); k++ {
			if !sameStageScore(b[:cap(b)][k], a[:cap(a)][k]) {
				return fmt.Errorf("the request was modified: hit %d: something was appended to its trace in place", i)
			}
		}
	}
	return nil
}

// wellFormed checks what holds for any list that a stage hands out.
func wellFormed(r rerank.Result) error {
	for i, h := range r.Hits {
		switch {
		case h.Rank != i:
			return fmt.Errorf("the hit at place %d has rank %d", i, h.Rank)
		case !math.IsNaN(h.Relevance) && !(h.Relevance >= 0 && h.Relevance <= 1):
			return fmt.Errorf("hit %s: relevance is neither in [0,1] nor NaN", brief(h))
		case len(h.Trace) == 0:
			return fmt.Errorf("hit %s has no trace", brief(h))
		}
		if last := h.Trace[len(h.Trace)-1]; last.Stage == "" || last.Rank != i || last.Scale != h.Scale || !same(last.Score, h.Score) {
			return fmt.Errorf("hit %s: the last entry of its trace %+v is not what the list says", brief(h), last)
		}
	}
	return reported(r)
}

// reported checks that the result says what was done.
func reported(r rerank.Result) error {
	if len(r.Stages) == 0 {
		return errors.New("no stage report")
	}
	for i, s := range r.Stages {
		switch {
		case s.Stage == "":
			return fmt.Errorf("report %d does not name its stage", i)
		case s.Candidates < 0 || s.Scored < 0 || s.Scored > s.Candidates || s.Truncated < 0 || s.Skipped < 0 || s.Elapsed < 0:
			return fmt.Errorf("report %+v has counts that cannot be", s)
		}
	}
	return nil
}

// answers checks a reranker's result against its request.
func answers(r rerank.Request, got rerank.Result) error {
	given := make(map[int]rerank.Hit, len(r.Hits))
	for _, h := range r.Hits {
		given[h.Index] = h
	}
	for i, h := range got.Hits {
		was, ok := given[h.Index]
		if !ok {
			return fmt.Errorf("place %d: the hit with index %d was not asked for, or comes twice", i, h.Index)
		}
		delete(given, h.Index)
		if err := sameDocument(was.Document, h.Document); err != nil {
			return err
		}
		if len(h.Trace) <= len(was.Trace) || !slices.EqualFunc(was.Trace, h.Trace[:len(was.Trace)], sameStageScore) {
			return fmt.Errorf("hit %s: trace %v does not continue %v", brief(h), h.Trace, was.Trace)
		}
	}
	if r.TopN > 0 && len(got.Hits) > r.TopN {
		return fmt.Errorf("%d hits for TopN %d", len(got.Hits), r.TopN)
	}
	if err := ordered(r, got.Hits); err != nil {
		return err
	}
	return wellFormed(got)
}

// ordered checks that hits are sorted by rerank.Compare with ties in the
// order of the request.
func ordered(r rerank.Request, hits []rerank.Hit) error {
	ranks := make(map[int]int, len(r.Hits))
	for _, h := range r.Hits {
		ranks[h.Index] = h.Rank
	}
	hits = slices.Clone(hits)
	for i := range hits {
		hits[i].Rank = ranks[hits[i].Index]
		if i > 0 && rerank.Compare(hits[i-1], hits[i]) > 0 {
			return fmt.Errorf("%s comes before %s", brief(hits[i-1]), brief(hits[i]))
		}
	}
	return nil
}

package cascade_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/cascade"
	"github.com/flashrerank/rerank/reranktest"
)

// corpus is a first stage over n documents in the order of their numbers,
// scored from n down.
func corpus(n int) rerank.RetrieverFunc {
	return func(ctx context.Context, s rerank.Search) (rerank.Result, error) {
		hits := make([]rerank.Hit, min(n, s.K))
		for i := range hits {
			hits[i] = rerank.Hit{Document: rerank.Document{ID: fmt.Sprint(i)}, Index: i, Rank: i, Score: float64(n - i), Scale: "count"}
		}
		return rerank.Result{
			Hits:   rerank.Rank(hits, "count", 0),
			Stages: []rerank.StageReport{{Stage: "count", Candidates: n, Scored: n}},
		}, ctx.Err()
	}
}

// reversed turns the order it is given upside down.
var reversed = rerank.RerankerFunc(func(ctx context.Context, r rerank.Request) (rerank.Result, error) {
	scores := make([]float64, len(r.Hits))
	for i := range scores {
		scores[i] = float64(i) / 1000
	}
	return rerank.Result{Hits: rerank.Reorder(r, rerank.Scoring{Stage: "reversed", Scale: "place", Scores: scores})}, ctx.Err()
})

// failing answers with an error.
func failing(err error) rerank.RerankerFunc {
	return func(context.Context, rerank.Request) (rerank.Result, error) { return rerank.Result{}, err }
}

// slow answers like reversed, but only after a time; it heeds its context.
func slow(d time.Duration) rerank.RerankerFunc {
	return func(ctx context.Context, r rerank.Request) (rerank.Result, error) {
		select {
		case <-time.After(d):
			return reversed(ctx, r)
		case <-ctx.Done():
			return rerank.Result{}, ctx.Err()
		}
	}
}

func ids(hits []rerank.Hit) string {
	names := make([]string, len(hits))
	for i, h := range hits {
		names[i] = h.Document.ID
	}
	return strings.Join(names, " ")
}

func search(k int) rerank.Search { return rerank.Search{K: k} }

func TestDepths(t *testing.T) {
	for _, test := range []struct {
		name    string
		cascade cascade.Cascade
		k       int
		want    string
	}{
		{"no stages", cascade.Cascade{}, 3, "0 1 2"},
		{"one stage", cascade.Cascade{Depth: 5, Stages: []cascade.Stage{{Reranker: reversed}}}, 5, "4 3 2 1 0"},
		{"K under depth", cascade.Cascade{Depth: 5, Stages: []cascade.Stage{{Reranker: reversed}}}, 2, "4 3"},
		{"K over depth", cascade.Cascade{Depth: 3, Stages: []cascade.Stage{{Reranker: reversed}}}, 6, "2 1 0 3 4 5"},
		{"K over the corpus", cascade.Cascade{Depth: 3, Stages: []cascade.Stage{{Reranker: reversed}}}, 99, "2 1 0 3 4 5 6 7"},
		{"K zero", cascade.Cascade{Stages: []cascade.Stage{{Reranker: reversed}}}, 0, "7 6 5 4 3 2 1 0"},
		{"two stages", cascade.Cascade{Depth: 6, Stages: []cascade.Stage{{Reranker: reversed}, {Reranker: reversed, Depth: 2}}}, 6, "4 5 3 2 1 0"},
		{"a stage deeper than the first", cascade.Cascade{Depth: 2, Stages: []cascade.Stage{{Reranker: reversed, Depth: 4}}}, 4, "3 2 1 0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.cascade.First = corpus(8)
			got, err := test.cascade.Retrieve(t.Context(), search(test.k))
			if err != nil {
				t.Fatal(err)
			}
			if ids(got.Hits) != test.want {
				t.Errorf("got %q, want %q", ids(got.Hits), test.want)
			}
			for i, h := range got.Hits {
				if h.Rank != i || h.Index != i {
					t.Errorf("place %d has rank %d and index %d", i, h.Rank, h.Index)
				}
			}
			if len(got.Stages) != 1+len(test.cascade.Stages) {
				t.Errorf("%d reports: %+v", len(got.Stages), got.Stages)
			}
		})
	}
}

// TestIDsOnly: texts are loaded where a stage reads them, whatever a search wants.
func TestIDsOnly(t *testing.T) {
	for _, c := range []struct {
		cascade cascade.Cascade
		want    bool
	}{
		{cascade.Cascade{}, true},
		{cascade.Cascade{Stages: []cascade.Stage{{Reranker: reversed}}}, false},
		{cascade.Cascade{Stages: []cascade.Stage{{Reranker: reversed}}, Wordless: true}, true},
	} {
		var asked rerank.Search
		c.cascade.First = rerank.RetrieverFunc(func(ctx context.Context, s rerank.Search) (rerank.Result, error) {
			asked = s
			return corpus(3)(ctx, s)
		})
		for _, only := range []bool{true, false} {
			if _, err := c.cascade.Retrieve(t.Context(), rerank.Search{K: 2, IDsOnly: only}); err != nil || asked.IDsOnly != (only && c.want) {
				t.Errorf("%d stages, wordless %v: a search for IDs (%v) asks the first stage for IDs (%v), %v", len(c.cascade.Stages), c.cascade.Wordless, only, asked.IDsOnly, err)
			}
		}
	}
}

func TestTailKeepsItsOwnScores(t *testing.T) {
	c := cascade.Cascade{First: corpus(4), Depth: 2, Stages: []cascade.Stage{{Reranker: reversed}}}
	got, err := c.Retrieve(t.Context(), search(4))
	if err != nil {
		t.Fatal(err)
	}
	head, tail := got.Hits[1], got.Hits[2]
	if head.Scale != "place" || len(head.Trace) != 2 || tail.Scale != "count" || tail.Score != 2 || len(tail.Trace) != 1 {
		t.Errorf("head %+v, tail %+v", head, tail)
	}
}

func TestStagesThatDrop(t *testing.T) {
	best := rerank.RerankerFunc(func(ctx context.Context, r rerank.Request) (rerank.Result, error) {
		r.TopN = 1
		return reversed(ctx, r)
	})
	c := cascade.Cascade{First: corpus(5), Depth: 3, Stages: []cascade.Stage{{Reranker: best}}}
	got, err := c.Retrieve(t.Context(), search(5))
	if err != nil || ids(got.Hits) != "2 3 4" || got.Hits[1].Rank != 1 {
		t.Errorf("got %q, %v", ids(got.Hits), err)
	}
}

func TestStagesThatInvent(t *testing.T) {
	for name, spoil := range map[string]func(hits []rerank.Hit){
		"a strange hit": func(hits []rerank.Hit) { hits[0].Index = 77 },
		"a hit twice":   func(hits []rerank.Hit) { hits[0] = hits[1] },
	} {
		broken := rerank.RerankerFunc(func(ctx context.Context, r rerank.Request) (rerank.Result, error) {
			got, err := reversed(ctx, r)
			spoil(got.Hits)
			return got, err
		})
		c := cascade.Cascade{First: corpus(5), Stages: []cascade.Stage{{Name: "liar", Reranker: broken}}}
		if _, err := c.Retrieve(t.Context(), search(5)); err == nil || !strings.Contains(err.Error(), "liar") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFailures(t *testing.T) {
	down := errors.New("it is down")
	c := cascade.Cascade{First: corpus(3), Stages: []cascade.Stage{{Name: "far", Reranker: failing(down)}, {Reranker: reversed}}}
	_, err := c.Retrieve(t.Context(), search(3))
	if !errors.Is(err, down) || !strings.Contains(err.Error(), "far") {
		t.Errorf("Fail gives %v", err)
	}

	c.Stages[0].OnError = cascade.Keep
	got, err := c.Retrieve(t.Context(), search(3))
	if err != nil || ids(got.Hits) != "2 1 0" {
		t.Fatalf("Keep gives %q, %v", ids(got.Hits), err)
	}
	report := got.Stages[1]
	if report.Stage != "far" || !strings.Contains(report.Degraded, down.Error()) || report.Partial || report.Candidates != 3 || report.Scored != 0 {
		t.Errorf("the failed stage reports %+v", report)
	}
	if got.Stages[2].Degraded != "" {
		t.Errorf("the stage after it reports %+v", got.Stages[2])
	}

	c.First = rerank.RetrieverFunc(func(context.Context, rerank.Search) (rerank.Result, error) { return rerank.Result{}, down })
	if _, err := c.Retrieve(t.Context(), search(3)); !errors.Is(err, down) || !strings.Contains(err.Error(), "first stage") {
		t.Errorf("a failing first stage gives %v", err)
	}
}

func TestStageTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := cascade.Cascade{First: corpus(3), Stages: []cascade.Stage{
			{Name: "quick", Reranker: slow(time.Second), Timeout: 2 * time.Second},
			{Name: "late", Reranker: slow(time.Hour), Timeout: 3 * time.Second, OnError: cascade.Keep},
		}}
		start := time.Now()
		got, err := c.Retrieve(t.Context(), search(3))
		if err != nil || ids(got.Hits) != "2 1 0" {
			t.Fatalf("got %q, %v", ids(got.Hits), err)
		}
		if took := time.Since(start); took != 4*time.Second {
			t.Errorf("it took %v", took)
		}
		if quick, late := got.Stages[1], got.Stages[2]; quick.Elapsed != time.Second || late.Elapsed != 3*time.Second ||
			!late.Partial || !strings.Contains(late.Degraded, "out of time after 3s") {
			t.Errorf("reports %+v and %+v", quick, late)
		}

		c.Stages[1].OnError = cascade.Fail
		if _, err := c.Retrieve(t.Context(), search(3)); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "late") {
			t.Errorf("Fail gives %v", err)
		}
	})
}

// A stage that ignores its context does not hold up the answer, and is gone
// once it returns: synctest fails the test if a goroutine is left.
func TestDeafStage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		deaf := rerank.RerankerFunc(func(ctx context.Context, r rerank.Request) (rerank.Result, error) {
			<-release
			return reversed(context.WithoutCancel(ctx), r)
		})
		c := cascade.Cascade{First: corpus(3), Stages: []cascade.Stage{{Reranker: deaf, Timeout: time.Second, OnError: cascade.Keep}}}
		got, err := c.Retrieve(t.Context(), search(3))
		if err != nil || ids(got.Hits) != "0 1 2" || got.Stages[1].Degraded == "" {
			t.Errorf("got %q, %+v, %v", ids(got.Hits), got.Stages, err)
		}
		close(release)
		synctest.Wait()
		if ids(got.Hits) != "0 1 2" {
			t.Errorf("the late answer changed the list to %q", ids(got.Hits))
		}
	})
}

func TestWholeTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		started := 0
		counting := rerank.RerankerFunc(func(ctx context.Context, r rerank.Request) (rerank.Result, error) {
			started++
			return reversed(ctx, r)
		})
		c := cascade.Cascade{First: corpus(3), Timeout: 5 * time.Second, Stages: []cascade.Stage{
			{Reranker: slow(4 * time.Second), OnError: cascade.Keep},
			{Reranker: slow(4 * time.Second), OnError: cascade.Keep},
			{Reranker: counting, OnError: cascade.Keep},
		}}
		got, err := c.Retrieve(t.Context(), search(3))
		if err != nil || ids(got.Hits) != "2 1 0" || started != 0 {
			t.Fatalf("got %q, %v; a stage was started %d times with no time left", ids(got.Hits), err, started)
		}
		for i, want := range []bool{false, false, true, true} {
			if degraded := got.Stages[i].Degraded; (degraded != "") != want || want && !strings.Contains(degraded, "after 5s") {
				t.Errorf("stage %d says degraded %q", i, degraded)
			}
		}
		c.Stages[2].OnError = cascade.Fail
		if _, err := c.Retrieve(t.Context(), search(3)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("with a stage that must not be skipped: %v", err)
		}
		c.First = rerank.RetrieverFunc(func(ctx context.Context, s rerank.Search) (rerank.Result, error) {
			<-ctx.Done()
			return rerank.Result{}, ctx.Err()
		})
		if _, err := c.Retrieve(t.Context(), search(3)); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "5s") {
			t.Errorf("with a slow first stage: %v", err)
		}
	})
}

func TestCallersCancellationIsNoDegradation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := cascade.Cascade{First: corpus(3), Timeout: time.Hour, Stages: []cascade.Stage{
			{Name: "slow", Reranker: slow(time.Minute), Timeout: time.Hour, OnError: cascade.Keep},
		}}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if _, err := c.Retrieve(ctx, search(3)); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "slow") {
			t.Errorf("cancelled: %v", err)
		}
		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.Retrieve(ctx, search(3)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the caller's deadline: %v", err)
		}
	})
}

func TestBadCascades(t *testing.T) {
	for want, c := range map[string]cascade.Cascade{
		"no first stage":          {},
		"depth -1":                {First: corpus(1), Depth: -1},
		"timeout -1ns":            {First: corpus(1), Timeout: -1},
		"stage 1 has no reranker": {First: corpus(1), Stages: []cascade.Stage{{}}},
		"b: depth -2":             {First: corpus(1), Stages: []cascade.Stage{{Reranker: reversed}, {Name: "b", Reranker: reversed, Depth: -2}}},
		"OnError(9)":              {First: corpus(1), Stages: []cascade.Stage{{Reranker: reversed, OnError: 9}}},
	} {
		if _, err := c.Retrieve(t.Context(), search(1)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestOnErrorText(t *testing.T) {
	for _, o := range []cascade.OnError{cascade.Fail, cascade.Keep} {
		text, err := o.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		back := cascade.OnError(7)
		if err := back.UnmarshalText(text); err != nil || back != o {
			t.Errorf("%v was written as %s and read as %v, %v", o, text, back, err)
		}
	}
	var o cascade.OnError
	if err := o.UnmarshalText([]byte("retry")); err == nil {
		t.Errorf("retry was read as %v", o)
	}
	if text, err := cascade.OnError(9).MarshalText(); err == nil {
		t.Errorf("9 was written as %s", text)
	}
}

func TestFallback(t *testing.T) {
	down, worse := errors.New("down"), errors.New("worse")
	r := rerank.Request{Hits: rerank.Hits(make([]rerank.Document, 2))}

	got, err := cascade.Fallback(reversed, failing(down)).Rerank(t.Context(), r)
	if err != nil || len(got.Hits) != 2 || slices.ContainsFunc(got.Stages, func(s rerank.StageReport) bool { return s.Degraded != "" }) {
		t.Errorf("the first answers: %+v, %v", got, err)
	}
	got, err = cascade.Fallback(failing(down), failing(worse), reversed).Rerank(t.Context(), r)
	if err != nil || len(got.Hits) != 2 || len(got.Stages) != 1 {
		t.Fatalf("the third answers: %+v, %v", got, err)
	}
	for _, want := range []string{"reranker 3 answered", "reranker 1: down", "reranker 2: worse"} {
		if !strings.Contains(got.Stages[0].Degraded, want) {
			t.Errorf("degraded says %q, which lacks %q", got.Stages[0].Degraded, want)
		}
	}
	_, err = cascade.Fallback(failing(down), failing(worse)).Rerank(t.Context(), r)
	if !errors.Is(err, down) || !errors.Is(err, worse) {
		t.Errorf("none answers: %v", err)
	}
	if _, err := cascade.Fallback().Rerank(t.Context(), r); err == nil {
		t.Error("an empty chain answered")
	}
	if _, err := cascade.Fallback(nil).Rerank(t.Context(), r); err == nil {
		t.Error("a nil reranker answered")
	}

	ctx, cancel := context.WithCancel(t.Context())
	asked := 0
	cancelling := rerank.RerankerFunc(func(ctx context.Context, r rerank.Request) (rerank.Result, error) {
		asked++
		cancel()
		return rerank.Result{}, ctx.Err()
	})
	if _, err := cascade.Fallback(cancelling, cancelling).Rerank(ctx, r); !errors.Is(err, context.Canceled) || asked != 1 {
		t.Errorf("cancelled: %v after %d rerankers", err, asked)
	}
}

func TestConformance(t *testing.T) {
	reranktest.Retriever(t, func(_ testing.TB, corpus []rerank.Document) rerank.Retriever {
		return &cascade.Cascade{First: scan(corpus), Stages: []cascade.Stage{{Reranker: byLength}}}
	})
	reranktest.Reranker(t, func(testing.TB) rerank.Reranker {
		return cascade.Fallback(failing(errors.New("down")), byLength)
	})
}

// scan finds the documents that hold a word of the query, shorter ones first.
func scan(corpus []rerank.Document) rerank.RetrieverFunc {
	return func(ctx context.Context, s rerank.Search) (rerank.Result, error) {
		var hits []rerank.Hit
		for _, d := range corpus {
			has := slices.ContainsFunc(strings.Fields(s.Query.Text), func(w string) bool { return strings.Contains(d.Content(), w) })
			if has && (s.Filter == nil || s.Filter.Match(d)) {
				hits = append(hits, rerank.Hit{Document: d, Score: 1 / float64(len(d.Content())), Scale: "shortness"})
			}
		}
		hits = rerank.Rank(hits, "scan", 0)
		hits = hits[:min(len(hits), s.K)]
		for i := range hits {
			hits[i].Index = i
		}
		return rerank.Result{Hits: hits}, ctx.Err()
	}
}

// byLength likes long documents.
var byLength = rerank.RerankerFunc(func(ctx context.Context, r rerank.Request) (rerank.Result, error) {
	scores := make([]float64, len(r.Hits))
	for i, h := range r.Hits {
		scores[i] = float64(len(h.Document.Content()))
	}
	return rerank.Result{Hits: rerank.Reorder(r, rerank.Scoring{Stage: "length", Scale: "bytes", Scores: scores})}, ctx.Err()
})

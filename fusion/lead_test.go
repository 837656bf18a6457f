package fusion_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/anytime"
	"github.com/flashrerank/rerank/fusion"
)

// TestBest: a part that judges the best only is asked of the hits that lead without it, and
// counts as one that has no score for the others.
func TestBest(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 100 {
		n, best := 1+random.IntN(30), 1+random.IntN(12)
		var ids, read []string
		var words, costly []entry
		judge, last := points{of: map[string]float64{}}, points{of: map[string]float64{}, read: &read}
		for i := range n {
			ids = append(ids, fmt.Sprint("d", i))
			judge.of[ids[i]], last.of[ids[i]] = random.Float64(), random.Float64()
			words = append(words, entry{ids[i], float64(random.IntN(10))})
		}
		blend := func(parts ...fusion.Part) []rerank.Hit {
			r := &fusion.Reranker{Neighbours: fusion.Neighbours{Weight: 0.3, Number: 3}, Parts: append([]fusion.Part{
				{Name: "judge", Reranker: judge}, {Name: "words", Reranker: table("words", words...)},
			}, parts...)}
			got, err := r.Rerank(t.Context(), rerank.Request{Hits: given(ids...)})
			if err != nil {
				t.Fatal(err)
			}
			return got.Hits
		}
		for _, h := range blend()[:min(n, best)] {
			costly = append(costly, entry{h.Document.ID, last.of[h.Document.ID]})
		}
		want := blend(fusion.Part{Name: "points", Reranker: table("points", costly...), Weight: new(0.5)})
		got := blend(fusion.Part{Name: "points", Reranker: last, Weight: new(0.5), Best: best})
		if show(got) != show(want) {
			t.Fatalf("the best %d of %d: %s, want %s", best, n, show(got), show(want))
		}
		if len(read) != len(costly) {
			t.Fatalf("%d texts were read for the best %d of %d", len(read), best, n)
		}
		for _, h := range got {
			if stages := len(h.Trace) - 3; (stages == 1) != slices.Contains(read, h.Document.ID) || h.Index < 0 || h.Document.ID != ids[h.Index] {
				t.Fatalf("%s, at %d, was seen as %v", h.Document.ID, h.Index, h.Trace)
			}
		}
	}
}

// counted says what it reads.
type counted struct {
	judge  points
	tokens int // of each text
}

func (c counted) Rerank(ctx context.Context, r rerank.Request) (rerank.Result, error) {
	result, err := c.judge.Rerank(ctx, r)
	result.Stages[0].Tokens = c.tokens * len(r.Hits)
	return result, err
}

// TestBestInTime: leading hits that there was no time for, or no tokens, come
// after those that were judged.
func TestBestInTime(t *testing.T) {
	var ids []string
	var words []entry
	judge := points{of: map[string]float64{}, each: time.Millisecond}
	for i := range 40 {
		ids = append(ids, fmt.Sprint("d", i))
		words = append(words, entry{ids[i], float64(-i)})
		judge.of[ids[i]] = float64(i)
	}
	for name, c := range map[string]struct {
		judge       anytime.Reranker
		least, most int
	}{
		"time":            {anytime.Reranker{Time: 52 * time.Millisecond}, 4, 12}, // of which the part before takes 40
		"tokens":          {anytime.Reranker{Tokens: 40 + 95}, 4, 9},
		"no tokens left":  {anytime.Reranker{Tokens: 40}, 0, 0},
		"time and tokens": {anytime.Reranker{Tokens: 40 + 45, Time: time.Second}, 4, 4},
	} {
		synctest.Test(t, func(t *testing.T) {
			c.judge.Full = counted{judge, 10}
			r := &fusion.Reranker{Parts: []fusion.Part{
				{Name: "words", Reranker: table("words", words...)},
				{Name: "cheap", Reranker: counted{judge, 1}, Weight: new(1e-6)},
				{Name: "costly", Reranker: &c.judge, Best: 20},
			}}
			got, err := r.Rerank(t.Context(), rerank.Request{Hits: given(ids...)})
			if err != nil {
				t.Fatal(err)
			}
			judged := 0
			for _, h := range got.Hits {
				if len(h.Trace) == 4 {
					judged++
				}
			}
			if judged < c.least || judged > c.most {
				t.Errorf("%s: %d were judged", name, judged)
			}
			report := got.Stages[len(got.Stages)-1]
			if note := fmt.Sprintf("%d of the top hits were not scored by every part", 20-judged); !report.Partial || !slices.Contains(report.Notes, note) {
				t.Errorf("%s: %+v", name, report)
			}
			for i, h := range got.Hits {
				if leads := h.Index < judged; leads != (i < judged) || !leads && h.Index != i || math.IsNaN(h.Score) {
					t.Errorf("%s: place %d: %s, %v", name, i, h.Document.ID, h.Score)
				}
			}
		})
	}
}

// TestLargestBounds: the largest numbers are bounds that nothing meets, shared or not.
func TestLargestBounds(t *testing.T) {
	var ids []string
	judge := points{of: map[string]float64{}}
	for i := range 40 {
		ids = append(ids, fmt.Sprint("d", i))
		judge.of[ids[i]] = float64(i)
	}
	for _, bound := range []anytime.Reranker{{Tokens: math.MaxInt}, {Time: math.MaxInt64}} {
		bound.Full = counted{judge, 10}
		r := &fusion.Reranker{Parts: []fusion.Part{{Name: "all", Reranker: &bound}, {Name: "best", Reranker: &bound, Best: math.MaxInt}}}
		got, err := r.Rerank(t.Context(), rerank.Request{Hits: given(ids...), TopN: math.MaxInt})
		if err != nil {
			t.Fatal(err)
		}
		report := got.Stages[len(got.Stages)-1]
		if report.Partial || len(got.Hits) != 40 || slices.ContainsFunc(got.Hits, func(h rerank.Hit) bool { return len(h.Trace) != 3 }) {
			t.Errorf("%d tokens in %v: %+v", bound.Tokens, bound.Time, report)
		}
	}
}

// TestBestGetsItsShare: a part that judges step by step, and could go on until time is up, leaves
// a third of it to the part that judges the best.
func TestBestGetsItsShare(t *testing.T) {
	judge := points{of: map[string]float64{}, each: time.Millisecond}
	var ids []string
	for i := range 90 {
		ids = append(ids, fmt.Sprint("d", i))
		judge.of[ids[i]] = float64(i)
	}
	for name, c := range map[string]struct {
		bound    anytime.Reranker
		deadline time.Duration
	}{
		"time":     {bound: anytime.Reranker{Time: 60 * time.Millisecond}},
		"deadline": {deadline: 67 * time.Millisecond}, // of which nine tenths may be used
		"tokens":   {bound: anytime.Reranker{Tokens: 60}},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx := t.Context()
			if c.deadline > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, c.deadline)
				defer cancel()
			}
			within := func(judge rerank.Reranker) *anytime.Reranker {
				a := c.bound
				a.Full = judge
				return &a
			}
			r := &fusion.Reranker{Parts: []fusion.Part{
				{Name: "all", Reranker: within(counted{judge, 1})}, {Name: "best", Reranker: within(counted{judge, 1}), Best: 15},
			}}
			got, err := r.Rerank(ctx, rerank.Request{Hits: given(ids...)})
			if err != nil {
				t.Fatal(err)
			}
			all, best := got.Stages[0], got.Stages[1]
			if all.Scored < 30 || all.Scored > 40 || best.Scored != 15 {
				t.Errorf("%s: %d of all were judged, and %d of the best", name, all.Scored, best.Scored)
			}
		})
	}
}

func TestBestFailure(t *testing.T) {
	broken := errors.New("broken")
	r := &fusion.Reranker{Parts: []fusion.Part{
		{Reranker: table("words", entry{"a", 1}, entry{"b", 2})}, {Name: "costly", Reranker: failingReranker(broken), Best: 1},
	}}
	request := rerank.Request{Hits: given("a", "b")}
	if _, err := r.Rerank(t.Context(), request); !errors.Is(err, broken) || !strings.Contains(err.Error(), "costly") {
		t.Errorf("%v", err)
	}
	r.Lenient = true
	got, err := r.Rerank(t.Context(), request)
	if err != nil || show(got.Hits) != "b=1 a=0" || !strings.Contains(got.Stages[len(got.Stages)-1].Degraded, "without costly") {
		t.Errorf("%s %+v, %v", show(got.Hits), got.Stages, err)
	}
}

// TestBestTooLate: where the parts before took all the time, nothing of the last is awaited.
func TestBestTooLate(t *testing.T) {
	slow := points{of: map[string]float64{"a": 2, "b": 1}, each: time.Millisecond}
	r := &fusion.Reranker{Parts: []fusion.Part{{Reranker: slow}, {Reranker: &anytime.Reranker{Full: failingReranker(errors.New("asked")), Time: 1}, Best: 2}}}
	got, err := r.Rerank(t.Context(), rerank.Request{Hits: given("b", "a")})
	if err != nil || show(got.Hits) != "a=1 b=0" || !got.Stages[len(got.Stages)-1].Partial {
		t.Errorf("%s %+v, %v", show(got.Hits), got.Stages, err)
	}
}

// TestBestLeavesOut: what the costly part has no score for counts 0, and is told.
func TestBestLeavesOut(t *testing.T) {
	r := &fusion.Reranker{Parts: []fusion.Part{
		{Reranker: table("words", entry{"a", 4}, entry{"b", 3}, entry{"c", 2}, entry{"d", 1}, entry{"e", 0})},
		{Reranker: table("costly", entry{"a", 1}, entry{"c", 7}), Best: 3},
	}}
	got, err := r.Rerank(t.Context(), rerank.Request{Hits: given("e", "d", "c", "b", "a")})
	if err != nil || show(got.Hits) != "c=1.5 a=1 b=0.75 d=0.25 e=0" || !got.Stages[len(got.Stages)-1].Partial {
		t.Errorf("%s %+v, %v", show(got.Hits), got.Stages, err)
	}
}

package anytime_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/anytime"
	"github.com/flashrerank/rerank/reranktest"
)

// reader scores texts by the number of x in the first so many bytes; each text takes
// it the same time.
type reader struct {
	bytes int
	each  time.Duration
	read  *[]string // IDs it was given, in order
	fail  error
	scale rerank.Scale
	least float64 // hits that score less are left out
}

func (r reader) Rerank(ctx context.Context, q rerank.Request) (rerank.Result, error) {
	result, _, err := r.RerankVectors(ctx, q)
	return result, err
}

func (r reader) RerankVectors(ctx context.Context, q rerank.Request) (rerank.Result, [][]float32, error) {
	if r.fail != nil {
		return rerank.Result{}, nil, r.fail
	}
	time.Sleep(time.Duration(len(q.Hits)) * r.each)
	report := rerank.StageReport{Stage: "reader", Model: "x", Candidates: len(q.Hits), Scored: len(q.Hits)}
	scores := make([]float64, len(q.Hits))
	vectors := make([][]float32, len(q.Hits))
	for i, h := range q.Hits {
		text := h.Document.Content()
		if len(text) > r.bytes {
			text = text[:r.bytes]
			report.Truncated++
		}
		report.Tokens += len(text)
		scores[i] = float64(strings.Count(text, "x"))
		vectors[i] = []float32{float32(r.bytes), float32(scores[i])}
		if r.read != nil {
			*r.read = append(*r.read, h.Document.ID)
		}
	}
	scale := r.scale
	if scale == "" {
		scale = "x"
	}
	hits := rerank.Reorder(q, rerank.Scoring{Stage: "reader", Scale: scale, Scores: scores})
	hits = slices.DeleteFunc(hits, func(h rerank.Hit) bool { return h.Score < r.least })
	return rerank.Result{Hits: hits, Stages: []rerank.StageReport{report}}, vectors, ctx.Err()
}

// request has hits with texts by ID: "a:xx a longer text".
func request(texts ...string) rerank.Request {
	docs := make([]rerank.Document, len(texts))
	for i, t := range texts {
		docs[i].ID, docs[i].Text, _ = strings.Cut(t, ":")
	}
	return rerank.Request{Query: rerank.Query{Text: "x"}, Hits: rerank.Hits(docs)}
}

func show(r rerank.Result) string {
	var parts []string
	for _, h := range r.Hits {
		parts = append(parts, fmt.Sprintf("%s=%v", h.Document.ID, h.Score))
	}
	return strings.Join(parts, " ")
}

func TestQuickThenFull(t *testing.T) {
	var quick, full []string
	r := &anytime.Reranker{Quick: reader{bytes: 2, read: &quick}, Full: reader{bytes: 99, read: &full}, Best: 2}
	q := request("a:.. xxxx", "b:x.", "c:xx xx", "d:x. xxxxx", "e:..")
	got, err := r.Rerank(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	// c leads with 2, then b and d with 1, of which b comes first.
	if want := "c=4 b=1 d=1 a=0 e=0"; show(got) != want || strings.Join(quick, "") != "abcde" || strings.Join(full, "") != "cb" {
		t.Errorf("%s, want %s; read %v and in full %v", show(got), want, quick, full)
	}
	report := got.Stages[0]
	if report.Scored != 5 || report.Truncated != 0 || report.Tokens != 10+7 || report.Partial || !strings.Contains(report.Notes[0], "5 hits scored quickly, 2 of them in full") {
		t.Errorf("%+v", report)
	}
	q.TopN = 1
	if got, err = r.Rerank(t.Context(), q); err != nil || show(got) != "c=4" {
		t.Errorf("the best one: %s, %v", show(got), err)
	}
	r.Best, full = 0, nil
	if got, err = r.Rerank(t.Context(), q); err != nil || show(got) != "d=6" || len(full) != 5 {
		t.Errorf("the default judges %v in full: %s, %v", full, show(got), err)
	}
	short := request("a:x", "b:xx")
	full = nil
	if got, err = r.Rerank(t.Context(), short); err != nil || show(got) != "b=2 a=1" || full != nil {
		t.Errorf("short texts were read in full: %v, %s, %v", full, show(got), err)
	}
}

// TestBestFollowsTheRequest: who asks for many gets many that were judged in full.
func TestBestFollowsTheRequest(t *testing.T) {
	texts := make([]string, 100)
	for i := range texts {
		texts[i] = fmt.Sprintf("%d:x long", i)
	}
	for topN, want := range map[int]int{0: anytime.DefaultBest, 3: anytime.DefaultBest, 40: 80, 90: 100} {
		var full []string
		q := request(texts...)
		q.TopN = topN
		r := &anytime.Reranker{Quick: reader{bytes: 2}, Full: reader{bytes: 99, read: &full}}
		if _, err := r.Rerank(t.Context(), q); err != nil || len(full) != want {
			t.Errorf("of the best %d, %d were judged in full, want %d; %v", topN, len(full), want, err)
		}
	}
}

func TestTime(t *testing.T) {
	texts := make([]string, 50)
	for i := range texts {
		texts[i] = fmt.Sprintf("%d:%s", i, strings.Repeat("x", i))
	}
	for name, c := range map[string]struct {
		quick, limit       time.Duration
		deadline           bool
		scored, least, max int // hits with a score; hits judged in full
		partial            bool
	}{
		"enough":                    {0, time.Second, false, 50, 50, 50, false},
		"half":                      {0, 25 * time.Millisecond, false, 25, 18, 25, true},
		"a deadline":                {0, 25 * time.Millisecond, true, 22, 15, 22, true},
		"hardly any":                {0, time.Nanosecond, false, 4, 4, 4, true},
		"the quick judge and half":  {200 * time.Microsecond, 35 * time.Millisecond, false, 50, 15, 25, true},
		"half of the quick judging": {200 * time.Microsecond, 5 * time.Millisecond, false, 25, 0, 0, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			var quick, full []string
			r := &anytime.Reranker{Full: reader{bytes: 99, each: time.Millisecond, read: &full}, Best: 50}
			if c.quick > 0 {
				r.Quick = reader{bytes: 1, each: c.quick, read: &quick}
			}
			ctx := t.Context()
			if c.deadline {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, c.limit)
				defer cancel()
			} else {
				r.Time = c.limit
			}
			start := time.Now()
			got, err := r.Rerank(ctx, request(texts...))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			elapsed, report := time.Since(start), got.Stages[0]
			if report.Partial != c.partial || len(full) < c.least || len(full) > c.max || report.Scored > c.scored || report.Scored < c.scored/2 || len(got.Hits) != 50 {
				t.Errorf("%s: %d judged in full, report %+v", name, len(full), report)
			}
			if limit := max(c.limit, 4*time.Millisecond); elapsed > limit {
				t.Errorf("%s: took %v", name, elapsed)
			}
			// What has no score is last, in the order it came in.
			for i, h := range got.Hits {
				if math.IsNaN(h.Score) != (i >= report.Scored) || i > report.Scored && h.Index < got.Hits[i-1].Index {
					t.Errorf("%s: place %d: hit %d scores %v", name, i, h.Index, h.Score)
				}
			}
		})
	}
}

func TestTokens(t *testing.T) {
	texts := make([]string, 50)
	for i := range texts {
		texts[i] = fmt.Sprintf("%d:%s", i, strings.Repeat("x", 10)) // ten tokens each
	}
	for _, c := range []struct{ tokens, quick, full int }{{0, 50, 50}, {1000, 50, 50}, {299, 50, 20}, {100, 50, 0}, {90, 45, 0}, {1, 4, 0}} {
		var quick, full []string
		r := &anytime.Reranker{Quick: reader{bytes: 2, read: &quick}, Full: reader{bytes: 99, read: &full}, Best: 50, Tokens: c.tokens}
		got, err := r.Rerank(t.Context(), request(texts...))
		if err != nil {
			t.Fatal(err)
		}
		report := got.Stages[0]
		if len(quick) != c.quick || len(full) < c.full-1 || len(full) > c.full || report.Partial != (c.full < 50) || report.Tokens != 2*len(quick)+10*len(full) {
			t.Errorf("%d tokens: %d judged quickly, %d in full, %+v", c.tokens, len(quick), len(full), report)
		}
		if report.Partial != strings.Contains(strings.Join(report.Notes, " "), "tokens were used") {
			t.Errorf("%d tokens: %q", c.tokens, report.Notes)
		}
	}
}

// TestLargestNumbers: the largest numbers are bounds that nothing meets.
func TestLargestNumbers(t *testing.T) {
	texts := make([]string, 50)
	for i := range texts {
		texts[i] = fmt.Sprintf("%d:%s", i, strings.Repeat("x", 10))
	}
	for name, r := range map[string]anytime.Reranker{
		"tokens": {Tokens: math.MaxInt, Best: 50}, "time": {Time: math.MaxInt64, Best: 50}, "best": {Best: math.MaxInt}, "top": {},
	} {
		var quick, full []string
		r.Quick, r.Full = reader{bytes: 2, read: &quick}, reader{bytes: 99, read: &full}
		q := request(texts...)
		q.TopN = math.MaxInt
		got, err := r.Rerank(t.Context(), q)
		if err != nil || len(got.Hits) != 50 || len(quick) != 50 || len(full) != 50 || got.Stages[0].Partial {
			t.Errorf("%s: %d hits, %d judged quickly, %d in full, %v", name, len(got.Hits), len(quick), len(full), err)
		}
	}
}

// TestLead: the caller says what is promising.
func TestLead(t *testing.T) {
	var full []string
	r := &anytime.Reranker{Quick: reader{bytes: 2}, Full: reader{bytes: 99, read: &full}, Best: 2}
	calls := 0
	j, err := r.Judge(t.Context(), request("a:xx...", "b:x....", "c:......"), func(hits []rerank.Hit, vectors [][]float32) []int {
		calls++
		if calls > 1 && (hits[0].Score != 2 || vectors[1][1] != 1) {
			t.Errorf("the lead sees %+v %v", hits, vectors)
		}
		return []int{2, 1, 0}
	})
	if err != nil || strings.Join(full, "") != "cb" || j.Vectors[2][0] != 99 || j.Vectors[0][0] != 2 {
		t.Errorf("judged in full %v, vectors %v, %v", full, j.Vectors, err)
	}
}

func TestLeftOut(t *testing.T) {
	r := &anytime.Reranker{Quick: reader{bytes: 2, least: 1}, Full: reader{bytes: 99, least: 2}, Best: 2}
	got, err := r.Rerank(t.Context(), request("a:.....", "b:x....", "c:xx..."))
	if err != nil || show(got) != "c=2" {
		t.Errorf("%s, %v", show(got), err)
	}
}

func TestFailures(t *testing.T) {
	broken := errors.New("broken")
	good := reader{bytes: 9}
	for words, r := range map[string]*anytime.Reranker{
		"Full is nil":     {},
		"negative":        {Full: good, Best: -1},
		"may be negative": {Full: good, Time: -1},
		"by -1 tokens":    {Full: good, Tokens: -1},
		"quick scoring":   {Full: good, Quick: reader{fail: broken}},
		"full scoring":    {Full: reader{fail: broken}},
		"on the scale":    {Full: reader{bytes: 9, scale: "other"}, Quick: reader{bytes: 1}},
		"not asked for": {Full: rerank.RerankerFunc(func(context.Context, rerank.Request) (rerank.Result, error) {
			return rerank.Result{Hits: []rerank.Hit{{Index: 7}}}, nil
		})},
	} {
		if _, err := r.Rerank(t.Context(), request("a:xx", "b:xxx")); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %v", words, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (&anytime.Reranker{Full: good}).Rerank(ctx, request("a:x")); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestContract(t *testing.T) {
	reranktest.Reranker(t, func(testing.TB) rerank.Reranker { return &anytime.Reranker{Full: reader{bytes: 1 << 20}} })
	reranktest.Reranker(t, func(testing.TB) rerank.Reranker {
		return &anytime.Reranker{Full: reader{bytes: 1 << 20}, Quick: reader{bytes: 3}, Best: 2}
	}, reranktest.ListDependent, reranktest.OrderDependent)
}

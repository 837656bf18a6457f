package experiment

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/internal/exactjson"
)

// output keeps what one stage made of queries, a line of JSON each, in a file
// that only grows. A line that a crash cut off is dropped when the file is
// opened next. It is safe for concurrent use: a stage that was left behind when
// its time was up may come back late.
type output struct {
	file *os.File

	mu    sync.Mutex
	end   int64            // where the next line goes
	lines map[string]entry // by query ID
}

// entry is what is known of a line without reading it.
type entry struct {
	from    int64
	size    int
	elapsed time.Duration
	stages  []rerank.StageReport
}

// record is one line; head is its part without the hits.
type record struct {
	head
	Hits []storedHit `json:"hits"`
}

type head struct {
	Query   string               `json:"q"`
	Elapsed time.Duration        `json:"ns"`
	Stages  []rerank.StageReport `json:"stages"`
}

// storedHit is a hit without its document, which the index or the list before
// has.
type storedHit struct {
	ID        string       `json:"id"`
	Index     int          `json:"i"`
	Score     *float64     `json:"s"` // nil: NaN
	Scale     rerank.Scale `json:"m,omitempty"`
	Relevance *float64     `json:"r,omitempty"`
	Trace     []tracePoint `json:"t,omitempty"`
}

type tracePoint struct {
	Stage string       `json:"n"`
	Rank  int          `json:"k"`
	Score *float64     `json:"s"`
	Scale rerank.Scale `json:"m,omitempty"`
}

// openOutput opens the file of a stage, or makes it.
func openOutput(dir, key string) (*output, error) {
	f, err := os.OpenFile(filepath.Join(dir, key+".jsonl"), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	o := &output{file: f, lines: map[string]entry{}}
	if err := o.scan(); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", f.Name(), err), f.Close())
	}
	return o, nil
}

// scan finds the lines. What follows the last whole line is cut off.
func (o *output) scan() error {
	r := bufio.NewReaderSize(o.file, 1<<20)
	for {
		line, err := r.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		var h head
		if err != nil || exactjson.Unmarshal(line, &h) != nil { // a torn write: what follows is of no use
			return o.file.Truncate(o.end)
		}
		o.lines[h.Query] = entry{o.end, len(line), h.Elapsed, h.Stages}
		o.end += int64(len(line))
	}
}

// find returns what is known of a query.
func (o *output) find(query string) (entry, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	e, ok := o.lines[query]
	return e, ok
}

// get returns what the stage made of a query, with documents that have nothing
// but their ID.
func (o *output) get(query string, at entry) (rerank.Result, error) {
	line := make([]byte, at.size)
	if _, err := o.file.ReadAt(line, at.from); err != nil {
		return rerank.Result{}, fmt.Errorf("%s: %w", o.file.Name(), err)
	}
	var r record
	if err := exactjson.Unmarshal(line, &r); err != nil {
		return rerank.Result{}, fmt.Errorf("%s: query %q: %w", o.file.Name(), query, err)
	}
	hits := make([]rerank.Hit, len(r.Hits))
	for i, h := range r.Hits {
		hits[i] = h.hit(i)
	}
	return rerank.Result{Hits: hits, Stages: r.Stages}, nil
}

// put keeps what the stage made of a query, and how long it took.
func (o *output) put(query string, result rerank.Result, elapsed time.Duration) error {
	r := record{head: head{query, max(elapsed, 1), result.Stages}, Hits: make([]storedHit, len(result.Hits))}
	for i, h := range result.Hits {
		r.Hits[i] = stored(h)
	}
	line, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("%s: query %q: %w", o.file.Name(), query, err)
	}
	line = append(line, '\n')
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, err := o.file.WriteAt(line, o.end); err != nil {
		return fmt.Errorf("%s: %w", o.file.Name(), err)
	}
	o.lines[query] = entry{o.end, len(line), r.Elapsed, result.Stages}
	o.end += int64(len(line))
	return nil
}

func stored(h rerank.Hit) storedHit {
	s := storedHit{ID: h.Document.ID, Index: h.Index, Score: finite(h.Score), Scale: h.Scale, Relevance: finite(h.Relevance)}
	for _, t := range h.Trace {
		s.Trace = append(s.Trace, tracePoint{t.Stage, t.Rank, finite(t.Score), t.Scale})
	}
	return s
}

func (s storedHit) hit(rank int) rerank.Hit {
	h := rerank.Hit{
		Document: rerank.Document{ID: s.ID}, Index: s.Index, Rank: rank,
		Score: number(s.Score), Scale: s.Scale, Relevance: number(s.Relevance),
	}
	for _, t := range s.Trace {
		h.Trace = append(h.Trace, rerank.StageScore{Stage: t.Stage, Rank: t.Rank, Score: number(t.Score), Scale: t.Scale})
	}
	return h
}

func (o *output) close() error { return o.file.Close() }

// finite is how a number stands in JSON, which has no NaN.
func finite(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

func number(x *float64) float64 {
	if x == nil {
		return math.NaN()
	}
	return *x
}

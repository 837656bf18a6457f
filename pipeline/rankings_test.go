package pipeline_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/dataset"
	"github.com/flashrerank/rerank/index"
	"github.com/flashrerank/rerank/internal/testenv"
	"github.com/flashrerank/rerank/pipeline"
)

var (
	update = flag.Bool("update", false, "write the golden rankings")
	dump   = flag.String("dump", "", "write every ranking of the goldens in full to this `folder`")
)

const (
	goldenQueries = 20
	goldenFirst   = 4 // of them, which people read too
	goldenDepth   = 30
)

// words finds by BM25 alone.
var words = pipeline.Config{First: pipeline.First{Kind: pipeline.KindBM25, Depth: goldenDepth}, Stages: noStages}

// TestRankings: what the re-rankers of this program make of real queries stays as it is, to the
// last bit, on every CPU. testdata/golden has a sum of each ranking, with its scores, traces
// and reports, and some of the first query's in full; testdata/rankings has what a person would
// look at. A change that is meant to move them writes them anew:
//
//	RERANK_SLOW=1 RERANK_DATA=DIR go test ./pipeline -run 'TestRankings' -timeout 60m -update
func TestRankings(t *testing.T) {
	eachGolden(t, func(t *testing.T, g *golden, name string) {
		g.run(t, g.queries[:goldenFirst])
		g.check(t, filepath.Join("testdata", "golden", name+".txt"), g.sums.Bytes())
		g.check(t, filepath.Join("testdata", "rankings", name+".txt"), g.readable.Bytes())
	})
}

// TestRankingsRest is TestRankings for the other queries: sums alone.
func TestRankingsRest(t *testing.T) {
	eachGolden(t, func(t *testing.T, g *golden, name string) {
		g.run(t, g.queries[goldenFirst:])
		g.check(t, filepath.Join("testdata", "golden", name+"-rest.txt"), g.sums.Bytes())
	})
}

func eachGolden(t *testing.T, f func(t *testing.T, g *golden, name string)) {
	if os.Getenv("RERANK_SLOW") == "" {
		t.Skip("RERANK_SLOW is not set: it asks for tests that take minutes")
	}
	for _, name := range []string{"time", "medline", "cranfield", "cacm", "godoc"} {
		t.Run(name, func(t *testing.T) { f(t, openGolden(t, name), name) })
	}
}

// golden runs the cases over a collection and writes down what they give.
type golden struct {
	name    string
	entries []index.Entry
	queries []rerank.Query

	sums, readable bytes.Buffer
}

// openGolden reads a collection's documents and its first judged queries.
func openGolden(t *testing.T, name string) *golden {
	t.Helper()
	judged, err := dataset.OpenCollection(testenv.Data(t, name))
	if err != nil {
		t.Fatal(err)
	}
	_, queries := judgedQueries(t, judged)
	if len(queries) < goldenQueries {
		t.Fatalf("%s has %d judged queries", name, len(queries))
	}
	return &golden{name: name, entries: read(t, judged), queries: queries[:goldenQueries]}
}

// run ranks for each query in each way what BM25 finds: documents that no query finds are
// left out, as to embed them would take most of the time.
func (g *golden) run(t *testing.T, queries []rerank.Query) {
	t.Helper()
	found := g.found(t, queries)
	vectors := embedded(t, index.Options{}, slices.Clone(found))
	texts := memory(t, index.Options{}, found)
	for _, reranker := range []string{pipeline.MiniLM, pipeline.Best, pipeline.MiniLMCosine, pipeline.Cross} {
		for _, over := range []struct {
			what string
			s    *index.Snapshot
		}{{"vectors", vectors}, {"texts", texts}} {
			for _, mode := range []struct {
				what  string
				early *pipeline.Early
			}{{"full", nil}, {"early", &pipeline.Early{Best: 10}}, {"budget", &pipeline.Early{Budget: 3000}}} {
				c := pipeline.Config{First: words.First, Stages: []pipeline.Stage{{Rerank: reranker, Early: mode.early}}}
				g.arrangement(t, strings.Join([]string{reranker, over.what, mode.what}, " "), over.s, c, queries)
			}
		}
		g.given(t, reranker, texts, queries[0])
	}
}

// found are the entries that BM25 finds for the queries, in the collection's order.
func (g *golden) found(t *testing.T, queries []rerank.Query) []index.Entry {
	t.Helper()
	p := open(t, memory(t, index.Options{}, g.entries), words)
	wanted := map[string]bool{}
	for _, q := range queries {
		for _, h := range g.search(t, p, q).Hits {
			wanted[h.Document.ID] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(g.entries), func(e index.Entry) bool { return !wanted[e.Document.ID] })
}

func (g *golden) search(t *testing.T, p *pipeline.Pipeline, q rerank.Query) rerank.Result {
	t.Helper()
	result, err := p.Retrieve(t.Context(), rerank.Search{Query: q, K: goldenDepth})
	if err != nil {
		t.Fatalf("%s, query %s: %v", g.name, q.ID, err)
	}
	return result
}

// arrangement ranks by a pipeline. One that is refused is noted as such.
func (g *golden) arrangement(t *testing.T, what string, s *index.Snapshot, c pipeline.Config, queries []rerank.Query) {
	t.Helper()
	p, err := pipeline.New(t.Context(), s, c)
	if errors.Is(err, pipeline.ErrNoText) {
		fmt.Fprintf(&g.sums, "%s: refused, as there is no text to leave out\n", what)
		return
	}
	if err != nil {
		t.Fatalf("%s, %s: %v", g.name, what, err)
	}
	defer p.Close()
	for i, q := range queries {
		g.note(t, what, q, g.search(t, p, q), i == 0 && c.Stages[0].Early == nil)
	}
}

// given ranks texts that come without an index and without scores.
func (g *golden) given(t *testing.T, reranker string, s *index.Snapshot, q rerank.Query) {
	t.Helper()
	r, err := pipeline.NewReranker(reranker)
	if err != nil {
		t.Fatal(err)
	}
	var docs []rerank.Document
	for _, h := range g.search(t, open(t, s, words), q).Hits {
		docs = append(docs, h.Document)
	}
	result, err := r.Rerank(t.Context(), rerank.Request{Query: q, Hits: rerank.Hits(docs)})
	if err != nil {
		t.Fatal(err)
	}
	g.note(t, reranker+" given", q, result, true)
}

// note writes a ranking's sum, and for people its best ten; in full where that is asked for.
func (g *golden) note(t *testing.T, what string, q rerank.Query, result rerank.Result, whole bool) {
	t.Helper()
	full := written(result)
	fmt.Fprintf(&g.sums, "%s, query %s: %x\n", what, q.ID, sha256.Sum256(full))
	if whole {
		g.sums.Write(full)
	}
	if *dump != "" {
		name := strings.ReplaceAll(fmt.Sprintf("%s %s %s.txt", g.name, what, q.ID), " ", "_")
		if err := os.WriteFile(filepath.Join(*dump, name), full, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	fmt.Fprintf(&g.readable, "%s, query %s\n", what, q.ID)
	for _, h := range result.Hits[:min(10, len(result.Hits))] {
		fmt.Fprintf(&g.readable, "%4d  %-24s %8.4f  %6.4f\n", h.Rank+1, h.Document.ID, h.Score, h.Relevance)
	}
}

// written is a ranking to the last bit, less the time it took.
func written(result rerank.Result) []byte {
	var b bytes.Buffer
	for _, h := range result.Hits {
		fmt.Fprintf(&b, "  %d %d %s %016x %s %016x", h.Rank, h.Index, h.Document.ID, math.Float64bits(h.Score), h.Scale, math.Float64bits(h.Relevance))
		for _, s := range h.Trace {
			fmt.Fprintf(&b, " [%s %d %016x %s]", s.Stage, s.Rank, math.Float64bits(s.Score), s.Scale)
		}
		b.WriteByte('\n')
	}
	for _, s := range result.Stages {
		s.Elapsed = 0
		fmt.Fprintf(&b, "  %+v\n", s)
	}
	return b.Bytes()
}

// check compares what was written with a file, or writes that.
func (g *golden) check(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, got, 0o644))
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.ReplaceAll(string(want), "\r\n", "\n"), string(got)); diff != "" {
		t.Errorf("%s (-want +got)\n%s", path, diff)
	}
}

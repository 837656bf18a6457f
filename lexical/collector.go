package lexical

import (
	"cmp"
	"container/heap"
	"slices"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/index"
)

// collector keeps the best k documents: highest score first, equal ones by ID.
type collector struct {
	k        int
	filter   rerank.Filter
	snapshot *index.Snapshot
	found    []found // a heap with the worst on top
	matched  int
}

type found struct {
	doc   uint32
	score float64
	id    string
}

func compareFound(a, b found) int {
	return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.id, b.id))
}

func (c *collector) Len() int           { return len(c.found) }
func (c *collector) Less(i, j int) bool { return compareFound(c.found[i], c.found[j]) > 0 }
func (c *collector) Swap(i, j int)      { c.found[i], c.found[j] = c.found[j], c.found[i] }
func (c *collector) Push(x any)         { c.found = append(c.found, x.(found)) }
func (c *collector) Pop() any           { panic("lexical: the collector never shrinks") }

// wants reports whether a score can be among the best.
func (c *collector) wants(score float64) bool {
	return len(c.found) < c.k || c.k > 0 && score >= c.found[0].score
}

// offer takes a document whose score is wanted.
func (c *collector) offer(doc uint32, score float64) error {
	id, err := c.snapshot.ID(doc)
	if err != nil {
		return err
	}
	f := found{doc, score, id}
	if len(c.found) == c.k && compareFound(f, c.found[0]) > 0 {
		return nil
	}
	if c.filter != nil {
		d, err := c.snapshot.Document(doc)
		if err != nil || !c.filter.Match(d) {
			return err
		}
	}
	if len(c.found) < c.k {
		heap.Push(c, f)
		return nil
	}
	c.found[0] = f
	heap.Fix(c, 0)
	return nil
}

// hits loads what was found, best first.
func (c *collector) hits(w Weighting) ([]rerank.Hit, error) {
	slices.SortFunc(c.found, compareFound)
	docs := make([]rerank.Document, len(c.found))
	scores := make([]float64, len(c.found))
	for i, f := range c.found {
		var err error
		if docs[i], err = c.snapshot.Document(f.doc); err != nil {
			return nil, err
		}
		scores[i] = f.score
	}
	return rerank.Reorder(rerank.Request{Hits: rerank.Hits(docs)}, rerank.Scoring{
		Stage: w.stage(), Scale: w.scale(), Scores: scores, Relevance: relevance(w),
	}), nil
}

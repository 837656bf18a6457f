package lexical

import (
	"cmp"
	"slices"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/index"
)

// collector keeps the best k documents, at least one: highest score first, equal ones by ID.
type collector struct {
	k        int
	filter   rerank.Filter
	idsOnly  bool
	snapshot *index.Snapshot
	cursor   *index.Cursor // for the filter
	found    []found       // a heap with the worst on top
	matched  int
	cut      bool // whether terms or segments are left out for want of time
}

type found struct {
	doc   uint32
	score float64
	id    string
}

func compareFound(a, b found) int {
	return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.id, b.id))
}

// wants reports whether a score can be among the best.
func (c *collector) wants(score float64) bool {
	return len(c.found) < c.k || score >= c.found[0].score
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
		d, err := c.cursor.Document(doc)
		if err != nil || !c.filter.Match(d) {
			return err
		}
	}
	if len(c.found) < c.k {
		c.found = append(c.found, f)
		c.up(len(c.found) - 1)
		return nil
	}
	c.found[0] = f
	c.down(0)
	return nil
}

// worse reports whether element i comes after element j in the result.
func (c *collector) worse(i, j int) bool { return compareFound(c.found[i], c.found[j]) > 0 }

func (c *collector) up(i int) {
	for parent := (i - 1) / 2; i > 0 && c.worse(i, parent); i, parent = parent, (parent-1)/2 {
		c.found[i], c.found[parent] = c.found[parent], c.found[i]
	}
}

func (c *collector) down(i int) {
	for {
		child := 2*i + 1
		if child+1 < len(c.found) && c.worse(child+1, child) {
			child++
		}
		if child >= len(c.found) || !c.worse(child, i) {
			return
		}
		c.found[i], c.found[child] = c.found[child], c.found[i]
		i = child
	}
}

// hits loads what was found, best first.
func (c *collector) hits(w Weighting) ([]rerank.Hit, error) {
	slices.SortFunc(c.found, compareFound)
	docs := make([]rerank.Document, len(c.found))
	scores := make([]float64, len(c.found))
	for i, f := range c.found {
		docs[i].ID, scores[i] = f.id, f.score
		if c.idsOnly {
			continue
		}
		var err error
		if docs[i], err = c.snapshot.Document(f.doc); err != nil {
			return nil, err
		}
	}
	return rerank.Reorder(rerank.Request{Hits: rerank.Hits(docs)}, rerank.Scoring{
		Stage: w.stage(), Scale: w.scale(), Scores: scores, Relevance: relevance(w),
	}), nil
}

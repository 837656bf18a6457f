package fusion

import (
	"math"
	"slices"

	"github.com/flashrerank/rerank"
)

// fewest is the share of hits below which the scores of a part or a list with another in its
// place do not count: normalised, the better of two would be as good as the best of a hundred.
const fewest = 1. / 4

// tooFew reports whether a list has scores for some of its hits only, and for too few, and
// other tells hits apart.
func tooFew(list, other []rerank.Hit) bool {
	scored := 0
	for _, h := range list {
		if !math.IsNaN(h.Score) {
			scored++
		}
	}
	return scored > 0 && float64(scored) < fewest*float64(len(list)) && !flat(other)
}

// unsaid returns a list without its scores.
func unsaid(list []rerank.Hit) []rerank.Hit {
	list = slices.Clone(list)
	for i := range list {
		list[i].Score = math.NaN()
	}
	return list
}

// leave lets parts that abstained from nearly all hits abstain from all.
func (r *Reranker) leave(o *opinions) {
	for i, p := range r.Parts {
		if p.Else != "" && p.Best == 0 && tooFew(o.lists[i], o.lists[r.partNamed(p.Else)]) {
			o.lists[i], o.vectors[i] = unsaid(o.lists[i]), nil
		}
	}
}

// leave is the same of lists.
func (r *Retriever) leave(found [][]rerank.Hit) {
	for i, l := range r.Lists {
		if l.Else != "" && r.method().complete() && tooFew(found[i], found[r.listNamed(l.Else)]) {
			found[i] = unsaid(found[i])
		}
	}
}

package fusion

import (
	"fmt"
	"slices"

	"github.com/flashrerank/rerank"
)

// Trust returns how far a list or a part is to be trusted over some hits: a factor from 0
// to 1 of its weight, and the reason, for the report. The hits are those of the request in
// their order, or what the lists found, the first of each list before the second. It must
// not change them, and must be safe for concurrent use.
type Trust func(hits []rerank.Hit) (factor float64, why string, err error)

// of returns a weight as it is trusted over hits, and a note where it is less.
func (t Trust) of(name string, weight float64, hits []rerank.Hit) (trusted float64, note string, err error) {
	if t == nil || weight == 0 {
		return weight, "", nil
	}
	factor, why, err := t(hits)
	if err == nil && !(factor >= 0 && factor <= 1) {
		err = fmt.Errorf("a trust of %v is not from 0 to 1", factor)
	}
	if err != nil {
		return 0, "", fmt.Errorf("fusion: %s: %w", name, err)
	}
	if factor == 1 {
		return weight, "", nil
	}
	return weight * factor, fmt.Sprintf("%s counts %v of its weight: %s", name, factor, why), nil
}

// allTrusted returns weights as they are trusted over hits, and notes; of returns whose
// weight one is.
func allTrusted(weights []float64, hits []rerank.Hit, of func(i int) (Trust, string)) (trusted []float64, notes []string, err error) {
	trusted = slices.Clone(weights)
	for i, weight := range weights {
		t, name := of(i)
		var note string
		if trusted[i], note, err = t.of(name, weight, hits); err != nil {
			return nil, nil, err
		}
		if note != "" {
			notes = append(notes, note)
		}
	}
	return trusted, notes, nil
}

// trusted returns the weights of the parts over the hits of a request, and notes.
func (r *Reranker) trusted(weights []float64, hits []rerank.Hit) (trusted []float64, notes []string, err error) {
	return allTrusted(weights, hits, func(i int) (Trust, string) { return r.Parts[i].Trust, r.partName(i) })
}

// trusted returns the weights of the lists over what they found, and notes.
func (r *Retriever) trusted(weights []float64, found [][]rerank.Hit) (trusted []float64, notes []string, err error) {
	if !slices.ContainsFunc(r.Lists, func(l List) bool { return l.Trust != nil }) {
		return weights, nil, nil
	}
	return allTrusted(weights, inTurn(found), func(i int) (Trust, string) { return r.Lists[i].Trust, r.listName(i) })
}

// inTurn returns the documents of all lists, the first of each, then the second, each once.
func inTurn(lists [][]rerank.Hit) []rerank.Hit {
	longest := 0
	for _, list := range lists {
		longest = max(longest, len(list))
	}
	var hits []rerank.Hit
	seen := map[string]bool{}
	for place := range longest {
		for _, list := range lists {
			if place < len(list) && !seen[list[place].Document.ID] {
				seen[list[place].Document.ID] = true
				hits = append(hits, list[place])
			}
		}
	}
	return hits
}

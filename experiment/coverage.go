package experiment

import (
	"fmt"
	"slices"

	"github.com/flashrerank/rerank/eval"
)

// cover counts what a run and the judgments have in common.
func cover(qrels eval.Qrels, run eval.Run) Coverage {
	var c Coverage
	for query, judged := range qrels {
		if len(run[query]) == 0 {
			c.QueriesWithoutResults++
		}
		for _, hit := range run[query] {
			c.Results++
			if grade, ok := judged[hit.Document]; !ok || grade < 0 {
				c.UnjudgedResults++
			}
		}
	}
	return c
}

// notes tells what a reader of a run's figures must know; queries is how many
// the run has.
func (c Coverage) notes(name string, queries, judged int) []string {
	var notes []string
	if n := c.QueriesWithoutJudgments; n > 0 {
		notes = append(notes, fmt.Sprintf("%s: %d of its %d queries have no judgments and do not count", name, n, queries))
	}
	if n := c.QueriesWithoutResults; n > 0 {
		notes = append(notes, fmt.Sprintf("%s: it has no results for %d of %d queries, which count with 0", name, n, judged))
	}
	if c.Results > 0 && c.UnjudgedResults == c.Results {
		notes = append(notes, fmt.Sprintf("%s: none of its %d results is judged: the document IDs may not be those of the judgments",
			name, c.Results))
	}
	return notes
}

// findJudged counts the judgments of documents that the corpus lacks.
func (r *run) findJudged() error {
	known, example := map[string]bool{}, ""
	u := &r.data.unmatched
	for _, judged := range r.data.qrels {
		for id, grade := range judged {
			found, looked := known[id]
			if !looked {
				var err error
				if _, found, err = r.corpus.snapshot.Find(id); err != nil {
					return fmt.Errorf("judged document %q: %w", id, err)
				}
				known[id] = found
			}
			if found {
				continue
			}
			u.JudgmentsWithoutDocument++
			if r.config.Rules.relevant(grade) {
				u.RelevantWithoutDocument++
			}
			if example == "" || id < example {
				example = id
			}
		}
	}
	if n := u.JudgmentsWithoutDocument; n > 0 {
		r.data.notes = append(r.data.notes, fmt.Sprintf(
			"%d of %d judgments are of documents that the corpus lacks (%q for example); %d of them say relevant",
			n, r.data.judgments, example, u.RelevantWithoutDocument))
	}
	return nil
}

// unmatchedQueries notes judged queries that cannot be searched for, and
// queries that nobody judged.
func (d *data) unmatchedQueries(judged eval.Qrels, empty []string, seen map[string]bool, complete bool) {
	for id := range judged {
		if !seen[id] {
			d.silent = append(d.silent, id)
		}
	}
	absent := len(d.silent)
	d.silent = append(d.silent, empty...)
	slices.Sort(d.silent)
	d.unmatched.QueriesWithoutText = len(d.silent)
	if len(d.silent) > 0 {
		count := "do not count"
		if complete {
			count = "count with 0"
		}
		d.notes = append(d.notes, fmt.Sprintf(
			"%d of %d judged queries have no text (%d are not among the queries, %d are empty there) and %s: %q for example",
			len(d.silent), len(judged), absent, len(empty), count, d.silent[0]))
	}
	for id := range seen {
		if judged[id] == nil {
			d.unmatched.QueriesWithoutJudgments++
		}
	}
	if n := d.unmatched.QueriesWithoutJudgments; n > 0 {
		d.notes = append(d.notes, fmt.Sprintf("%d of %d queries have no judgments and do not count", n, len(seen)))
	}
}

// unjudged counts the queries of a run without judgments.
func unjudged(qrels eval.Qrels, run eval.Run) int {
	n := 0
	for query := range run {
		if _, ok := qrels[query]; !ok {
			n++
		}
	}
	return n
}

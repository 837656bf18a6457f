package experiment

import (
	"fmt"
	"slices"

	"github.com/flashrerank/rerank/eval"
	"github.com/flashrerank/rerank/internal/count"
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
		notes = append(notes, fmt.Sprintf("%s: %d of %s without judgments (not counted)", name, n, count.Of(queries, "query")))
	}
	if n := c.QueriesWithoutResults; n > 0 {
		notes = append(notes, fmt.Sprintf("%s: %d of %s without results (counted as 0)", name, n, count.Of(judged, "query")))
	}
	if c.Results > 0 && c.UnjudgedResults == c.Results {
		notes = append(notes, name+": none of its results is judged; do the judgments use other document IDs?")
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
			"%d of %s about documents that are not in the corpus, such as %q; %d of them relevant",
			n, count.Of(r.data.judgments, "judgment"), example, u.RelevantWithoutDocument))
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
		rule := "not counted"
		if complete {
			rule = "counted as 0"
		}
		d.notes = append(d.notes, fmt.Sprintf(
			"%d of %s without text (%s; %d not in the file of queries, %d empty there), such as %q",
			len(d.silent), count.Of(len(judged), "judged query"), rule, absent, len(empty), d.silent[0]))
	}
	for id := range seen {
		if judged[id] == nil {
			d.unmatched.QueriesWithoutJudgments++
		}
	}
	if n := d.unmatched.QueriesWithoutJudgments; n > 0 {
		d.notes = append(d.notes, fmt.Sprintf("%d of %s without judgments (not counted)", n, count.Of(len(seen), "query")))
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

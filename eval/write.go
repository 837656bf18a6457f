package eval

import (
	"bufio"
	"fmt"
	"io"
)

// WriteTrecEval prints an evaluation in the layout of trec_eval: measure, query
// or "all", and value, counts as integers and all else with four decimals. With
// perQuery each query's values come before the summary, as with trec_eval -q; the
// summary begins with the line runid unless runID is empty. Measures are printed
// in the order of e.Measures ([Official] and [AllTrec] have trec_eval's); num_q,
// gm_map and gm_bpref are printed in the summary only. Names are those that the
// measures were asked by: trec_eval's stay its own, and nDCG@10 stays nDCG@10.
func WriteTrecEval(w io.Writer, e Evaluation, runID string, perQuery bool) error {
	out := bufio.NewWriter(w)
	if perQuery {
		for i, query := range e.Queries {
			for j, m := range e.Measures {
				if m.kind != numQ && m.aggregate() != geometric {
					writeValue(out, m, query, e.Values[i][j])
				}
			}
		}
	}
	if runID != "" {
		fmt.Fprintf(out, "%-22s\tall\t%s\n", "runid", runID)
	}
	for j, m := range e.Measures {
		writeValue(out, m, "all", e.Summary[j])
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("eval: writing an evaluation: %w", err)
	}
	return nil
}

func writeValue(out *bufio.Writer, m Measure, query string, value float64) {
	if m.aggregate() == total {
		fmt.Fprintf(out, "%-22s\t%s\t%d\n", m, query, int64(value))
		return
	}
	fmt.Fprintf(out, "%-22s\t%s\t%6.4f\n", m, query, value)
}

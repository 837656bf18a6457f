// Package primer is a small collection to try a search on: short texts about
// searching, Go, Unix and programming, written for this project.
package primer

import (
	_ "embed"
	"iter"
	"strings"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/dataset"
)

// Version grows with every change of the texts.
const Version = "primer-1"

//go:embed primer.tsv
var texts string

// Documents yields the texts, in no particular order but always the same.
func Documents() iter.Seq2[rerank.Document, error] {
	return dataset.TSV(strings.NewReader(texts), "primer.tsv", dataset.Options{})
}

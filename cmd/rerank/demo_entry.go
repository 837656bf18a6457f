package main

import (
	"iter"
	"strings"

	"github.com/clipperhouse/uax29/v2/sentences"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/cmd/rerank/internal/terminal"
)

// contextMark separates an entry's own text from what its package is about.
const contextMark = "\n\n"

// inContext adds to every entry of the Go documentation the first sentence of
// its package's. A comment like "Line returns the line number" means one thing
// in a package about tokens of Go and another in one about reading text, which
// neither stage could know. Over two dozen queries with known answers it
// raised the mean reciprocal rank from 0.29 to 0.36 for BM25 and from 0.43 to
// 0.48 for the blend (fp32 model, depth 100).
//
// Packages come before what is in them.
func inContext(entries iter.Seq2[rerank.Document, error]) iter.Seq2[rerank.Document, error] {
	return func(yield func(rerank.Document, error) bool) {
		path, about := "", ""
		for d, err := range entries {
			if err == nil {
				if p := fieldText(d, "import_path"); p != path {
					path, about = p, ""
				}
				if fieldText(d, "kind") == "package" {
					about = firstSentence(d.Text)
				} else if about != "" {
					d.Text += contextMark + about
				}
			}
			if !yield(d, err) {
				return
			}
		}
	}
}

// ownText is the text of an entry without what inContext has added.
func ownText(d rerank.Document) string {
	kind := fieldText(d, "kind")
	if kind == "" || kind == "package" {
		return d.Text
	}
	if end := strings.LastIndex(d.Text, contextMark); end >= 0 {
		return d.Text[:end]
	}
	return d.Text
}

func fieldText(d rerank.Document, name string) string {
	v, _ := d.Fields.Get(name)
	return v.Text()
}

// firstSentence returns the first sentence of a text on one line.
func firstSentence(text string) string {
	paragraph, _, _ := strings.Cut(text, "\n\n")
	it := sentences.FromString(terminal.Clean(paragraph))
	if !it.Next() {
		return ""
	}
	return strings.TrimSpace(it.Value())
}

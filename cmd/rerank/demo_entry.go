package main

import (
	"strings"

	"github.com/clipperhouse/uax29/v2/sentences"

	"github.com/flashrerank/rerank/cmd/rerank/internal/terminal"
)

// firstSentence returns the first sentence of a text on one line.
func firstSentence(text string) string {
	paragraph, _, _ := strings.Cut(text, "\n\n")
	it := sentences.FromString(terminal.Clean(paragraph))
	if !it.Next() {
		return ""
	}
	return strings.TrimSpace(it.Value())
}

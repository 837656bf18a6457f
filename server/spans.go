package server

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/sentences"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/internal/loose"
	"github.com/flashrerank/rerank/internal/wire"
)

// Bounds of what is looked for in texts, as Cohere has them.
const (
	usualThreshold = 0.1
	mostSentences  = 100 // of a text
)

// wantedSpans reads what is wanted of the relevant parts of texts, nil if nothing is.
func wantedSpans(b *loose.Object) (*wire.SpansWish, error) {
	if b == nil {
		return nil, nil
	}
	w := &wire.SpansWish{Mode: b.Word("mode")}
	if b.Has("threshold") {
		w.Threshold = new(b.Number("threshold", usualThreshold))
	}
	if b.Has("max_spans") {
		w.MaxSpans = new(wire.Count(b.Whole("max_spans", 0)))
	}
	switch {
	case b.Err() != nil:
		return nil, b.Err()
	case w.Mode == "disabled":
		return nil, nil
	case w.Mode != "enabled":
		return nil, invalid("invalid request: relevant_spans.mode is %q, it must be enabled or disabled", w.Mode)
	case w.Threshold != nil && (*w.Threshold < 0 || *w.Threshold > 1):
		return nil, invalid("invalid request: relevant_spans.threshold is %v, it must be between 0 and 1", *w.Threshold)
	case w.MaxSpans != nil && *w.MaxSpans < 0:
		return nil, invalid("invalid request: relevant_spans.max_spans is %d, it must not be negative", *w.MaxSpans)
	}
	return w, nil
}

// sentence is a part of one of the hits' texts, in bytes.
type sentence struct{ hit, start, end int }

// relevantParts judges the sentences of hits as texts of their own, and returns for each
// hit those that are relevant, the most relevant first, in code points.
func relevantParts(ctx context.Context, by rerank.Reranker, query string, texts []string, w *wire.SpansWish) ([][]wire.Span, []rerank.StageReport, error) {
	var parts []sentence
	var docs []rerank.Document
	for i, text := range texts {
		for _, p := range cutSentences(i, text) {
			parts = append(parts, p)
			docs = append(docs, rerank.Document{Text: text[p.start:p.end]})
		}
	}
	result, err := by.Rerank(ctx, rerank.Request{Query: rerank.Query{Text: query}, Hits: rerank.Hits(docs)})
	if err != nil {
		return nil, nil, err
	}
	least := usualThreshold
	if w.Threshold != nil {
		least = *w.Threshold
	}
	most := 0 // all
	if w.MaxSpans != nil {
		most = int(*w.MaxSpans)
	}
	found := make([][]wire.Span, len(texts))
	for _, h := range result.Hits { // best first
		p := parts[h.Index]
		if !(h.Relevance >= least) || most > 0 && len(found[p.hit]) == most {
			continue
		}
		text := texts[p.hit]
		start := utf8.RuneCountInString(text[:p.start])
		found[p.hit] = append(found[p.hit], wire.Span{Start: start, End: start + utf8.RuneCountInString(text[p.start:p.end]), Score: wire.Score(h.Relevance)})
	}
	for _, list := range found {
		slices.SortStableFunc(list, func(a, b wire.Span) int { return cmp.Compare(b.Score, a.Score) })
	}
	return found, result.Stages, nil
}

// cutSentences returns the sentences of a text without the space around them.
func cutSentences(hit int, text string) []sentence {
	var parts []sentence
	at := 0
	for s := sentences.FromString(text); s.Next() && len(parts) < mostSentences; {
		whole := s.Value()
		trimmed := strings.TrimSpace(whole)
		if trimmed != "" {
			start := at + strings.Index(whole, trimmed)
			parts = append(parts, sentence{hit, start, start + len(trimmed)})
		}
		at += len(whole)
	}
	return parts
}

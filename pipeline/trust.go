package pipeline

import (
	"fmt"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/fusion"
	"github.com/flashrerank/rerank/internal/language"
)

// The embedded models are for English, and know languages in the same letters in part. Where
// most of the first trustTexts texts are in one, the models have this share of their weight
// beside BM25. docs/languages.md tells how it was chosen.
const (
	partly     = 0.5
	trustTexts = 10
)

// trust tells how far to trust a model for English over hits; load fills in documents
// without a text.
func trust(load func(*rerank.Document) error) fusion.Trust {
	return func(hits []rerank.Hit) (float64, string, error) {
		hits = hits[:min(trustTexts, len(hits))]
		others := 0
		for _, h := range hits {
			if h.Document.Content() == "" {
				if err := load(&h.Document); err != nil {
					return 0, "", fmt.Errorf("pipeline: reading %q: %w", h.Document.ID, err)
				}
			}
			if language.Accented(h.Document.Content()) {
				others++
			}
		}
		if 2*others <= len(hits) {
			return 1, "", nil
		}
		return partly, fmt.Sprintf("%d of the first %d texts do not seem to be in English", others, len(hits)), nil
	}
}

package hosted

import (
	"fmt"
	"unicode/utf8"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/internal/wire"
)

// Spans asks a service for the relevant parts of texts, which come as rerank.Hit.Spans.
// Cohere's version 2 knows that, by its models from version 5 on.
type Spans struct {
	Threshold *float64 // of a part's score, in [0,1]; nil means what the service does by itself
	Most      int      // parts of a text; 0 means all
}

// wish puts it into Cohere's words.
func (s *Spans) wish() *wire.SpansWish {
	if s == nil {
		return nil
	}
	w := &wire.SpansWish{Mode: "enabled", Threshold: s.Threshold}
	if s.Most > 0 {
		most := wire.Count(s.Most)
		w.MaxSpans = &most
	}
	return w
}

// check refuses what has no meaning or is not known to a service.
func (s *Spans) check(of *service, o Options) error {
	switch {
	case s == nil:
		return nil
	case s.Threshold != nil && !(*s.Threshold >= 0 && *s.Threshold <= 1):
		return fmt.Errorf("spans: threshold %v: it must be in [0,1]", *s.Threshold)
	case s.Most < 0:
		return fmt.Errorf("spans: at most %d: it must not be negative", s.Most)
	case of != &cohere:
		return fmt.Errorf("it finds no relevant parts of texts; cohere does")
	case len(o.Fields) > 0:
		return fmt.Errorf("parts of texts cannot be told where fields are sent")
	}
	return nil
}

// inBytes turns spans of code points into spans of a text's bytes. Spans that are not
// within the text are an error.
func inBytes(text string, spans []wire.Span) ([]rerank.Span, error) {
	out := make([]rerank.Span, len(spans))
	for i, s := range spans {
		start, ok := byteOf(text, s.Start)
		end, within := byteOf(text, s.End)
		if !ok || !within || s.Start > s.End {
			return nil, fmt.Errorf("the answer has a part [%d,%d) of a text of %d characters", s.Start, s.End, utf8.RuneCountInString(text))
		}
		out[i] = rerank.Span{Start: start, End: end, Score: float64(s.Score)}
	}
	return out, nil
}

// byteOf returns where in a text a code point starts, or the text ends.
func byteOf(text string, codePoint int) (int, bool) {
	if codePoint < 0 {
		return 0, false
	}
	n := 0
	for at := range text {
		if n == codePoint {
			return at, true
		}
		n++
	}
	return len(text), n == codePoint
}

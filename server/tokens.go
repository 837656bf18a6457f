package server

import (
	"context"
	"fmt"
	"math"
	"net/http"

	"github.com/flashrerank/rerank/internal/count"
	"github.com/flashrerank/rerank/tokenizer"
)

// tokens returns the model's tokenizer, nil if it has none.
func (m *model) tokens() *tokenizer.Tokenizer {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.tokenizer == nil {
		m.tokenizer, _ = m.loader.Tokenizer(m.what()) // not every model has one
	}
	return m.tokenizer
}

// cutTexts cuts texts to so many tokens, 0 meaning that they stay as they are.
func (m *model) cutTexts(texts []string, most int) (_ []string, warning string) {
	if most == 0 {
		return texts, ""
	}
	t := m.tokens()
	if t == nil {
		return texts, fmt.Sprintf("max_tokens_per_doc changes nothing: '%s' has no tokens that are known here", m.Name)
	}
	around := len(t.Encode("", 0).IDs)
	cut := make([]string, len(texts))
	number := 0
	for i, text := range texts {
		cut[i] = text
		if len(text) <= most { // a token is at least a byte
			continue
		}
		if e := t.Encode(text, most+around); e.Truncated {
			cut[i] = text[:end(e.Offsets)]
			number++
		}
	}
	if number > 0 {
		warning = numbered(number, "document", "was", "were") + " cut to " + count.Of(most, "token")
	}
	return cut, warning
}

// beyond counts the texts that have more tokens than a model's window.
func (m *model) beyond(ctx context.Context, texts []string, window int) (n int, err error) {
	t := m.tokens()
	if t == nil || window == 0 {
		return 0, nil
	}
	var ids, types []int32
	for _, text := range texts {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		var cut bool
		if ids, types, cut = t.Append(ids[:0], types[:0], text, window); cut {
			n++
		}
	}
	return n, nil
}

// affordable refuses texts that have more tokens than a request may have.
func (m *model) affordable(ctx context.Context, texts []string, most int) error {
	if most == 0 {
		return nil
	}
	t := m.tokens()
	if t == nil {
		return nil
	}
	return atMost(ctx, t, texts, math.MaxInt, most)
}

// atMost refuses texts that have more tokens together than most, with those that a model puts
// around them, when each is cut to its first tokens.
func atMost(ctx context.Context, t *tokenizer.Tokenizer, texts []string, first, most int) error {
	sum := 0
	var ids, types []int32
	for _, text := range texts {
		if err := ctx.Err(); err != nil {
			return err
		}
		// One more than is left tells a text that just fits from one that does not.
		ids, types, _ = t.Append(ids[:0], types[:0], text, min(first, most-sum+1))
		if sum += len(ids); sum > most {
			return tooMany("tokens", most)
		}
	}
	return nil
}

// tooMany refuses texts that have too much of something.
func tooMany(what string, most int) error {
	return &failure{http.StatusRequestEntityTooLarge, "Validation", fmt.Sprintf("the texts have more than %d %s", most, what)}
}

// end is where the last token ends.
func end(offsets []tokenizer.Span) int {
	last := 0
	for _, o := range offsets {
		last = max(last, o.End)
	}
	return last
}

// tokenizable refuses texts of more tokens than an answer may list: each takes many times
// the room of its characters.
func tokenizable(ctx context.Context, t *tokenizer.Tokenizer, texts []string) error {
	size := 0
	for _, text := range texts {
		size += len(text)
	}
	if size > maxTokenize {
		return tooMany("bytes", maxTokenize)
	}
	return atMost(ctx, t, texts, math.MaxInt, maxTokensGiven)
}

package pipeline

import (
	"context"
	"slices"
	"sync"

	"github.com/flashrerank/rerank"
)

// memoSize is how many queries a memo keeps: enough for the searches in
// flight, as what it saves is embedding one query several times in a search.
const memoSize = 64

// memo is an embedder that remembers the latest queries.
type memo struct {
	rerank.Embedder

	mu      sync.Mutex
	queries []remembered // oldest first
}

type remembered struct {
	text   string
	vector rerank.Vectors
}

func newMemo(e rerank.Embedder) *memo { return &memo{Embedder: e} }

// Embed embeds texts; a query by itself is embedded once. The vectors must not
// be written to.
func (m *memo) Embed(ctx context.Context, texts []string, role rerank.Role) (rerank.Vectors, error) {
	if role != rerank.RoleQuery || len(texts) != 1 {
		return m.Embedder.Embed(ctx, texts, role)
	}
	if v, ok := m.recall(texts[0]); ok {
		return v, nil
	}
	v, err := m.Embedder.Embed(ctx, texts, role)
	if err == nil {
		m.keep(texts[0], v)
	}
	return v, err
}

func (m *memo) recall(text string) (rerank.Vectors, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.queries {
		if r.text == text {
			v := r.vector
			v.Tokens = 0 // none were computed now
			return v, true
		}
	}
	return rerank.Vectors{}, false
}

func (m *memo) keep(text string, v rerank.Vectors) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.queries) == memoSize {
		m.queries = slices.Delete(m.queries, 0, 1)
	}
	m.queries = append(m.queries, remembered{text, v})
}

package biencoder

import (
	"context"
	"fmt"
	"slices"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/internal/count"
)

// EmbedTokens returns the model's state of each token of each text, in order, special tokens
// and those of the prompt included, as the last layer gives them: neither pooled nor of
// length 1. The vectors are those of [Model.Embed], whose errors it has.
func (m *Model) EmbedTokens(ctx context.Context, texts []string, role rerank.Role) ([][][]float32, rerank.Vectors, error) {
	states := make([][][]float32, len(texts))
	v := rerank.Vectors{Dimensions: m.info.Dimensions, Data: make([]float32, len(texts)*m.info.Dimensions), Truncated: make([]bool, len(texts)), Foreign: m.asking(len(texts))}
	size := m.encoder.Config().Hidden
	p := &pass{texts: texts, roles: slices.Repeat([]rerank.Role{role}, len(texts)), vectors: v, foreign: v.Foreign, seen: func(i int, hidden []float32) {
		states[i] = slices.Collect(slices.Chunk(slices.Clone(hidden), size))
	}}
	all := make([]unknown, len(texts))
	for i := range all {
		all[i].text = i
		if m.known != nil {
			all[i].key = m.key(p, i)
		}
	}
	var err error
	if v.Tokens, err = m.compute(ctx, p, all); err != nil {
		return nil, rerank.Vectors{}, fmt.Errorf("biencoder: embedding the tokens of %s: %w", count.Of(len(texts), "text"), err)
	}
	return states, v, nil
}

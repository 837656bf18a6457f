package pipeline

import (
	"context"
	"errors"
	"fmt"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/index"
)

// Embedding tells what [Embed] did.
type Embedding struct {
	Documents int // that were embedded
	Tokens    int // computed for them
	Truncated int // documents cut to the model's window
	Foreign   int // documents in a language that the model does not know; they have no vector
}

// batchTokens bounds one call of the embedder, so that memory and the wait for
// a cancellation do not grow with the number of documents.
const batchTokens = 16_384

// Embed gives index entries the vectors of their documents' content: it sets
// Vector of every entry that has none, but for those in a language that the model is known
// not to know ([biencoder.Model.Knows]): searches order these by their words. The index must have been created with
// e.Model(). Entries are embedded in batches of bounded size, in order; after
// each, progress is told how many are done, unless it is nil. When it fails,
// entries before the failure have their vectors.
func Embed(ctx context.Context, e rerank.Embedder, entries []index.Entry, progress func(done int)) (Embedding, error) {
	var did Embedding
	for from := 0; from < len(entries); {
		to := batchEnd(entries, from, e.Model().MaxTokens)
		if err := embedBatch(ctx, e, entries[from:to], &did); err != nil {
			return did, fmt.Errorf("pipeline: embedding documents %d to %d of %d: %w", from+1, to, len(entries), err)
		}
		from = to
		if progress != nil {
			progress(from)
		}
	}
	return did, nil
}

// batchEnd returns where the batch from an entry on ends. A token is at least
// a byte, which bounds what a document can cost before it is tokenised; most
// tokens are four, which the estimate takes as three.
func batchEnd(entries []index.Entry, from, maxTokens int) int {
	tokens := 0
	for to := from; to < len(entries); to++ {
		d := entries[to].Document
		n := (len(d.Title)+len(d.Text))/3 + 2
		if maxTokens > 0 {
			n = min(n, maxTokens)
		}
		if tokens += n; tokens > batchTokens && to > from {
			return to
		}
	}
	return len(entries)
}

func embedBatch(ctx context.Context, e rerank.Embedder, entries []index.Entry, did *Embedding) error {
	var texts []string
	var into []*index.Entry
	model, tells := e.(interface {
		Knows(text string, role rerank.Role) bool
	})
	for i := range entries {
		if entries[i].Vector != nil {
			continue
		}
		text := entries[i].Document.Content()
		if tells && !model.Knows(text, rerank.RoleDocument) {
			did.Foreign++
			continue
		}
		texts = append(texts, text)
		into = append(into, &entries[i])
	}
	if len(texts) == 0 {
		return ctx.Err()
	}
	v, err := e.Embed(ctx, texts, rerank.RoleDocument)
	var bad *rerank.ScoreError
	if errors.As(err, &bad) && bad.Text >= 0 && bad.Text < len(into) {
		bad.ID = into[bad.Text].Document.ID
	}
	if err != nil {
		return err
	}
	if v.Len() != len(texts) {
		return fmt.Errorf("the embedder made %d vectors of %d texts", v.Len(), len(texts))
	}
	for i, entry := range into {
		if v.Foreign != nil && v.Foreign[i] {
			did.Foreign++
			continue
		}
		did.Documents++
		entry.Vector = v.At(i)
		if v.Truncated != nil && v.Truncated[i] {
			did.Truncated++
		}
	}
	did.Tokens += v.Tokens
	return nil
}

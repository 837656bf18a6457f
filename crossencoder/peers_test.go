package crossencoder_test

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/crossencoder"
	"github.com/flashrerank/rerank/internal/testenv"
)

// TestLikeSentenceTransformers makes models of five families with their
// tokenizers, and compares the logits of pairs from their texts on.
func TestLikeSentenceTransformers(t *testing.T) {
	texts := []string{"", "How do I read a file line by line?", "A Scanner reads a file line by line.", "naïve café ☃ 中文 — 1234567", "don't  panic\n\n\tnow", "e\u0301 ﬁ Ⅷ",
		strings.Repeat("the tokenizer splits text into tokens, ", 40)}
	var pairs [][2]string
	var scored []rerank.Pair
	for _, query := range texts {
		for _, text := range texts {
			pairs = append(pairs, [2]string{query, text})
			scored = append(scored, rerank.Pair{Query: query, Text: text})
		}
	}
	in, err := json.Marshal(pairs)
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	out := testenv.Python(t, in, filepath.Join("testdata", "peers.py"), "../tokenizer/testdata/kinds", root)
	models := 0
	for line := range bytes.Lines(out) {
		var name string
		var logits []float64
		if err := json.Unmarshal(line, &[]any{&name, &logits}); err != nil {
			t.Fatal(err)
		}
		models++
		m, err := crossencoder.Load(os.DirFS(filepath.Join(root, name)), crossencoder.Options{Long: crossencoder.LongTruncate})
		if err != nil {
			t.Error(err)
			continue
		}
		scores := make([]rerank.PairScore, len(scored))
		if err := m.ScorePairs(t.Context(), scored, scores); err != nil {
			t.Fatal(err)
		}
		for i, s := range scores {
			if math.Abs(float64(s.Logit)-logits[i]) > 1e-4 {
				// A language model's query is never cut here, as its card does.
				if name == "qwen3" && s.Truncated {
					continue
				}
				t.Errorf("%s: %.60q: %v (%d tokens), want %v", name, pairs[i], s.Logit, s.Tokens, logits[i])
			}
		}
	}
	if models != 5 {
		t.Errorf("%d models", models)
	}
}

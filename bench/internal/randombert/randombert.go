// Package randombert makes cross-encoders with random weights of published
// shapes: what they cost to run is what the published ones cost, and no file is
// needed. Their scores mean nothing.
package randombert

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strings"
	"testing/fstest"

	"github.com/flashrerank/rerank/internal/safetensors"
)

// Shape of a model.
type Shape struct {
	Name                                string
	Layers, Hidden, Heads, Intermediate int
	Vocabulary, Positions               int
}

// The shapes of ms-marco-TinyBERT-L-2-v2 and ms-marco-MiniLM-L-6-v2.
var (
	TinyBERT = Shape{"TinyBERT-L2", 2, 128, 2, 512, 30522, 512}
	MiniLM   = Shape{"MiniLM-L6", 6, 384, 12, 1536, 30522, 512}
)

// special are the tokens that a tokenizer of BERT needs.
var special = []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}

// Files are those of a model, always the same for a shape.
func (s Shape) Files() (fs.FS, error) {
	config, err := json.Marshal(map[string]any{
		"model_type": "bert", "architectures": []string{"BertForSequenceClassification"}, "hidden_act": "gelu",
		"num_hidden_layers": s.Layers, "hidden_size": s.Hidden, "num_attention_heads": s.Heads, "intermediate_size": s.Intermediate,
		"vocab_size": s.Vocabulary, "max_position_embeddings": s.Positions, "type_vocab_size": 2,
		"id2label": map[string]string{"0": "LABEL_0"}, "_name_or_path": "random-" + s.Name,
	})
	if err != nil {
		return nil, fmt.Errorf("randombert: config.json: %w", err)
	}
	tokenizer, err := s.tokenizer()
	if err != nil {
		return nil, fmt.Errorf("randombert: tokenizer.json: %w", err)
	}
	var weights bytes.Buffer
	if err := safetensors.Write(&weights, s.weights(), nil); err != nil {
		return nil, fmt.Errorf("randombert: weights: %w", err)
	}
	return fstest.MapFS{
		"config.json": {Data: config}, "tokenizer.json": {Data: tokenizer}, "model.safetensors": {Data: weights.Bytes()},
	}, nil
}

// Word is one of the words that the tokenizer knows whole.
func (s Shape) Word(i int) string { return fmt.Sprintf("w%dx", i%(s.Vocabulary-len(special)-72)) }

// Text is words that are chosen by r.
func (s Shape) Text(words int, r *rand.Rand) string {
	var b strings.Builder
	for i := range words {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(s.Word(r.IntN(1 << 30)))
	}
	return b.String()
}

// tokenizer knows letters and digits, alone and within words, and made-up words.
func (s Shape) tokenizer() ([]byte, error) {
	vocabulary := map[string]int{}
	add := func(token string) { vocabulary[token] = len(vocabulary) }
	for _, token := range special {
		add(token)
	}
	for _, r := range "abcdefghijklmnopqrstuvwxyz0123456789" {
		add(string(r))
		add("##" + string(r))
	}
	for i := 0; len(vocabulary) < s.Vocabulary; i++ {
		add(s.Word(i))
	}
	part := func(kind, id string, of int) map[string]any {
		return map[string]any{kind: map[string]any{"id": id, "type_id": of}}
	}
	cls, sep, sep1 := part("SpecialToken", "[CLS]", 0), part("SpecialToken", "[SEP]", 0), part("SpecialToken", "[SEP]", 1)
	tokens := map[string]any{}
	for _, t := range special[2:4] {
		tokens[t] = map[string]any{"id": t, "ids": []int{vocabulary[t]}, "tokens": []string{t}}
	}
	return json.Marshal(map[string]any{
		"version":       "1.0",
		"normalizer":    map[string]any{"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "lowercase": true},
		"pre_tokenizer": map[string]any{"type": "BertPreTokenizer"},
		"post_processor": map[string]any{
			"type": "TemplateProcessing", "special_tokens": tokens,
			"single": []any{cls, part("Sequence", "A", 0), sep},
			"pair":   []any{cls, part("Sequence", "A", 0), sep, part("Sequence", "B", 1), sep1},
		},
		"model": map[string]any{
			"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": vocabulary,
		},
	})
}

// weights are normal with the deviation that BERT begins with, wide enough in
// the head for scores that differ.
func (s Shape) weights() (list []safetensors.Tensor) {
	r := rand.New(rand.NewPCG(1, 2))
	normal := func(name string, mean, deviation float64, shape ...int) {
		n := 1
		for _, d := range shape {
			n *= d
		}
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(mean + deviation*r.NormFloat64())
		}
		list = append(list, safetensors.Float32(name, x, shape...))
	}
	linear := func(name string, deviation float64, n, k int) {
		normal(name+".weight", 0, deviation, n, k)
		normal(name+".bias", 0, 0.02, n)
	}
	norm := func(name string) {
		normal(name+".weight", 1, 0.1, s.Hidden)
		normal(name+".bias", 0, 0.1, s.Hidden)
	}
	normal("bert.embeddings.word_embeddings.weight", 0, 0.05, s.Vocabulary, s.Hidden)
	normal("bert.embeddings.position_embeddings.weight", 0, 0.02, s.Positions, s.Hidden)
	normal("bert.embeddings.token_type_embeddings.weight", 0, 0.02, 2, s.Hidden)
	norm("bert.embeddings.LayerNorm")
	for i := range s.Layers {
		prefix := fmt.Sprintf("bert.encoder.layer.%d.", i)
		for _, name := range []string{"query", "key", "value"} {
			linear(prefix+"attention.self."+name, 0.08, s.Hidden, s.Hidden)
		}
		linear(prefix+"attention.output.dense", 0.08, s.Hidden, s.Hidden)
		norm(prefix + "attention.output.LayerNorm")
		linear(prefix+"intermediate.dense", 0.08, s.Intermediate, s.Hidden)
		linear(prefix+"output.dense", 0.08, s.Hidden, s.Intermediate)
		norm(prefix + "output.LayerNorm")
	}
	linear("bert.pooler.dense", 0.1, s.Hidden, s.Hidden)
	linear("classifier", 0.3, 1, s.Hidden)
	return list
}

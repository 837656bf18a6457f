package crossencoder_test

import (
	"math"
	"testing"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/crossencoder"
	"github.com/flashrerank/rerank/internal/testenv"
)

// FuzzLoad feeds any small files beside the weights: an error, or a model that scores.
func FuzzLoad(f *testing.F) {
	files := folderWith(f, "testdata/tiny1", nil)
	f.Add(string(files["config.json"].Data), `{"do_lower_case":true}`, `[{"idx":0,"name":"0","path":"","type":"sentence_transformers.models.Transformer"}]`, `{"max_seq_length":9}`)
	f.Add(string(files["config.json"].Data), `{`, `[]`, `{"prompts":{"query":"q"},"activation_fn":"torch.nn.modules.linear.Identity"}`)
	f.Fuzz(func(t *testing.T, config, tokenizer, modules, settings string) {
		defer testenv.Bound(t, len(config)+len(tokenizer)+len(modules)+len(settings))()
		m, err := crossencoder.Load(folderWith(t, "testdata/tiny1", map[string]string{
			"config.json": config, "tokenizer_config.json": tokenizer, "modules.json": modules, "config_sentence_transformers.json": settings,
		}), crossencoder.Options{Workers: 1})
		if err != nil {
			return
		}
		scores := make([]rerank.PairScore, 2)
		err = m.ScorePairs(t.Context(), []rerank.Pair{{Query: "the river", Text: "a boat"}, {Query: "the river"}}, scores)
		if err == nil && (math.IsNaN(float64(scores[0].Logit)) || math.IsNaN(float64(scores[1].Logit))) {
			t.Errorf("%v", scores)
		}
	})
}

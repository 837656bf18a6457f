package transformer_test

import (
	"testing"
	"testing/fstest"

	"github.com/flashrerank/rerank/transformer"
)

// TestConfigNamesMatchExactly: a member whose name differs in case is another member, as
// for Python, and of two with one name the last counts.
func TestConfigNamesMatchExactly(t *testing.T) {
	c, err := transformer.ReadConfig(fstest.MapFS{"config.json": {Data: []byte(`{
		"model_type": "bert", "hidden_size": 32, "Hidden_Size": 64, "num_hidden_layers": 3, "num_hidden_layers": 2, "num_attention_heads": 2,
		"intermediate_size": 64, "hidden_act": "gelu", "vocab_size": 100, "max_position_embeddings": 64, "type_vocab_size": 2, "layer_norm_eps": 1e-12
	}`)}})
	if err != nil || c.Hidden != 32 || c.Layers != 2 {
		t.Errorf("%+v, %v", c, err)
	}
}

package transformer

import "encoding/json"

// configFile holds the fields of config.json that matter here. Architectures
// name some of them differently.
type configFile struct {
	ModelType     string                     `json:"model_type"`
	Architectures []string                   `json:"architectures"`
	Layers        int                        `json:"num_hidden_layers"`
	Hidden        int                        `json:"hidden_size"`
	Heads         int                        `json:"num_attention_heads"`
	Intermediate  int                        `json:"intermediate_size"`
	Vocabulary    int                        `json:"vocab_size"`
	Positions     int                        `json:"max_position_embeddings"`
	TokenTypes    *int                       `json:"type_vocab_size"`
	Epsilon       *float64                   `json:"layer_norm_eps"`
	Activation    string                     `json:"hidden_act"`
	PositionType  string                     `json:"position_embedding_type"`
	Labels        map[string]json.RawMessage `json:"id2label"`
	NumLabels     *int                       `json:"num_labels"`
	AutoMap       map[string]json.RawMessage `json:"auto_map"`
	Quantization  json.RawMessage            `json:"quantization_config"`
	Decoder       bool                       `json:"is_decoder"`
	Padding       *int                       `json:"pad_token_id"`
	EmbeddingSize int                        `json:"embedding_size"` // ELECTRA, DeBERTa

	// What makes another computation of an architecture.
	CrossAttention bool                       `json:"add_cross_attention"`
	PrunedHeads    map[string]json.RawMessage `json:"pruned_heads"`
	NormType       string                     `json:"layer_norm_type"`     // GTE
	PoolerSize     int                        `json:"pooler_hidden_size"`  // DeBERTa
	AttentionHead  int                        `json:"attention_head_size"` // DeBERTa

	// DistilBERT
	Dim       int    `json:"dim"`
	NLayers   int    `json:"n_layers"`
	NHeads    int    `json:"n_heads"`
	HiddenDim int    `json:"hidden_dim"`
	Act       string `json:"activation"`

	FeedForward string `json:"feed_forward_type"` // Jina

	Buckets int `json:"relative_attention_num_buckets"` // MPNet

	// DeBERTa
	Relative     bool            `json:"relative_attention"`
	Farthest     int             `json:"max_relative_positions"`
	LogBuckets   int             `json:"position_buckets"`
	NormRelative string          `json:"norm_rel_ebd"`
	PositionAtt  json.RawMessage `json:"pos_att_type"` // a list, or "p2c|c2p"
	ShareKey     bool            `json:"share_att_key"`
	BiasedInput  *bool           `json:"position_biased_input"`
	Kernel       int             `json:"conv_kernel_size"`
	PoolerAct    string          `json:"pooler_hidden_act"`

	// ModernBERT
	HiddenActivation string   `json:"hidden_activation"`
	NormEpsilon      *float64 `json:"norm_eps"`
	NormBias         bool     `json:"norm_bias"`
	AttentionBias    bool     `json:"attention_bias"`
	MLPBias          bool     `json:"mlp_bias"`
	ClassifierBias   bool     `json:"classifier_bias"`
	ClassifierAct    string   `json:"classifier_activation"`
	Pooling          string   `json:"classifier_pooling"`
	LayerTypes       []string `json:"layer_types"`
	GlobalEvery      int      `json:"global_attn_every_n_layers"`
	LocalAttention   int      `json:"local_attention"`
	GlobalTheta      float64  `json:"global_rope_theta"`
	LocalTheta       float64  `json:"local_rope_theta"`

	// Qwen3
	KeyHeads      int      `json:"num_key_value_heads"`
	HeadSize      int      `json:"head_dim"`
	RMSEpsilon    *float64 `json:"rms_norm_eps"`
	SlidingWindow bool     `json:"use_sliding_window"`

	// Rotary embeddings
	Theta   float64         `json:"rope_theta"`
	Rope    json.RawMessage `json:"rope_parameters"` // one, or one for each type of layer
	Scaling *ropeFile       `json:"rope_scaling"`

	// The remote code of the GTE models.
	PackQKV   *bool `json:"pack_qkv"`
	LogNScale bool  `json:"logn_attention_scale"`
}

func (f *configFile) types() int {
	if f.TokenTypes == nil {
		return 2 // as transformers has it for BERT
	}
	return *f.TokenTypes
}

func (f *configFile) padding(usual int) int {
	if f.Padding == nil {
		return usual
	}
	return *f.Padding
}

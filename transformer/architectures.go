package transformer

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/flashrerank/rerank/internal/exactjson"
)

// architectures are the values of model_type that can be computed, and what each
// makes of config.json.
var architectures = map[string]func(*Config, *configFile) error{
	"bert":        bert,
	"distilbert":  distilbert,
	"electra":     electra,
	"roberta":     roberta,
	"camembert":   roberta,
	"xlm-roberta": roberta,
	"mpnet":       mpnet,
	"deberta-v2":  deberta,
	"modernbert":  modernBERT,
	"gte":         gte,
	"new":         gte,
	"qwen3":       qwen3,
}

// Architectures lists the values of model_type in config.json that [Load]
// supports, sorted. A "bert" of position_embedding_type "alibi" is Jina-BERT-v2.
func Architectures() []string { return slices.Sorted(maps.Keys(architectures)) }

var allBiases = biases{qkv: true, output: true, inner: true, outer: true}

// postNorm is what BERT and those that come of it have in common.
func postNorm(prefixes ...string) design {
	return design{naming: naming{prefixes: prefixes, words: wordEmbeddings}, places: true, embeddingNorm: true, normBias: true, bias: allBiases}
}

func bert(c *Config, f *configFile) (err error) {
	c.design = postNorm("", "bert.", "model.", "0.auto_model.")
	c.head = headDesign{dense: "pooler.dense", inEncoder: true, activation: tanhActivation, labels: "classifier", bias: true}
	switch {
	case f.PositionType == "alibi":
		return jina(c, f)
	case f.PositionType != "" && f.PositionType != "absolute":
		return fmt.Errorf("position_embedding_type %q is not supported: absolute and alibi are", f.PositionType)
	}
	c.activation, err = activationOf("hidden_act", cmp.Or(f.Activation, "gelu"))
	return err
}

// jina are BERTs with ALiBi and a gated feed-forward block, which the Hub has as
// remote code (jinaai/jina-bert-implementation).
func jina(c *Config, f *configFile) (err error) {
	c.places, c.gated, c.relative, c.ownCode = false, true, relativeSlopes, true
	c.bias.inner = false
	c.naming.parts = map[string]string{
		"intermediate.dense": "mlp.gated_layers", "output.dense": "mlp.wo", "output.LayerNorm": "mlp.layernorm",
	}
	switch f.FeedForward {
	case "geglu":
		c.activation = geluActivation
	case "reglu":
		c.activation = reluActivation
	default:
		return fmt.Errorf("feed_forward_type %q is not supported: geglu and reglu are", f.FeedForward)
	}
	return nil
}

func distilbert(c *Config, f *configFile) (err error) {
	c.design = postNorm("", "distilbert.", "model.", "0.auto_model.")
	c.Layers, c.Hidden, c.Heads, c.Intermediate, c.TokenTypes = f.NLayers, f.Dim, f.NHeads, f.HiddenDim, 0
	c.naming.layer = "transformer.layer."
	c.naming.parts = map[string]string{
		"attention.self.query": "attention.q_lin", "attention.self.key": "attention.k_lin", "attention.self.value": "attention.v_lin",
		"attention.output.dense": "attention.out_lin", "attention.output.LayerNorm": "sa_layer_norm",
		"intermediate.dense": "ffn.lin1", "output.dense": "ffn.lin2", "output.LayerNorm": "output_layer_norm",
	}
	c.head = headDesign{dense: "pre_classifier", activation: reluActivation, labels: "classifier", bias: true}
	c.activation, err = activationOf("activation", cmp.Or(f.Act, "gelu"))
	return err
}

func electra(c *Config, f *configFile) (err error) {
	c.design = postNorm("", "electra.", "model.", "0.auto_model.")
	c.embedding = f.EmbeddingSize
	c.head = headDesign{dense: "classifier.dense", activation: geluActivation, labels: "classifier.out_proj", bias: true}
	c.activation, err = activationOf("hidden_act", cmp.Or(f.Activation, "gelu"))
	return err
}

// roberta is also XLM-RoBERTa and CamemBERT. Positions begin after the padding
// token's.
func roberta(c *Config, f *configFile) (err error) {
	c.design = postNorm("", "roberta.", "model.", "0.auto_model.")
	c.firstPlace = f.padding(1) + 1
	c.head = headDesign{dense: "classifier.dense", activation: tanhActivation, labels: "classifier.out_proj", bias: true}
	if f.PositionType != "" && f.PositionType != "absolute" {
		return fmt.Errorf("position_embedding_type %q is not supported: absolute is", f.PositionType)
	}
	c.activation, err = activationOf("hidden_act", cmp.Or(f.Activation, "gelu"))
	return err
}

func mpnet(c *Config, f *configFile) (err error) {
	c.design = postNorm("", "mpnet.", "model.", "0.auto_model.")
	c.TokenTypes, c.firstPlace, c.relative = 0, 2, relativeBuckets
	if f.Buckets != 0 && f.Buckets != mpnetBuckets {
		return fmt.Errorf("relative_attention_num_buckets is %d; only %d are supported", f.Buckets, mpnetBuckets)
	}
	c.naming.parts = map[string]string{
		"attention.self.query": "attention.attn.q", "attention.self.key": "attention.attn.k", "attention.self.value": "attention.attn.v",
		"attention.output.dense": "attention.attn.o", "attention.output.LayerNorm": "attention.LayerNorm",
	}
	c.head = headDesign{dense: "classifier.dense", activation: tanhActivation, labels: "classifier.out_proj", bias: true}
	c.activation, err = activationOf("hidden_act", cmp.Or(f.Activation, "gelu"))
	return err
}

func deberta(c *Config, f *configFile) (err error) {
	c.design = postNorm("", "deberta.", "model.", "0.auto_model.")
	if f.TokenTypes == nil {
		c.TokenTypes = 0
	}
	c.places = f.BiasedInput == nil || *f.BiasedInput
	c.embedding = f.EmbeddingSize
	c.naming.parts = map[string]string{
		"attention.self.query": "attention.self.query_proj", "attention.self.key": "attention.self.key_proj", "attention.self.value": "attention.self.value_proj",
	}
	c.head = headDesign{dense: "pooler.dense", labels: "classifier", bias: true}
	if c.head.activation, err = activationOf("pooler_hidden_act", cmp.Or(f.PoolerAct, "gelu")); err != nil {
		return err
	}
	switch {
	case f.Kernel > 0:
		return fmt.Errorf("conv_kernel_size is %d: convolutions are not supported", f.Kernel)
	case f.PoolerSize != 0 && f.PoolerSize != f.Hidden:
		return fmt.Errorf("pooler_hidden_size is %d and hidden_size %d: that they differ is not supported", f.PoolerSize, f.Hidden)
	case f.AttentionHead != 0 && f.AttentionHead*f.Heads != f.Hidden:
		return fmt.Errorf("attention_head_size is %d for %d heads and a hidden_size of %d: that is not supported", f.AttentionHead, f.Heads, f.Hidden)
	case f.EmbeddingSize != 0 && f.EmbeddingSize != f.Hidden:
		return fmt.Errorf("embedding_size is %d and hidden_size %d: that they differ is not supported for %s", f.EmbeddingSize, f.Hidden, f.ModelType)
	}
	if f.Relative {
		c.relative = relativeDisentangled
		if c.disentangled, err = f.disentangled(); err != nil {
			return err
		}
	}
	c.activation, err = activationOf("hidden_act", cmp.Or(f.Activation, "gelu"))
	return err
}

func (f *configFile) disentangled() (d disentangled, err error) {
	d = disentangled{buckets: max(0, f.LogBuckets), farthest: f.Farthest, shared: f.ShareKey}
	if d.farthest < 1 {
		d.farthest = f.Positions
	}
	if d.span() < 2 || d.span() > 1<<13 || d.farthest > 1<<20 {
		return d, fmt.Errorf("position_buckets is %d and max_relative_positions %d", f.LogBuckets, f.Farthest)
	}
	for _, part := range strings.Split(f.NormRelative, "|") {
		d.normed = d.normed || strings.TrimSpace(part) == "layer_norm"
	}
	kinds, err := f.positionKinds()
	d.toPlace, d.toText = slices.Contains(kinds, "c2p"), slices.Contains(kinds, "p2c")
	return d, err
}

func (f *configFile) positionKinds() (kinds []string, err error) {
	if len(f.PositionAtt) == 0 {
		return nil, nil
	}
	if err := exactjson.UnmarshalLast(f.PositionAtt, &kinds); err != nil {
		var joined string
		if err := exactjson.UnmarshalLast(f.PositionAtt, &joined); err != nil {
			return nil, fmt.Errorf("pos_att_type: %w", err)
		}
		kinds = strings.Split(joined, "|")
	}
	for i, k := range kinds {
		if kinds[i] = strings.TrimSpace(k); kinds[i] != "c2p" && kinds[i] != "p2c" && kinds[i] != "" {
			return nil, fmt.Errorf("pos_att_type %q is not supported: c2p and p2c are", k)
		}
	}
	return kinds, nil
}

func modernBERT(c *Config, f *configFile) (err error) {
	c.TokenTypes, c.Epsilon = 0, 1e-5
	if f.NormEpsilon != nil {
		c.Epsilon = float32(*f.NormEpsilon)
	}
	c.design = design{
		naming: naming{
			prefixes: []string{"", "model.", "0.auto_model."}, words: "embeddings.tok_embeddings.weight", layer: "layers.",
			parts: map[string]string{
				"input.LayerNorm": "attn_norm", "attention.self.qkv": "attn.Wqkv", "attention.output.dense": "attn.Wo",
				"attention.output.LayerNorm": "mlp_norm", "intermediate.dense": "mlp.Wi", "output.dense": "mlp.Wo",
				"embeddings.word_embeddings": "embeddings.tok_embeddings", "embeddings.LayerNorm": "embeddings.norm", "final.LayerNorm": "final_norm",
			},
		},
		embeddingNorm: true, preNorm: true, firstBare: true, normBias: f.NormBias, gated: true,
		bias: biases{qkv: f.AttentionBias, output: f.AttentionBias, inner: f.MLPBias, outer: f.MLPBias},
		head: headDesign{dense: "head.dense", denseBias: &f.ClassifierBias, norm: "head.norm", labels: "classifier", bias: true},
	}
	switch f.Pooling {
	case "", "cls":
	case "mean":
		c.head.pooling = PoolMean
	default:
		return fmt.Errorf("classifier_pooling %q is not supported: cls and mean are", f.Pooling)
	}
	if c.head.activation, err = activationOf("classifier_activation", cmp.Or(f.ClassifierAct, "gelu")); err != nil {
		return err
	}
	if c.activation, err = activationOf("hidden_activation", cmp.Or(f.HiddenActivation, "gelu")); err != nil {
		return err
	}
	return f.modernLayers(c)
}

// modernLayers tells the layers that see all tokens from those that see a
// window.
func (f *configFile) modernLayers(c *Config) error {
	each := map[string]ropeFile{}
	if len(f.Rope) > 0 {
		if err := exactjson.UnmarshalLast(f.Rope, &each); err != nil {
			return fmt.Errorf("rope_parameters: %w", err)
		}
	}
	const full, sliding = "full_attention", "sliding_attention"
	local, every := f.LocalAttention, max(0, f.GlobalEvery)
	if local == 0 {
		local = 128
	}
	if every == 0 {
		every = 3
	}
	for i := range max(0, min(c.Layers, 256)) {
		kind := full
		if i%every != 0 {
			kind = sliding
		}
		if f.LayerTypes != nil {
			if i >= len(f.LayerTypes) {
				return fmt.Errorf("layer_types has %d entries for %d layers", len(f.LayerTypes), c.Layers)
			}
			kind = f.LayerTypes[i]
		}
		window, theta := 0, cmp.Or(f.GlobalTheta, 160_000)
		switch kind {
		case full:
		case sliding:
			window, theta = max(1, local/2), cmp.Or(f.LocalTheta, 10_000)
		default:
			return fmt.Errorf("layer_types: %q is not supported: %s and %s are", kind, full, sliding)
		}
		r, err := each[kind].rope(theta)
		if err != nil {
			return fmt.Errorf("rope_parameters of %s: %w", kind, err)
		}
		c.windows, c.rotary = append(c.windows, window), append(c.rotary, r)
	}
	return nil
}

// gte are the models of transformers' "gte" and of the remote code "new", whose
// tensors have other names.
func gte(c *Config, f *configFile) (err error) {
	if f.TokenTypes == nil {
		c.TokenTypes = 1
	}
	c.design = postNorm("", "gte.", "new.", "model.", "0.auto_model.")
	c.places, c.gated, c.bias.inner = false, true, false
	c.naming.layer = "layers."
	c.naming.parts = map[string]string{
		"attention.self.query": "self_attn.q_proj", "attention.self.key": "self_attn.k_proj", "attention.self.value": "self_attn.v_proj",
		"attention.output.dense": "self_attn.o_proj", "attention.output.LayerNorm": "post_attention_layernorm",
		"gate": "mlp.gate_proj", "up": "mlp.up_proj", "output.dense": "mlp.down_proj", "output.LayerNorm": "post_mlp_layernorm",
	}
	c.ownCode = f.ModelType == "new"
	c.naming.other = &naming{
		layer: "encoder.layer.", probe: "attention.qkv_proj", upFirst: true,
		parts: map[string]string{
			"attention.self.qkv": "attention.qkv_proj", "attention.output.dense": "attention.o_proj", "attention.output.LayerNorm": "attn_ln",
			"intermediate.dense": "mlp.up_gate_proj", "output.dense": "mlp.down_proj", "output.LayerNorm": "mlp_ln",
		},
	}
	c.head = headDesign{dense: "pooler.dense", inEncoder: true, activation: tanhActivation, labels: "classifier", bias: true}
	switch {
	case f.PositionType != "" && f.PositionType != "rope":
		return fmt.Errorf("position_embedding_type %q is not supported: rope is", f.PositionType)
	case f.NormType != "" && f.NormType != "layer_norm":
		return fmt.Errorf("layer_norm_type %q is not supported: layer_norm is", f.NormType)
	case f.PackQKV != nil && !*f.PackQKV:
		return fmt.Errorf("pack_qkv false is not supported")
	case f.LogNScale:
		return fmt.Errorf("logn_attention_scale is not supported")
	}
	if c.activation, err = activationOf("hidden_act", cmp.Or(f.Activation, "gelu")); err != nil {
		return err
	}
	return f.oneRope(c, 160_000)
}

func qwen3(c *Config, f *configFile) (err error) {
	c.TokenTypes, c.Epsilon = 0, 1e-6
	if f.RMSEpsilon != nil {
		c.Epsilon = float32(*f.RMSEpsilon)
	}
	c.design = design{
		naming: naming{
			prefixes: []string{"", "model."}, words: "embed_tokens.weight", layer: "layers.",
			parts: map[string]string{
				"attention.self.query": "self_attn.q_proj", "attention.self.key": "self_attn.k_proj", "attention.self.value": "self_attn.v_proj",
				"input.LayerNorm": "input_layernorm", "attention.output.dense": "self_attn.o_proj",
				"query_norm": "self_attn.q_norm", "key_norm": "self_attn.k_norm", "attention.output.LayerNorm": "post_attention_layernorm",
				"gate": "mlp.gate_proj", "up": "mlp.up_proj", "output.dense": "mlp.down_proj",
				"embeddings.word_embeddings": "embed_tokens", "final.LayerNorm": "norm",
			},
		},
		headSize: f.HeadSize, keyHeads: f.KeyHeads,
		preNorm: true, rms: true, gated: true, causal: true, queryNorm: true,
		bias: biases{qkv: f.AttentionBias, output: f.AttentionBias},
		head: headDesign{pooling: PoolLast, labels: "score"},
	}
	if c.headSize == 0 {
		c.headSize = 128 // as transformers has it
	}
	for _, kind := range f.LayerTypes {
		if kind != "full_attention" {
			return fmt.Errorf("layer_types: %q is not supported for %s", kind, f.ModelType)
		}
	}
	if f.SlidingWindow {
		return fmt.Errorf("use_sliding_window is not supported for %s", f.ModelType)
	}
	if c.activation, err = activationOf("hidden_act", cmp.Or(f.Activation, "silu")); err != nil {
		return err
	}
	return f.oneRope(c, 10_000)
}

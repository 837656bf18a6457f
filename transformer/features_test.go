package transformer_test

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/flashrerank/rerank/internal/safetensors"
	"github.com/flashrerank/rerank/transformer"
)

// TestEveryFeatureMatters switches off one feature of each model after the
// other: each must break parity, or parity would mean little.
func TestEveryFeatureMatters(t *testing.T) {
	if testing.Short() {
		t.Skip("it runs every model a dozen times; TestParity runs each too")
	}
	zero := func(parts ...string) func(map[string]any, []safetensors.Tensor) {
		return func(_ map[string]any, weights []safetensors.Tensor) {
			for i, w := range weights {
				if !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(w.Name, part) }) {
					weights[i].Data = make([]byte, len(w.Data))
				}
			}
		}
	}
	config := func(key string, value any) func(map[string]any, []safetensors.Tensor) {
		return func(c map[string]any, _ []safetensors.Tensor) { c[key] = value }
	}
	rope := func(kind string, theta float64) func(map[string]any, []safetensors.Tensor) {
		return func(c map[string]any, _ []safetensors.Tensor) {
			if at := c["rope_parameters"].(map[string]any); kind != "" {
				at[kind].(map[string]any)["rope_theta"] = theta
			} else {
				at["rope_theta"] = theta
			}
		}
	}
	type changes map[string]func(map[string]any, []safetensors.Tensor)
	for name, features := range map[string]struct {
		without []string
		changed changes
	}{
		"bert": {[]string{"places", "types", "activation"}, changes{
			"bias of queries": zero("query.bias"), "bias of outputs": zero("output.dense.bias"), "bias of norms": zero("LayerNorm.bias"),
			"epsilon": config("layer_norm_eps", 1e-12), "activation": config("hidden_act", "relu"), "pooler": zero("pooler.dense.bias"), "labels": zero("classifier.bias")}},
		"distilbert": {[]string{"places", "activation"}, changes{
			"bias of queries": zero("q_lin.bias"), "bias of the feed-forward block": zero("lin1.bias"), "activation": config("activation", "silu"), "head": zero("pre_classifier.bias")}},
		"electra": {[]string{"places", "types", "activation"}, changes{
			"projection": zero("embeddings_project.bias"), "head": zero("classifier.dense.bias"), "activation": config("hidden_act", "relu"), "epsilon": config("layer_norm_eps", 0.1)}},
		"roberta": {[]string{"places", "first place", "activation"}, changes{
			"the only token type": zero("token_type"), "epsilon": config("layer_norm_eps", 0.1)}},
		"xlm-roberta": {[]string{"places", "first place", "activation"}, changes{"activation": config("hidden_act", "gelu")}},
		"mpnet": {[]string{"places", "first place", "diagonals", "activation"}, changes{
			"bias of outputs": zero("attn.o.bias"), "epsilon": config("layer_norm_eps", 0.1)}},
		"deberta-v2": {[]string{"toPlace", "toText", "activation"}, changes{
			"log buckets": config("max_relative_positions", 24), "norm of positions": config("norm_rel_ebd", "none"),
			"scale of scores": config("pos_att_type", []string{"c2p"}), "head": config("pooler_hidden_act", "tanh"), "epsilon": config("layer_norm_eps", 0.1)}},
		"deberta-v2-separate": {[]string{"toPlace", "toText", "places", "types", "activation"}, changes{
			"bias of positions": zero("pos_query_proj.bias"), "positions through contents": config("share_att_key", true)}},
		"modernbert": {[]string{"rotary", "window", "activation"}, changes{
			"theta": rope("full_attention", 100), "local theta": rope("sliding_attention", 100), "window": config("local_attention", 6),
			"activation": config("hidden_activation", "relu"), "head": config("classifier_activation", "relu"), "epsilon": config("norm_eps", 0.1), "labels": zero("classifier.bias"),
			"layers that see all": func(c map[string]any, _ []safetensors.Tensor) {
				c["layer_types"] = []string{"full_attention", "full_attention", "sliding_attention", "sliding_attention"}
			}}},
		"modernbert-mean": {[]string{"rotary", "window", "activation"}, changes{
			"pooling": config("classifier_pooling", "cls"), "bias of queries": zero("Wqkv.bias"), "bias of the gate": zero("Wi.bias"), "bias of outputs": zero("Wo.bias"),
			"bias of norms": zero("norm.bias"), "head": zero("head.dense.bias"), "epsilon": config("norm_eps", 1e-12)}},
		"gte": {[]string{"rotary", "types", "activation"}, changes{
			"theta": rope("", 100), "bias of queries": zero("qkv_proj.bias"), "bias of outputs": zero("down_proj.bias"), "gate": swapHalves("up_gate_proj"), "activation": config("hidden_act", "relu")}},
		"qwen3": {[]string{"rotary", "causal", "query norm", "rms", "activation"}, changes{
			"theta": rope("", 100), "gate": exchange("gate_proj", "up_proj"), "epsilon": config("rms_norm_eps", 1e-12)}},
		"qwen3-causal": {[]string{"rotary", "causal", "query norm", "rms", "activation"}, changes{
			"bias of queries": zero("q_proj.bias"), "bias of outputs": zero("o_proj.bias")}},
		"jina-bert": {[]string{"diagonals", "types", "activation"}, changes{
			"gate": swapHalves("gated_layers"), "activation": config("feed_forward_type", "reglu"), "bias of outputs": zero("wo.bias"), "epsilon": config("layer_norm_eps", 1e-12)}},
	} {
		g := readGolden(t, name)
		breaks := func(feature string, m *transformer.Model) {
			if d, _ := difference(logits(t, m, g.batch), g.logits); !(d > 5e-3) {
				t.Errorf("%s without %s: logits differ by %g only", name, feature, d)
			}
		}
		for _, feature := range features.without {
			m := load(t, os.DirFS("testdata/"+name), transformer.Options{Answers: answers[name]})
			breaks(feature, m.Without(feature))
		}
		for feature, change := range features.changed {
			c, weights := modelFiles(t, name)
			change(c, weights)
			breaks(feature, load(t, folder(t, c, weights), transformer.Options{Answers: answers[name]}))
		}
	}
}

// swapHalves puts the lower half of a tensor's rows on top.
func swapHalves(part string) func(map[string]any, []safetensors.Tensor) {
	return func(_ map[string]any, weights []safetensors.Tensor) {
		for i, w := range weights {
			if strings.Contains(w.Name, part) {
				half := len(w.Data) / 2
				weights[i].Data = slices.Concat(w.Data[half:], w.Data[:half])
			}
		}
	}
}

// exchange gives tensors one another's names.
func exchange(a, b string) func(map[string]any, []safetensors.Tensor) {
	return func(_ map[string]any, weights []safetensors.Tensor) {
		for i, w := range weights {
			if strings.Contains(w.Name, a) {
				weights[i].Name = strings.Replace(w.Name, a, b, 1)
			} else {
				weights[i].Name = strings.Replace(w.Name, b, a, 1)
			}
		}
	}
}

// TestEveryArchitectureIsIndependent: the logits of a sequence are the same to
// the last bit alone and in any batch, order and number of workers, and whether
// all states are computed or one.
func TestEveryArchitectureIsIndependent(t *testing.T) {
	if testing.Short() {
		t.Skip("it runs every model five times; TestSequencesAreIndependent and TestManyCallers run one")
	}
	r := rand.New(rand.NewPCG(3, 4))
	for _, name := range goldenModels(t) {
		g := readGolden(t, name)
		for _, p := range []transformer.Precision{transformer.FP32, transformer.INT8} {
			m := load(t, os.DirFS("testdata/"+name), transformer.Options{Precision: p, Workers: 1, Answers: answers[name]})
			want := logits(t, m, g.batch)
			order := r.Perm(g.batch.Len())
			shuffled := pick(g.batch, order...)
			many := load(t, os.DirFS("testdata/"+name), transformer.Options{Precision: p, Workers: 3, Answers: answers[name]})
			for i, x := range logits(t, many, shuffled) {
				if !slices.Equal(x, want[order[i]]) {
					t.Fatalf("%s, %s: sequence %d is %v in another order, %v before", name, p, order[i], x, want[order[i]])
				}
			}
			for _, i := range order[:20] {
				if x := logits(t, m, pick(g.batch, i)); !slices.Equal(x[0], want[i]) {
					t.Fatalf("%s, %s: sequence %d is %v alone, %v among others", name, p, i, x[0], want[i])
				}
			}
			h, pooling := m.Config().Hidden, m.Classifier().Pooling()
			one := make([][]float32, g.batch.Len())
			states := max(pooling.States(), transformer.FirstState)
			err := m.RunStates(t.Context(), g.batch, states, func(i int, x []float32) { one[i] = slices.Clone(x) })
			if err != nil {
				t.Fatal(err)
			}
			for i, all := range run(t, m, g.batch) {
				if states == transformer.LastState {
					all = all[len(all)-h:]
				}
				if !slices.Equal(one[i], all[:h]) {
					t.Fatalf("%s, %s: the one state of sequence %d differs", name, p, i)
				}
			}
		}
	}
}

// pick makes a batch of some sequences of another.
func pick(b transformer.Batch, sequences ...int) transformer.Batch {
	out := transformer.Batch{Offsets: []int32{0}}
	for _, i := range sequences {
		from, to := b.Offsets[i], b.Offsets[i+1]
		out.IDs = append(out.IDs, b.IDs[from:to]...)
		out.Types = append(out.Types, b.Types[from:to]...)
		out.Offsets = append(out.Offsets, int32(len(out.IDs)))
	}
	return out
}

// TestFloatTypes: weights in float32, float16 and bfloat16, which are equal
// numbers here, make equal logits.
func TestFloatTypes(t *testing.T) {
	for _, name := range goldenModels(t) {
		g := readGolden(t, name)
		b := pick(g.batch, 1, 5, 6, 7)
		want := logits(t, load(t, os.DirFS("testdata/"+name), transformer.Options{Answers: answers[name]}), b)
		for _, dtype := range []safetensors.DType{safetensors.F32, safetensors.F16, safetensors.BF16} {
			config, weights := modelFiles(t, name)
			for i, w := range weights {
				weights[i] = converted(t, w, dtype)
			}
			got := logits(t, load(t, folder(t, config, weights), transformer.Options{Answers: answers[name]}), b)
			if d, _ := difference(got, want); d != 0 {
				t.Errorf("%s in %s: logits differ by %g", name, dtype, d)
			}
		}
	}
}

// converted writes a tensor in another type.
func converted(t *testing.T, x safetensors.Tensor, to safetensors.DType) safetensors.Tensor {
	values, err := x.Float32s()
	if err != nil {
		t.Fatal(err)
	}
	out := safetensors.Tensor{Name: x.Name, DType: to, Shape: x.Shape}
	for _, v := range values {
		b := math.Float32bits(v)
		switch to {
		case safetensors.F32:
			out.Data = binary.LittleEndian.AppendUint32(out.Data, b)
		case safetensors.BF16:
			out.Data = binary.LittleEndian.AppendUint16(out.Data, uint16(b>>16))
		case safetensors.F16:
			half := uint16(b >> 16 & 0x8000)
			if v != 0 {
				half |= uint16(int(b>>23&255)-112)<<10 | uint16(b>>13&1023)
			}
			out.Data = binary.LittleEndian.AppendUint16(out.Data, half)
		}
	}
	return out
}

// TestOtherLayouts reads the same models as other programs write them.
func TestOtherLayouts(t *testing.T) {
	moveRope := func(keys map[string]string) func(map[string]any, []safetensors.Tensor) []safetensors.Tensor {
		return func(c map[string]any, weights []safetensors.Tensor) []safetensors.Tensor {
			parameters := c["rope_parameters"].(map[string]any)
			for kind, key := range keys {
				from := parameters
				if kind != "" {
					from = parameters[kind].(map[string]any)
				}
				c[key] = from["rope_theta"]
			}
			delete(c, "rope_parameters")
			delete(c, "layer_types")
			return weights
		}
	}
	renamed := func(pairs ...string) func(map[string]any, []safetensors.Tensor) []safetensors.Tensor {
		return func(_ map[string]any, weights []safetensors.Tensor) []safetensors.Tensor {
			for i := range weights {
				weights[i].Name = strings.NewReplacer(pairs...).Replace(weights[i].Name)
			}
			return weights
		}
	}
	for what, c := range map[string]struct {
		name   string
		change func(map[string]any, []safetensors.Tensor) []safetensors.Tensor
	}{
		"gte by the names of the remote code": {"gte", func(c map[string]any, weights []safetensors.Tensor) []safetensors.Tensor {
			c["model_type"], c["architectures"] = "new", []string{"NewForSequenceClassification"}
			c["position_embedding_type"], c["pack_qkv"] = "rope", true
			return renamed("gte.", "new.")(c, moveRope(map[string]string{"": "rope_theta"})(c, weights))
		}},
		"gte by the names of transformers": {"gte", func(_ map[string]any, weights []safetensors.Tensor) []safetensors.Tensor { return unpacked(weights) }},
		"modernbert, older config":         {"modernbert", moveRope(map[string]string{"full_attention": "global_rope_theta", "sliding_attention": "local_rope_theta"})},
		"qwen3, older config":              {"qwen3", moveRope(map[string]string{"": "rope_theta"})},
		"bert without prefix":              {"bert", renamed("bert.", "")},
		"bert with gamma and beta":         {"bert", renamed("LayerNorm.weight", "LayerNorm.gamma", "LayerNorm.bias", "LayerNorm.beta")},
		"deberta, attention types in one word": {"deberta-v2", func(c map[string]any, w []safetensors.Tensor) []safetensors.Tensor {
			c["pos_att_type"] = "p2c|c2p"
			return w
		}},
		"qwen3 with its own table of answers": {"qwen3-causal", func(c map[string]any, w []safetensors.Tensor) []safetensors.Tensor {
			for _, x := range w {
				if strings.HasSuffix(x.Name, "embed_tokens.weight") {
					x.Name = "lm_head.weight"
					return append(w, x)
				}
			}
			return w
		}},
	} {
		g := readGolden(t, c.name)
		config, weights := modelFiles(t, c.name)
		weights = c.change(config, weights)
		m := load(t, folder(t, config, weights), transformer.Options{Answers: answers[c.name]})
		if d, _ := difference(logits(t, m, g.batch), g.logits); d > 1e-4 {
			t.Errorf("%s: logits differ by %g", what, d)
		}
	}
}

// unpacked names the tensors of gte as transformers has them in memory.
func unpacked(weights []safetensors.Tensor) (out []safetensors.Tensor) {
	names := strings.NewReplacer("encoder.layer.", "layers.", "attention.o_proj", "self_attn.o_proj", "attn_ln", "post_attention_layernorm", "mlp_ln", "post_mlp_layernorm")
	for _, w := range weights {
		parts := []string{""}
		from := ""
		switch {
		case strings.Contains(w.Name, "attention.qkv_proj"):
			from, parts = "attention.qkv_proj", []string{"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"}
		case strings.Contains(w.Name, "mlp.up_gate_proj"):
			from, parts = "mlp.up_gate_proj", []string{"mlp.up_proj", "mlp.gate_proj"}
		}
		size := len(w.Data) / len(parts)
		for i, part := range parts {
			x := w
			x.Name = names.Replace(strings.Replace(w.Name, from, part, 1))
			x.Shape = slices.Clone(w.Shape)
			x.Shape[0] /= len(parts)
			x.Data = w.Data[i*size : (i+1)*size]
			out = append(out, x)
		}
	}
	return out
}

func TestUnsupported(t *testing.T) {
	for want, c := range map[string]struct {
		name, key string
		value     any
	}{
		`model_type "t5" is not supported: bert, camembert`: {"bert", "model_type", "t5"},
		"conv_kernel_size is 3":                             {"deberta-v2", "conv_kernel_size", 3},
		`pos_att_type "p2p"`:                                {"deberta-v2", "pos_att_type", []string{"p2p"}},
		`classifier_pooling "max"`:                          {"modernbert", "classifier_pooling", "max"},
		`"chunked_attention" is not supported`:              {"modernbert", "layer_types", []string{"chunked_attention"}},
		`rope_type "yarn"`:                                  {"gte", "rope_parameters", map[string]any{"rope_type": "yarn", "factor": 2}},
		`feed_forward_type "original"`:                      {"jina-bert", "feed_forward_type", "original"},
		"use_sliding_window":                                {"qwen3", "use_sliding_window", true},
		"4 heads cannot share 3 key heads":                  {"qwen3", "num_key_value_heads", 3},
		"of a vocabulary of 96":                             {"qwen3-causal", "", nil},
		"layer_types has 1 entries for 4 layers":            {"modernbert", "layer_types", []string{"full_attention"}},
	} {
		config, weights := modelFiles(t, c.name)
		o := transformer.Options{Answers: answers[c.name]}
		if c.key == "" {
			o.Answers = &transformer.Answers{Yes: 96}
		} else {
			config[c.key] = c.value
		}
		if _, err := transformer.Load(folder(t, config, weights), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s of %v: error %v, want %s", c.key, c.value, err, want)
		}
	}
}

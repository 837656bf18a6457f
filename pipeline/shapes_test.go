package pipeline_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flashrerank/rerank/pipeline"
)

// files are those of a model's folder; a value that is no string is written as JSON.
type files map[string]any

// shape is a config.json.
type shape map[string]any

// of returns the shape of an architecture and class, with what is particular to it.
func of(kind, class string, more shape) shape {
	c := shape{
		"model_type": kind, "architectures": []string{class}, "num_hidden_layers": 12, "hidden_size": 768, "num_attention_heads": 12,
		"intermediate_size": 3072, "vocab_size": 250002, "max_position_embeddings": 514, "type_vocab_size": 1, "hidden_act": "gelu",
	}
	maps.Copy(c, more)
	return c
}

// one is the labels of most re-rankers.
var one = shape{"id2label": shape{"0": "LABEL_0"}, "label2id": shape{"LABEL_0": 0}}

func with(a shape, more ...shape) shape {
	out := maps.Clone(a)
	for _, m := range more {
		maps.Copy(out, m)
	}
	return out
}

// modules lists modules by their names, with paths as the library writes them.
func modules(names ...string) []shape {
	var list []shape
	for i, name := range names {
		path := ""
		if i > 0 {
			path = string(rune('0'+i)) + "_" + name
		}
		list = append(list, shape{"idx": i, "name": string(rune('0' + i)), "path": path, "type": "sentence_transformers.models." + name})
	}
	return list
}

func pooling(size int, flag string) shape {
	return shape{"word_embedding_dimension": size, "pooling_mode_cls_token": false, "pooling_mode_mean_tokens": false, flag: true}
}

const mean, cls, last = "pooling_mode_mean_tokens", "pooling_mode_cls_token", "pooling_mode_lasttoken"

// embedder returns the folder of a bi-encoder.
func embedder(config shape, size int, flag string, more files, names ...string) files {
	f := files{"config.json": config, "modules.json": modules(append([]string{"Transformer", "Pooling"}, names...)...), "1_Pooling/config.json": pooling(size, flag)}
	maps.Copy(f, more)
	return f
}

func reranker(config shape, more ...files) files {
	f := files{"config.json": config}
	for _, m := range more {
		maps.Copy(f, m)
	}
	return f
}

func qwen3(class string, more shape) shape {
	return of("qwen3", class, with(shape{
		"num_hidden_layers": 28, "hidden_size": 1024, "num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 128, "intermediate_size": 3072,
		"vocab_size": 151669, "max_position_embeddings": 40960, "rms_norm_eps": 1e-6, "rope_theta": 1e6, "hidden_act": "silu", "use_sliding_window": false,
		"tie_word_embeddings": true, "type_vocab_size": nil,
	}, more))
}

func modernBERT(class string, more shape) shape {
	return of("modernbert", class, with(shape{
		"num_hidden_layers": 22, "intermediate_size": 1152, "vocab_size": 50368, "max_position_embeddings": 8192, "hidden_activation": "gelu",
		"global_attn_every_n_layers": 3, "local_attention": 128, "global_rope_theta": 160000.0, "local_rope_theta": 10000.0, "type_vocab_size": nil,
	}, more))
}

func bert(class string, more shape) shape {
	return of("bert", class, with(shape{"vocab_size": 30522, "max_position_embeddings": 512, "type_vocab_size": 2}, more))
}

func small(class string, more shape) shape {
	return bert(class, with(shape{"num_hidden_layers": 6, "hidden_size": 384, "intermediate_size": 1536}, more))
}

func deberta(more shape) shape {
	return of("deberta-v2", "DebertaV2ForSequenceClassification", with(shape{
		"vocab_size": 128100, "max_position_embeddings": 512, "relative_attention": true, "position_buckets": 256, "norm_rel_ebd": "layer_norm",
		"share_att_key": true, "pos_att_type": "p2c|c2p", "position_biased_input": false, "max_relative_positions": -1, "type_vocab_size": 0,
		"pooler_hidden_act": "gelu", "pooler_hidden_size": 768, "pooler_dropout": 0,
	}, more))
}

func newGTE(class string, more shape) shape {
	return of("new", class, with(shape{
		"position_embedding_type": "rope", "rope_theta": 20000, "rope_scaling": shape{"type": "ntk", "factor": 8.0}, "pack_qkv": true, "logn_attention_scale": false,
		"layer_norm_type": "layer_norm", "max_position_embeddings": 8192, "vocab_size": 250048,
		"auto_map": shape{"AutoConfig": "Alibaba-NLP/new-impl--configuration.NewConfig", "AutoModel": "Alibaba-NLP/new-impl--modeling.NewModel",
			"AutoModelForSequenceClassification": "Alibaba-NLP/new-impl--modeling.NewForSequenceClassification"},
	}, more))
}

func jinaBERT(class string, more shape) shape {
	return bert(class, with(shape{
		"position_embedding_type": "alibi", "feed_forward_type": "geglu", "max_position_embeddings": 8192, "vocab_size": 30528, "hidden_size": 512, "num_attention_heads": 8,
		"intermediate_size": 2048, "num_hidden_layers": 4, "auto_map": shape{
			"AutoConfig": "jinaai/jina-bert-implementation--configuration_bert.JinaBertConfig", "AutoModel": "jinaai/jina-bert-implementation--modeling_bert.JinaBertModel",
			"AutoModelForSequenceClassification": "jinaai/jina-bert-implementation--modeling_bert.JinaBertForSequenceClassification"},
	}, more))
}

// judged is a language model with the module that takes the scores of two tokens.
func judged(score shape, more files) files {
	return reranker(qwen3("Qwen3ForCausalLM", nil), files{"modules.json": modules("Transformer", "LogitScore"), "1_LogitScore/config.json": score}, more)
}

func prompts(kind string, p shape, byDefault any) files {
	return files{"config_sentence_transformers.json": shape{"model_type": kind, "prompts": p, "default_prompt_name": byDefault, "similarity_fn_name": "cosine"}}
}

const (
	asCross = "cross-encoder"
	asBi    = "bi-encoder"
)

// TestPublishedShapes goes through the shapes of models as they are published, without their weights: each is known to
// the last part, so that only the weights are missing, or refused by a name that stands in its files.
func TestPublishedShapes(t *testing.T) {
	identity := shape{"sbert_ce_default_activation_function": "torch.nn.modules.linear.Identity"}
	xlmr := func(more shape) shape { return of("xlm-roberta", "XLMRobertaForSequenceClassification", more) }
	nli := shape{"id2label": shape{"0": "contradiction", "1": "entailment", "2": "neutral"}}
	for name, c := range map[string]struct {
		files files
		want  string // asCross, asBi, or what the refusal names
	}{
		"ms-marco-MiniLM-L6-v2":                {reranker(small("BertForSequenceClassification", with(one, identity))), asCross},
		"ms-marco-MiniLM-L6-v2, newer":         {reranker(small("BertForSequenceClassification", with(one, shape{"sentence_transformers": shape{"activation_fn": "torch.nn.modules.linear.Identity", "version": "4.0.1"}}))), asCross},
		"ms-marco-TinyBERT-L2-v2":              {reranker(small("BertForSequenceClassification", with(one, shape{"num_hidden_layers": 2, "hidden_size": 128, "num_attention_heads": 2, "intermediate_size": 512}))), asCross},
		"ms-marco-electra-base":                {reranker(of("electra", "ElectraForSequenceClassification", with(one, identity, shape{"embedding_size": 768, "type_vocab_size": 2, "summary_type": "first"}))), asCross},
		"qnli-distilroberta-base":              {reranker(of("roberta", "RobertaForSequenceClassification", with(one, shape{"num_hidden_layers": 6, "vocab_size": 50265}))), asCross},
		"stsb-roberta-large":                   {reranker(of("roberta", "RobertaForSequenceClassification", with(one, shape{"vocab_size": 50265}))), asCross},
		"nli-deberta-v3-base":                  {reranker(deberta(nli)), asCross},
		"zero-shot MNLI":                       {reranker(deberta(shape{"id2label": shape{"0": "entailment", "1": "neutral", "2": "contradiction"}})), asCross},
		"zero-shot bart-large-mnli":            {reranker(of("bart", "BartForSequenceClassification", nli)), "bart"},
		"sentiment of five stars":              {reranker(bert("BertForSequenceClassification", shape{"id2label": shape{"0": "1 star", "1": "2 stars", "2": "3 stars", "3": "4 stars", "4": "5 stars"}})), "5 stars"},
		"bge-reranker-base":                    {reranker(xlmr(with(one, shape{"position_embedding_type": "absolute"}))), asCross},
		"bge-reranker-large":                   {reranker(xlmr(with(one, shape{"num_hidden_layers": 24, "hidden_size": 1024, "num_attention_heads": 16, "intermediate_size": 4096}))), asCross},
		"bge-reranker-v2-m3":                   {reranker(xlmr(with(one, shape{"max_position_embeddings": 8194}))), asCross},
		"bge-reranker-v2-gemma":                {reranker(of("gemma", "GemmaForCausalLM", nil)), "GemmaForCausalLM"},
		"bge-reranker-v2-minicpm-layerwise":    {reranker(of("minicpm", "LayerWiseMiniCPMForCausalLM", shape{"auto_map": shape{"AutoModelForCausalLM": "modeling_minicpm_reranker.LayerWiseMiniCPMForCausalLM"}})), "LayerWiseMiniCPMForCausalLM"},
		"mxbai-rerank-base-v1":                 {reranker(deberta(one)), asCross},
		"mxbai-rerank-base-v2":                 {reranker(of("qwen2", "Qwen2ForCausalLM", nil)), "Qwen2ForCausalLM"},
		"jina-reranker-v1-tiny-en":             {reranker(jinaBERT("JinaBertForSequenceClassification", one)), asCross},
		"jina-reranker-v2-base-multilingual":   {reranker(xlmr(with(one, shape{"auto_map": shape{"AutoConfig": "configuration_xlm_roberta.XLMRobertaFlashConfig", "AutoModelForSequenceClassification": "modeling_xlm_roberta.XLMRobertaForSequenceClassification"}}))), "XLMRobertaFlashConfig"},
		"jina-reranker-v3":                     {reranker(qwen3("JinaForRanking", shape{"auto_map": shape{"AutoModel": "modeling.JinaForRanking"}})), "JinaForRanking"},
		"jina-reranker-v3 with modules":        {embedder(qwen3("JinaForRanking", nil), 1024, last, nil), "JinaForRanking"},
		"gte-reranker-modernbert-base":         {reranker(modernBERT("ModernBertForSequenceClassification", with(one, shape{"classifier_pooling": "mean"}))), asCross},
		"gte-multilingual-reranker-base":       {reranker(newGTE("NewForSequenceClassification", one)), asCross},
		"gte with RMSNorm":                     {reranker(newGTE("NewForSequenceClassification", with(one, shape{"layer_norm_type": "rms_norm"}))), "rms_norm"},
		"Qwen3-Reranker-0.6B":                  {reranker(qwen3("Qwen3ForCausalLM", nil), files{"tokenizer_config.json": shape{"chat_template": "{{ messages }}", "model_max_length": 131072}}), asCross},
		"Qwen3-Reranker-0.6B-seq-cls":          {reranker(qwen3("Qwen3ForSequenceClassification", one)), asCross},
		"Qwen3 without a head":                 {reranker(qwen3("Qwen3Model", nil)), "Qwen3Model"},
		"Qwen3 of two tokens":                  {judged(shape{"true_token_id": 9693, "false_token_id": 2152}, nil), asCross},
		"Qwen3 of one token":                   {judged(shape{"true_token_id": 9693, "false_token_id": nil}, nil), "false_token_id"},
		"Qwen3 by a template":                  {judged(shape{"true_token_id": 9693, "false_token_id": 2152}, files{"chat_template.jinja": "{{ messages }}"}), "chat_template.jinja"},
		"Qwen3 by a template of old":           {judged(shape{"true_token_id": 9693, "false_token_id": 2152}, files{"tokenizer_config.json": shape{"chat_template": "{{ messages }}"}}), "chat template"},
		"Qwen3 by a prompt":                    {reranker(qwen3("Qwen3ForCausalLM", nil), prompts("CrossEncoder", shape{"web": "Find the answer."}, "web")), "default_prompt_name"},
		"Qwen2 by LogitScore":                  {reranker(of("qwen2", "Qwen2ForCausalLM", nil), files{"modules.json": modules("Transformer", "LogitScore")}, prompts("CrossEncoder", nil, nil)), "qwen2"},
		"cross-encoder of version 5":           {reranker(small("BertForSequenceClassification", one), files{"modules.json": modules("Transformer")}, prompts("CrossEncoder", nil, nil)), asCross},
		"cross-encoder with a head of its own": {reranker(small("BertModel", nil), files{"modules.json": modules("Transformer", "Pooling", "Dense")}, prompts("CrossEncoder", nil, nil)), "Dense"},
		"activation that is not known":         {reranker(small("BertForSequenceClassification", one), files{"config_sentence_transformers.json": shape{"model_type": "CrossEncoder", "activation_fn": "torch.nn.modules.activation.Tanh"}}), "Tanh"},
		"adapter":                              {reranker(small("BertForSequenceClassification", one), files{"adapter_config.json": shape{"peft_type": "LORA"}}), "adapter_config.json"},
		"4 bits":                               {reranker(small("BertForSequenceClassification", with(one, shape{"quantization_config": shape{"quant_method": "gptq"}}))), "quantization_config"},
		"decoder":                              {reranker(xlmr(with(one, shape{"is_decoder": true}))), "is_decoder"},
		"pruned heads":                         {reranker(small("BertForSequenceClassification", with(one, shape{"pruned_heads": shape{"1": []int{0}}}))), "pruned_heads"},
		"class that nobody knows":              {reranker(small("BertForSequenceClassificationWithTwist", one)), "BertForSequenceClassificationWithTwist"},
		"class of another architecture":        {reranker(small("RobertaForSequenceClassification", one)), "RobertaForSequenceClassification"},
		"monoT5":                               {reranker(of("t5", "T5ForConditionalGeneration", nil)), "T5ForConditionalGeneration"},
		"Llama reranker":                       {reranker(of("llama", "LlamaForSequenceClassification", one)), "llama"},
		"nv-rerankqa":                          {reranker(of("mistral", "MistralForSequenceClassification", one)), "mistral"},
		"ettin (ModernBERT decoder)":           {reranker(of("modernbert-decoder", "ModernBertDecoderForSequenceClassification", one)), "modernbert-decoder"},

		"all-MiniLM-L6-v2":            {embedder(small("BertModel", nil), 384, mean, files{"sentence_bert_config.json": shape{"max_seq_length": 256, "do_lower_case": false}}, "Normalize"), asBi},
		"all-mpnet-base-v2":           {embedder(of("mpnet", "MPNetForMaskedLM", shape{"relative_attention_num_buckets": 32, "vocab_size": 30527}), 768, mean, nil, "Normalize"), asBi},
		"multi-qa-mpnet-base-dot-v1":  {embedder(of("mpnet", "MPNetForMaskedLM", shape{"relative_attention_num_buckets": 32, "vocab_size": 30527}), 768, cls, files{"config_sentence_transformers.json": shape{"similarity_fn_name": "dot"}}), asBi},
		"all-distilroberta-v1":        {embedder(of("roberta", "RobertaForMaskedLM", shape{"num_hidden_layers": 6, "vocab_size": 50265}), 768, mean, files{"sentence_roberta_config.json": shape{"max_seq_length": 512}}, "Normalize"), asBi},
		"msmarco-distilbert-dot-v5":   {embedder(shape{"model_type": "distilbert", "architectures": []string{"DistilBertModel"}, "dim": 768, "n_layers": 6, "n_heads": 12, "hidden_dim": 3072, "vocab_size": 30522, "max_position_embeddings": 512, "activation": "gelu"}, 768, mean, nil), asBi},
		"paraphrase-multilingual":     {embedder(small("BertModel", shape{"num_hidden_layers": 12, "vocab_size": 250037}), 384, mean, nil), asBi},
		"LaBSE":                       {embedder(bert("BertModel", shape{"vocab_size": 501153}), 768, cls, files{"2_Dense/config.json": shape{"in_features": 768, "out_features": 768, "bias": true, "activation_function": "torch.nn.modules.activation.Tanh"}}, "Dense", "Normalize"), "Dense"},
		"stella_en_400M_v5":           {embedder(newGTE("NewModel", nil), 768, mean, files{"2_Dense/config.json": shape{"in_features": 1024, "out_features": 1024}}, "Dense"), "Dense"},
		"e5-base-v2":                  {embedder(bert("BertModel", nil), 768, mean, nil, "Normalize"), asBi},
		"multilingual-e5-small":       {embedder(bert("BertModel", shape{"hidden_size": 384, "vocab_size": 250037}), 384, mean, prompts("SentenceTransformer", shape{"query": "query: ", "passage": "passage: "}, nil), "Normalize"), asBi},
		"multilingual-e5-large":       {embedder(of("xlm-roberta", "XLMRobertaModel", nil), 768, mean, nil, "Normalize"), asBi},
		"e5-mistral-7b-instruct":      {embedder(of("mistral", "MistralModel", nil), 768, last, nil, "Normalize"), "mistral"},
		"bge-m3":                      {embedder(of("xlm-roberta", "XLMRobertaModel", shape{"max_position_embeddings": 8194}), 768, cls, nil, "Normalize"), asBi},
		"bge-small-en-v1.5":           {embedder(small("BertModel", shape{"num_hidden_layers": 12}), 384, cls, nil, "Normalize"), asBi},
		"snowflake-arctic-embed-m":    {embedder(bert("BertModel", nil), 768, cls, prompts("", shape{"query": "Represent this sentence for searching relevant passages: "}, nil), "Normalize"), asBi},
		"snowflake-arctic-embed-m-v2": {embedder(of("gte", "GteModel", shape{"position_embedding_type": "rope", "auto_map": shape{"AutoConfig": "configuration_hf_alibaba_nlp_gte.GteConfig", "AutoModel": "modeling_hf_alibaba_nlp_gte.GteModel"}}), 768, cls, nil, "Normalize"), "GteConfig"},
		"mxbai-embed-large-v1":        {embedder(bert("BertModel", nil), 768, cls, prompts("", shape{"query": "Represent this sentence: ", "passage": ""}, nil)), asBi},
		"nomic-embed-text-v1.5":       {embedder(of("nomic_bert", "NomicBertModel", nil), 768, mean, nil), "nomic_bert"},
		"modernbert-embed-base":       {embedder(modernBERT("ModernBertModel", nil), 768, mean, nil, "Normalize"), asBi},
		"gte-modernbert-base":         {embedder(modernBERT("ModernBertModel", nil), 768, cls, nil), asBi},
		"gte-multilingual-base":       {embedder(newGTE("NewModel", nil), 768, cls, nil, "Normalize"), asBi},
		"gte-Qwen2-1.5B-instruct":     {embedder(of("qwen2", "Qwen2Model", nil), 768, last, nil, "Normalize"), "qwen2"},
		"jina-embeddings-v2-small-en": {embedder(jinaBERT("JinaBertForMaskedLM", nil), 512, mean, nil), asBi},
		"jina-embeddings-v3":          {embedder(of("xlm-roberta", "XLMRobertaModel", shape{"auto_map": shape{"AutoModel": "jinaai/xlm-roberta-flash-implementation--modeling_lora.XLMRobertaLoRA"}}), 768, mean, nil, "Normalize"), "XLMRobertaLoRA"},
		"Qwen3-Embedding-0.6B":        {embedder(qwen3("Qwen3ForCausalLM", nil), 1024, last, prompts("", shape{"query": "Instruct: Given a web search query\nQuery:", "document": ""}, nil), "Normalize"), asBi},
		"NV-Embed-v2":                 {embedder(of("nvembed", "NVEmbedModel", nil), 768, mean, nil), "nvembed"},
		"gtr-t5-base":                 {embedder(of("t5", "T5EncoderModel", nil), 768, mean, nil, "Dense", "Normalize"), "Dense"},
		"sentence-t5 without Dense":   {embedder(of("t5", "T5EncoderModel", nil), 768, mean, nil, "Normalize"), "t5"},
		"clip-ViT-B-32":               {files{"config.json": shape{"model_type": "clip"}, "modules.json": modules("CLIPModel")}, "CLIPModel"},
		"static-retrieval":            {files{"config.json": shape{}, "modules.json": modules("StaticEmbedding")}, "StaticEmbedding"},
		"colbertv2.0":                 {reranker(bert("HF_ColBERT", nil)), "HF_ColBERT"},
		"GTE-ModernColBERT-v1":        {files{"config.json": modernBERT("ModernBertModel", nil), "modules.json": modules("Transformer", "Dense")}, "Dense"},
		"splade-cocondenser":          {reranker(bert("BertForMaskedLM", nil)), "BertForMaskedLM"},
		"splade, newer":               {reranker(bert("BertForMaskedLM", nil), files{"modules.json": modules("MLMTransformer", "SpladePooling")}, prompts("SparseEncoder", nil, nil)), "SpladePooling"},
		"Normalize before Pooling":    {files{"config.json": bert("BertModel", nil), "modules.json": modules("Transformer", "Normalize", "Pooling"), "2_Pooling/config.json": pooling(768, mean)}, "Normalize"},
		"Normalize of tokens":         {embedder(bert("BertModel", nil), 768, mean, files{"2_Normalize/config.json": shape{"module_input_name": "token_embeddings"}}, "Normalize"), "token_embeddings"},
		"pooling by attention":        {embedder(bert("BertModel", nil), 768, "pooling_mode_attention", nil), "pooling_mode_attention"},
		"pooling of another size":     {embedder(bert("BertModel", nil), 1024, mean, nil), "1024"},
		"euclidean":                   {embedder(bert("BertModel", nil), 768, mean, files{"config_sentence_transformers.json": shape{"similarity_fn_name": "euclidean"}}), "euclidean"},
		"prompts by other names":      {embedder(bert("BertModel", nil), 768, mean, prompts("", shape{"s2p_query": "Instruct: "}, nil)), "s2p_query"},
		"default prompt":              {embedder(bert("BertModel", nil), 768, mean, prompts("", shape{"web": "search: "}, "web")), asBi},
		"prompt that is missing":      {embedder(bert("BertModel", nil), 768, mean, prompts("", shape{}, "web")), "web"},
		"module with arguments":       {files{"config.json": bert("BertModel", nil), "modules.json": []shape{{"path": "", "type": "x.Transformer", "kwargs": []string{"task"}}}}, "task"},
		"chat of an embedder":         {embedder(qwen3("Qwen3Model", nil), 1024, last, files{"sentence_bert_config.json": shape{"modality_config": shape{"text": shape{}, "message": shape{"method": "forward"}}}}), "chat template"},
		"query expansion":             {embedder(bert("BertModel", nil), 768, mean, files{"sentence_bert_config.json": shape{"query_expansion": shape{"strategy": "fixed", "length": 32}}}), "query_expansion"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := writeFiles(t, c.files)
			_, err := pipeline.NewReranker(folder)
			accepted := c.want == asCross || c.want == asBi
			switch {
			case err == nil:
				t.Fatal("a model without weights was loaded")
			case accepted && (!errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "model.safetensors")):
				t.Fatalf("not only the weights are missing: %v", err)
			case !accepted && (errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), c.want)):
				t.Fatalf("the refusal does not name %s: %v", c.want, err)
			case accepted && pipeline.IsCrossEncoder(folder) != (c.want == asCross):
				t.Errorf("it is taken for another kind than %s", c.want)
			}
		})
	}
}

// writeFiles writes a folder with a small tokenizer.
func writeFiles(t *testing.T, f files) string {
	t.Helper()
	dir := t.TempDir()
	put := func(name string, data []byte) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("tokenizer.json", []byte(`{"model": {"type": "WordPiece", "unk_token": "u", "continuing_subword_prefix": "##", "max_input_chars_per_word": 9,
		"vocab": {"u": 0, "yes": 1, "no": 2}}}`))
	for name, content := range f {
		text, ok := content.(string)
		data := []byte(text)
		if !ok {
			var err error
			if data, err = json.Marshal(content); err != nil {
				t.Fatal(err)
			}
		}
		put(name, data)
	}
	return dir
}

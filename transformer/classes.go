package transformer

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/flashrerank/rerank/internal/exactjson"
)

// families are what the names of the classes begin with that save an
// architecture, by model_type.
var families = map[string][]string{
	"bert":        {"Bert", jinaFamily},
	"distilbert":  {"DistilBert"},
	"electra":     {"Electra"},
	"roberta":     {"Roberta"},
	"camembert":   {"Camembert"},
	"xlm-roberta": {"XLMRoberta"},
	"mpnet":       {"MPNet"},
	"deberta-v2":  {"DebertaV2"},
	"modernbert":  {"ModernBert"},
	"gte":         {"Gte", newFamily},
	"new":         {newFamily, "Gte"},
	"qwen3":       {"Qwen3"},
}

// Families whose code is beside the weights of their first model, and whose
// computation is known here.
const (
	jinaFamily = "JinaBert"
	newFamily  = "New"
)

const (
	classified = "ForSequenceClassification"
	causal     = "ForCausalLM"
)

// bodies are how the names of classes end whose body is that of the
// architecture, and whose head, if any, is not needed for hidden states.
var bodies = []string{
	"Model", "ForMaskedLM", "ForPreTraining", "ForTokenClassification", "ForQuestionAnswering", "ForMultipleChoice", "ForNextSentencePrediction", classified,
}

// checkClasses refuses what config.json says of code that is not known here: its
// weights would be read as something that they are not.
func (f *configFile) checkClasses() error {
	for _, class := range f.Architectures {
		if err := f.checkClass(class); err != nil {
			return fmt.Errorf("architectures: %w", err)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(f.AutoMap)) {
		if err := f.checkCode(key, f.AutoMap[key]); err != nil {
			return fmt.Errorf("auto_map: %s: %w", key, err)
		}
	}
	switch {
	case f.Decoder || f.CrossAttention:
		return fmt.Errorf("decoders of model_type %q are not supported (is_decoder, add_cross_attention)", f.ModelType)
	case len(f.PrunedHeads) > 0:
		return errors.New("pruned_heads: models without some of their heads are not supported")
	}
	if len(f.Quantization) > 0 && string(f.Quantization) != "null" {
		return errors.New("quantization_config: weights of a quantization are not supported")
	}
	return nil
}

func (f *configFile) checkClass(class string) error {
	known := f.classes()
	if !slices.Contains(known, class) {
		return fmt.Errorf("%q is not supported for model_type %q: %s are", class, f.ModelType, strings.Join(known, ", "))
	}
	if strings.HasPrefix(class, jinaFamily) && f.PositionType != "alibi" {
		return fmt.Errorf("%q is supported with position_embedding_type alibi only, which is %q", class, f.PositionType)
	}
	return nil
}

// classes lists those of the architecture.
func (f *configFile) classes() (list []string) {
	for _, family := range families[f.ModelType] {
		for _, body := range bodies {
			list = append(list, family+body)
		}
		if f.ModelType == "qwen3" {
			list = append(list, family+causal)
		}
	}
	return list
}

// checkCode looks at the code beside the weights that a library would run.
func (f *configFile) checkCode(key string, value json.RawMessage) error {
	if !strings.HasPrefix(key, "AutoConfig") && !strings.HasPrefix(key, "AutoModel") {
		return nil // tokenizers: tokenizer.json says what they do
	}
	var class string
	if err := exactjson.UnmarshalLast(value, &class); err != nil {
		return err
	}
	last := class[strings.LastIndexByte(class, '.')+1:]
	for _, family := range []string{jinaFamily, newFamily} {
		if !slices.Contains(families[f.ModelType], family) {
			continue
		}
		if last == family+"Config" || strings.HasPrefix(last, family) && slices.Contains(f.classes(), last) {
			return nil
		}
	}
	return fmt.Errorf("code of its own, %q, is not supported", class)
}

// setLabels counts the labels as transformers does: those of id2label, or
// num_labels, or two.
func (c *Config) setLabels(f *configFile) error {
	const most = 1 << 12
	switch {
	case f.Labels != nil:
		c.Labels, c.labelsFrom = len(f.Labels), "id2label"
	case f.NumLabels != nil:
		c.Labels, c.labelsFrom = *f.NumLabels, "num_labels"
	default:
		c.Labels, c.labelsFrom = 2, "no number of labels, which means two"
	}
	if c.Labels < 1 || c.Labels > most {
		return fmt.Errorf("%s has %d labels, which is not within 1 and %d", c.labelsFrom, c.Labels, most)
	}
	for i := range c.Labels {
		name := fmt.Sprintf("LABEL_%d", i)
		if f.Labels != nil {
			raw, ok := f.Labels[fmt.Sprint(i)]
			if !ok {
				return fmt.Errorf("id2label has %d labels and none of id %d", c.Labels, i)
			}
			name = labelName(raw)
		}
		c.LabelNames = append(c.LabelNames, name)
	}
	return nil
}

// labelName is a label's name, which may be a number.
func labelName(raw json.RawMessage) string {
	var name string
	if exactjson.UnmarshalLast(raw, &name) == nil {
		return name
	}
	return string(raw)
}

// ignorable are how the names of tensors end in layers that hold nothing that was
// learned.
var ignorable = []string{"rotary_emb.inv_freq", ".position_ids"}

// unknown returns a tensor of the layers that nothing has read. The library's own
// classes ignore such tensors too; what code beside the weights does with them is
// not known.
func (t *tensors) unknown(layers int) (string, bool) {
	begin := t.prefix + t.names.layer
	if t.names.layer == "" {
		begin = t.prefix + bertLayer
	}
	for _, f := range t.files {
		for _, name := range f.Names() {
			rest, inside := strings.CutPrefix(name, begin)
			number, _, _ := strings.Cut(rest, ".")
			var i int
			if !inside || t.seen[name] || slices.ContainsFunc(ignorable, func(end string) bool { return strings.HasSuffix(name, end) }) {
				continue
			}
			if _, err := fmt.Sscanf(number, "%d", &i); err == nil && i < layers {
				return name, true
			}
		}
	}
	return "", false
}

package transformer

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"strings"
)

// Config is the shape of a model, as its config.json tells.
type Config struct {
	Layers       int
	Hidden       int // size of a hidden state
	Heads        int
	Intermediate int // width of the feed-forward block
	Vocabulary   int
	Positions    int // longest sequence
	TokenTypes   int
	Epsilon      float32  // of layer normalisation
	Labels       int      // of a classification head; 0 without one
	LabelNames   []string // by id, where the file has them
}

const maxConfig = 1 << 20

// configFile holds the fields of config.json that matter here.
type configFile struct {
	ModelType     string            `json:"model_type"`
	Architectures []string          `json:"architectures"`
	Layers        int               `json:"num_hidden_layers"`
	Hidden        int               `json:"hidden_size"`
	Heads         int               `json:"num_attention_heads"`
	Intermediate  int               `json:"intermediate_size"`
	Vocabulary    int               `json:"vocab_size"`
	Positions     int               `json:"max_position_embeddings"`
	TokenTypes    int               `json:"type_vocab_size"`
	Epsilon       *float64          `json:"layer_norm_eps"`
	Activation    string            `json:"hidden_act"`
	PositionType  string            `json:"position_embedding_type"`
	Labels        map[string]string `json:"id2label"`
	Decoder       bool              `json:"is_decoder"`
}

// ReadConfig reads and checks the config.json of a model's folder.
func ReadConfig(fsys fs.FS) (Config, error) {
	data, err := readLimited(fsys, configName, maxConfig)
	if err != nil {
		return Config{}, fmt.Errorf("transformer: %w", err)
	}
	var file configFile
	if err := json.Unmarshal(data, &file); err != nil {
		return Config{}, fmt.Errorf("transformer: %s: %w", configName, err)
	}
	c, err := file.config()
	if err != nil {
		return Config{}, fmt.Errorf("transformer: %s: %w", configName, err)
	}
	return c, nil
}

func (f configFile) config() (Config, error) {
	if err := f.supported(); err != nil {
		return Config{}, err
	}
	c := Config{
		Layers: f.Layers, Hidden: f.Hidden, Heads: f.Heads, Intermediate: f.Intermediate,
		Vocabulary: f.Vocabulary, Positions: f.Positions, TokenTypes: f.TokenTypes, Epsilon: 1e-12,
	}
	if f.Epsilon != nil {
		c.Epsilon = float32(*f.Epsilon)
	}
	for _, n := range []struct {
		name              string
		value, most, unit int
	}{
		{"num_hidden_layers", c.Layers, 256, 1},
		{"hidden_size", c.Hidden, 1 << 14, 32},
		{"num_attention_heads", c.Heads, 1 << 10, 1},
		{"intermediate_size", c.Intermediate, 1 << 16, 32},
		{"vocab_size", c.Vocabulary, 1 << 24, 1},
		{"max_position_embeddings", c.Positions, 1 << 20, 1},
		{"type_vocab_size", c.TokenTypes, 1 << 10, 1},
	} {
		if n.value < 1 || n.value > n.most {
			return Config{}, fmt.Errorf("%s is %d, which is not within 1 and %d", n.name, n.value, n.most)
		}
		if n.value%n.unit != 0 {
			return Config{}, fmt.Errorf("%s is %d, which is no multiple of %d: such shapes are not supported", n.name, n.value, n.unit)
		}
	}
	if c.Hidden%(16*c.Heads) != 0 {
		return Config{}, fmt.Errorf("%d heads share a hidden_size of %d: only heads of a multiple of 16 are supported", c.Heads, c.Hidden)
	}
	if !(c.Epsilon >= 0 && c.Epsilon < 1) {
		return Config{}, fmt.Errorf("layer_norm_eps is %v", c.Epsilon)
	}
	for _, a := range f.Architectures {
		if strings.HasSuffix(a, "ForSequenceClassification") {
			return c, c.setLabels(f.Labels)
		}
	}
	return c, nil
}

// supported refuses what this package would compute wrongly.
func (f configFile) supported() error {
	switch {
	case f.ModelType != "bert":
		return fmt.Errorf("model_type %q is not supported: bert is", f.ModelType)
	case f.Activation != "gelu":
		return fmt.Errorf("hidden_act %q is not supported: gelu is", f.Activation)
	case f.PositionType != "" && f.PositionType != "absolute":
		return fmt.Errorf("position_embedding_type %q is not supported: absolute is", f.PositionType)
	case f.Decoder:
		return fmt.Errorf("decoders are not supported")
	}
	return nil
}

// setLabels counts the labels; a file without them means two, as in
// transformers.
func (c *Config) setLabels(names map[string]string) error {
	const most = 1 << 12
	if c.Labels = len(names); c.Labels == 0 {
		c.Labels = 2
		return nil
	}
	if c.Labels > most {
		return fmt.Errorf("id2label has %d labels, more than %d", c.Labels, most)
	}
	for i := range c.Labels {
		name, ok := names[fmt.Sprint(i)]
		if !ok {
			return fmt.Errorf("id2label has %d labels and none of id %d", c.Labels, i)
		}
		c.LabelNames = append(c.LabelNames, name)
	}
	return nil
}

// readLimited reads a file whole that may not be larger than a limit. A file
// system that implements [fs.ReadFileFS] may hand out memory of its own, which
// is not changed.
func readLimited(fsys fs.FS, name string, limit int64) ([]byte, error) {
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, err
	}
	if info.Size() > limit {
		return nil, fmt.Errorf("%s has %d bytes, more than %d", name, info.Size(), limit)
	}
	if direct, ok := fsys.(fs.ReadFileFS); ok {
		return direct.ReadFile(name)
	}
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data := make([]byte, info.Size())
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return data, nil
}

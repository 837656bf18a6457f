package transformer

import (
	"fmt"
	"io/fs"
	"strings"

	"github.com/flashrerank/rerank/internal/exactjson"
	"github.com/flashrerank/rerank/internal/regular"
)

// Config is the shape of a model, as its config.json tells.
type Config struct {
	Architecture string // model_type: "bert", "roberta", ...
	Layers       int
	Hidden       int // size of a hidden state
	Heads        int
	Intermediate int // width of the feed-forward block
	Vocabulary   int
	Positions    int      // longest sequence
	TokenTypes   int      // 0 if the model has none and ignores them
	Epsilon      float32  // of normalisation
	Labels       int      // of a classification head; 0 without one
	LabelNames   []string // by id; where the file has none, LABEL_0 and so on

	labelsFrom string // where Labels is from
	ownCode    bool   // its code is beside the weights of its first model, in versions that the names do not tell apart
	design
}

// design is in what architectures differ.
type design struct {
	naming naming
	head   headDesign

	headSize  int // width of a head
	keyHeads  int // heads of keys and values, each of which some heads of queries share
	embedding int // width of embeddings, projected to the hidden size where they differ

	places        bool // a table of positions is added to the words
	firstPlace    int  // the row of the first position
	embeddingNorm bool

	preNorm    bool // normalise what goes into a sublayer, not the sum that comes out
	firstBare  bool // but for the first attention
	rms        bool // by the root mean square alone
	normBias   bool
	activation activation
	gated      bool // activation(gate)·up
	bias       biases

	causal    bool   // a token sees those before it and itself
	windows   []int  // of each layer, how far a token sees on either side; 0: all
	rotary    []rope // of each layer; none without rotary embeddings
	queryNorm bool   // normalise each head's queries and keys

	relative     relative
	disentangled disentangled
}

// disentangled is the attention of DeBERTa (He et al., 2021), which scores
// contents and relative positions separately.
type disentangled struct {
	buckets  int  // of distances, which grow with them; 0: one for each distance
	farthest int  // distance that the buckets reach
	toPlace  bool // queries of contents look at keys of positions
	toText   bool // queries of positions look at keys of contents
	shared   bool // positions go through the projections of contents
	normed   bool // the embeddings of positions are normalised
}

// span is how many embeddings there are for either direction.
func (d disentangled) span() int {
	if d.buckets > 0 {
		return d.buckets
	}
	return d.farthest
}

// biases tell which linear layers have one.
type biases struct {
	qkv, output, inner, outer bool
}

// relative is how attention sees the distance of two tokens.
type relative int

const (
	relativeNone relative = iota
	relativeBuckets
	relativeSlopes       // ALiBi
	relativeDisentangled // DeBERTa
)

// attentionWidth is what all heads of queries are wide together.
func (c Config) attentionWidth() int { return c.Heads * c.headSize }

// keyWidth is what all heads of keys, or of values, are wide together.
func (c Config) keyWidth() int { return c.keyHeads * c.headSize }

// innerWidth is what the first layer of the feed-forward block gives.
func (c Config) innerWidth() int {
	if c.gated {
		return 2 * c.Intermediate
	}
	return c.Intermediate
}

// integers tells whether attention has a form in int8.
func (c *Config) integers() bool {
	return c.relative == relativeNone && len(c.rotary) == 0 && !c.causal && c.windows == nil && !c.queryNorm
}

const maxConfig = 1 << 20

// ReadConfig reads and checks the config.json of a model's folder.
func ReadConfig(fsys fs.FS) (Config, error) {
	data, err := regular.ReadFS(fsys, configName, maxConfig)
	if err != nil {
		return Config{}, fmt.Errorf("transformer: %w", err)
	}
	var file configFile
	if err := exactjson.UnmarshalLast(data, &file); err != nil {
		return Config{}, fmt.Errorf("transformer: %s: %w", configName, err)
	}
	c, err := file.config()
	if err != nil {
		return Config{}, fmt.Errorf("transformer: %s: %w", configName, err)
	}
	return c, nil
}

func (f *configFile) config() (Config, error) {
	make, ok := architectures[f.ModelType]
	if !ok {
		return Config{}, fmt.Errorf("model_type %q is not supported: %s are", f.ModelType, strings.Join(Architectures(), ", "))
	}
	if err := f.checkClasses(); err != nil {
		return Config{}, err
	}
	c := Config{
		Architecture: f.ModelType, Layers: f.Layers, Hidden: f.Hidden, Heads: f.Heads, Intermediate: f.Intermediate,
		Vocabulary: f.Vocabulary, Positions: f.Positions, TokenTypes: f.types(), Epsilon: 1e-12,
	}
	if f.Epsilon != nil {
		c.Epsilon = float32(*f.Epsilon)
	}
	if err := make(&c, f); err != nil {
		return Config{}, err
	}
	c.complete()
	if err := c.check(); err != nil {
		return Config{}, err
	}
	for _, a := range f.Architectures {
		if strings.HasSuffix(a, classified) {
			return c, c.setLabels(f)
		}
	}
	return c, nil
}

// complete sets what an architecture leaves at what is usual.
func (c *Config) complete() {
	if c.headSize == 0 && c.Heads > 0 {
		c.headSize = c.Hidden / c.Heads
	}
	if c.keyHeads == 0 {
		c.keyHeads = c.Heads
	}
	if c.embedding == 0 {
		c.embedding = c.Hidden
	}
	if c.places {
		c.Positions -= c.firstPlace
	}
}

// check refuses sizes that this package cannot compute with.
func (c *Config) check() error {
	for _, n := range []struct {
		name              string
		value, most, unit int
	}{
		{"num_hidden_layers", c.Layers, 256, 1},
		{"hidden_size", c.Hidden, 1 << 14, 32},
		{"num_attention_heads", c.Heads, 1 << 10, 1},
		{"num_key_value_heads", c.keyHeads, 1 << 10, 1},
		{"intermediate_size", c.Intermediate, 1 << 16, 32},
		{"embedding_size", c.embedding, 1 << 14, 32},
		{"vocab_size", c.Vocabulary, 1 << 24, 1},
		{"max_position_embeddings", c.Positions, 1 << 20, 1},
		{"type_vocab_size", c.TokenTypes + 1, 1 << 10, 1},
	} {
		if n.value < 1 || n.value > n.most {
			return fmt.Errorf("%s is %d, which is not within 1 and %d", n.name, n.value, n.most)
		}
		if n.value%n.unit != 0 {
			return fmt.Errorf("%s is %d, which is no multiple of %d: such shapes are not supported", n.name, n.value, n.unit)
		}
	}
	if c.Heads%c.keyHeads != 0 {
		return fmt.Errorf("%d heads cannot share %d key heads", c.Heads, c.keyHeads)
	}
	if c.headSize%16 != 0 || c.headSize < 16 || c.headSize > 1<<10 {
		return fmt.Errorf("%d heads share a hidden_size of %d: only heads of a multiple of 16 are supported", c.Heads, c.Hidden)
	}
	if w := c.attentionWidth(); w < c.Hidden || w%32 != 0 || w > 1<<15 {
		return fmt.Errorf("%d heads of %d over a hidden_size of %d are not supported", c.Heads, c.headSize, c.Hidden)
	}
	if !(c.Epsilon >= 0 && c.Epsilon < 1) {
		return fmt.Errorf("the epsilon of normalisation is %v", c.Epsilon)
	}
	return nil
}

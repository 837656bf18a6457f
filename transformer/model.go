package transformer

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"slices"
	"sync"

	"github.com/flashrerank/rerank/internal/mapped"
)

// Precision is how a model's weights and activations are held.
type Precision string

// The precisions.
const (
	FP32 Precision = "fp32"
	INT8 Precision = "int8"

	// INT8x2 is int8 with the inputs of linear layers in sixteen bits, see
	// Options.Wide: nearer to float32, for twice the products.
	INT8x2 Precision = "int8x2"
)

// Precisions lists them.
func Precisions() []Precision { return []Precision{FP32, INT8, INT8x2} }

// Revision tells versions of this package apart that give other numbers for the
// same weights. It belongs into whatever vectors and scores are kept under.
const Revision = 2

// Options say how to load a model. The zero value is the default.
type Options struct {
	// Precision of the computation; empty means that of the file. Int8 weights
	// cannot be made float32 again.
	Precision Precision

	// Float32 are patterns, as path.Match has them, of the names of linear layers
	// that stay in float32 in a model that is made int8: such as
	// "encoder.layer.0.attention.self.qkv" or "encoder.layer.*.output.dense". Each
	// must match a layer.
	Float32 []string

	// Wide are patterns of the names of linear layers in int8 whose inputs have
	// sixteen bits in place of eight: closer to float32 for twice the products. Where
	// those of queries, keys and values have, attention is computed in float32.
	// What a file of int8 weights names comes on top.
	Wide []string

	// Cache keeps int8 weights that were made of others. It is not used together
	// with Float32.
	Cache Cache

	// Answers makes a classifier with one label of a decoder without a head: its
	// logit is that of one token as the next less that of another.
	Answers *Answers

	// Workers is how many goroutines compute at the same time; 0 means
	// GOMAXPROCS. It never changes a result.
	Workers int
}

// Answers are the ids of two tokens.
type Answers struct {
	Yes, No int32
}

// Model is an encoder, or a decoder that judges. It is immutable and safe for
// concurrent use.
type Model struct {
	config    Config
	precision Precision // FP32 or INT8
	asked     Precision // INT8x2 too
	wide      []string  // patterns of the layers with wide inputs
	workers   *workers

	words, positions table
	types            []float32 // [token types][embedding]
	places           []float32 // [token types][positions][embedding]: their sums; nil if these are many
	embedded         norm
	projection       *linear // of embeddings to hidden states, where their sizes differ
	first            norm    // of what goes into the first layer, of those that normalise what comes in
	layers           []layer
	classifier       *Classifier

	diagonals *diagonals // that all layers add to their scores; nil without
	buckets   []float32  // what MPNet makes them of
	indices   []int32    // of relative positions, see disentangled
	zeros     []float32  // [hidden]

	file *mapped.File // that weights are views of; nil where they are in memory
}

// layer is one block of the model.
type layer struct {
	qkv, output  linear
	heads        []headGroup // parts of qkv
	attended     norm        // of what goes into the feed-forward block
	inner, outer linear
	finished     norm // of what goes into the next block

	queryNorm, keyNorm []float32 // [head size]
	turner             *turner   // nil without rotary embeddings
	window             int       // how far a token sees; 0: everywhere
	positions          positionParts
}

// headGroup makes the queries, keys and values of some heads that lie side by
// side.
type headGroup struct {
	query, key, value linear
}

// headGroups divides a layer's heads so that what a group makes of a chunk of
// tokens stays in the cache until it is attended to.
func headGroups(qkv linear, c Config) (list []headGroup) {
	keys, queries := c.groupWidth(), c.groupWidth()*c.Heads/c.keyHeads
	all, allKeys := c.attentionWidth(), c.keyWidth()
	for i := range allKeys / keys {
		list = append(list, headGroup{
			query: qkv.outputs(i*queries, (i+1)*queries),
			key:   qkv.outputs(all+i*keys, all+(i+1)*keys),
			value: qkv.outputs(all+allKeys+i*keys, all+allKeys+(i+1)*keys),
		})
	}
	return list
}

// groupColumns is how many columns the widest products do at once.
const groupColumns = 64

// groupWidth is the number of columns of a group of heads of keys: as many as a
// product does at once, where heads fit into that. Heads that share keys are
// in the group of these.
func (c Config) groupWidth() int {
	switch width := c.keyWidth(); {
	case c.keyHeads < c.Heads:
		return c.headSize
	case width%groupColumns == 0 && groupColumns%c.headSize == 0:
		return groupColumns
	default:
		return width
	}
}

// linears are the layer's linear layers by their names in it.
func (l *layer) linears() map[string]*linear {
	return map[string]*linear{"attention.self.qkv": &l.qkv, "attention.output.dense": &l.output, "intermediate.dense": &l.inner, "output.dense": &l.outer}
}

// Load reads config.json and model.safetensors (or its shards) from a folder.
// Errors name the file, and the tensor or field.
func Load(fsys fs.FS, o Options) (*Model, error) {
	config, err := ReadConfig(fsys)
	if err != nil {
		return nil, err
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	m := &Model{config: config, asked: o.Precision, workers: newWorkers(o.Workers)}
	if o.Precision == INT8x2 {
		o.Precision, o.Wide = INT8, append(slices.Clone(o.Wide), "*")
	}
	if o.usable() && m.loadCached(o) {
		return m, nil
	}
	t, err := openTensors(fsys)
	if err != nil {
		return nil, fmt.Errorf("transformer: %w", err)
	}
	if err := m.load(t, o); err != nil {
		return nil, fmt.Errorf("transformer: %s: %w", t.from[0], err)
	}
	if o.usable() && !t.areInt8() {
		_ = m.keep(o.Cache) // the model works without
	}
	return m, nil
}

// Config returns the model's shape.
func (m *Model) Config() Config { return m.config }

// Precision returns how the model computes.
func (m *Model) Precision() Precision { return m.asked }

// Classifier returns the classification head, nil if the model has none.
func (m *Model) Classifier() *Classifier { return m.classifier }

func (m *Model) load(t *tensors, o Options) (err error) {
	stored := FP32
	if scheme, ok := t.metadata[schemeKey]; ok {
		if scheme != scheme1 {
			return fmt.Errorf("metadata %s is %q; this program reads %q", schemeKey, scheme, scheme1)
		}
		stored = INT8
	}
	m.precision, m.asked = cmp.Or(o.Precision, stored), cmp.Or(m.asked, stored)
	if !slices.Contains(Precisions(), m.precision) {
		return fmt.Errorf("precision %q is none of %q", m.precision, Precisions())
	}
	if stored == INT8 && m.precision != INT8 {
		return fmt.Errorf("the weights are int8: %s cannot be had from them", m.precision)
	}
	s := source{tensors: t, stored: stored, wanted: m.precision}
	if s.float, err = m.config.match(o.Float32); err != nil {
		return err
	}
	if len(s.float) > 0 && (stored == INT8 || m.precision != INT8) {
		return errors.New("layers in float32 are for float32 weights that are made int8")
	}
	if err := m.loadEmbeddings(&s); err != nil {
		return err
	}
	if err := m.loadLayers(&s); err != nil {
		return err
	}
	if name, found := t.unknown(m.config.Layers); found && stored != INT8 && m.config.ownCode {
		return fmt.Errorf("tensor %q is no part of %s as it is known here", name, m.config.Architecture)
	}
	if err := m.widen(append(t.wide, o.Wide...)); err != nil {
		return err
	}
	return m.loadHead(&s, o.Answers)
}

// loadHead makes the classifier: that of the file, or one of two tokens that
// a language model could say next.
func (m *Model) loadHead(s *source, answers *Answers) (err error) {
	if answers == nil || m.config.Labels > 0 {
		if m.config.Labels > 0 {
			m.classifier, err = s.tensors.classifier(m.config)
		}
		return err
	}
	if !m.config.causal {
		return fmt.Errorf("%s is no language model: it cannot answer", m.config.Architecture)
	}
	m.classifier, err = s.tensors.answerer(m.config, *answers)
	return err
}

func (m *Model) loadEmbeddings(s *source) (err error) {
	c, t := &m.config, s.tensors
	if stored := s.stored == INT8; stored {
		t.names = naming{}
	} else if err := t.recognise(c.naming); err != nil {
		return err
	}
	if c.TokenTypes > 0 {
		if m.types, err = t.floats("embeddings.token_type_embeddings.weight", c.TokenTypes, c.embedding); err != nil {
			return err
		}
	}
	if c.embeddingNorm {
		if m.embedded, err = t.norm("embeddings.LayerNorm", c.embedding, c.normBias); err != nil {
			return err
		}
	}
	if m.words, err = s.table(wordEmbeddings, c.Vocabulary, c.embedding); err != nil {
		return err
	}
	if c.places {
		if m.positions, err = s.table("embeddings.position_embeddings.weight", c.Positions+c.firstPlace, c.embedding); err != nil {
			return err
		}
	}
	m.addPlaces()
	if c.embedding != c.Hidden {
		d, err := t.dense("embeddings_project", c.Hidden, c.embedding, true)
		if err != nil {
			return err
		}
		m.projection = &linear{float: d.float32Matrix()}
	}
	m.zeros = make([]float32, max(c.Hidden, c.embedding))
	return m.loadRelative(t)
}

// maxDiagonals bounds the numbers that all heads add to scores.
const maxDiagonals = 1 << 24

// loadRelative makes what all layers know of the distances of tokens.
func (m *Model) loadRelative(t *tensors) (err error) {
	c := &m.config
	if n := c.Heads * 2 * c.Positions; n > maxDiagonals && (c.relative == relativeSlopes || c.relative == relativeBuckets) {
		return fmt.Errorf("%d heads of %d positions: too many for relative positions", c.Heads, c.Positions)
	}
	switch c.relative {
	case relativeSlopes:
		m.diagonals = slopeDiagonals(c)
	case relativeBuckets:
		if m.buckets, err = t.floats(relativeBias, mpnetBuckets, c.Heads); err != nil {
			return err
		}
		m.diagonals = bucketDiagonals(c, m.buckets)
	case relativeDisentangled:
		m.indices = c.disentangled.indices(c.Positions)
	}
	return err
}

// loadLayers loads blocks side by side: making int8 of float32 takes a while.
func (m *Model) loadLayers(s *source) (err error) {
	c := &m.config
	m.layers = make([]layer, c.Layers)
	if c.relative == relativeDisentangled && s.stored != INT8 {
		if s.places, err = s.tensors.positionEmbeddings(c); err != nil {
			return err
		}
	}
	// A block's first input is the last normalisation of the block before it.
	before := m.embedded
	if c.embedding != c.Hidden {
		before = norm{}
	}
	if c.preNorm && !c.firstBare {
		if m.first, err = s.tensors.norm(layerPrefix(0)+"input.LayerNorm", c.Hidden, c.normBias); err != nil {
			return err
		}
		before = m.first
	}
	turners := map[rope]*turner{}
	failed := make([]error, len(m.layers))
	var group sync.WaitGroup
	free := make(chan struct{}, m.workers.number())
	for i := range m.layers {
		finished, err := s.tensors.norm(c.finishedName(i), c.Hidden, c.normBias)
		if err != nil {
			failed[i] = err
			break
		}
		input, turner := before, c.turner(turners, i)
		group.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			defer m.file.Recover(&failed[i], mapped.Watch())
			l, err := s.layer(layerPrefix(i), *c, input)
			l.finished, l.turner = finished, turner
			if c.windows != nil {
				l.window = c.windows[i]
			}
			m.layers[i], failed[i] = l, err
		})
		before = finished
	}
	group.Wait()
	return errors.Join(failed...)
}

func layerPrefix(i int) string { return fmt.Sprintf("%s%d.", bertLayer, i) }

// finishedName is the name of the normalisation that ends a block, or that begins
// the next.
func (c *Config) finishedName(i int) string {
	switch {
	case !c.preNorm:
		return layerPrefix(i) + "output.LayerNorm"
	case i == c.Layers-1:
		return "final.LayerNorm"
	default:
		return layerPrefix(i+1) + "input.LayerNorm"
	}
}

// turner returns the rotary embeddings of a layer, nil without; layers share
// equal ones.
func (c *Config) turner(made map[rope]*turner, layer int) *turner {
	if len(c.rotary) == 0 {
		return nil
	}
	r := c.rotary[min(layer, len(c.rotary)-1)]
	if made[r] == nil {
		made[r] = newTurner(r, c.headSize)
	}
	return made[r]
}

package transformer

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"runtime"
	"sync"
)

// Precision is how a model's weights and activations are held.
type Precision string

// The precisions.
const (
	FP32 Precision = "fp32"
	INT8 Precision = "int8"
)

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

	// Cache keeps int8 weights that were made of others. It is not used together
	// with Float32.
	Cache Cache

	// Workers is how many goroutines compute at the same time; 0 means
	// GOMAXPROCS. It never changes a result.
	Workers int
}

// Model is a BERT encoder. It is immutable and safe for concurrent use.
type Model struct {
	config    Config
	precision Precision
	workers   *workers

	words, positions table
	types            []float32 // [token types][hidden]
	places           []float32 // [token types][positions][hidden]: their sums; nil if these are many
	embedded         norm
	layers           []layer
	classifier       *Classifier
}

// layer is one block of the encoder.
type layer struct {
	qkv, output  linear
	heads        []headGroup // parts of qkv
	attended     norm
	inner, outer linear
	finished     norm
}

// headGroup makes the queries, keys and values of some heads that lie side by
// side.
type headGroup struct {
	query, key, value linear
}

// headGroups divides a layer's heads so that what a group makes of a chunk of
// tokens stays in the cache until it is attended to.
func headGroups(qkv linear, c Config) (list []headGroup) {
	width := c.groupWidth()
	for at := 0; at < c.Hidden; at += width {
		list = append(list, headGroup{
			query: qkv.outputs(at, at+width),
			key:   qkv.outputs(c.Hidden+at, c.Hidden+at+width),
			value: qkv.outputs(2*c.Hidden+at, 2*c.Hidden+at+width),
		})
	}
	return list
}

// groupColumns is how many columns the widest products do at once.
const groupColumns = 64

// groupWidth is the number of columns of a group of heads: as many as a product
// does at once, where heads fit into that.
func (c Config) groupWidth() int {
	if head := c.Hidden / c.Heads; c.Hidden%groupColumns == 0 && groupColumns%head == 0 {
		return groupColumns
	}
	return c.Hidden
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
	m := &Model{config: config, workers: newWorkers(o.Workers)}
	if o.usable() && m.loadCached(o.Cache) {
		return m, nil
	}
	t, err := openTensors(fsys)
	if err != nil {
		return nil, fmt.Errorf("transformer: %w", err)
	}
	if err := m.load(t, o); err != nil {
		return nil, fmt.Errorf("transformer: %s: %w", t.from[0], err)
	}
	if o.usable() && t.metadata[schemeKey] == "" {
		_ = m.keep(o.Cache) // the model works without
	}
	return m, nil
}

// Config returns the model's shape.
func (m *Model) Config() Config { return m.config }

// Precision returns how the model computes.
func (m *Model) Precision() Precision { return m.precision }

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
	switch m.precision = o.Precision; o.Precision {
	case FP32, INT8:
	case "":
		m.precision = stored
	default:
		return fmt.Errorf("precision %q is neither %s nor %s", o.Precision, FP32, INT8)
	}
	if stored == INT8 && m.precision == FP32 {
		return errors.New("the weights are int8: fp32 cannot be had from them")
	}
	if m.types, err = t.floats("embeddings.token_type_embeddings.weight", m.config.TokenTypes, m.config.Hidden); err != nil {
		return err
	}
	if m.embedded, err = t.norm("embeddings.LayerNorm", m.config.Hidden); err != nil {
		return err
	}
	s := source{tensors: t, stored: stored, wanted: m.precision}
	if s.float, err = m.config.match(o.Float32); err != nil {
		return err
	}
	if len(s.float) > 0 && (stored == INT8 || m.precision != INT8) {
		return errors.New("layers in float32 are for float32 weights that are made int8")
	}
	if m.words, err = s.table(wordEmbeddings, m.config.Vocabulary, m.config.Hidden); err != nil {
		return err
	}
	if m.positions, err = s.table("embeddings.position_embeddings.weight", m.config.Positions, m.config.Hidden); err != nil {
		return err
	}
	m.addPlaces()
	if err := m.loadLayers(&s); err != nil {
		return err
	}
	if m.config.Labels > 0 {
		m.classifier, err = t.classifier(m.config)
	}
	return err
}

// loadLayers loads blocks side by side: making int8 of float32 takes a while.
func (m *Model) loadLayers(s *source) error {
	m.layers = make([]layer, m.config.Layers)
	// A block's first input is the last normalisation of the block before it.
	before := m.embedded
	failed := make([]error, len(m.layers))
	var group sync.WaitGroup
	free := make(chan struct{}, m.workers.number())
	for i := range m.layers {
		prefix := fmt.Sprintf("encoder.layer.%d.", i)
		finished, err := s.tensors.norm(prefix+"output.LayerNorm", m.config.Hidden)
		if err != nil {
			failed[i] = err
			break
		}
		input := before
		group.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			m.layers[i], failed[i] = s.layer(prefix, m.config, input)
			m.layers[i].finished = finished
		})
		before = finished
	}
	group.Wait()
	return errors.Join(failed...)
}

// source reads linear layers and tables at the precision wanted.
type source struct {
	tensors        *tensors
	stored, wanted Precision
	float          map[string]bool // linear layers that stay in float32
}

// match returns the linear layers that patterns match.
func (c Config) match(patterns []string) (map[string]bool, error) {
	found := map[string]bool{}
	for _, pattern := range patterns {
		matched := false
		for i := range c.Layers {
			for _, name := range []string{"attention.self.qkv", "attention.output.dense", "intermediate.dense", "output.dense"} {
				name = fmt.Sprintf("encoder.layer.%d.%s", i, name)
				ok, err := path.Match(pattern, name)
				if err != nil {
					return nil, fmt.Errorf("pattern %q: %w", pattern, err)
				}
				if ok {
					found[name], matched = true, true
				}
			}
		}
		if !matched {
			return nil, fmt.Errorf("pattern %q matches no linear layer", pattern)
		}
	}
	return found, nil
}

// layer reads a block; input is the normalisation that its input comes from.
func (s *source) layer(prefix string, c Config, input norm) (l layer, err error) {
	if l.attended, err = s.tensors.norm(prefix+"attention.output.LayerNorm", c.Hidden); err != nil {
		return l, err
	}
	if l.qkv, err = s.qkv(prefix+"attention.self.", c, input); err != nil {
		return l, err
	}
	l.heads = headGroups(l.qkv, c)
	if l.output, err = s.linear(prefix+"attention.output.dense", c.Hidden, c.Hidden, norm{}); err != nil {
		return l, err
	}
	if l.inner, err = s.linear(prefix+"intermediate.dense", c.Intermediate, c.Hidden, l.attended); err != nil {
		return l, err
	}
	l.outer, err = s.linear(prefix+"output.dense", c.Hidden, c.Intermediate, norm{})
	return l, err
}

// qkv reads queries, keys and values as one linear layer.
func (s *source) qkv(prefix string, c Config, input norm) (linear, error) {
	if s.stored == INT8 {
		return s.tensors.linearInt8(prefix+"qkv", 3*c.Hidden, c.Hidden)
	}
	var parts []dense
	for _, name := range []string{"query", "key", "value"} {
		d, err := s.tensors.dense(prefix+name, c.Hidden, c.Hidden)
		if err != nil {
			return linear{}, err
		}
		parts = append(parts, d)
	}
	return s.make(prefix+"qkv", stack(parts...), input), nil
}

func (s *source) linear(name string, n, k int, input norm) (linear, error) {
	if s.stored == INT8 {
		return s.tensors.linearInt8(name, n, k)
	}
	d, err := s.tensors.dense(name, n, k)
	if err != nil {
		return linear{}, err
	}
	return s.make(name, d, input), nil
}

func (s *source) make(name string, d dense, input norm) linear {
	if s.wanted == INT8 && !s.float[name] {
		return quantizeLinear(d, input)
	}
	return linear{float: d.float32Matrix()}
}

func (s *source) table(name string, rows, width int) (table, error) {
	if s.stored == INT8 {
		return s.tensors.tableInt8(name, rows, width)
	}
	x, err := s.tensors.floats(name, rows, width)
	if err != nil {
		return table{}, err
	}
	if s.wanted == INT8 {
		return quantizeTable(x, rows, width), nil
	}
	return table{width: width, float: x}, nil
}

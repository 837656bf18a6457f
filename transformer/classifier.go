package transformer

import (
	"fmt"
	"sync"

	"github.com/flashrerank/rerank/internal/safetensors"
	"github.com/flashrerank/rerank/internal/simd"
)

// Pooling is how a classifier makes one state of those of a sequence's tokens.
type Pooling int

// The poolings.
const (
	PoolFirst Pooling = iota // the first token's
	PoolLast                 // the last token's
	PoolMean                 // the mean of all
)

// States are those that a pooling needs.
func (p Pooling) States() States {
	return [...]States{PoolFirst: FirstState, PoolLast: LastState, PoolMean: AllStates}[p]
}

// headDesign is where architectures differ in what they make of the pooled
// state: perhaps a linear layer, an activation and a normalisation, then a
// linear layer with one output for each label.
type headDesign struct {
	pooling    Pooling
	dense      string // "" without
	inEncoder  bool   // its name has the prefix of the encoder's tensors
	denseBias  *bool  // nil: it has one
	activation activation
	norm       string // "" without
	labels     string
	bias       bool // of the labels
}

// Names of a head's layers in a file of int8 weights.
const (
	storedDense  = "pooler.dense"
	storedLabels = "classifier"
)

// Classifier is the head of a sequence classifier: it pools the hidden states,
// and gives a number for each label. It computes in float32 whatever the
// model's precision. It is immutable and safe for concurrent use.
type Classifier struct {
	design  headDesign
	pooler  dense // n is 0 without
	norm    norm
	epsilon float32
	labels  dense
	answers *Answers  // of a language model
	rooms   sync.Pool // of *[]float32, for what the pooler makes
}

func (t *tensors) classifier(c Config) (*Classifier, error) {
	head := &Classifier{design: c.head, epsilon: c.Epsilon}
	d, stored := c.head, t.areInt8()
	bare := t.bare() // names of heads are their own
	var err error
	if d.dense != "" {
		from, name := bare, d.dense
		if d.inEncoder {
			from = t
		}
		if stored {
			from, name = bare, storedDense
		}
		if head.pooler, err = from.dense(name, c.Hidden, c.Hidden, stored || d.denseBias == nil || *d.denseBias); err != nil {
			return nil, err
		}
	}
	if d.norm != "" {
		if head.norm, err = bare.norm(d.norm, c.Hidden, c.normBias); err != nil {
			return nil, err
		}
	}
	if stored {
		d.labels, d.bias = storedLabels, true
	}
	if x, ok := bare.lookup(d.labels + ".weight"); ok && len(x.Shape) == 2 && x.Shape[0] != c.Labels {
		return nil, fmt.Errorf("tensor %q has rows for %d labels, %s has %d (%s)", d.labels+".weight", x.Shape[0], configName, c.Labels, c.labelsFrom)
	}
	head.labels, err = bare.dense(d.labels, c.Labels, c.Hidden, d.bias)
	return head, err
}

// bare returns the tensors by the names that they have in the files.
func (t *tensors) bare() *tensors {
	return &tensors{files: t.files, from: t.from, metadata: t.metadata, seen: map[string]bool{}}
}

// storedAnswerer reads the answerer of a file of int8 weights, which must be that
// of the same tokens.
func (t *tensors) storedAnswerer(c Config, a Answers) (*Classifier, error) {
	if have := t.metadata[answersKey]; have != a.text() {
		return nil, fmt.Errorf("metadata %s is %q, the answers asked for are %s", answersKey, have, a.text())
	}
	labels, err := t.dense(storedLabels, 1, c.Hidden, true)
	return &Classifier{design: answererDesign, answers: &a, labels: labels}, err
}

// answererDesign is the head of a language model that answers.
var answererDesign = headDesign{pooling: PoolLast}

// answersKey is the name of the answers in the metadata of a file.
const answersKey = "rerank.answers"

// text are the two ids as metadata have them.
func (a Answers) text() string { return fmt.Sprintf("%d %d", a.Yes, a.No) }

// answerer makes a classifier of two rows of the table by which a language model
// tells the next token.
func (t *tensors) answerer(c Config, a Answers) (*Classifier, error) {
	if t.areInt8() {
		return t.storedAnswerer(c, a)
	}
	if a.Yes < 0 || a.No < 0 || int(max(a.Yes, a.No)) >= c.Vocabulary {
		return nil, fmt.Errorf("tokens %d and %d of a vocabulary of %d", a.Yes, a.No, c.Vocabulary)
	}
	name := "lm_head.weight"
	if _, ok := t.lookup(name); !ok {
		name = t.prefix + t.names.of(wordEmbeddings) // it is tied to
	}
	x, err := t.shaped(name, []int{c.Vocabulary, c.Hidden})
	if err != nil {
		return nil, err
	}
	weight, err := tokenRow(x, a.Yes)
	if err != nil {
		return nil, err
	}
	no, err := tokenRow(x, a.No)
	if err != nil {
		return nil, err
	}
	for i, x := range no {
		weight[i] -= x
	}
	return &Classifier{design: answererDesign, answers: &a, labels: dense{weight: weight, bias: make([]float32, 1), n: 1, k: c.Hidden}}, nil
}

// tokenRow reads one row of a table.
func tokenRow(table safetensors.Tensor, i int32) ([]float32, error) {
	size := len(table.Data) / table.Shape[0]
	row := table
	row.Shape, row.Data = table.Shape[1:], table.Data[int(i)*size:(int(i)+1)*size]
	return row.Float32s()
}

// Labels returns the number of labels.
func (h *Classifier) Labels() int { return h.labels.n }

// Pooling returns which states the head takes.
func (h *Classifier) Pooling() Pooling { return h.design.pooling }

// Logits writes the raw output for each label to dst, from the hidden states of
// a sequence that its pooling needs. Slices that are too short are an error.
func (h *Classifier) Logits(dst, hidden []float32) error {
	k := h.labels.k
	if len(hidden) < k || len(dst) < h.labels.n {
		return fmt.Errorf("transformer: %d logits from %d numbers; the head has %d labels and takes %d", len(dst), len(hidden), h.labels.n, k)
	}
	room, ok := h.rooms.Get().(*[]float32)
	if !ok {
		room = new([]float32)
		*room = make([]float32, 3*k)
	}
	defer h.rooms.Put(room)
	pooled, other, zero := (*room)[:k], (*room)[k:2*k], (*room)[2*k:]
	h.pool(pooled, hidden)
	if h.pooler.n > 0 {
		h.pooler.apply(other, pooled)
		h.design.activation.apply(other)
		pooled = other
	}
	if h.norm.gamma != nil {
		simd.LayerNorm(pooled, zero, h.norm.gamma, h.norm.beta, h.epsilon)
	}
	h.labels.apply(dst, pooled)
	return nil
}

// pool writes one state of those given.
func (h *Classifier) pool(dst, hidden []float32) {
	if copy(dst, hidden); h.design.pooling != PoolMean {
		return
	}
	n := len(hidden) / len(dst)
	for i := 1; i < n; i++ {
		for j, x := range hidden[i*len(dst):][:len(dst)] {
			dst[j] += x
		}
	}
	for j := range dst {
		dst[j] /= float32(n)
	}
}

// apply computes dst = W·x + bias.
func (d dense) apply(dst, x []float32) {
	for i := range d.n {
		dst[i] = simd.Dot(d.weight[i*d.k:(i+1)*d.k], x) + d.bias[i]
	}
}

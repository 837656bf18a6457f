package transformer

import (
	"fmt"
	"math"
	"sync"

	"github.com/flashrerank/rerank/internal/simd"
)

// Classifier is the head of a BERT sequence classifier: tanh of a linear layer
// over the first token's hidden state (the pooler), then a linear layer with
// one output for each label. It computes in float32 whatever the encoder's
// precision. It is immutable and safe for concurrent use.
type Classifier struct {
	pooler dense
	labels dense
	rooms  sync.Pool // of *[]float32, for what the pooler makes
}

func (t *tensors) classifier(c Config) (*Classifier, error) {
	pooler, err := t.dense("pooler.dense", c.Hidden, c.Hidden)
	if err != nil {
		return nil, err
	}
	head := &Classifier{pooler: pooler, labels: dense{n: c.Labels, k: c.Hidden}}
	weight, err := t.shaped("classifier.weight", []int{c.Labels, c.Hidden})
	if err != nil {
		return nil, err
	}
	if head.labels.weight, err = weight.Float32s(); err != nil {
		return nil, err
	}
	bias, err := t.shaped("classifier.bias", []int{c.Labels})
	if err != nil {
		return nil, err
	}
	head.labels.bias, err = bias.Float32s()
	return head, err
}

// Labels returns the number of labels.
func (h *Classifier) Labels() int { return h.labels.n }

// Logits writes the raw output for each label to dst, from the hidden states of
// a sequence. Slices that are too short are an error.
func (h *Classifier) Logits(dst, hidden []float32) error {
	if len(hidden) < h.pooler.k || len(dst) < h.labels.n {
		return fmt.Errorf("transformer: %d logits from %d numbers; the head has %d labels and takes %d", len(dst), len(hidden), h.labels.n, h.pooler.k)
	}
	room, ok := h.rooms.Get().(*[]float32)
	if !ok {
		room = new([]float32)
		*room = make([]float32, h.pooler.n)
	}
	defer h.rooms.Put(room)
	pooled := *room
	h.pooler.apply(pooled, hidden[:h.pooler.k])
	for i, x := range pooled {
		pooled[i] = tanh(x)
	}
	h.labels.apply(dst, pooled)
	return nil
}

// apply computes dst = W·x + bias.
func (d dense) apply(dst, x []float32) {
	for i := range d.n {
		dst[i] = simd.Dot(d.weight[i*d.k:(i+1)*d.k], x) + d.bias[i]
	}
}

// tanh is the same on every platform, which that of package math need not be.
func tanh(x float32) float32 {
	if x < 0 {
		return -tanh(-x)
	}
	return float32(1 - 2/(exp(2*float64(min(x, 20)))+1))
}

// exp is e^x for x in [0,40], within 1e-15 of it relatively: 2^n times a Taylor
// polynomial of what is left. Conversions keep every operation rounded by
// itself.
func exp(x float64) float64 {
	// ln 2 in two parts, the first with so few bits that n times it is exact
	const high, low = 0x1.62e42feep-1, 0x1.a39ef35793c76p-33
	n := math.RoundToEven(float64(x * math.Log2E))
	r := float64(x-float64(n*high)) - float64(n*low)
	sum := 1.0
	for i := 16.0; i > 0; i-- {
		sum = 1 + float64(float64(sum*r)/i)
	}
	return math.Ldexp(sum, int(n))
}

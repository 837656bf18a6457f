package transformer

import (
	"fmt"
	"math"

	"github.com/flashrerank/rerank/internal/simd"
)

// Classifier is the head of a BERT sequence classifier: tanh of a linear layer
// over the first token's hidden state (the pooler), then a linear layer with
// one output for each label. It computes in float32 whatever the encoder's
// precision. It is immutable and safe for concurrent use.
type Classifier struct {
	pooler dense
	labels dense
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
	pooled := make([]float32, h.pooler.n)
	h.pooler.apply(pooled, hidden[:h.pooler.k])
	for i, x := range pooled {
		pooled[i] = float32(math.Tanh(float64(x)))
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

package transformer

import (
	"fmt"
	"math"

	"github.com/flashrerank/rerank/internal/simd"
)

// diagonals are what is added to the scores of attention by the distance of key
// and query alone: for each head a number for every distance, from -(n-1) to
// n-1.
type diagonals struct {
	values []float32 // [heads][2n-1]
	n      int
}

// of are the values of a head for a query at a position and keys from lo to hi.
func (d *diagonals) of(head, position, lo, hi int) []float32 {
	row := d.values[head*(2*d.n-1):][:2*d.n-1]
	return row[d.n-1+lo-position : d.n-1+hi-position]
}

// add adds them to rows of scores of keys from lo to hi, ldx apart.
func (d *diagonals) add(scores []float32, ldx, head, position, rows, lo, hi int) {
	for i := range rows {
		row := scores[i*ldx:][:hi-lo]
		for j, x := range d.of(head, position+i, lo, hi) {
			row[j] += x
		}
	}
}

// newDiagonals asks value for each head and distance (of the key from the
// query). They are divided by scale, by which scores are multiplied.
func newDiagonals(c *Config, value func(head, distance int) float32) *diagonals {
	d := &diagonals{n: c.Positions, values: make([]float32, c.Heads*(2*c.Positions-1))}
	root := float32(math.Sqrt(float64(c.headSize)))
	for h := range c.Heads {
		for i := range 2*d.n - 1 {
			d.values[h*(2*d.n-1)+i] = value(h, i-d.n+1) * root
		}
	}
	return d
}

// slopes are ALiBi's for each head (Press et al., 2022), as the reference
// implementation has them: powers of two where the heads are one, and else those
// between.
func slopes(heads int) []float64 {
	power := 1 << int(math.Log2(float64(heads)))
	list := make([]float64, 0, heads)
	for i := range power {
		list = append(list, math.Pow(2, -8*float64(i+1)/float64(power)))
	}
	for i := 0; len(list) < heads; i += 2 {
		list = append(list, math.Pow(2, -8*float64(i+1)/float64(2*power)))
	}
	return list
}

func slopeDiagonals(c *Config) *diagonals {
	list := slopes(c.Heads)
	return newDiagonals(c, func(head, distance int) float32 {
		return -float32(list[head]) * float32(max(distance, -distance))
	})
}

const mpnetBuckets = 32

// mpnetBucket is the row of MPNet's table for the distance of a key from the
// query, as T5 has it: half of the buckets for either direction, one for each
// near distance, the others on a logarithmic scale up to 128.
func mpnetBucket(distance int) int {
	const half, exact = mpnetBuckets / 2, mpnetBuckets / 4
	n, offset := -distance, 0
	if n < 0 {
		n, offset = -n, half
	}
	if n < exact {
		return offset + n
	}
	far := exact + int(float32(math.Log(float64(float32(n)/exact)))/float32(math.Log(128/exact))*(half-exact))
	return offset + min(far, half-1)
}

// relativeBias is the tensor of MPNet's table.
const relativeBias = "encoder.relative_attention_bias.weight"

func bucketDiagonals(c *Config, table []float32) *diagonals {
	return newDiagonals(c, func(head, distance int) float32 {
		return table[mpnetBucket(distance)*c.Heads+head]
	})
}

// index is the row of the embeddings of relative positions for the distance of
// a query from the key.
func (d disentangled) index(distance int) int32 {
	span := d.span()
	return int32(max(0, min(2*span-1, d.bucket(distance)+span)))
}

// bucket is make_log_bucket_position of the reference implementation.
func (d disentangled) bucket(distance int) int {
	mid := d.buckets / 2
	if d.buckets == 0 || distance >= -mid && distance <= mid {
		return distance
	}
	far, sign := distance, 1
	if far < 0 {
		far, sign = -far, -1
	}
	ratio := float32(math.Log(float64(float32(far)/float32(mid)))) / float32(math.Log(float64(float32(d.farthest-1)/float32(mid))))
	return sign * (int(math.Ceil(float64(ratio*float32(mid-1)))) + mid)
}

// indices are those of the distances from -(n-1) to n-1.
func (d disentangled) indices(n int) []int32 {
	list := make([]int32, 2*n-1)
	for i := range list {
		list[i] = d.index(i - n + 1)
	}
	return list
}

// positionParts are what a layer makes of the embeddings of relative positions:
// for each head the keys that queries of contents look at, and the queries that
// look at keys of contents. Either may be missing.
type positionParts struct {
	keys, queries []*simd.Float32Matrix // by head; [2·span outputs]
}

// rows is how many embeddings of relative positions there are.
func (d disentangled) rows() (int, error) {
	n := 2 * d.span()
	if n%simd.Columns != 0 {
		return 0, fmt.Errorf("%d embeddings of relative positions, no multiple of %d: not supported", n, simd.Columns)
	}
	return n, nil
}

// positionEmbeddings reads the embeddings of relative positions.
func (t *tensors) positionEmbeddings(c *Config) ([]float32, error) {
	rows, err := c.disentangled.rows()
	if err != nil {
		return nil, err
	}
	x, err := t.floats("encoder.rel_embeddings.weight", rows, c.Hidden)
	if err != nil || !c.disentangled.normed {
		return x, err
	}
	n, err := t.norm("encoder.LayerNorm", c.Hidden, true)
	if err != nil {
		return nil, err
	}
	zero := make([]float32, c.Hidden)
	for at := 0; at < len(x); at += c.Hidden {
		simd.LayerNorm(x[at:at+c.Hidden], zero, n.gamma, n.beta, c.Epsilon)
	}
	return x, nil
}

// positionParts projects the embeddings for a layer, whose projections of
// queries and keys are given.
func (t *tensors) positionParts(prefix string, c *Config, embeddings []float32, query, key dense) (p positionParts, err error) {
	d := c.disentangled
	if d.toPlace {
		if !d.shared {
			if key, err = t.dense(prefix+"pos_key_proj", c.attentionWidth(), c.Hidden, true); err != nil {
				return p, err
			}
		}
		p.keys = projectHeads(c, embeddings, key)
	}
	if d.toText {
		if !d.shared {
			if query, err = t.dense(prefix+"pos_query_proj", c.attentionWidth(), c.Hidden, true); err != nil {
				return p, err
			}
		}
		p.queries = projectHeads(c, embeddings, query)
	}
	return p, nil
}

// Names of position parts in a file of int8 weights, within a layer's attention.
const (
	storedPlaceKeys    = "pos_keys"
	storedPlaceQueries = "pos_queries"
)

// storedParts reads what [written.positions] wrote.
func (t *tensors) storedParts(prefix string, c *Config) (p positionParts, err error) {
	if c.relative != relativeDisentangled {
		return p, nil
	}
	if c.disentangled.toPlace {
		if p.keys, err = t.storedHeads(prefix+storedPlaceKeys, c); err != nil {
			return p, err
		}
	}
	if c.disentangled.toText {
		p.queries, err = t.storedHeads(prefix+storedPlaceQueries, c)
	}
	return p, err
}

func (t *tensors) storedHeads(name string, c *Config) ([]*simd.Float32Matrix, error) {
	rows, err := c.disentangled.rows()
	if err != nil {
		return nil, err
	}
	width := c.headSize
	all, err := t.floats(name, c.Heads, rows/simd.Columns, width, simd.Columns)
	if err != nil {
		return nil, err
	}
	heads := make([]*simd.Float32Matrix, c.Heads)
	for h := range heads {
		heads[h] = &simd.Float32Matrix{N: rows, K: width, Panels: all[h*rows*width:][:rows*width]}
	}
	return heads, nil
}

func projectHeads(c *Config, embeddings []float32, by dense) []*simd.Float32Matrix {
	rows, width := len(embeddings)/c.Hidden, c.headSize
	projected := make([]float32, rows*by.n)
	simd.MulFloat32(projected, by.n, embeddings, c.Hidden, rows, by.float32Matrix())
	heads := make([]*simd.Float32Matrix, c.Heads)
	for h := range heads {
		head := make([]float32, 0, rows*width)
		for i := range rows {
			head = append(head, projected[i*by.n+h*width:][:width]...)
		}
		heads[h] = &simd.Float32Matrix{N: rows, K: width, Panels: simd.PackFloat32(head, rows, width)}
	}
	return heads
}

// columns are some of a matrix's columns as a matrix; both are multiples of the
// width of a panel.
func columns(m *simd.Float32Matrix, from, to int) simd.Float32Matrix {
	sub := simd.Float32Matrix{N: to - from, K: m.K, Panels: m.Panels[from*m.K : to*m.K]}
	if m.Bias != nil {
		sub.Bias = m.Bias[from:to]
	}
	return sub
}

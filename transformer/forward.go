package transformer

import (
	"context"
	"runtime"

	"github.com/flashrerank/rerank/internal/simd"
)

// scratch is what one worker computes in. Rows are tokens.
type scratch struct {
	batch Batch
	taken []int  // the sequences of the batch
	clock *clock // nil but for profiles

	hidden    []float32 // [tokens][hidden]
	residual  []float32 // [tokens][hidden]: the sums, of models that normalise what goes into a sublayer
	other     []float32 // [tokens][width of attention]
	wide      []float32 // queries, keys and values of some heads, or the inner of some tokens
	oneHidden []float32 // of each sequence's first or last token
	oneInput  quantised
	input     quantised // of hidden, or of what attention gave
	inner     quantised // of some tokens
	attention attention
}

// plane are rows of bytes.
type plane struct {
	bytes []uint8
	scale []float32
	zero  []int32
}

func (p *plane) reserve(rows, width int) {
	p.bytes = grow(p.bytes, rows*width)
	p.scale = grow(p.scale, rows)
	p.zero = grow(p.zero, rows)
}

func (p *plane) rows(from, to, width int) plane {
	return plane{bytes: p.bytes[from*width : to*width], scale: p.scale[from:to], zero: p.zero[from:to]}
}

// gather copies a row of width numbers from another plane.
func (p *plane) gather(to int, of *plane, from, width int) {
	copy(p.bytes[to*width:(to+1)*width], of.bytes[from*width:])
	p.scale[to], p.zero[to] = of.scale[from], of.zero[from]
}

// quantised are rows in int8.
type quantised struct {
	plane
	remainder // of models with wide layers
}

// rows are some of them.
func (q *quantised) rows(from, to, width int) quantised {
	some := quantised{plane: q.plane.rows(from, to, width)}
	if len(q.rest.bytes) > 0 {
		some.remainder = remainder{rest: q.rest.rows(from, to, width), room: q.room}
	}
	return some
}

// grow returns x with n elements, whose values are of no matter.
func grow[T any](x []T, n int) []T {
	if cap(x) < n {
		return make([]T, n)
	}
	return x[:n]
}

// Rows that go through a feed-forward block at once. In int8 what is between its
// two products, the widest of all, stays in the cache. In float32, whose weights
// are larger than that, they are used by as many rows as there are, but for very
// long sequences.
const (
	blockRowsInt8  = 48
	blockRowsFloat = 256
)

// blockRows is the one or the other.
func (m *Model) blockRows() int {
	if m.precision == INT8 {
		return blockRowsInt8
	}
	return blockRowsFloat
}

// blockOf divides rows into blocks of about one size, since the last, if it were
// small, would use the weights few times: at most blockRows, and a multiple of
// the six that products take at once.
func (m *Model) blockOf(rows int) int {
	most := m.blockRows()
	blocks := (rows + most - 1) / most
	return min(most, ((rows+blocks-1)/blocks+5)/6*6)
}

func (s *scratch) reserve(tokens int, m *Model) {
	c := &m.config
	width := c.attentionWidth()
	s.hidden = grow(s.hidden, tokens*c.Hidden)
	s.other = grow(s.other, tokens*max(width, c.embedding))
	if c.preNorm {
		s.residual = grow(s.residual, tokens*c.Hidden)
	}
	block := min(tokens, m.blockRows())
	keys := c.groupWidth()
	group := keys*c.Heads/c.keyHeads + 2*keys
	wide := max(tokens*group, block*c.Hidden, block*c.innerWidth())
	if c.embedding != c.Hidden {
		wide = max(wide, tokens*c.embedding)
	}
	s.wide = grow(s.wide, wide)
	s.input.reserve(tokens, max(c.Hidden, width))
	s.inner.reserve(tokens, c.Intermediate)
	if len(m.wide) > 0 {
		s.reserveRest(tokens, c)
	}
}

// forward computes the hidden states of the batch, or one of each sequence, and
// leaves them in s.hidden.
func (s *scratch) forward(ctx context.Context, m *Model, states States) error {
	s.reserve(len(s.batch.IDs), m)
	s.embed(m)
	for i := range m.layers {
		if err := ctx.Err(); err != nil {
			return err
		}
		s.block(m, i, states)
	}
	return nil
}

// block computes a layer; the last one computes the states that are asked for. In
// between it lets others run: what answers requests should not wait until the scheduler
// takes the processor away, which is after 10 ms.
func (s *scratch) block(m *Model, i int, states States) {
	if i < len(m.layers)-1 {
		states = AllStates
	}
	rows := s.attend(m, &m.layers[i], states)
	runtime.Gosched()
	s.feedForward(m, i, rows)
	runtime.Gosched()
}

// visit hands out what forward computed.
func (s *scratch) visit(h int, j Job) error {
	for n, i := range s.taken {
		from, to := n, n+1
		if j.States == AllStates {
			from, to = int(s.batch.Offsets[n]), int(s.batch.Offsets[n+1])
		}
		if err := j.Visit(i, s.hidden[from*h:to*h:to*h]); err != nil {
			return err
		}
	}
	return nil
}

// embed adds word, position and type embeddings, normalises the sum and projects
// it to hidden states.
func (s *scratch) embed(m *Model) {
	c, b := &m.config, &s.batch
	h := c.embedding
	embedded, next := s.hidden, &m.layers[0].qkv
	if m.projection != nil {
		embedded, next = s.wide, nil
	}
	bare := !c.places && c.TokenTypes == 0
	for i := range b.Len() {
		for at := b.Offsets[i]; at < b.Offsets[i+1]; at++ {
			kind := int32(0)
			if len(b.Types) > 0 && c.TokenTypes > 0 {
				kind = b.Types[at]
			}
			from, to := int(at)*h, (int(at)+1)*h
			m.words.row(embedded[from:to], b.IDs[at])
			if !bare {
				m.place(s.other[from:to], at-b.Offsets[i], kind)
			}
		}
	}
	if bare {
		clear(s.other[:len(b.IDs)*h])
	}
	rows := len(b.IDs)
	if c.preNorm {
		s.begin(m, rows)
		return
	}
	s.normalise(m, embedded[:rows*h], s.other, m.embedded, s.input.rows(0, rows, h), next)
	if m.projection != nil {
		m.projection.multiply(s.hidden, c.Hidden, embedded, quantised{}, rows)
		m.layers[0].qkv.quantise(s.input.rows(0, rows, c.Hidden), s.hidden)
	}
	s.clock.lap(PartEmbedding)
}

// begin makes the sum that sublayers add to, and the input of the first.
func (s *scratch) begin(m *Model, rows int) {
	h := m.config.Hidden
	if m.embedded.gamma != nil {
		s.normalise(m, s.hidden[:rows*h], s.other, m.embedded, quantised{}, nil)
	}
	clear(s.residual[:rows*h])
	s.add(m, 0, rows, s.hidden, m.first, &m.layers[0].qkv)
	s.clock.lap(PartEmbedding)
}

// add adds what a sublayer gave to rows and normalises the sums: of models
// that normalise what comes out, which go on with that; or what goes into the
// next sublayer, and the sums are kept. Rows are also quantised if next, which
// takes them, wants that; next may be nil.
func (s *scratch) add(m *Model, from, to int, x []float32, n norm, next *linear) {
	h := m.config.Hidden
	hidden, input := s.hidden[from*h:to*h], quantised{}
	if next != nil && next.int8 != nil {
		input = s.input.rows(from, to, h)
	}
	if !m.config.preNorm {
		s.normalise(m, hidden, x, n, input, next)
		return
	}
	residual := s.residual[from*h : to*h]
	for i, v := range x[:len(residual)] {
		residual[i] += v
	}
	for at := 0; at < len(hidden); at += h {
		switch row := hidden[at : at+h]; {
		case n.gamma == nil:
			copy(row, residual[at:])
		case m.config.rms:
			rootMeanSquare(row, residual[at:at+h], n.gamma, m.config.Epsilon)
		default:
			copy(row, residual[at:])
			simd.LayerNorm(row, m.zeros[:h], n.gamma, n.beta, m.config.Epsilon)
		}
	}
	if next != nil {
		next.quantise(input, hidden)
	}
}

// normalise replaces rows by the normalised sums of them and x, and quantises
// them to input if next wants that.
func (s *scratch) normalise(m *Model, rows, x []float32, n norm, input quantised, next *linear) {
	if next != nil && next.int8 != nil {
		simd.LayerNormQuantize(input.bytes, rows, x, n.gamma, n.beta, m.config.Epsilon, next.smooth, input.scale, input.zero)
		next.quantiseRest(input, rows, next.smooth)
		return
	}
	h := len(n.gamma)
	for at := 0; at < len(rows); at += h {
		simd.LayerNorm(rows[at:at+h], x[at:at+h], n.gamma, n.beta, m.config.Epsilon)
	}
}

// attend leaves in s.other what every token attends to, or one of each sequence,
// with their rows and those of s.hidden one after another; it returns how many
// they are. To the last bit the ones are what all would be: rows meet in
// attention only, where a token needs the keys and values of all, and its own
// query.
func (s *scratch) attend(m *Model, l *layer, states States) (rows int) {
	c, b := &m.config, &s.batch
	tokens := len(b.IDs)
	keyWidth := c.groupWidth()
	width := keyWidth * c.Heads / c.keyHeads
	rows, asking, input := tokens, s.hidden, s.input
	if states != AllStates {
		s.gatherOne(c, states)
		rows, asking, input = b.Len(), s.oneHidden, s.oneInput
	}
	queries, keys, values := s.wide[:rows*width], s.wide[tokens*width:][:tokens*keyWidth], s.wide[tokens*(width+keyWidth):][:tokens*keyWidth]
	integers := l.qkv.int8 != nil && l.qkv.rest == nil && c.integers()
	for g := range l.heads {
		l.heads[g].query.multiply(queries, width, asking, input, rows)
		l.heads[g].key.multiply(keys, keyWidth, s.hidden, s.input, tokens)
		l.heads[g].value.multiply(values, keyWidth, s.hidden, s.input, tokens)
		s.clock.multiplied(PartQKV, rows, &l.heads[g].query)
		s.clock.multiplied(PartQKV, tokens, &l.heads[g].key)
		s.clock.multiplied(PartQKV, tokens, &l.heads[g].value)
		s.clock.lap(PartQKV)
		for i := range b.Len() {
			from, to := int(b.Offsets[i]), int(b.Offsets[i+1])
			at, n, position := from, to-from, 0
			if states != AllStates {
				at, n = i, 1
			}
			if states == LastState {
				position = to - from - 1
			}
			x := attended{
				queries: queries[at*width:], rows: n, position: position,
				keys: keys[from*keyWidth:], values: values[from*keyWidth:], n: to - from,
				width: width, keyWidth: keyWidth, head: g * width / c.headSize,
			}
			s.attention.run(s.other[at*c.attentionWidth()+g*width:], x, m, l, integers)
			s.clock.attended(x, integers)
		}
		s.clock.lap(PartAttention)
	}
	if states != AllStates {
		copy(s.hidden, s.oneHidden[:rows*c.Hidden])
	}
	return rows
}

// gatherOne copies the rows of each sequence's first or last token. Sums that are
// kept move to the front.
func (s *scratch) gatherOne(c *Config, states States) {
	n, h := s.batch.Len(), c.Hidden
	s.oneHidden = grow(s.oneHidden, n*h)
	s.oneInput.reserve(n, h)
	for i := range n {
		from := int(s.batch.Offsets[i])
		if states == LastState {
			from = int(s.batch.Offsets[i+1]) - 1
		}
		copy(s.oneHidden[i*h:(i+1)*h], s.hidden[from*h:])
		s.oneInput.gather(i, &s.input.plane, from, h)
		if len(s.input.rest.bytes) > 0 {
			s.oneInput.rest.gather(i, &s.input.rest, from, h)
		}
		if c.preNorm {
			copy(s.residual[i*h:(i+1)*h], s.residual[from*h:])
		}
	}
}

// feedForward takes the attended values of rows, in s.other, through the rest of
// block i and replaces s.hidden. In int8 each product is done for all rows before
// the next begins, so that its weights stay in the cache; in float32, whose
// weights are too large for that, the last two go block by block, which bounds what
// is between them.
func (s *scratch) feedForward(m *Model, i, rows int) {
	whole := m.layers[i].outer.int8 != nil
	block := m.blockOf(rows)
	for from := 0; from < rows; from += block {
		s.project(m, i, from, min(from+block, rows))
	}
	for from := 0; from < rows; from += block {
		to := min(from+block, rows)
		inner := s.expand(m, i, from, to)
		if !whole {
			s.contract(m, i, from, to, inner)
		}
	}
	for from := 0; whole && from < rows; from += block {
		s.contract(m, i, from, min(from+block, rows), nil)
	}
}

// project makes of attended values what is added to some rows.
func (s *scratch) project(m *Model, i, from, to int) {
	l, h, width, rows := &m.layers[i], m.config.Hidden, m.config.attentionWidth(), to-from
	x, attended := s.other[from*width:to*width], s.input.rows(from, to, width)
	l.output.quantise(attended, x)
	projected := s.wide[:rows*h]
	l.output.multiply(projected, h, x, attended, rows)
	s.clock.multiplied(PartProjection, rows, &l.output)
	s.clock.lap(PartProjection)
	s.add(m, from, to, projected, l.attended, &l.inner)
	s.clock.lap(PartNorm)
}

// expand takes some rows through the first product of the feed-forward block and
// the activation, and returns what comes out until the next rows; quantised, if
// the second product wants that, it is in s.inner.
func (s *scratch) expand(m *Model, i, from, to int) []float32 {
	c, l, rows := &m.config, &m.layers[i], to-from
	width, made := c.Intermediate, c.innerWidth()
	inner := s.wide[:rows*made]
	l.inner.multiply(inner, made, s.hidden[from*c.Hidden:to*c.Hidden], s.input.rows(from, to, c.Hidden), rows)
	s.clock.multiplied(PartExpansion, rows, &l.inner)
	s.clock.lap(PartExpansion)
	between := s.inner.rows(from, to, width)
	switch {
	case c.gated:
		inner = c.activation.gate(inner, rows, width)
		l.outer.quantise(between, inner)
	case l.outer.int8 != nil && c.activation == geluActivation:
		for i := range rows {
			between.scale[i], between.zero[i] = simd.GELUQuantize(between.bytes[i*width:(i+1)*width], inner[i*width:(i+1)*width], l.outer.smooth)
		}
		l.outer.quantiseRest(between, inner, l.outer.ones)
	default:
		c.activation.apply(inner)
		l.outer.quantise(between, inner)
	}
	s.clock.lap(PartActivation)
	return inner
}

// contract takes some rows through the second product and adds it to them. inner
// is what expand returned; in int8 it is not looked at.
func (s *scratch) contract(m *Model, i, from, to int, inner []float32) {
	c, l, rows := &m.config, &m.layers[i], to-from
	var next *linear
	if i+1 < len(m.layers) {
		next = &m.layers[i+1].qkv
	}
	x := s.other[from*c.Hidden : to*c.Hidden]
	l.outer.multiply(x, c.Hidden, inner, s.inner.rows(from, to, c.Intermediate), rows)
	s.clock.multiplied(PartContraction, rows, &l.outer)
	s.clock.lap(PartContraction)
	s.add(m, from, to, x, l.finished, next)
	s.clock.lap(PartNorm)
}

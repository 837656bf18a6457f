package biencoder

import (
	"context"
	"math"
	"slices"
	"sync/atomic"

	"github.com/flashrerank/rerank"
	"github.com/flashrerank/rerank/internal/simd"
	"github.com/flashrerank/rerank/transformer"
)

// ScaleMaxSim is of rerankers that compare tokens too, see [RerankOptions]: in [-1,1].
const ScaleMaxSim rerank.Scale = "cosine+maxsim"

// interaction compares texts with a query token by token: late interaction, as ColBERT
// has it (Khattab and Zaharia, 2020), by the states of a model that was trained for vectors.
type interaction struct {
	model *Model
	width int
	query []float32   // [tokens][width]: states of the query's tokens, each of length 1
	asked atomic.Bool // whether query is there
}

// room is what one comparison computes in.
type room struct {
	panels, products, inverse []float32
}

// ask takes the states of the query.
func (x *interaction) ask(hidden []float32) {
	x.query = slices.Clone(x.own(hidden))
	for at := 0; at < len(x.query); at += x.width {
		normalize(x.query[at : at+x.width])
	}
	x.asked.Store(true)
}

// own are the states of a text's own tokens.
func (x *interaction) own(hidden []float32) []float32 {
	end := max(0, len(hidden)-x.model.after*x.width)
	return hidden[min(x.model.before*x.width, end):end]
}

// highest returns of each of the query's tokens the highest cosine with a token of a text;
// nil where there are none.
func (x *interaction) highest(hidden []float32) []float32 {
	text := x.own(hidden)
	n, m := len(x.query)/x.width, len(text)/x.width
	if n == 0 || m == 0 {
		return nil
	}
	r, ok := x.model.rooms.Get().(*room)
	if !ok {
		r = new(room)
	}
	defer x.model.rooms.Put(r)
	padded := (m + simd.Columns - 1) / simd.Columns * simd.Columns
	r.panels, r.products, r.inverse = grown(r.panels, padded*x.width), grown(r.products, n*padded), grown(r.inverse, m)
	for j := range r.inverse {
		row := text[j*x.width : (j+1)*x.width]
		r.inverse[j] = float32(1 / max(math.Sqrt(float64(simd.Dot(row, row))), 1e-12))
	}
	simd.Transpose(r.panels, text, m, x.width, x.width)
	simd.MulFloat32(r.products, padded, x.query, x.width, n, &simd.Float32Matrix{N: padded, K: x.width, Panels: r.panels})
	best := make([]float32, n)
	for i := range best {
		best[i] = highestProduct(r.products[i*padded:][:m], r.inverse)
	}
	return best
}

// highestProduct returns the highest product of two numbers at one place.
func highestProduct(x, y []float32) float32 {
	best := float32(math.Inf(-1))
	for i, v := range x {
		best = max(best, float32(v*y[i]))
	}
	return best
}

func grown(x []float32, n int) []float32 {
	if cap(x) < n {
		return make([]float32, n)
	}
	return x[:n]
}

// specialTokens counts the tokens that every sequence has at its beginning and at its end.
func (m *Model) specialTokens() (before, after int) {
	none, _, _ := m.tokenizer.Append(nil, nil, "", m.info.MaxTokens)
	some, _, _ := m.tokenizer.Append(nil, nil, "a", m.info.MaxTokens)
	for before < min(len(none), len(some)) && none[before] == some[before] {
		before++
	}
	return before, len(none) - before
}

// compare reads the texts of p that are not known, compares their tokens with those of its query, which is
// the first of both p and list, and remembers what comes out. Texts that are computed beside the query, and before it,
// are compared later; waiting for it would leave a processor idle.
func (m *Model) compare(ctx context.Context, p *pass, list []unknown) (tokens int, err error) {
	x := &interaction{model: m, width: m.encoder.Config().Hidden}
	best, early := make([][]float32, len(p.texts)), make([][]float32, len(p.texts))
	p.seen = func(i int, hidden []float32) {
		switch {
		case i == 0:
			x.ask(hidden)
		case x.asked.Load():
			best[i] = x.highest(hidden)
		default:
			early[i] = slices.Clone(hidden)
		}
	}
	if tokens, err = m.compute(ctx, p, list); err != nil {
		return tokens, err
	}
	for i, hidden := range early {
		if hidden != nil {
			best[i] = x.highest(hidden)
		}
	}
	if p.windows > 1 && p.most == 0 {
		more, err := m.compareRest(ctx, p, list, x, best)
		if tokens += more; err != nil {
			return tokens, err
		}
	}
	for _, u := range list[1:] {
		p.late[u.text] = mean(best[u.text])
		m.keep(p, u)
	}
	return tokens, nil
}

// window is a further part of a text, between special tokens.
type window struct {
	text       int
	ids, types []int32
	best       []float32
}

// compareRest goes on with the windows after the first of the texts that did not fit.
func (m *Model) compareRest(ctx context.Context, p *pass, list []unknown, x *interaction, best [][]float32) (tokens int, err error) {
	var rest []window
	for _, u := range list[1:] {
		if p.vectors.Truncated[u.text] {
			rest, p.vectors.Truncated[u.text] = m.cut(rest, u.text, p.texts[u.text], p.windows)
		}
	}
	for _, w := range rest {
		tokens += len(w.ids)
	}
	err = m.encoder.Stream(ctx, transformer.Job{
		Sequences: len(rest),
		Fill: func(k int, b *transformer.Batch) {
			b.IDs, b.Types = append(b.IDs, rest[k].ids...), append(b.Types, rest[k].types...)
		},
		Visit: func(k int, hidden []float32) error {
			rest[k].best = x.highest(hidden)
			return nil
		},
	})
	for _, w := range rest {
		for i, c := range w.best {
			best[w.text][i] = max(best[w.text][i], c)
		}
	}
	return tokens, err
}

// cut appends the windows of a document after its first, of so many in all, and reports whether
// there would be more.
func (m *Model) cut(list []window, i int, text string, most int) (_ []window, more bool) {
	room := m.info.MaxTokens - m.before - m.after
	if room <= 0 {
		return list, true
	}
	ids, types, more := m.tokenizer.Append(nil, nil, m.prepare(m.settings.prompts[rerank.RoleDocument]+text), most*room+m.before+m.after)
	end := len(ids) - m.after
	for from := m.before + room; from < end; from += room {
		to := min(from+room, end)
		w := window{text: i, ids: slices.Concat(ids[:m.before], ids[from:to], ids[end:])}
		if len(types) > 0 {
			w.types = slices.Concat(types[:m.before], types[from:to], types[end:])
		}
		list = append(list, w)
	}
	return list, more
}

// mean of numbers; 0 of none.
func mean(x []float32) float32 {
	sum := 0.0
	for _, v := range x {
		sum += float64(v)
	}
	return float32(sum / float64(max(1, len(x))))
}

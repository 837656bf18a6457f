package transformer

import (
	"slices"

	"github.com/flashrerank/rerank/internal/durable"
)

// Layers computes a sequence and returns the states after the embeddings and
// after every layer, as transformers counts hidden_states: of models that
// normalise what goes into a sublayer the sums, but for the last.
func (m *Model) Layers(ids, types []int32) [][]float32 {
	s := &scratch{batch: Batch{IDs: ids, Types: types, Offsets: []int32{0, int32(len(ids))}}}
	s.reserve(len(ids), m)
	s.embed(m)
	var list [][]float32
	keep := func(last bool) {
		states := s.hidden
		if m.config.preNorm && !last {
			states = s.residual
		}
		list = append(list, slices.Clone(states[:len(ids)*m.config.Hidden]))
	}
	keep(false)
	for i := range m.layers {
		s.block(m, i, AllStates)
		keep(i == len(m.layers)-1)
	}
	return list
}

// Panels are the int8 weights of the layers.
func (m *Model) Panels() [][]int8 {
	var list [][]int8
	for i := range m.layers {
		for _, part := range m.layers[i].linears() {
			if part.int8 != nil {
				list = append(list, part.int8.Panels)
			}
		}
	}
	return list
}

// Without returns the model with a feature switched off.
func (m *Model) Without(feature string) *Model {
	other := &Model{}
	*other = Model{
		config: m.config, precision: m.precision, workers: m.workers, words: m.words, positions: m.positions, types: m.types, places: m.places,
		embedded: m.embedded, projection: m.projection, first: m.first, layers: slices.Clone(m.layers), classifier: m.classifier,
		diagonals: m.diagonals, indices: m.indices, zeros: m.zeros,
	}
	for i := range other.layers {
		l := &other.layers[i]
		switch feature {
		case "rotary":
			l.turner = nil
		case "window":
			l.window = 0
		case "query norm":
			l.queryNorm = nil
		case "toPlace":
			l.positions.keys = nil
		case "toText":
			l.positions.queries = nil
		}
	}
	switch feature {
	case "diagonals":
		other.diagonals = nil
	case "causal":
		other.config.causal = false
	case "rms":
		other.config.rms = false
	case "activation":
		other.config.activation = noActivation
	case "places":
		other.config.places, other.places = false, nil
	case "first place":
		other.config.firstPlace, other.places = 0, nil
	case "types":
		other.config.TokenTypes, other.places = 0, nil
	}
	return other
}

// On returns a cache that is written to a disk.
func (c Cache) On(d durable.Disk) Cache {
	c.disk = d
	return c
}

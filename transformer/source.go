package transformer

import (
	"fmt"
	"path"
)

// source reads linear layers and tables at the precision wanted.
type source struct {
	tensors        *tensors
	stored, wanted Precision
	float          map[string]bool // linear layers that stay in float32
	places         []float32       // embeddings of relative positions, see disentangled
}

// match returns the linear layers that patterns match.
func (c Config) match(patterns []string) (map[string]bool, error) {
	found := map[string]bool{}
	for _, pattern := range patterns {
		matched := false
		for i := range c.Layers {
			for name := range new(layer).linears() {
				name = layerPrefix(i) + name
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
	if l.attended, err = s.tensors.norm(prefix+"attention.output.LayerNorm", c.Hidden, c.normBias); err != nil {
		return l, err
	}
	if c.queryNorm {
		if l.queryNorm, err = s.tensors.floats(prefix+"query_norm.weight", c.headSize); err != nil {
			return l, err
		}
		if l.keyNorm, err = s.tensors.floats(prefix+"key_norm.weight", c.headSize); err != nil {
			return l, err
		}
	}
	if err := s.qkv(&l, prefix+"attention.self.", c, input); err != nil {
		return l, err
	}
	l.heads = headGroups(l.qkv, c)
	if l.output, err = s.linear(prefix+"attention.output.dense", c.Hidden, c.attentionWidth(), norm{}, c.bias.output); err != nil {
		return l, err
	}
	if l.inner, err = s.innerLinear(prefix, c, l.attended); err != nil {
		return l, err
	}
	l.outer, err = s.linear(prefix+"output.dense", c.Hidden, c.Intermediate, norm{}, c.bias.outer)
	return l, err
}

// qkv reads queries, keys and values as one linear layer.
func (s *source) qkv(l *layer, prefix string, c Config, input norm) (err error) {
	all, keys := c.attentionWidth(), c.keyWidth()
	if s.stored == INT8 {
		if l.qkv, err = s.tensors.linearInt8(prefix+"qkv", all+2*keys, c.Hidden); err != nil {
			return err
		}
		l.positions, err = s.tensors.storedParts(prefix, &c)
		return err
	}
	var parts []dense
	if s.tensors.names.has("attention.self.qkv") {
		packed, err := s.tensors.dense(prefix+"qkv", all+2*keys, c.Hidden, c.bias.qkv)
		if err != nil {
			return err
		}
		parts = append(parts, packed)
	} else {
		for i, name := range []string{"query", "key", "value"} {
			d, err := s.tensors.dense(prefix+name, []int{all, keys, keys}[i], c.Hidden, c.bias.qkv)
			if err != nil {
				return err
			}
			parts = append(parts, d)
		}
	}
	if s.places != nil {
		if l.positions, err = s.tensors.positionParts(prefix, &c, s.places, parts[0], parts[1]); err != nil {
			return err
		}
	}
	l.qkv = s.make(prefix+"qkv", stack(parts...), input)
	return nil
}

// innerLinear reads the first layer of the feed-forward block; of a gated one
// the gate comes first.
func (s *source) innerLinear(prefix string, c Config, input norm) (linear, error) {
	const name = "intermediate.dense"
	if s.stored == INT8 || !c.gated {
		return s.linear(prefix+name, c.innerWidth(), c.Hidden, input, c.bias.inner)
	}
	var gate, up dense
	var err error
	if s.tensors.names.has("gate") {
		if gate, err = s.tensors.dense(prefix+"gate", c.Intermediate, c.Hidden, c.bias.inner); err != nil {
			return linear{}, err
		}
		up, err = s.tensors.dense(prefix+"up", c.Intermediate, c.Hidden, c.bias.inner)
	} else {
		var both dense
		if both, err = s.tensors.dense(prefix+name, 2*c.Intermediate, c.Hidden, c.bias.inner); err == nil {
			gate, up = both.rows(0, c.Intermediate), both.rows(c.Intermediate, 2*c.Intermediate)
		}
		if s.tensors.names.upFirst {
			gate, up = up, gate
		}
	}
	if err != nil {
		return linear{}, err
	}
	return s.make(prefix+name, stack(gate, up), input), nil
}

func (s *source) linear(name string, n, k int, input norm, bias bool) (linear, error) {
	if s.stored == INT8 {
		return s.tensors.linearInt8(name, n, k)
	}
	d, err := s.tensors.dense(name, n, k, bias)
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
